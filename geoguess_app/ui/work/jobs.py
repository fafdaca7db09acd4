"""Run any generator off the GUI thread; the same generators serve the command line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, QRunnable, QTimer, Signal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.pools import TaskPool

log = logging.getLogger(__name__)

Work = Callable[[CancelToken], Iterator[Any]]


_sending: set[Job] = set()
"""Jobs that are not deleted yet: without a reference they would be destroyed in the thread that
runs them, where no QObject of the window may be."""


class Job(QObject):
    """One background run of ``work(token)``; every signal arrives on the GUI thread.

    Once it has ended it lets go of its listeners, and of all that they hold: no Qt part of it may
    be used after ``finished``.
    """

    item = Signal(object)
    failed = Signal(object)
    """The exception that ended the work."""
    finished = Signal(bool)
    """True when it ran to its end, False when it was cancelled or failed."""
    _sent = Signal(str, object)
    """One of the above and its value, on the way to the GUI thread."""

    def __init__(
        self, work: Work, parent: QObject | None = None, token: CancelToken | None = None
    ) -> None:
        super().__init__(parent)
        self.token = token or CancelToken()
        self._work = work
        self._pool: TaskPool | None = None
        self._is_silent, self._is_abandoned = False, False
        self._at_work = threading.RLock()
        self._sent.connect(self._arrive)

    def start(self, pool: TaskPool) -> Job:
        """Queue the work in ``pool`` and return at once."""
        self.enter(pool)
        pool.start(_JobRunnable(self))
        return self

    def enter(self, pool: TaskPool) -> None:
        """Note the pool in whose threads the job will run."""
        self._pool = pool
        _sending.add(self)

    def cancel(self) -> None:
        """Ask the work to stop at its next item."""
        self.token.cancel()

    def abandon(self) -> None:
        """Cancel the work, and let nothing more of it arrive but its end."""
        self.cancel()
        self._is_abandoned = True

    def run(self) -> None:
        """The work itself, in the thread that calls; never raises."""
        with self._at_work:
            self._run()

    def _run(self) -> None:
        complete = False
        try:
            items = self._work(self.token)
            for value in items:
                if self.token.cancelled:
                    close(items)
                    break
                self._sent.emit("item", value)
            else:
                complete = not self.token.cancelled
        except Exception as error:
            log.info("background work ended with an error", exc_info=error)
            self._sent.emit("failed", error)
        finally:
            self._sent.emit("finished", complete)

    def _arrive(self, what: str, value: object) -> None:
        ended = what == "finished"
        if not self._is_silent and (ended or not self._is_abandoned):
            getattr(self, what).emit(value)
        if ended:
            self._part()

    def _part(self) -> None:
        with self._at_work:  # its thread may not have left the last signal yet
            QTimer.singleShot(0, partial(_delete, self))

    @staticmethod
    def silence(pools: Sequence[TaskPool]) -> None:
        """Let nothing more arrive from jobs of these pools, which are at rest: who would take it is
        about to go."""
        for job in [job for job in _sending if job._pool in pools]:
            job._is_silent = True
            job._part()


def _delete(job: Job) -> None:
    _sending.discard(job)
    if shiboken6.isValid(job):  # else it went with its parent
        shiboken6.delete(job)


class _JobRunnable(QRunnable):
    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def run(self) -> None:
        self._job.run()


def close(items: Iterator[Any]) -> None:
    """End a generator that will not be asked again, so that its ``finally`` runs now."""
    ending = getattr(items, "close", None)
    if ending is not None:
        ending()
