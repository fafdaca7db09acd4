"""Steps: each action of a person on the photos of a session a session: each action is one step, in
slices where it concerns thousands, so that nobody waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from geoguess_app.core.errors import SessionError
from geoguess_app.core.garbage import note_long_lived
from geoguess_app.core.geo.coordinates import parse
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Coordinate, Place
from geoguess_app.review import actions
from geoguess_app.review.album import Album
from geoguess_app.review.session_file import DecisionChange, ReviewStep
from geoguess_app.review.values import ChosenPosition, Decision, NarrowedAnswer, ReviewPhoto

SLICE = 200
"""So many photos are done at once; more of them ``_PART`` by ``_PART``, two milliseconds each."""
_PART = 100
_WAIT_S = 0.002
_NO_PLACE = Place("", "", "", "")

_T = TypeVar("_T")
Slices = Generator[None, None, None]


class StepFile(Protocol):
    """A place where steps are kept: ``SessionFile`` or ``DeferredSessionFile``."""

    def do(self, step: ReviewStep) -> None: ...
    def undo(self) -> ReviewStep | None: ...
    def redo(self) -> ReviewStep | None: ...
    def ready(self) -> bool: ...


class PendingStep:
    """A step at work. Raises SessionError where it cannot be kept: then nothing has changed."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        """Photos that it has changed so far."""
        self.step: ReviewStep | None = None
        """What it was, for undo and redo."""
        self.waits = False
        """It goes on when something has been read from the file."""
        self._slices: Slices = _do_nothing()

    def begin(self, slices: Slices) -> PendingStep:
        """Give its work, of which nothing is done yet."""
        self._slices = slices
        return self

    def go_on(self) -> bool:
        """One slice; False at the end, which is the first one for up to ``SLICE`` photos."""
        return next(self._slices, self) is not self

    def finish(self) -> list[int]:
        """All that is left."""
        while self.go_on():
            if self.waits:
                time.sleep(_WAIT_S)
        return self.numbers


class Steps:
    """The actions of a session. A step is begun when those before are through."""

    def __init__(self, album: Album, file: StepFile, places: PlaceFinder) -> None:
        self._album, self._file, self._places = album, file, places
        self._at_work = PendingStep()

    def finish(self) -> None:
        """Do the rest of the step at work."""
        self._at_work.finish()

    def accept(self, photos: Iterable[int], *, unsure: bool = False) -> PendingStep:
        """Accept what is proposed; photos without a proposal, with GPS of their own that may not be
        replaced, or (but for ``unsure``) that the model cannot tell, stay as they are."""
        return self._do("accept", photos, lambda photo: actions.accept(photo, unsure=unsure))

    def reject(self, photos: Iterable[int]) -> PendingStep:
        """Reject photos, so that nothing is written to them."""
        return self._do("reject", photos, actions.reject)

    def choose(self, photos: Iterable[int], rank: int) -> PendingStep:
        """Propose candidate ``rank`` (from 1) instead; photos with fewer stay as they are."""
        return self._do("choose", photos, lambda photo: actions.choose(photo, rank))

    def place(self, photos: Iterable[int], where: Coordinate | str) -> PendingStep:
        """Place photos by hand: a coordinate, or one as people write it.

        Raises CoordinateError for text that is none.
        """
        here = parse(where) if isinstance(where, str) else where
        return self._do("place", photos, lambda photo: actions.place_by_hand(photo, here))

    def copied(self, photo: int) -> ChosenPosition:
        """The location of a photo, for ``paste``. Raises SessionError where it has none."""
        self.finish()
        location = actions.copy_location(self._album.photos[photo])
        if location is None:
            raise SessionError(
                f"{self._album.photos[photo].path.name} has no location to copy; locate it first.",
                code="no-location",
            )
        return location

    def paste(self, source: int | ChosenPosition, photos: Iterable[int]) -> PendingStep:
        """Give photos the location of another one, as it is now or as it was when copied."""
        location = self.copied(source) if isinstance(source, int) else source
        return self._do("paste", photos, lambda photo: actions.paste(photo, location))

    def narrow(self, found: Mapping[int, NarrowedAnswer]) -> PendingStep:
        """Propose what ``narrowing.narrow_each`` found inside areas."""
        return self._do("narrow", found, lambda photo: actions.narrow(photo, found[photo.id]))

    def propose(self, positions: Mapping[int, ChosenPosition]) -> PendingStep:
        """Propose positions from a track; decided photos and those with GPS stay as they are."""
        return self._do(
            "track", positions, lambda photo: actions.propose(photo, positions[photo.id])
        )

    def clear(self, photos: Iterable[int]) -> PendingStep:
        """Forget all decisions about photos."""
        return self._do("clear", photos, actions.clear)

    def restore(self, decisions: Mapping[int, Decision]) -> PendingStep:
        """Decide about photos again what was decided once."""
        return self._do("restore", decisions, lambda photo: decisions[photo.id])

    def permit_replacing(self, photos: Iterable[int], *, permitted: bool = True) -> PendingStep:
        """Tick that the photos' own positions may be replaced."""
        return self._do(
            "permit", photos, lambda photo: actions.permit_replacing(photo, permitted=permitted)
        )

    def remove(self, photos: Iterable[int]) -> PendingStep:
        """Take photos off the list; their files stay as they are, and undo brings them back."""
        return self._do("remove", photos, actions.remove)

    def bring_back(self, photos: Iterable[int]) -> PendingStep:
        """Put photos on the list again that were taken off it, undecided."""
        return self._do("add", photos, actions.clear, removed=True)

    def undo(self) -> PendingStep:
        """Take the last step back."""
        return self._move(self._file.undo, lambda change: change.before)

    def redo(self) -> PendingStep:
        """Do the step again that was taken back last."""
        return self._move(self._file.redo, lambda change: change.after)

    def _begin(self, work: Callable[[PendingStep], Slices]) -> PendingStep:
        self.finish()
        doing = self._at_work = PendingStep()
        return doing.begin(work(doing))

    def _do(
        self,
        action: str,
        photos: Iterable[int],
        decide: Callable[[ReviewPhoto], Decision],
        *,
        removed: bool = False,
    ) -> PendingStep:
        """``removed``: what was taken off the list may change, otherwise it stays as it is."""
        numbers = list(dict.fromkeys(photos))

        def work(doing: PendingStep) -> Slices:
            changes: list[DecisionChange] = []
            names: dict[Coordinate, Place] = {}
            for part in _parts(numbers):
                if changes or part is not numbers:
                    yield
                changes += self._changes(part, decide, names, removed=removed)
                note_long_lived(len(part))
            if changes:
                self._file.do(ReviewStep(action, tuple(changes)))
                yield from self._apply(doing, changes, lambda change: change.after)

        return self._begin(work)

    def _changes(
        self,
        numbers: Sequence[int],
        decide: Callable[[ReviewPhoto], Decision],
        names: dict[Coordinate, Place],
        *,
        removed: bool,
    ) -> list[DecisionChange]:
        album = self._album
        before = [album.photos[n] for n in numbers if removed or n not in album.removed]
        changes = self._with_places([(p, decide(p)) for p in before], names)
        return [
            DecisionChange(p.id, p.decision, after) for p, after in changes if after != p.decision
        ]

    def _with_places(
        self, decided: list[tuple[ReviewPhoto, Decision]], names: dict[Coordinate, Place]
    ) -> list[tuple[ReviewPhoto, Decision]]:
        """Names for the positions that are new; ``names`` keeps those found."""
        nameless = [
            after.chosen.coordinate
            for _, after in decided
            if after.chosen is not None and after.chosen.place == _NO_PLACE
        ]
        if not nameless:
            return decided
        new = [spot for spot in dict.fromkeys(nameless) if spot not in names]
        names.update(zip(new, self._places.at_many(new), strict=True))
        return [(photo, _name_parts(after, names)) for photo, after in decided]

    def _move(
        self, take: Callable[[], ReviewStep | None], side: Callable[[DecisionChange], Decision]
    ) -> PendingStep:
        def work(doing: PendingStep) -> Slices:
            doing.waits = True
            while not self._file.ready():
                yield
            doing.waits = False
            doing.step = take()
            if doing.step is not None:
                yield from self._apply(doing, doing.step.changes, side)

        return self._begin(work)

    def _apply(
        self,
        doing: PendingStep,
        changes: Sequence[DecisionChange],
        side: Callable[[DecisionChange], Decision],
    ) -> Slices:
        """Show what is kept."""
        for part in _parts(changes):
            if part is not changes:
                yield
            for change in part:
                self._album.decide(change.photo, side(change))
            doing.numbers += [change.photo for change in part]


def _parts(items: Sequence[_T]) -> Iterable[Sequence[_T]]:
    if len(items) <= SLICE:
        return [items]
    return (items[at : at + _PART] for at in range(0, len(items), _PART))


def _do_nothing() -> Slices:
    yield from ()


def _name_parts(decision: Decision, names: Mapping[Coordinate, Place]) -> Decision:
    chosen = decision.chosen
    if chosen is None or chosen.place != _NO_PLACE:
        return decision
    return replace(decision, chosen=replace(chosen, place=names[chosen.coordinate]))
