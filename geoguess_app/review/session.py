"""A review: many photos, what is known about them, what was decided, and every step back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from geoguess_app.core.coordinate_format import parse
from geoguess_app.core.errors import SessionError
from geoguess_app.core.places import PlaceFinder
from geoguess_app.core.types import Coordinate, Failed, Located, Place
from geoguess_app.review import actions
from geoguess_app.review.areas import Area
from geoguess_app.review.intake import Facts
from geoguess_app.review.session_file import Change, SessionFile, Step
from geoguess_app.review.summary import answered
from geoguess_app.review.values import (
    Answer,
    Answered,
    Chosen,
    Decision,
    Failure,
    ReviewPhoto,
    State,
)
from geoguess_app.review.views import Filter, Order, view

_NO_PLACE = Place("", "", "", "")


class Session:
    """The photos of a review; for one thread at a time. Photos are named by their numbers.

    Every action is kept on disk before it shows, is one step for undo however many photos it
    concerns, and returns the numbers of the photos that it changed; where it changes none, there
    is no step. Raises SessionError where the file cannot be opened or written: then nothing
    has changed. Use as a context manager, or call `close`.
    """

    def __init__(self, file: Path | None = None, places: PlaceFinder | None = None) -> None:
        """Go on with the review in `file`, or start one there; without a file in memory only."""
        self._file = SessionFile(file)
        self._places = places or PlaceFinder()
        try:
            self._photos: dict[int, ReviewPhoto] = {p.id: p for p in self._file.photos()}
        except SessionError:
            self._file.close()
            raise
        self._numbers = {photo.path: photo.id for photo in self._photos.values()}
        self._removed = {p.id for p in self._photos.values() if p.decision.removed}

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; all is kept already."""
        self._file.close()

    def __len__(self) -> int:
        return len(self._photos) - len(self._removed)

    def __iter__(self) -> Iterator[ReviewPhoto]:
        return (photo for photo in self._photos.values() if photo.id not in self._removed)

    def __getitem__(self, photo: int) -> ReviewPhoto:
        """The photo with a number, also one that was removed."""
        return self._photos[photo]

    def number_of(self, path: Path) -> int | None:
        """The number of the photo with this path; None where it is not in the list."""
        number = self._numbers.get(path)
        return None if number in self._removed else number

    def view(self, wanted: Filter | None = None, order: Order = Order.ADDED) -> list[int]:
        """Numbers of the photos to show, in order."""
        return view(self, wanted or Filter(), order)

    def next_open(self, shown: Sequence[int], after: int) -> int | None:
        """The photo to review after this one: the next located one of a list, from the top again
        at its end; None when all are decided."""
        start = shown.index(after) + 1 if after in shown else 0
        for number in (*shown[start:], *shown[:start]):
            if number != after and self._photos[number].state is State.LOCATED:
                return number
        return None

    # What the program finds out; no steps, since undoing is about decisions.

    def add(self, found: Iterable[Facts]) -> list[int]:
        """Take photos in, as `intake` gives them; returns the numbers of those new or changed.

        A file that is there already and has changed since loses its answer, not its decision. One
        that was removed comes back undecided, which is a step for undo.
        """
        new: list[ReviewPhoto] = []
        number = max(self._photos, default=0)
        fresh: dict[Path, int] = {}
        back: list[int] = []
        for facts in found:
            old_number = self._numbers.get(facts.path, fresh.get(facts.path))
            if old_number is None:
                number += 1
                fresh[facts.path] = number
                new.append(facts.of(ReviewPhoto(number, facts.path)))
            elif old_number in self._photos:
                changed = facts.of(self._photos[old_number])
                if changed != self._photos[old_number]:
                    new.append(changed)
            if old_number in self._removed:
                back.append(old_number)
        self._keep(new)
        return list(dict.fromkeys([*(p.id for p in new), *self._do("add", back, actions.clear)]))

    def take(self, results: Iterable[Located | Answered | Failed]) -> list[int]:
        """Take what locating gave; photos that are not in this review are left out."""
        return self._keep(
            _with_result(self._photos[self._numbers[result.path]], result)
            for result in results
            if self.number_of(result.path) is not None
        )

    def unlocated(self) -> list[Path]:
        """The photos still to locate, those with GPS too: they tell how good the answers are."""
        return [p.path for p in self if p.answer is None and p.failure is None]

    def retry(self, photos: Iterable[int] | None = None) -> list[int]:
        """Let failed photos, all unless named, be located again."""
        numbers = [p.id for p in self] if photos is None else photos
        failed = (self._photos[number] for number in numbers)
        return self._keep(replace(p, failure=None) for p in failed if p.failure is not None)

    def support(self, answers: Mapping[int, Answer | None]) -> list[int]:
        """Take what `trips.rescored` found: answers of outings, None where the photo's own counts.

        What was decided stays; photos that are gone or have no answer of their own are left out.
        """
        return self._keep(
            replace(self._photos[number], trip=answer)
            for number, answer in answers.items()
            if number in self._photos
            and self._photos[number].answer is not None
            and self._photos[number].trip != answer
        )

    def update(self, photos: Iterable[ReviewPhoto]) -> list[int]:
        """Take over new facts of photos; their decisions stay as they are here."""
        return self._keep(replace(p, decision=self._photos[p.id].decision) for p in photos)

    # What the user does.

    def accept(self, photos: Iterable[int]) -> list[int]:
        """Accept what is proposed; photos without a proposal, or with GPS of their own that may
        not be replaced, stay as they are."""
        return self._do("accept", photos, actions.accept)

    def reject(self, photos: Iterable[int]) -> list[int]:
        """Write nothing."""
        return self._do("reject", photos, actions.reject)

    def choose(self, photos: Iterable[int], rank: int) -> list[int]:
        """Propose candidate `rank` (from 1) instead; photos with fewer stay as they are."""
        return self._do("choose", photos, lambda photo: actions.choose(photo, rank))

    def place(self, photos: Iterable[int], where: Coordinate | str) -> list[int]:
        """Place photos by hand: a coordinate, or one as people write it.

        Raises CoordinateError for text that is none.
        """
        here = parse(where) if isinstance(where, str) else where
        return self._do("place", photos, lambda photo: actions.place_by_hand(photo, here))

    def copied(self, photo: int) -> Chosen:
        """The location of a photo, for `paste`. Raises SessionError where it has none."""
        location = actions.copied(self._photos[photo])
        if location is None:
            raise SessionError(
                f"{self._photos[photo].path.name} has no location to copy; locate it first.",
                code="no-location",
            )
        return location

    def paste(self, source: int | Chosen, photos: Iterable[int]) -> list[int]:
        """Give photos the location of another one, as it is now or as it was when copied."""
        location = self.copied(source) if isinstance(source, int) else source
        return self._do("paste", photos, lambda photo: actions.paste(photo, location))

    def narrow(self, answers: Mapping[int, Answer], area: Area) -> list[int]:
        """Propose what `narrowing.narrowed` found inside an area."""
        return self._do(
            "narrow", answers, lambda photo: actions.narrow(photo, area, answers[photo.id])
        )

    def clear(self, photos: Iterable[int]) -> list[int]:
        """Forget all decisions about photos."""
        return self._do("clear", photos, actions.clear)

    def permit_replacing(self, photos: Iterable[int], *, permitted: bool = True) -> list[int]:
        """Tick that the photos' own positions may be replaced."""
        return self._do(
            "permit", photos, lambda photo: actions.permit_replacing(photo, permitted=permitted)
        )

    def remove(self, photos: Iterable[int]) -> list[int]:
        """Take photos off the list; their files stay as they are, and undo brings them back."""
        return self._do("remove", photos, actions.remove)

    def undo(self) -> Step | None:
        """Take the last step back; None where there is none."""
        step = self._file.undo()
        if step is not None:
            self._decide((change.photo, change.before) for change in step.changes)
        return step

    def redo(self) -> Step | None:
        """Do the step again that was taken back last; None where there is none."""
        step = self._file.redo()
        if step is not None:
            self._decide((change.photo, change.after) for change in step.changes)
        return step

    def next_actions(self) -> tuple[str | None, str | None]:
        """What undo and redo would move, such as "accept"; None where nothing is left."""
        return self._file.next_actions()

    def _do(
        self, action: str, photos: Iterable[int], decide: Callable[[ReviewPhoto], Decision]
    ) -> list[int]:
        # What was removed changes only by being added again, or by undo.
        gone = set() if action == "add" else self._removed
        before = [self._photos[number] for number in dict.fromkeys(photos) if number not in gone]
        changes = self._with_places([Change(p.id, p.decision, decide(p)) for p in before])
        step = Step(action, tuple(change for change in changes if change.after != change.before))
        if not step.changes:
            return []
        self._file.do(step)
        self._decide((change.photo, change.after) for change in step.changes)
        return [change.photo for change in step.changes]

    def _with_places(self, changes: Sequence[Change]) -> Sequence[Change]:
        """Names for the positions that are new."""
        spots = {
            change.after.chosen.coordinate
            for change in changes
            if change.after.chosen is not None and change.after.chosen.place == _NO_PLACE
        }
        if not spots:
            return changes
        ordered = list(spots)
        names = dict(zip(ordered, self._places.at_many(ordered), strict=True))
        return [replace(c, after=_named(c.after, names)) for c in changes]

    def _decide(self, decisions: Iterable[tuple[int, Decision]]) -> None:
        for number, decision in decisions:
            self._photos[number] = replace(self._photos[number], decision=decision)
            if decision.removed:
                self._removed.add(number)
            else:
                self._removed.discard(number)

    def _keep(self, photos: Iterable[ReviewPhoto]) -> list[int]:
        kept = list(photos)
        if kept:
            self._file.add(kept)
        for photo in kept:
            self._photos[photo.id] = photo
            self._numbers[photo.path] = photo.id
        return [photo.id for photo in kept]


def _named(decision: Decision, names: Mapping[Coordinate, Place]) -> Decision:
    chosen = decision.chosen
    if chosen is None or chosen.place != _NO_PLACE:
        return decision
    return replace(decision, chosen=replace(chosen, place=names[chosen.coordinate]))


def _with_result(photo: ReviewPhoto, result: Located | Answered | Failed) -> ReviewPhoto:
    if isinstance(result, Failed):
        failure = Failure(result.code, result.message)
        return replace(photo, answer=None, trip=None, failure=failure)
    kept = answered(result) if isinstance(result, Located) else result
    known = photo.known if photo.known is not None else kept.known
    return replace(photo, answer=kept.answer, failure=None, known=known, trip=None)
