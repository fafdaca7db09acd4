"""A review: many photos, what is known about them, what was decided, and every step back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from geoguess_app.core.area.areas import Area
from geoguess_app.core.errors import SessionError
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Coordinate, FailedPhoto, LocatedPhoto
from geoguess_app.review.album import Album
from geoguess_app.review.intake import FileFacts
from geoguess_app.review.session_file import ReviewStep, SessionFile
from geoguess_app.review.steps import StepFile, Steps
from geoguess_app.review.summary import locating_result
from geoguess_app.review.values import (
    AnswerSummary,
    ChosenPosition,
    Failure,
    LocatingResult,
    NarrowedAnswer,
    ReviewPhoto,
    State,
)
from geoguess_app.review.views import Order, PhotoFilter, view


class ReviewFile(StepFile, Protocol):
    """A place where a session is kept: ``SessionFile``, or ``DeferredSessionFile``, which does not
    keep one waiting."""

    def photos(self) -> Iterator[ReviewPhoto]: ...
    def add(self, photos: Iterable[ReviewPhoto]) -> None: ...
    def next_actions(self) -> tuple[str | None, str | None]: ...
    def close(self) -> None: ...


class ReviewSession:
    """The photos of a review; for one thread at a time. Photos are named by their numbers.

    Every action is handed to the file before it shows, is one step for undo however many photos it
    concerns, and returns the numbers of the photos that it changed; where it changes none, there
    is no step. Raises SessionError where the file cannot be opened or written: then nothing
    has changed. Use as a context manager, or call ``close``.
    """

    def __init__(
        self, file: Path | ReviewFile | None = None, places: PlaceFinder | None = None
    ) -> None:
        """Go on with the review in ``file``, or start one there; without a file in memory only.

        A path is written at once by whoever acts; an open file is closed with the session.
        """
        self._file: ReviewFile = (
            SessionFile(file) if file is None or isinstance(file, Path) else file
        )
        try:
            self._album = Album(self._file.photos())
        except SessionError:
            self._file.close()
            raise
        self.places = places or PlaceFinder()
        self.steps = Steps(self._album, self._file, self.places)
        """The same actions in slices."""

    def __enter__(self) -> ReviewSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, with all kept. Raises SessionError where that failed."""
        self.steps.finish()
        self._file.close()

    def __len__(self) -> int:
        return len(self._album)

    def __iter__(self) -> Iterator[ReviewPhoto]:
        return iter(self._album)

    def __getitem__(self, photo: int) -> ReviewPhoto:
        """The photo with a number, also one that was removed."""
        return self._album.photos[photo]

    def number_of(self, path: Path) -> int | None:
        """The number of the photo with this path; None where it is not in the list."""
        number = self._album.numbers.get(path)
        return None if number in self._album.removed else number

    def view(self, wanted: PhotoFilter | None = None, order: Order = Order.ADDED) -> list[int]:
        """Numbers of the photos to show, in order."""
        return view(self, wanted or PhotoFilter(), order)

    def next_open(self, shown: Sequence[int], after: int) -> int | None:
        """The photo to review after this one: the next located one of a list, from the top again
        at its end; None when all are decided."""
        start = shown.index(after) + 1 if after in shown else 0
        for number in (*shown[start:], *shown[:start]):
            if number != after and self._album.photos[number].state is State.LOCATED:
                return number
        return None

    # What the program finds out; no steps, since undoing is about decisions.

    def add(self, found: Iterable[FileFacts]) -> list[int]:
        """Take photos in, as ``intake`` gives them; returns the numbers of those new or changed.

        A file that is there already and has changed since loses its answer, not its decision. One
        that was removed comes back undecided, which is a step for undo.
        """
        album = self._album
        new: list[ReviewPhoto] = []
        number = album.last
        fresh: dict[Path, int] = {}
        back: list[int] = []
        for facts in found:
            old_number = album.numbers.get(facts.path, fresh.get(facts.path))
            if old_number is None:
                number += 1
                fresh[facts.path] = number
                new.append(facts.of(ReviewPhoto(number, facts.path)))
            elif old_number in album.photos:
                changed = facts.of(album.photos[old_number])
                if changed != album.photos[old_number]:
                    new.append(changed)
            if old_number in album.removed:
                back.append(old_number)
        self._keep(new)
        returned = self.steps.bring_back(back).finish() if back else []
        return list(dict.fromkeys([*(p.id for p in new), *returned]))

    def take(self, results: Iterable[LocatedPhoto | LocatingResult | FailedPhoto]) -> list[int]:
        """Take what locating gave; photos that are not in this review are left out."""
        return self._keep(
            _with_result(self._album.photos[self._album.numbers[result.path]], result)
            for result in results
            if self.number_of(result.path) is not None
        )

    def unlocated(self) -> list[Path]:
        """The photos still to locate, those with GPS too: they tell how good the answers are."""
        return [p.path for p in self if p.answer is None and p.failure is None]

    def retry(self, photos: Iterable[int] | None = None) -> list[int]:
        """Let failed photos, all unless named, be located again."""
        numbers = [p.id for p in self] if photos is None else photos
        failed = (self._album.photos[number] for number in numbers)
        return self._keep(replace(p, failure=None) for p in failed if p.failure is not None)

    def support(self, answers: Mapping[int, AnswerSummary | None]) -> list[int]:
        """Take what ``trips.rescored`` found: answers of trips, None where the photo's own counts.

        What was decided stays; photos that are gone or have no answer of their own are left out.
        """
        return self._keep(
            replace(self._album.photos[number], trip=answer)
            for number, answer in answers.items()
            if number in self._album.photos
            and self._album.photos[number].answer is not None
            and self._album.photos[number].trip != answer
        )

    def update(self, photos: Iterable[ReviewPhoto]) -> list[int]:
        """Take over new facts of photos; their decisions stay as they are here."""
        return self._keep(replace(p, decision=self._album.photos[p.id].decision) for p in photos)

    # What the user does; `Steps` says what each means.

    def accept(self, photos: Iterable[int], *, unsure: bool = False) -> list[int]:
        """Accept what is proposed; ``unsure``: best guesses of a model that cannot tell, too."""
        return self.steps.accept(photos, unsure=unsure).finish()

    def reject(self, photos: Iterable[int]) -> list[int]:
        """Reject photos, so that nothing is written to them."""
        return self.steps.reject(photos).finish()

    def choose(self, photos: Iterable[int], rank: int) -> list[int]:
        """Propose candidate ``rank`` (from 1) instead."""
        return self.steps.choose(photos, rank).finish()

    def place(self, photos: Iterable[int], where: Coordinate | str) -> list[int]:
        """Place photos by hand. Raises CoordinateError for text that is no position."""
        return self.steps.place(photos, where).finish()

    def copied(self, photo: int) -> ChosenPosition:
        """The location of a photo, for ``paste``. Raises SessionError where it has none."""
        return self.steps.copied(photo)

    def paste(self, source: int | ChosenPosition, photos: Iterable[int]) -> list[int]:
        """Give photos the location of another one, as it is now or as it was when copied."""
        return self.steps.paste(source, photos).finish()

    def narrow(self, answers: Mapping[int, AnswerSummary], area: Area) -> list[int]:
        """Propose what ``narrowing.narrow_answers`` found inside an area."""
        found = {number: NarrowedAnswer(answer, area) for number, answer in answers.items()}
        return self.steps.narrow(found).finish()

    def clear(self, photos: Iterable[int]) -> list[int]:
        """Forget all decisions about photos."""
        return self.steps.clear(photos).finish()

    def permit_replacing(self, photos: Iterable[int], *, permitted: bool = True) -> list[int]:
        """Tick that the photos' own positions may be replaced."""
        return self.steps.permit_replacing(photos, permitted=permitted).finish()

    def remove(self, photos: Iterable[int]) -> list[int]:
        """Take photos off the list."""
        return self.steps.remove(photos).finish()

    def undo(self) -> ReviewStep | None:
        """Take the last step back; None where there is none."""
        doing = self.steps.undo()
        doing.finish()
        return doing.step

    def redo(self) -> ReviewStep | None:
        """Do the step again that was taken back last; None where there is none."""
        doing = self.steps.redo()
        doing.finish()
        return doing.step

    def next_actions(self) -> tuple[str | None, str | None]:
        """Return what undo and redo would move, such as "accept"; None where nothing is left."""
        return self._file.next_actions()

    def _keep(self, photos: Iterable[ReviewPhoto]) -> list[int]:
        kept = list(photos)
        if kept:
            self._file.add(kept)
        self._album.put(kept)
        return [photo.id for photo in kept]


def _with_result(
    photo: ReviewPhoto, result: LocatedPhoto | LocatingResult | FailedPhoto
) -> ReviewPhoto:
    if isinstance(result, FailedPhoto):
        failure = Failure(result.code, result.message)
        return replace(photo, answer=None, trip=None, failure=failure)
    kept = locating_result(result) if isinstance(result, LocatedPhoto) else result
    known = photo.known if photo.known is not None else kept.known
    return replace(photo, answer=kept.answer, failure=None, known=known, trip=None)
