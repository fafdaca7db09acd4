"""The review that is going on, with signals: what the window does goes through here."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.errors import GeoGuessError, SessionError
from geoguess_app.core.types import Coordinate, FailedPhoto, LocatedPhoto
from geoguess_app.review.intake import FileFacts
from geoguess_app.review.kept_later import DeferredSessionFile
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.steps import SLICE, PendingStep, Steps
from geoguess_app.review.values import (
    ChosenPosition,
    Decision,
    LocatingResult,
    NarrowedAnswer,
    ReviewPhoto,
    State,
)
from geoguess_app.ui.work.slices import Slices

Then = Callable[[list[int]], None]
_PATIENCE_S = 1.0
_PART = 100


class ReviewController(QObject):
    """Owns the session; belongs to the GUI thread.

    Actions return the numbers of the photos that they changed, none where something was wrong,
    which ``problem`` says. One that concerns more than ``SLICE`` photos goes on in slices, as do
    those begun after it: then nothing is returned, and ``then`` gets the numbers at the end, as
    always.
    """

    added = Signal(object)
    """Numbers of photos that were not in the review before; ``changed`` follows."""
    changed = Signal(object)
    """Numbers of photos of which something is different now."""
    decided = Signal(object)
    """Numbers of photos that a step of the user changed, before ``changed`` tells."""
    stepsChanged = Signal()
    """Undo and redo would do something else now."""
    problem = Signal(str)
    """One sentence."""
    keptChanged = Signal(bool)
    """False: from now on nothing can be written to the file, and ``problem`` says why; True: all is
    written again."""
    _fileTold = Signal(object)

    def __init__(
        self,
        session: ReviewSession,
        parent: QObject | None = None,
        states: dict[int, State] | None = None,
        file: DeferredSessionFile | None = None,
    ) -> None:
        """Take over a session; it is closed with ``close``. ``states``: ``states_of`` it, if known;
        ``file``: the one of the session, where it is written later."""
        super().__init__(parent)
        self.session = session
        self._states = states_of(session) if states is None else states
        self._counts = Counter(self._states.values())
        self._slices, self._visits = Slices(self), Slices(self)
        self._file = file
        self._fileTold.connect(self._note_file)
        if file is not None:
            file.told = self._fileTold.emit

    @property
    def busy(self) -> bool:
        """A step over many photos is at work, or told of."""
        return self._slices.busy

    @property
    def visiting(self) -> bool:
        """Tell whether somebody who asked to ``visit`` has not been told of all photos yet."""
        return self._visits.busy

    def finish(self) -> None:
        """Bring all steps that were begun to their end, now."""
        self._slices.finish()

    def unkept(self) -> str:
        """Say why what was done last would be lost with the window; empty where all can be kept."""
        self.finish()
        if self._file is None or self._file.problem is None or self._file.flush(_PATIENCE_S):
            return ""
        problem = self._file.problem  # a later try may have succeeded meanwhile
        return "" if problem is None else str(problem)

    def close(self) -> None:
        """Let go of the file when all is kept. Raises SessionError where that failed."""
        self._visits.drop()
        self.finish()
        if self._file is not None:
            self._file.told = _nobody
        self.session.close()

    def __len__(self) -> int:
        return len(self.session)

    def photo(self, number: int) -> ReviewPhoto:
        """A photo by its number."""
        return self.session[number]

    def counts(self) -> Counter[State]:
        """Return how many photos are in which state; kept up to date, so asking costs nothing."""
        return self._counts

    def next_open(self, shown: Sequence[int], after: int) -> int | None:
        """Find the next open photo as ``ReviewSession.next_open``, at once also where none of fifty
        thousand is left."""
        if not self._counts[State.LOCATED]:
            return None
        start = shown.index(after) + 1 if after in shown else 0
        states, wanted = self._states, State.LOCATED
        around = itertools.chain(range(start, len(shown)), range(start))
        for number in map(shown.__getitem__, around):
            if states.get(number) is wanted and number != after:
                return number
        return None

    def steps(self) -> tuple[str | None, str | None]:
        """Return what undo and redo would move, such as "accept"; None where nothing is left."""
        try:
            return self.session.next_actions()
        except GeoGuessError:
            return None, None

    # What the program finds out.

    def add(self, found: Iterable[FileFacts]) -> list[int]:
        """Take photos in; returns the numbers of those new or changed."""
        numbers = self.run(lambda session: session.add(found))
        if numbers:
            self.stepsChanged.emit()  # photos that had been taken off come back as a step
        return numbers

    def take(self, results: Iterable[LocatedPhoto | LocatingResult | FailedPhoto]) -> list[int]:
        """Take what locating gave."""
        return self.run(lambda session: session.take(results))

    def retry(self, photos: Iterable[int] | None = None) -> list[int]:
        """Let failed photos, all unless named, be located again."""
        return self.run(lambda session: session.retry(photos))

    def update(self, photos: Iterable[ReviewPhoto]) -> list[int]:
        """Take over new facts of photos; decisions stay."""
        return self.run(lambda session: session.update(photos))

    def run(self, action: Callable[[ReviewSession], Iterable[int]]) -> list[int]:
        """Do something with the session that returns the numbers of the photos it changed.

        For what belongs to others, such as ``saving.mark_saved``; no step for undo.
        """
        try:
            numbers = list(action(self.session))
        except GeoGuessError as error:
            self.problem.emit(str(error))
            return []
        self._tell(numbers)
        return numbers

    # What the user does: every action is a step.

    def accept(
        self, photos: Iterable[int], then: Then | None = None, *, unsure: bool = False
    ) -> list[int]:
        """Accept what is proposed; ``unsure``: best guesses of a model that cannot tell, too."""
        return self._step(lambda steps: steps.accept(photos, unsure=unsure), then)

    def reject(self, photos: Iterable[int], then: Then | None = None) -> list[int]:
        """Reject photos, so that nothing is written to them."""
        return self._step(lambda steps: steps.reject(photos), then)

    def choose(self, photos: Iterable[int], rank: int) -> list[int]:
        """Propose candidate ``rank`` (from 1) instead."""
        return self._step(lambda steps: steps.choose(photos, rank))

    def place(
        self, photos: Iterable[int], where: Coordinate | str, then: Then | None = None
    ) -> list[int]:
        """Place photos by hand; text that is no coordinate is a ``problem``."""
        return self._step(lambda steps: steps.place(photos, where), then)

    def paste(
        self, source: int | ChosenPosition, photos: Iterable[int], then: Then | None = None
    ) -> list[int]:
        """Give photos the location of another one, or one that was copied."""
        return self._step(lambda steps: steps.paste(source, photos), then)

    def narrow(self, found: Mapping[int, NarrowedAnswer]) -> list[int]:
        """Propose what was found inside areas."""
        return self._step(lambda steps: steps.narrow(found))

    def propose(
        self, positions: Mapping[int, ChosenPosition], then: Then | None = None
    ) -> list[int]:
        """Propose positions from a track."""
        return self._step(lambda steps: steps.propose(positions), then)

    def clear(self, photos: Iterable[int]) -> list[int]:
        """Forget all decisions about photos."""
        return self._step(lambda steps: steps.clear(photos))

    def restore(self, decisions: Mapping[int, Decision]) -> list[int]:
        """Decide about photos again what was decided once."""
        return self._step(lambda steps: steps.restore(decisions))

    def permit_replacing(self, photos: Iterable[int], *, permitted: bool = True) -> list[int]:
        """Tick that the photos' own positions may be replaced."""
        return self._step(lambda steps: steps.permit_replacing(photos, permitted=permitted))

    def remove(self, photos: Iterable[int], then: Then | None = None) -> list[int]:
        """Take photos off the list; undo brings them back."""
        return self._step(lambda steps: steps.remove(photos), then)

    def undo(self, then: Then | None = None) -> list[int]:
        """Take the last step back; the photos it concerned."""
        return self._step(Steps.undo, then)

    def redo(self, then: Then | None = None) -> list[int]:
        """Do again what was taken back last; the photos it concerned."""
        return self._step(Steps.redo, then)

    def visit(self, tell: Callable[[Sequence[int]], None]) -> None:
        """Tell all photos, by number, in slices: what ``changed`` tells from now on comes
        besides."""
        photos = iter(list(self.session))

        def part() -> bool:
            some = [photo.id for photo in itertools.islice(photos, _PART)]
            if some:
                tell(some)
            return bool(some)

        if len(self.session) <= SLICE:
            while part():
                pass
        else:
            self._visits.begin(part)

    def _step(self, begin: Callable[[Steps], PendingStep], then: Then | None = None) -> list[int]:
        step = _Step(self, begin, then)
        if self._slices.busy or step.go_on() is not False:
            self._slices.begin(step.go_on)
        return step.numbers

    def tell_step(self, numbers: list[int]) -> None:
        """Tell that these photos were changed by a step at work."""
        if numbers:
            self.decided.emit(numbers)
            self._tell(numbers)

    def _note_file(self, problem: SessionError | None) -> None:
        self.keptChanged.emit(problem is None)
        if problem is not None:
            self.problem.emit(str(problem))

    def _tell(self, numbers: list[int]) -> None:
        new = [number for number in numbers if number not in self._states]
        for number in numbers:
            self._count(self.session[number])
        new = [number for number in new if number in self._states]
        if new:
            self.added.emit(new)
        if numbers:
            self.changed.emit(numbers)

    def _count(self, photo: ReviewPhoto) -> None:
        before = self._states.pop(photo.id, None)
        if before is not None:
            self._counts[before] -= 1
        if not photo.decision.removed:
            state = self._states[photo.id] = photo.state
            self._counts[state] += 1


class _Step:
    """One step of the user from its beginning to its end."""

    def __init__(
        self, review: ReviewController, begin: Callable[[Steps], PendingStep], then: Then | None
    ) -> None:
        self._review, self._begin, self._then = review, begin, then
        self._doing: PendingStep | None = None
        self._told = 0
        self.numbers: list[int] = []

    def go_on(self) -> bool | None:
        """One slice; False at the end, None while the file is read."""
        try:
            if self._doing is None:
                self._doing = self._begin(self._review.session.steps)
            more = self._doing.go_on()
            done = self._doing.numbers
        except GeoGuessError as error:
            self._review.problem.emit(str(error))
            more, done = False, []
        self._review.tell_step(done[self._told :])
        self._told = len(done)
        if not more:
            self._end(done)
        return None if more and self._doing is not None and self._doing.waits else more

    def _end(self, numbers: list[int]) -> None:
        self.numbers = numbers
        if numbers:
            self._review.stepsChanged.emit()
        if self._then is not None:
            self._then(numbers)


def states_of(session: ReviewSession) -> dict[int, State]:
    """The state of each photo, by number."""
    return {photo.id: photo.state for photo in session}


def _nobody(_problem: SessionError | None) -> None:
    """The window has gone."""
