"""The writer that saves, takes back and revokes in its thread, one thing at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.ui.saving import writing
from geoguess_app.ui.saving.notes import line, note_results
from geoguess_app.ui.saving.outcomes import OutcomeLine, WriterOutcome, WriterTask
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.pools import Pools
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from geoguess_app.photos.write_plan import SavePlan

_PATIENCE_MS = 60_000


class Writer(QObject):
    """The writer's end in the GUI thread; notes in the review what was done as it is done."""

    begun = Signal(str)
    """What is being done: a ``WriterTask``."""
    progressed = Signal(int, int)
    """Files done, of how many."""
    finished = Signal(object)
    """The Outcome."""

    def __init__(
        self, controller: ReviewController, pools: Pools, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._controller, self._pools = controller, pools
        self._outbox = writing.Outbox()
        self._job: Job | None = None
        self._doing = WriterTask.SAVE
        self._run = self._trouble = ""
        self._planned = 0
        self._lines: list[OutcomeLine] = []

    @property
    def running(self) -> bool:
        """Tell whether files are being changed."""
        return self._job is not None

    def save(self, plan: SavePlan) -> None:
        """Write the files of a plan."""
        self._start(WriterTask.SAVE, writing.save_work(plan, self._outbox), len(plan.writes))

    def undo(self, run: str = "") -> None:
        """Take a save back: the named one, else the last."""
        self._start(WriterTask.UNDO, writing.undo_work(run, self._outbox), 0)

    def revoke(self, files: Sequence[Path]) -> None:
        """Remove the estimates from files."""
        self._start(WriterTask.REVOKE, writing.revoke_work(files, self._outbox), len(files))

    def stop(self) -> None:
        """Stop after the file at work."""
        if self._job is not None:
            self._job.cancel()

    def close(self) -> bool:
        """Stop after the file at work and note what was done; False where it takes too long."""
        self.stop()
        ended = self._pools.writing.waitForDone(_PATIENCE_MS)
        if self._job is not None:
            self._note()
            self._job = None
        return ended

    def _start(self, doing: WriterTask, work: Work, planned: int) -> None:
        if self._job is not None:
            return
        self._doing, self._planned = doing, planned
        self._run = self._trouble = ""
        self._lines = []
        job = self._job = Job(work)
        job.item.connect(self._went_on)
        job.failed.connect(self._failed)
        job.finished.connect(lambda complete, job=job: self._ended(job, complete))
        self.begun.emit(doing.value)
        job.start(self._pools.writing)

    def _went_on(self, item: writing.OpenedJournal | int) -> None:
        if isinstance(item, writing.OpenedJournal):
            self._run, self._planned = item.run, item.files
        self._note()
        self.progressed.emit(len(self._lines), self._planned)

    def _failed(self, error: Exception) -> None:
        self._trouble = sentence(error)

    def _note(self) -> None:
        results = self._outbox.take()
        if results:
            self._lines += [line(self._doing, result) for result in results]
            self._controller.run(note_results(self._doing, results))

    def _ended(self, job: Job, complete: bool) -> None:
        if job is not self._job:
            return  # the window has closed
        self._note()
        self._job = None
        stopped = not complete and not self._trouble and len(self._lines) < self._planned
        self.finished.emit(
            WriterOutcome(
                self._doing, self._run, self._planned, tuple(self._lines), stopped, self._trouble
            )
        )
