"""Run any generator off the GUI thread; the same generators serve the command line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, QRunnable, Signal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.pools import TaskPool

log = logging.getLogger(__name__)

Work = Callable[[CancelToken], Iterator[Any]]


class Job(QObject):
    """One background run of ``work(token)``; every signal arrives on the GUI thread."""

    item = Signal(object)
    failed = Signal(object)
    """The exception that ended the work."""
    finished = Signal(bool)
    """True when it ran to its end, False when it was cancelled or failed."""

    def __init__(
        self, work: Work, parent: QObject | None = None, token: CancelToken | None = None
    ) -> None:
        super().__init__(parent)
        self.token = token or CancelToken()
        self._work = work

    def start(self, pool: TaskPool) -> Job:
        """Queue the work in ``pool`` and return at once."""
        pool.start(_JobRunnable(self))
        return self

    def cancel(self) -> None:
        """Ask the work to stop at its next item."""
        self.token.cancel()

    def run(self) -> None:
        """The work itself, in the thread that calls; never raises."""
        complete = False
        try:
            items = self._work(self.token)
            for value in items:
                if self.token.cancelled:
                    close(items)
                    break
                self.item.emit(value)
            else:
                complete = not self.token.cancelled
        except Exception as error:
            log.info("background work ended with an error", exc_info=error)
            self.failed.emit(error)
        finally:
            self.finished.emit(complete)


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
