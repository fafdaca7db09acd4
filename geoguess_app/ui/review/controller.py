"""The review that is going on, with signals: what the window does goes through here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.types import Coordinate, Failed, Located
from geoguess_app.review.areas import Area
from geoguess_app.review.intake import Facts
from geoguess_app.review.session import Session
from geoguess_app.review.values import Answer, Answered, Chosen, ReviewPhoto, State

_MANY = 2000


class ReviewController(QObject):
    """Owns the session; belongs to the GUI thread.

    Actions return the numbers of the photos that they changed, and nothing where the file of the
    review could not be written: `problem` says so, and nothing has changed.
    """

    added = Signal(object)
    """Numbers of photos that were not in the review before; `changed` follows."""
    changed = Signal(object)
    """Numbers of photos of which something is different now."""
    decided = Signal(object)
    """Numbers of photos that a step of the user changed, before `changed` tells."""
    stepsChanged = Signal()
    """Undo and redo would do something else now."""
    problem = Signal(str)
    """One sentence."""

    def __init__(
        self,
        session: Session,
        parent: QObject | None = None,
        states: dict[int, State] | None = None,
    ) -> None:
        """Take over a session; it is closed with `close`. `states`: `states_of` it, if known."""
        super().__init__(parent)
        self.session = session
        self._states = states_of(session) if states is None else states
        self._counts = Counter(self._states.values())

    def close(self) -> None:
        """Let go of the file; all is kept already."""
        self.session.close()

    def __len__(self) -> int:
        return len(self.session)

    def photo(self, number: int) -> ReviewPhoto:
        """A photo by its number."""
        return self.session[number]

    def counts(self) -> Counter[State]:
        """How many photos are in which state; kept up to date, so asking costs nothing."""
        return self._counts

    def steps(self) -> tuple[str | None, str | None]:
        """What undo and redo would move, such as "accept"; None where nothing is left."""
        try:
            return self.session.next_actions()
        except GeoGuessError:
            return None, None

    # What the program finds out.

    def add(self, found: Iterable[Facts]) -> list[int]:
        """Take photos in; returns the numbers of those new or changed."""
        numbers = self.run(lambda session: session.add(found))
        if numbers:
            self.stepsChanged.emit()  # photos that had been taken off come back as a step
        return numbers

    def take(self, results: Iterable[Located | Answered | Failed]) -> list[int]:
        """Take what locating gave."""
        return self.run(lambda session: session.take(results))

    def retry(self, photos: Iterable[int] | None = None) -> list[int]:
        """Let failed photos, all unless named, be located again."""
        return self.run(lambda session: session.retry(photos))

    def update(self, photos: Iterable[ReviewPhoto]) -> list[int]:
        """Take over new facts of photos; decisions stay."""
        return self.run(lambda session: session.update(photos))

    def run(self, action: Callable[[Session], Iterable[int]]) -> list[int]:
        """Do something with the session that returns the numbers of the photos it changed.

        For what belongs to others, such as `saving.mark_saved`; no step for undo.
        """
        try:
            numbers = list(action(self.session))
        except GeoGuessError as error:
            self.problem.emit(str(error))
            return []
        self._tell(numbers)
        return numbers

    # What the user does: every action is a step.

    def accept(self, photos: Iterable[int]) -> list[int]:
        """Accept what is proposed."""
        return self._step(lambda session: session.accept(photos))

    def reject(self, photos: Iterable[int]) -> list[int]:
        """Write nothing."""
        return self._step(lambda session: session.reject(photos))

    def choose(self, photos: Iterable[int], rank: int) -> list[int]:
        """Propose candidate `rank` (from 1) instead."""
        return self._step(lambda session: session.choose(photos, rank))

    def place(self, photos: Iterable[int], where: Coordinate | str) -> list[int]:
        """Place photos by hand; text that is no coordinate is a `problem`."""
        return self._step(lambda session: session.place(photos, where))

    def paste(self, source: int | Chosen, photos: Iterable[int]) -> list[int]:
        """Give photos the location of another one, or one that was copied."""
        return self._step(lambda session: session.paste(source, photos))

    def narrow(self, answers: Mapping[int, Answer], area: Area) -> list[int]:
        """Propose what was found inside an area."""
        return self._step(lambda session: session.narrow(answers, area))

    def clear(self, photos: Iterable[int]) -> list[int]:
        """Forget all decisions about photos."""
        return self._step(lambda session: session.clear(photos))

    def permit_replacing(self, photos: Iterable[int], *, permitted: bool = True) -> list[int]:
        """Tick that the photos' own positions may be replaced."""
        return self._step(lambda session: session.permit_replacing(photos, permitted=permitted))

    def remove(self, photos: Iterable[int]) -> list[int]:
        """Take photos off the list; undo brings them back."""
        return self._step(lambda session: session.remove(photos))

    def undo(self) -> list[int]:
        """Take the last step back; returns the photos it concerned."""
        return self._step(lambda session: _photos_of(session.undo()))

    def redo(self) -> list[int]:
        """Do again what was taken back last; returns the photos it concerned."""
        return self._step(lambda session: _photos_of(session.redo()))

    def _step(self, action: Callable[[Session], Iterable[int]]) -> list[int]:
        def told(session: Session) -> list[int]:
            numbers = list(action(session))
            if numbers:
                self.decided.emit(numbers)
            return numbers

        with _busy(many=len(self.session) > _MANY):
            numbers = self.run(told)
        if numbers:
            self.stepsChanged.emit()
        return numbers

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


@contextmanager
def _busy(*, many: bool) -> Iterator[None]:
    """A step on tens of thousands of photos takes seconds: the pointer says so."""
    if many:
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        if many:
            QGuiApplication.restoreOverrideCursor()


def states_of(session: Session) -> dict[int, State]:
    """The state of each photo, by number."""
    return {photo.id: photo.state for photo in session}


def _photos_of(step: object) -> list[int]:
    return [change.photo for change in getattr(step, "changes", ())]
