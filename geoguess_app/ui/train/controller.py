"""The way through the five steps: what follows from each answer, error and click."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, QSettings

from geoguess_app.ui.train import runs
from geoguess_app.ui.train.events import FAILED
from geoguess_app.ui.train.panel import StepPanel, TrainStep
from geoguess_app.ui.train.photos_step import PhotosStep
from geoguess_app.ui.train.recipe_step import RecipeStep
from geoguess_app.ui.train.report import read_report
from geoguess_app.ui.train.result import TestPhoto
from geoguess_app.ui.train.result_step import ResultStep
from geoguess_app.ui.train.runs import TrainingFolder
from geoguess_app.ui.train.session import TrainSession
from geoguess_app.ui.train.sides import SidePages
from geoguess_app.ui.train.training_step import TrainingStep
from geoguess_app.ui.work.pools import TaskPool

_FORGOTTEN_S = 86_400.0


class TrainController(TrainSession):
    """A controller that leads from step to step; each step does its own work, the panel and the
    pages only show."""

    def __init__(
        self,
        panel: StepPanel,
        pages: SidePages,
        state: QSettings,
        pool: TaskPool,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(panel, pages, state, pool, parent)
        self._photos, self._recipe = PhotosStep(self), RecipeStep(self)
        self._training, self._result = TrainingStep(self), ResultStep(self)
        panel.stepWanted.connect(self.go_to)
        panel.photos.runWanted.connect(self.open_run)
        panel.check.goOnWanted.connect(self.plan)
        panel.recipe.startWanted.connect(self.start_training)
        self._recipe.ready.connect(self.start_training)
        panel.train.changeWanted.connect(self.plan)
        panel.result.anotherWanted.connect(self.another)
        pages.intro.lookAgainWanted.connect(self.trainers.look)
        self._photos.dropped.connect(self._recipe.cancel)
        self._training.trained.connect(self._result.read)
        self._result.failed.connect(lambda why: self._training.ended(FAILED, why))

    def begin(self) -> None:
        """The mode is entered for the first time."""
        _forget_unused()
        self.list_runs()
        self.trainers.look()

    def choose_source(self, source: Path, images: Path | None = None) -> None:
        """Photos to learn from: read them at once."""
        self._photos.choose(source, images)

    def choose_images(self, folder: Path) -> None:
        """Take where the photos of the table lie."""
        self._photos.choose_images(folder)

    def plan(self) -> None:
        """Offer recipes for the photos."""
        if self.report is None and self.run is not None:
            self._photos.read_again()  # an earlier training whose report is gone
            return
        self._recipe.offer()

    def add_recipe(self, path: Path) -> None:
        """A recipe of the user's own."""
        self._recipe.add(path)

    def start_training(self) -> None:
        """Begin as the fields say."""
        run = self._recipe.planned()
        if run is None or self.trainers.command is None or self.busy:
            return
        if not self._recipe.may_start():
            return
        self._recipe.cancel()
        self._training.start(run)

    def pause_training(self) -> None:
        """Rest, or go on."""
        self._training.pause()

    def stop_training(self) -> None:
        """End with everything kept."""
        self._training.stop()

    def open_run(self, run: TrainingFolder) -> None:
        """One of the earlier trainings: its result, or going on with it."""
        if self.refuse_while_busy():
            return
        self._photos.drop()
        self.run, self.report, self.result = run, None, None
        self.show_source(run)
        with suppress(OSError, ValueError, KeyError):
            self.show_report(read_report(run.table, run.report, run.split_report))
        self.panel.summarise(TrainStep.RECIPE, run.plan.name)
        self.show_photos()
        if run.plan.state == runs.DONE:
            self._training.show_past(run)
            self._result.read()
        elif self.trainers.command is not None:
            self._training.resume()

    def show_test(self, test: TestPhoto | None) -> None:
        """Test photos on the map, one of them chosen or none."""
        self._result.show_test(test)

    def use_model(self) -> None:
        """Load the new model in the window."""
        self._result.use_model()

    def model_changed(self, path: Path) -> None:
        """The window has loaded this model."""
        self._result.model_changed(path)

    def photo_clicked(self, name: str) -> None:
        """A point on the map."""
        if self.panel.current is TrainStep.RESULT:
            self.pages.result.choose(Path(name))
        elif self.report is not None and self.report.root is not None and name:
            self.pages.report.show_photo(self.report.root / name)
            self.pages.show_step(TrainStep.CHECK)

    def another(self) -> None:
        """Begin another training from the first step."""
        self.run, self.report, self.result = None, None, None
        self.mapChanged.emit(None)
        self.panel.forget_after(TrainStep.PHOTOS)
        self.panel.summarise(TrainStep.PHOTOS, "")
        self.list_runs()
        self.show(TrainStep.PHOTOS)

    def go_to(self, step: TrainStep) -> None:
        """Back to a step, or on to one that was reached."""
        if self.busy:
            return
        if step is TrainStep.RECIPE:
            self.plan()
            return
        self.show(step)
        if step is TrainStep.RESULT:
            self.show_test(None)
        elif step in (TrainStep.CHECK, TrainStep.TRAIN):
            self.show_photos()

    def show_again(self) -> None:
        """The mode is entered again: its things go back on the map."""
        if self.panel.current is TrainStep.RESULT:
            self.show_test(None)
        else:
            self.show_photos()

    def close(self) -> bool:
        """The window closes: end all programs; a training can be gone on with."""
        parts = (self._recipe, self.trainers, self._photos, self._training)
        ended = [part.end() for part in parts]  # all of them, whatever one says
        return all(ended)


def _forget_unused() -> None:
    """Sets that were looked at a day ago and never trained on."""
    for run in runs.runs():
        if run.plan.state == runs.CHECKED and time.time() - run.plan.created > _FORGOTTEN_S:
            shutil.rmtree(run.folder, ignore_errors=True)
