"""The second step at work: the trainer reads the photos and compares them; then its report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.models.trainer_command import TrainerCommand
from geoguess_app.ui.train import arguments
from geoguess_app.ui.train.events import TrainingProgress
from geoguess_app.ui.train.follower import Follower
from geoguess_app.ui.train.process import TrainerProcess
from geoguess_app.ui.train.report import DataReport, read_report
from geoguess_app.ui.train.runs import TrainingFolder
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.pools import TaskPool

_END_MS = 5000


class PhotoCheck(QObject):
    """One check of one set of photos; ends with ``done`` or ``failed``, or silently when
    cancelled."""

    read = Signal(int)
    """So many photos have been read."""
    comparing = Signal()
    done = Signal(object)
    """A DataReport."""
    failed = Signal(str)

    def __init__(
        self,
        trainer: TrainerCommand,
        run: TrainingFolder,
        pool: TaskPool,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._pool = pool
        self._trainer, self._run = trainer, run
        self._process: TrainerProcess | None = None
        self._job: Job | None = None
        self._cancelled = False
        self._progress = TrainingProgress()
        progress_file = run.report / "progress.jsonl"
        with suppress(OSError):
            progress_file.unlink(missing_ok=True)
        self._follower = Follower([progress_file], self)
        self._follower.lines.connect(self._took)

    def start(self) -> None:
        """Begin to check the photos."""
        self._follower.start()
        self._launch(arguments.read_photos(self._run), self._photos_read)

    def cancel(self) -> None:
        """End; nothing more is told."""
        self._cancelled = True
        self._follower.stop()
        if self._process is not None:
            self._process.stop()  # not killed: it has helpers of its own to end
        if self._job is not None:
            self._job.cancel()

    def end(self) -> bool:
        """The window closes: True once the trainer has ended."""
        self.cancel()
        return self._process is None or self._process.end(_END_MS)

    def _launch(self, command: list[str], then: object) -> None:
        # Steered: it must not go on alone when the window is gone.
        self._process = TrainerProcess(self._trainer, command, self, steered=True)
        self._process.finished.connect(then)
        self._process.start()

    def _took(self, lines: list[str]) -> None:
        for text in lines:
            self._progress.take_line(text)
        if not self._cancelled:
            self.read.emit(self._progress.done)

    def _photos_read(self, code: int) -> None:
        self._follower.stop()
        if self._cancelled or self._process is None:
            return
        if code and not (self._run.report / "report.json").is_file():
            self.failed.emit(self._process.last_words)
            return
        if code or not self._run.table.is_file():
            self._look()
            return
        self.comparing.emit()
        self._launch(arguments.compare_photos(self._run), self._compared)

    def _compared(self, _code: int) -> None:
        # Without this the report says less, and is still true.
        if not self._cancelled:
            self._look()

    def _look(self) -> None:
        self._job = Job(self._reports)
        self._job.item.connect(self._looked)
        self._job.failed.connect(lambda error: self.failed.emit(str(error)))
        self._job.start(self._pool)

    def _reports(self, _token: CancelToken) -> Iterator[DataReport]:
        report = read_report(self._run.table, self._run.report, self._run.split_report)
        if report.kept:
            # Computed here, not on the window's thread.
            _ = report.spread, report.beside_another
        yield report

    def _looked(self, report: DataReport) -> None:
        if not self._cancelled:
            self.done.emit(report)
