"""The session that all steps of a training share: the photos and the run at hand, and where they
are shown."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train import on_map, runs
from geoguess_app.ui.train.panel import StepPanel, TrainStep
from geoguess_app.ui.train.report import DataReport
from geoguess_app.ui.train.result import TrainingResult
from geoguess_app.ui.train.runs import TrainingFolder
from geoguess_app.ui.train.sides import SidePages
from geoguess_app.ui.train.trainers import Trainers
from geoguess_app.ui.train.training import TrainingAttempt
from geoguess_app.ui.work.pools import TaskPool


class TrainSession(QObject):
    """One run at a time, its report and its result; None: not there yet."""

    mapChanged = Signal(object)
    """What the map's part shows, or None."""
    lookAt = Signal(object, float)
    """A place and a radius in km."""
    useWanted = Signal(object)
    """The path of a model."""
    finished = Signal(str, bool)
    """A training has ended: how, in a sentence, and whether that is an error."""
    progressed = Signal(str, float)
    """How far a training is, in a few words, and as a share (below 0: unknown); empty: none."""
    told = Signal(str, bool)
    """A sentence for the window's notice, and whether it is an error."""

    def __init__(
        self,
        panel: StepPanel,
        pages: SidePages,
        state: QSettings,
        pool: TaskPool,
        parent: QObject | None = None,
    ) -> None:
        """``pool`` reads reports and results."""
        super().__init__(parent)
        self.panel, self.pages, self.state, self.pool = panel, pages, state, pool
        self.trainers = Trainers(state, self)
        self.run: TrainingFolder | None = None
        self.report: DataReport | None = None
        self.result: TrainingResult | None = None
        self.training: TrainingAttempt | None = None

    @property
    def busy(self) -> bool:
        """Tell whether a training is at work."""
        return self.training is not None and self.training.running

    def refuse_while_busy(self) -> bool:
        """Say so while a training is at work; tell whether one is."""
        if self.busy:
            self.told.emit(tr("Training is running. Stop it first."), False)
        return self.busy

    def show(self, step: TrainStep, *, locked: bool = False) -> None:
        """Open a step on both sides."""
        self.panel.show_step(step, locked=locked)
        self.pages.show_step(step)

    def show_photos(self) -> None:
        """The photos that can be learned from, on the map."""
        if self.report is None or not self.report.kept:
            self.mapChanged.emit(None)
            return
        self.mapChanged.emit(on_map.report_payload(self.report))
        self.lookAt.emit(*on_map.region(self.report.latitude_deg, self.report.longitude_deg))

    def show_source(self, run: TrainingFolder) -> None:
        """Say which photos these are."""
        source = Path(run.plan.source)
        self.panel.summarise(TrainStep.PHOTOS, source.name or str(source))

    def show_report(self, report: DataReport) -> None:
        """Say what became of the photos."""
        self.report = report
        self.panel.summarise(
            TrainStep.CHECK,
            tr("{kept} of {found} usable").format(
                kept=f"{report.kept:,}", found=f"{report.found:,}"
            ),
        )
        self.panel.check.show_done(report.shortage, needs_images=report.root is None)
        self.pages.report.show_report(report)

    def list_runs(self) -> None:
        """Offer what can be gone on with, or whose model is still there."""
        self.panel.photos.list_runs(
            [
                run
                for run in runs.runs()
                if run.plan.state in runs.RESUMABLE
                or (run.plan.state == runs.DONE and Path(run.plan.out).is_file())
            ]
        )
