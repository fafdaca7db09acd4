"""The steps of a session in memory: which there are, and the last ones with all they changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from geoguess_app.core.errors import SessionError
from geoguess_app.review.session_file import KEPT_STEPS, ReviewStep, SessionFile

log = logging.getLogger(__name__)

_KEPT_CHANGES = 100_000
"""Changes of photos kept in memory, about 30 MB; of older steps only the names are."""


class HistoryEntry:
    """One step; ``step`` is None until it is ``loaded``, and stays so where it cannot be read."""

    def __init__(self, number: int, action: str, step: ReviewStep | None = None) -> None:
        self.number, self.action, self.step = number, action, step
        self.asked = step is not None
        self.loaded = threading.Event()
        if step is not None:
            self.loaded.set()

    def load(self, file: SessionFile) -> None:
        """Read it, in the file's thread."""
        try:
            self.step = file.step(self.number)
        except SessionError as problem:
            log.warning("a step of the review cannot be read: %s", problem)
        finally:
            self.loaded.set()

    def forget(self) -> None:
        """Give the memory back; the file still has it."""
        self.step, self.asked = None, False
        self.loaded.clear()


class History:
    """The steps that undo and redo would move, numbered as in the file; for the thread that
    decides."""

    def __init__(self, kept: Iterable[tuple[int, str, bool]] = ()) -> None:
        """Go on from ``SessionFile.steps``."""
        self._done: list[HistoryEntry] = []
        self._undone: list[HistoryEntry] = []
        for number, action, undone in kept:
            (self._undone if undone else self._done).append(HistoryEntry(number, action))
        self._undone.reverse()

    def do(self, step: ReviewStep) -> None:
        """A step was done."""
        number = self._done[-1].number + 1 if self._done else 1
        self._undone.clear()
        self._done.append(HistoryEntry(number, step.action, step))
        while self._done[0].number <= number - KEPT_STEPS:
            del self._done[0]

    def move(self, *, undone: bool) -> None:
        """The last step was undone, or done again."""
        if undone:
            self._undone.append(self._done.pop())
        else:
            self._done.append(self._undone.pop())

    def next_entry(self, *, undone: bool) -> HistoryEntry | None:
        """The step that redo would move (undone), or undo; None where there is none."""
        steps = self._undone if undone else self._done
        return steps[-1] if steps else None

    def next(self) -> list[HistoryEntry]:
        """Give both entries, as far as they are there."""
        return [*self._done[-1:], *self._undone[-1:]]

    def next_actions(self) -> tuple[str | None, str | None]:
        """Their names; None where nothing is left."""
        done, undone = (steps[-1].action if steps else None for steps in (self._done, self._undone))
        return done, undone

    def slim(self) -> None:
        """Keep the newest changes only, the next steps in any case."""
        for steps in (self._done, self._undone):
            room = _KEPT_CHANGES
            for entry in reversed(steps):
                if entry.step is not None and room <= 0:
                    entry.forget()
                elif entry.step is not None:
                    room -= len(entry.step.changes)
