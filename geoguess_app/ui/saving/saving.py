"""Saving from a review: the line under the worklist, the dialogs, and the writer behind them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.choices import options_of, remember
from geoguess_app.ui.saving.live_plan import LivePlan
from geoguess_app.ui.saving.outcomes import WriterOutcome, WriterTask
from geoguess_app.ui.saving.save_bar import SaveBar
from geoguess_app.ui.saving.writer import Writer
from geoguess_app.ui.saving.writing import find_estimates_work, list_runs_work, reconcile_work
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from geoguess_app.photos.write_plan import WriteOptions
    from geoguess_app.review.values import ReviewPhoto
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.saving.export_dialog import ExportDialog
    from geoguess_app.ui.saving.revoke_dialog import RevokeDialog
    from geoguess_app.ui.saving.save_dialog import SaveDialog


class SavingController(QObject):
    """The work behind ``SavingSide``; ``close`` comes before the controller's."""

    busyChanged = Signal(bool)
    """Files are being changed, so nothing else can be begun."""

    def __init__(self, services: Services, controller: ReviewController, menu: QMenu) -> None:
        super().__init__(services.host)
        self._services, self._controller = services, controller
        self.live = LivePlan(controller, services.pools, self._options, self)
        self.writer = Writer(controller, services.pools, self)
        self.bar = SaveBar(services.icons, menu)
        self._jobs: set[Job] = set()
        self._closed = False
        self._connect()
        self._reconcile()

    def close(self) -> bool:
        """Stop after the file at work, note what was done; True when no thread is left."""
        self._closed = True
        self.live.close()
        for job in self._jobs:
            job.cancel()
        return self.writer.close()

    def _connect(self) -> None:
        self.bar.saveRequested.connect(self.open_dialog)
        self.bar.stopRequested.connect(self.writer.stop)
        self.live.planned.connect(lambda plan: self.bar.show_plan(plan, self.live.line))
        self.live.planning.connect(self.bar.show_planning)
        self.live.failed.connect(self._complain)
        self.writer.begun.connect(self._begun)
        self.writer.progressed.connect(self.bar.show_progress)
        self.writer.finished.connect(self._finished)

    def _options(self) -> WriteOptions:
        return options_of(self._services.settings.now, self._services.window_state)

    def _reconcile(self) -> None:
        """Note what was written before the program was killed, if it was."""
        job = self._search(Job(reconcile_work(list(self._controller.session))))
        job.item.connect(self._note_written)
        job.start(self._services.pools.writing)

    def _note_written(self, photos: list[ReviewPhoto]) -> None:
        if not self._closed:
            self._controller.update(photos)

    # Saving.

    def open_dialog(self) -> SaveDialog | None:
        """Show what a save would write; None while one is going on."""
        from geoguess_app.ui.saving.save_dialog import SaveDialog

        if self.writer.running:
            self._complain(tr("Wait until the current files are written."))
            return None
        self.live.refresh()
        services = self._services
        dialog = SaveDialog(
            self._controller, self.live, self._options(), services.thumbnails, services.host
        )
        dialog.optionsChanged.connect(self._options_changed)
        dialog.confirmed.connect(self.writer.save)
        dialog.finished.connect(lambda _code: dialog.deleteLater())
        dialog.open()
        return dialog

    def _options_changed(self, options: WriteOptions) -> None:
        self._services.settings.change(**remember(options, self._services.window_state))
        self.live.refresh()

    def open_export(self) -> ExportDialog:
        """Ask what to export, and into which file."""
        from geoguess_app.ui.saving.export_dialog import ExportDialog

        dialog = ExportDialog(self._services, self._controller, self._track)
        dialog.finished.connect(lambda _code: dialog.deleteLater())
        dialog.open()
        return dialog

    # Taking back.

    def undo_last(self) -> None:
        """Take the last save back, whichever it was."""
        self._undo("")

    def open_runs(self) -> None:
        """List the saves of the journal."""
        from geoguess_app.ui.saving.runs_dialog import RunsDialog

        dialog = RunsDialog(self._services.host)
        dialog.chosen.connect(self._undo)
        dialog.finished.connect(lambda _code: dialog.deleteLater())
        job = self._search(Job(list_runs_work))
        job.item.connect(dialog.show_runs)
        dialog.finished.connect(lambda _code: job.abandon())
        job.start(self._services.pools.writing)
        dialog.open()

    def _undo(self, run: str) -> None:
        if not self.writer.running:
            self.writer.undo(run)

    # Revoking.

    def choose_revoke(self) -> None:
        """Ask for the folder."""
        name = QFileDialog.getExistingDirectory(
            self._services.host,
            tr("Remove estimates from a folder"),
            str(self._services.window_state.value("folder", "") or Path.home()),
        )
        if name:
            self.open_revoke(Path(name))

    def open_revoke(self, folder: Path) -> RevokeDialog:
        """Count the estimates in a folder, and ask."""
        from geoguess_app.ui.saving.revoke_dialog import RevokeDialog

        dialog = RevokeDialog(folder, self._services.host)
        dialog.confirmed.connect(self._revoke)
        job = self._search(Job(find_estimates_work(folder)))

        def ended(complete: bool) -> None:
            if not job.token.cancelled:
                dialog.counted(complete=complete)

        job.item.connect(dialog.found)
        job.finished.connect(ended)

        def closed(_code: int) -> None:
            job.abandon()
            dialog.deleteLater()

        dialog.finished.connect(closed)
        job.start(self._services.pools.files)
        dialog.open()
        return dialog

    def _revoke(self, files: list[Path]) -> None:
        if not self.writer.running:
            self.writer.revoke(files)

    def _search(self, job: Job) -> Job:
        job.failed.connect(lambda error: self._complain(sentence(error)))
        return self._track(job)

    def _track(self, job: Job) -> Job:
        """A job that ends with the review."""
        self._jobs.add(job)
        job.finished.connect(lambda _complete: self._jobs.discard(job))
        return job

    # What the writer says.

    def _begun(self, doing: str) -> None:
        self.live.hold()
        self.bar.show_work(WriterTask(doing))
        self.busyChanged.emit(True)

    def _finished(self, outcome: WriterOutcome) -> None:
        if self._closed:
            return
        self.bar.show_ready()
        self.busyChanged.emit(False)
        self.live.release()
        self._tell(outcome)

    def _tell(self, outcome: WriterOutcome) -> None:
        if outcome.bad:
            from geoguess_app.ui.saving.results_dialog import ResultsDialog

            dialog = ResultsDialog(outcome, self._services.host)
            dialog.finished.connect(lambda _code: dialog.deleteLater())
            dialog.open()
        if outcome.doing is WriterTask.UNDO and not outcome.run and not outcome.trouble:
            self._services.notice.tell(tr("No save to undo."))
            return
        undo = None
        if outcome.good and outcome.doing is not WriterTask.UNDO:
            title = tr("Undo last save") if outcome.doing is WriterTask.SAVE else tr("Undo")
            undo = (title, lambda: self._undo(outcome.run))
        self._services.notice.tell(outcome.sentence(), error=bool(outcome.trouble), action=undo)

    def _complain(self, text: str) -> None:
        if not self._closed:
            self._services.tell_error(text)
