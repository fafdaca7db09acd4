"""The way through the five steps: what follows from each answer, error and click."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QThreadPool, QTimer, Signal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.ui import words
from geoguess_app.ui.jobs import Job
from geoguess_app.ui.train import on_map, runs
from geoguess_app.ui.train.checking import Checking
from geoguess_app.ui.train.effort import Effort
from geoguess_app.ui.train.events import DONE, FAILED, Progress
from geoguess_app.ui.train.panel import Step, StepPanel
from geoguess_app.ui.train.recipes import WIDE_KM, enough, ordered, read_recipe, suggest
from geoguess_app.ui.train.report import DataReport, read_report
from geoguess_app.ui.train.result import Result, TestPhoto, length, read_result
from geoguess_app.ui.train.runs import Run
from geoguess_app.ui.train.sides import SidePages
from geoguess_app.ui.train.trainers import Trainers
from geoguess_app.ui.train.training import Training
from geoguess_app.ui.words import tr

_PATIENCE_MS = 400
"""Between a change of the recipe and the question what it takes."""
_PUT = (
    *("recipe", "task", "name", "license", "author"),
    *("within_km", "weights", "download", "out"),
)
"""What the user puts into a plan."""
_FORGOTTEN_S = 86_400.0


class TrainController(QObject):
    """Owns the work; the panel and the pages only show."""

    mapChanged = Signal(object)
    """What the map's part shows, or None."""
    lookAt = Signal(object, float)
    """A place and a radius in km."""
    useWanted = Signal(object)
    """The path of a model."""
    finished = Signal(str, bool)
    """A training has ended: how, in a sentence, and whether that is an error."""
    told = Signal(str, bool)
    """A sentence for the window's notice, and whether it is an error."""

    def __init__(
        self, panel: StepPanel, pages: SidePages, state: QSettings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.panel, self.pages = panel, pages
        self.trainers = Trainers(state, self)
        self.run: Run | None = None
        self.report: DataReport | None = None
        self.result: Result | None = None
        self.training: Training | None = None
        self._checking: Checking | None = None
        self._effort = Effort(self)
        self._job: Job | None = None
        self._waiting: Path | None = None
        self._model_in_use: Path | None = None
        self._asking = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        self._asking.timeout.connect(self._ask_effort)
        self._state = state
        self._connect()

    def begin(self) -> None:
        """The mode is entered for the first time."""
        _forget_unused()
        self.panel.photos.list_runs(_worth_listing())
        self.trainers.look()

    # --- photos ---------------------------------------------------------------------------

    def choose_source(self, source: Path, images: Path | None = None) -> None:
        """Photos to learn from: read them at once."""
        if self.busy:
            self.told.emit(tr("A training is under way; stop it first."), False)
            return
        if self.trainers.command is None:
            self._waiting = source
            if not self.trainers.facts:
                self.trainers.look()
            return
        self._drop_check()
        try:
            self.run = runs.new_run(source, images)
        except GeoGuessError as error:
            self.told.emit(str(error), True)
            return
        self._start_check()

    def read_again(self) -> None:
        """The same photos once more."""
        if self.run is not None and not self.busy:
            self.choose_source(Path(self.run.plan.source), _path(self.run.plan.images))

    def choose_images(self, folder: Path) -> None:
        """Where the photos of the table lie."""
        if self.run is not None:
            self.choose_source(Path(self.run.plan.source), folder)

    def cancel_check(self) -> None:
        """Back to the first step."""
        self._drop_check()
        self.mapChanged.emit(None)
        self._show(Step.PHOTOS)

    @property
    def busy(self) -> bool:
        """Whether a training is at work."""
        return self.training is not None and self.training.running

    def _start_check(self) -> None:
        assert self.run is not None
        assert self.trainers.command is not None
        self.report = self.result = None
        self.mapChanged.emit(None)
        self.panel.forget_after(Step.CHECK)
        source = Path(self.run.plan.source)
        self.panel.summarise(Step.PHOTOS, source.name or str(source))
        self.panel.summarise(Step.CHECK, "")
        self.panel.check.show_reading(0)
        self.pages.report.show_waiting()
        self._show(Step.CHECK)
        checking = Checking(self.trainers.command, self.run, self)
        checking.read.connect(self.panel.check.show_reading)
        checking.comparing.connect(self.panel.check.show_comparing)
        checking.done.connect(self._checked)
        checking.failed.connect(self._check_failed)
        self._checking = checking
        checking.start()

    def _drop_check(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
            self._checking = None
        self._effort.cancel()
        if self.run is not None and self.run.plan.state == runs.CHECKED:
            shutil.rmtree(self.run.folder, ignore_errors=True)
        self.run = None

    def _checked(self, report: DataReport) -> None:
        self._checking, self.report = None, report
        self.panel.summarise(
            Step.CHECK,
            _usable(report),
        )
        is_enough = enough(report.kept)
        self.panel.check.show_done(enough=is_enough, needs_images=report.root is None)
        self.pages.report.show_report(report)
        self._show_photos()

    def _check_failed(self, sentence: str) -> None:
        self._checking = None
        self.panel.check.show_trouble(sentence, needs_images="--images" in sentence)
        self.pages.report.show_stopped()

    def _show_photos(self) -> None:
        if self.report is None or not self.report.kept:
            self.mapChanged.emit(None)
            return
        self.mapChanged.emit(on_map.of_report(self.report))
        self.lookAt.emit(*on_map.region(self.report.latitude_deg, self.report.longitude_deg))

    # --- recipe ---------------------------------------------------------------------------

    def plan(self) -> None:
        """Offer recipes for the photos."""
        report, facts, run = self.report, self.trainers.facts, self.run
        if report is None and run is not None:
            self.read_again()  # an earlier training whose report is gone
            return
        if report is None or facts is None or run is None:
            return
        suggestion = suggest(report.kept, report.spread)
        body = self.panel.recipe
        wide = report.spread.most_km > WIDE_KM
        body.offer(ordered(facts.recipes, suggestion.recipe), suggestion, wide=wide)
        if not body.name.text() or run.plan.state == runs.CHECKED:
            source = Path(run.plan.source)
            name = run.plan.name or _title(source.stem if source.suffix else source.name)
            author = run.plan.author or str(self._state.value("train/author", "") or "")
            body.fill(name, run.plan.license, author, runs.model_path(name))
        self._show(Step.RECIPE)
        self._show_photos()
        self._recipe_changed()

    def add_recipe(self, path: Path) -> None:
        """A recipe of the user's own."""
        try:
            self.panel.recipe.add_recipe(read_recipe(path))
        except ValueError as error:
            self.panel.recipe.show_trouble(str(error))

    def _recipe_changed(self) -> None:
        self.panel.recipe.show_trouble("")
        if self.report is None:
            return
        km = self.panel.recipe.within.value()
        near = self.report.within(km) if km > 0 else self.report.kept
        self.panel.recipe.counted.setText(tr("{photos} count").format(photos=words.photos(near)))
        self.pages.effort.show_reckoning()
        self._effort.cancel()
        self._asking.start()

    def _ask_effort(self) -> None:
        if self.trainers.command is None or self.panel.current is not Step.RECIPE:
            return
        run = self._planned()
        if run is not None:
            self._effort.ask(self.trainers.command, run)

    def _effort_told(self, rows: list[tuple[str, str]], missing: str) -> None:
        self.pages.effort.show_facts(rows)
        self.panel.recipe.show_weights(missing)

    def _planned(self) -> Run | None:
        """The run as the fields have it; not saved."""
        if self.run is None:
            return None
        chosen = self.panel.recipe.choices()
        plan = {
            name: getattr(chosen, name) for name in _PUT if name not in ("recipe", "task", "out")
        }
        recipe = {"recipe": chosen.recipe.path, "task": chosen.recipe.task}
        return self.run.planned(**(plan | recipe | {"out": str(chosen.out)}))

    # --- training -------------------------------------------------------------------------

    def start_training(self) -> None:
        """Begin as the fields say."""
        run = self._planned()
        if run is None or self.trainers.command is None or self.busy:
            return
        trouble = ""
        if self.report is not None and self.report.has_beside_photos(Path(run.plan.out)):
            trouble = tr("The model file lies among the photos; choose another place for it.")
        self.panel.recipe.show_trouble(trouble)
        if trouble:
            return
        self._state.setValue("train/author", run.plan.author)
        self._effort.cancel()
        before = self.run.plan if self.run is not None else run.plan
        if before.state == runs.DONE:
            # The finished one keeps its result.
            run = runs.another_run(run).planned(**{name: getattr(run.plan, name) for name in _PUT})
        elif before.recipe not in ("", run.plan.recipe):
            # Another recipe does not go on with what an earlier one has begun.
            shutil.rmtree(run.work, ignore_errors=True)
        self._train(run)

    def resume_training(self) -> None:
        """Go on with the run that was stopped, or failed."""
        if self.run is not None and not self.busy:
            self._train(self.run)

    def open_run(self, run: Run) -> None:
        """One of the earlier trainings: its result, or going on with it."""
        if self.busy:
            self.told.emit(tr("A training is under way; stop it first."), False)
            return
        self._drop_check()
        self.run, self.report, self.result = run, None, None
        source = Path(run.plan.source)
        self.panel.summarise(Step.PHOTOS, source.name or str(source))
        with suppress(OSError, ValueError, KeyError):
            self.report = read_report(run.table, run.report, run.split_report)
            self.pages.report.show_report(self.report)
            self.panel.summarise(
                Step.CHECK,
                _usable(self.report),
            )
            self.panel.check.show_done(
                enough=enough(self.report.kept), needs_images=self.report.root is None
            )
        self.panel.summarise(Step.RECIPE, run.plan.name)
        self._show_photos()
        if run.plan.state == runs.DONE:
            self._show_result()
        elif self.trainers.command is not None:
            self.resume_training()

    def _train(self, run: Run) -> None:
        if self.trainers.command is None:
            return
        try:
            Path(run.plan.out).parent.mkdir(parents=True, exist_ok=True)
            self.run = run.changed(state=runs.TRAINING)
        except (GeoGuessError, OSError) as error:
            self.panel.recipe.show_trouble(str(error))
            return
        self.panel.summarise(Step.RECIPE, run.plan.name)
        self.panel.forget_after(Step.TRAIN)
        training = Training(self.trainers.command, self.run, self)
        training.changed.connect(self._progressed)
        training.said.connect(self.pages.training.add_line)
        training.ended.connect(self._trained)
        self.training = training
        self.pages.training.show_log([])
        self._show(Step.TRAIN, locked=True)
        training.start()
        self._progressed()

    def pause_training(self) -> None:
        """Rest, or go on."""
        if self.busy and self.training is not None:
            (self.training.go_on if self.training.pausing else self.training.pause)()

    def stop_training(self) -> None:
        """End with everything kept."""
        if self.busy and self.training is not None:
            self.training.stop()
            self.panel.train.show_stopping()

    def _progressed(self) -> None:
        training = self.training
        if training is None:
            return
        self.pages.training.show_progress(training.progress)
        if training.running and not training.stopping:
            self.panel.train.show_running(training.progress, pausing=training.pausing)

    def _trained(self, state: str, why: str) -> None:
        if self.training is None or self.run is None:
            return
        told = {DONE: runs.DONE, FAILED: runs.FAILED}.get(state, runs.STOPPED)
        with suppress(GeoGuessError):
            self.run = self.run.changed(state=told)
        self.panel.photos.list_runs(_worth_listing())
        if state == DONE:
            self._finish_progress(self.training.progress)
            self._show_result()
            return
        self._show(Step.TRAIN)
        if state == FAILED:
            self.panel.train.show_failed(why)
            self.finished.emit(tr("The training could not go on: {why}").format(why=why), True)
        else:
            self.panel.train.show_stopped()

    def _finish_progress(self, progress: Progress) -> None:
        progress.state = DONE
        self.pages.training.show_progress(progress)
        self.panel.summarise(Step.TRAIN, tr("finished"))

    # --- result ---------------------------------------------------------------------------

    def _show_result(self) -> None:
        assert self.run is not None
        run, root = self.run, self.report.root if self.report else None

        def read(_token: CancelToken) -> Iterator[Result]:
            yield read_result(Path(run.plan.out), run.work, root)

        self._job = Job(read)
        self._job.item.connect(self._result_read)
        self._job.failed.connect(lambda error: self._trained(FAILED, str(error)))
        self._job.start(QThreadPool.globalInstance())

    def _result_read(self, result: Result) -> None:
        # Not when an earlier one is looked at.
        fresh = self.training is not None and self.training.run.plan.out == str(result.model)
        self.result = result
        if result.this is not None:
            self.panel.summarise(
                Step.RESULT,
                tr("half within {near}").format(near=length(result.this.median_m)),
            )
            if fresh:
                name, near = result.title, length(result.this.median_m)
                text = tr("{name} is trained: half of the test photos within {near}.")
                self.finished.emit(text.format(name=name, near=near), False)
        self.pages.result.show_result(result)
        self._show_use()
        self._show(Step.RESULT)
        self.show_test(None)

    def show_test(self, test: TestPhoto | None) -> None:
        """Test photos on the map, one of them chosen or none."""
        if self.result is None or self.panel.current is not Step.RESULT:
            return
        shown = on_map.of_result(self.result, test)
        self.mapChanged.emit(shown)
        if shown is None:
            return
        tests = self.result.tests if test is None else (test,)
        self.lookAt.emit(*on_map.region_of_tests(tests))

    def use_model(self) -> None:
        """Load the new model in the window."""
        if self.result is not None:
            self.useWanted.emit(self.result.model)

    def model_changed(self, path: Path) -> None:
        """The window has loaded this model."""
        self._model_in_use = path
        self._show_use()

    def _show_use(self) -> None:
        if self.result is not None:
            self.panel.result.show_result(
                str(self.result.model),
                has_report=self.result.report is not None,
                in_use=self._model_in_use == self.result.model,
            )

    def photo_clicked(self, name: str) -> None:
        """A point on the map."""
        if self.panel.current is Step.RESULT:
            self.pages.result.choose(Path(name))
        elif self.report is not None and self.report.root is not None and name:
            self.pages.report.show_photo(self.report.root / name)
            self.pages.show_step(Step.CHECK)

    # --- everywhere -----------------------------------------------------------------------

    def another(self) -> None:
        """From the beginning."""
        self.run, self.report, self.result = None, None, None
        self.mapChanged.emit(None)
        self.panel.forget_after(Step.PHOTOS)
        self.panel.summarise(Step.PHOTOS, "")
        self.panel.photos.list_runs(_worth_listing())
        self._show(Step.PHOTOS)

    def go_to(self, step: Step) -> None:
        """Back to a step, or on to one that was reached."""
        if self.busy:
            return
        if step is Step.RECIPE:
            self.plan()
            return
        self._show(step)
        if step is Step.RESULT:
            self.show_test(None)
        elif step in (Step.CHECK, Step.TRAIN):
            self._show_photos()

    def show_again(self) -> None:
        """The mode is entered again: its things go back on the map."""
        if self.panel.current is Step.RESULT:
            self.show_test(None)
        else:
            self._show_photos()

    def close(self) -> bool:
        """The window closes: end all programs; a training can be gone on with."""
        self._asking.stop()
        ended = [self._effort.end(), self.trainers.end()]
        if self._checking is not None:
            ended.append(self._checking.end())
        if self.training is not None and self.training.running:
            self.training.ended.disconnect(self._trained)
            ended.append(self.training.end())
            if self.run is not None:
                with suppress(GeoGuessError):
                    self.run = self.run.changed(state=runs.STOPPED)
        return all(ended)

    def _show(self, step: Step, *, locked: bool = False) -> None:
        self.panel.show_step(step, locked=locked)
        self.pages.show_step(step)

    def _connect(self) -> None:
        panel, pages = self.panel, self.pages
        self.trainers.found.connect(self._trainer_found)
        self.trainers.missing.connect(self._trainer_missing)
        panel.stepWanted.connect(self.go_to)
        panel.photos.runWanted.connect(self.open_run)
        panel.check.cancelWanted.connect(self.cancel_check)
        panel.check.goOnWanted.connect(self.plan)
        panel.check.againWanted.connect(self.read_again)
        panel.recipe.recipeChanged.connect(self._recipe_changed)
        panel.recipe.startWanted.connect(self.start_training)
        panel.train.pauseWanted.connect(self.pause_training)
        panel.train.goOnWanted.connect(self.pause_training)
        panel.train.stopWanted.connect(self.stop_training)
        panel.train.resumeWanted.connect(self.resume_training)
        panel.train.changeWanted.connect(self.plan)
        panel.result.useWanted.connect(self.use_model)
        panel.result.anotherWanted.connect(self.another)
        pages.result.photoChosen.connect(self.show_test)
        pages.intro.lookAgainWanted.connect(self.trainers.look)
        self._effort.told.connect(self._effort_told)
        self._effort.failed.connect(pages.effort.show_trouble)

    def _trainer_found(self) -> None:
        self.pages.intro.show_missing("")
        self.panel.photos.set_usable(True)
        if self._waiting is not None:
            source, self._waiting = self._waiting, None
            self.choose_source(source)

    def _trainer_missing(self, sentence: str) -> None:
        self._waiting = None
        self.pages.intro.show_missing(sentence)
        self.panel.photos.set_usable(False)
        self._show(Step.PHOTOS)


def _usable(report: DataReport) -> str:
    return tr("{kept} of {found} usable").format(kept=f"{report.kept:,}", found=f"{report.found:,}")


def _worth_listing() -> list[Run]:
    """Runs that can be gone on with, or whose model is still there."""
    return [
        run
        for run in runs.runs()
        if run.plan.state in runs.RESUMABLE
        or (run.plan.state == runs.DONE and Path(run.plan.out).is_file())
    ]


def _forget_unused() -> None:
    """Sets that were looked at a day ago and never trained on."""
    for run in runs.runs():
        if run.plan.state == runs.CHECKED and time.time() - run.plan.created > _FORGOTTEN_S:
            shutil.rmtree(run.folder, ignore_errors=True)


def _title(name: str) -> str:
    plain = name.replace("_", " ").replace("-", " ").strip()
    return plain[:1].upper() + plain[1:] if plain else tr("My place")


def _path(text: str) -> Path | None:
    return Path(text) if text else None
