"""The state of Train mode in a view: the step, the photos and recipe, or a finished training.

Opening one starts no training. Photos are read again only where nothing is remembered of them,
without being asked only where they lie beside the view's file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from PySide6.QtCore import QTimer

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.records.marks import OmitDefault, OneOf, Range, Via
from geoguess_app.files.relative import relative_name
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train import runs
from geoguess_app.ui.train.panel import TrainStep
from geoguess_app.ui.train.report import read_report
from geoguess_app.ui.train.result import TrainingResult, read_result
from geoguess_app.ui.train.runs import TrainingFolder, TrainingPlan
from geoguess_app.ui.views.once import connect_once
from geoguess_app.ui.views.values import FileName, OptionalViewPath, Word, write_part
from geoguess_app.ui.views.view_state import ViewState
from geoguess_app.ui.work.bundle_files import looks_like_bundle
from geoguess_app.ui.work.jobs import Job

if TYPE_CHECKING:
    from geoguess_app.ui.train.mode import TrainMode
    from geoguess_app.ui.views.opened import OpenedView

_STEPS = {step.name.lower(): step for step in TrainStep}
_MOST_RECIPE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class TrainChoices:
    """The choices of the mode as the file has them."""

    step: Annotated[
        TrainStep, Via(Annotated[str, OneOf(tuple(_STEPS))], _STEPS.get, lambda s: s.name.lower())
    ] = TrainStep.PHOTOS
    source: Annotated[OptionalViewPath, OmitDefault()] = None
    images: Annotated[OptionalViewPath, OmitDefault()] = None
    run: Annotated[Word, OmitDefault()] = ""
    """Name of the run's folder, which only the window that trained knows."""
    recipe: Annotated[Word, OmitDefault()] = ""
    recipe_file: Annotated[OptionalViewPath, OmitDefault()] = None
    """One of the user's own."""
    within_km: Annotated[float, Range(0.0, 20_000.0), OmitDefault()] = 0.0
    model: Annotated[OptionalViewPath, OmitDefault()] = None
    photo: Annotated[FileName, OmitDefault()] = ""
    """Name of the test photo that is looked at."""


class TrainViewState(ViewState):
    """The step of Train mode, and what it is about, as far as it has come."""

    def __init__(self, mode: TrainMode) -> None:
        super().__init__(mode)
        self._mode = mode

    def captured(self, folder: Path) -> dict[str, object]:
        mode = self._mode
        control = mode.controller
        run, result, step = control.run, control.result, control.panel.current
        state = TrainChoices(step)
        if run is not None:
            images = Path(run.plan.images) if run.plan.images else None
            state = replace(state, source=Path(run.plan.source), images=images, run=run.folder.name)
        if run is not None and step is TrainStep.RECIPE:
            state = _with_recipe(state, mode)
        if result is not None:
            chosen = mode.pages.result
            test = chosen.model.test(chosen.table.currentIndex().row())
            photo = relative_name(test.path, _root(mode)) if test is not None else ""
            state = replace(state, model=result.model, photo=photo)
        return write_part(state, folder)

    def restore(self, view: OpenedView) -> None:
        looked = view.state(TrainChoices)
        if self._mode.controller.busy:
            view.tell(tr("Training is running, so the view was not opened."))
        else:
            _TrainRestorer(self._mode, view, looked).begin()


def _root(mode: TrainMode) -> Path:
    """What the names of test photos begin in."""
    report = mode.controller.report
    return report.root if report is not None and report.root is not None else Path()


def _with_recipe(state: TrainChoices, mode: TrainMode) -> TrainChoices:
    facts, body = mode.controller.trainers.facts, mode.panel.recipe
    if facts is None or not body.recipe.count():
        return state
    chosen = body.choices()
    if chosen.recipe in facts.recipes:
        return replace(state, recipe=chosen.recipe.id, within_km=chosen.within_km)
    return replace(state, recipe_file=Path(chosen.recipe.path), within_km=chosen.within_km)


class _TrainRestorer:
    """The way to the step that was looked at."""

    def __init__(self, mode: TrainMode, view: OpenedView, looked: TrainChoices) -> None:
        self._mode, self._view, self._looked = mode, view, looked
        self._control = mode.controller
        self._job: Job | None = None

    def begin(self) -> None:
        """A result, a remembered set of photos, or photos to be read."""
        looked, run = self._looked, self._remembered()
        finished = run is not None and run.plan.state == runs.DONE
        if looked.source is None or looked.step is TrainStep.PHOTOS:
            self._control.another()
            self._view.shown()
        elif looked.model is not None or finished:
            self._show_finished(run if finished else None)
        elif run is not None and self._show_run(run):
            self._go()
        else:
            self._read_photos(looked.source)

    def _remembered(self) -> TrainingFolder | None:
        """The training, where this is the window's own user."""
        found = (run for run in runs.runs() if run.folder.name == self._looked.run)
        return next((run for run in found if Path(run.plan.source) == self._looked.source), None)

    # --- a finished training ----------------------------------------------------------------

    def _show_finished(self, run: TrainingFolder | None) -> None:
        model = Path(run.plan.out) if run is not None else self._looked.model
        assert model is not None
        if not looks_like_bundle(model):
            self._view.tell(tr("The model of this run was not found ({path}).").format(path=model))
            self._control.another()
            self._view.shown()
        elif run is not None:
            self._open(run)
        else:
            self._open_foreign(model)

    def _open_foreign(self, model: Path) -> None:
        """What the model says of itself; what the training left is on another computer."""
        source = str(self._looked.source)
        plan = TrainingPlan(source=source, state=runs.DONE, name=model.stem, out=str(model))
        run = TrainingFolder(runs.trainings_dir() / "elsewhere", plan)

        def read(_token: CancelToken) -> Iterator[TrainingResult]:
            yield read_result(model, run.work, None)

        def came(result: TrainingResult) -> None:
            if self._view.wanted and not self._control.busy:
                self._view.tell(tr("Only the test results stored in the model are available here."))
                self._open(run)

        # Read twice: a file that is no model must not become the training at hand.
        job = self._job = Job(read)
        job.item.connect(came)
        job.failed.connect(lambda error: self._view.tell(_reason(model, error)))
        job.start(self._control.pool)

    def _open(self, run: TrainingFolder) -> None:
        control = self._control
        control.open_run(run)
        connect_once(control.mapChanged, lambda: control.result is not None, self._result_shown)

    def _result_shown(self) -> None:
        if not self._view.wanted:
            return
        if self._looked.photo:
            self._mode.pages.result.choose(_root(self._mode) / self._looked.photo)
        self._go()

    # --- photos -----------------------------------------------------------------------------

    def _show_run(self, run: TrainingFolder) -> bool:
        """What is remembered of a training that is not finished; False without its report."""
        control = self._control
        with suppress(OSError, ValueError, KeyError):
            report = read_report(run.table, run.report, run.split_report)
            control.another()
            control.run = run
            control.show_source(run)
            control.show_report(report)
            control.panel.summarise(TrainStep.RECIPE, run.plan.name)
            control.panel.train.show_stopped()
            return True
        return False

    def _read_photos(self, source: Path) -> None:
        if not source.exists():
            self._view.tell(
                tr("The photos of this view were not found ({path}).").format(path=source)
            )
            self._control.another()
            self._view.shown()
        elif self._is_beside(source) and self._is_beside(self._looked.images):
            self._when_trainer(lambda: self._choose(source))
        else:
            self._control.another()
            self._view.tell(
                tr("This view shows the photos in {path}, which have not been read yet.").format(
                    path=source
                ),
                (tr("Read them"), lambda: self._when_trainer(lambda: self._choose(source))),
            )
            self._view.shown()

    def _is_beside(self, path: Path | None) -> bool:
        """What a stranger's file names elsewhere is read only if the user says so."""
        return path is None or path.is_relative_to(self._view.source.absolute().parent)

    def _choose(self, source: Path) -> None:
        control = self._control
        if self._view.wanted and not control.busy:
            control.choose_source(source, self._looked.images)
            connect_once(control.mapChanged, lambda: control.report is not None, self._go)

    def _when_trainer(self, use: Callable[[], None]) -> None:
        trainers = self._control.trainers
        connect_once(trainers.found, lambda: True, use) if trainers.command is None else use()

    # --- the step ---------------------------------------------------------------------------

    def _go(self) -> None:
        """To the step, as far as there is something to see in it."""
        control, step = self._control, self._looked.step
        if not self._view.wanted:
            return
        unfinished = control.run is None or control.run.plan.state not in runs.RESUMABLE
        if control.report is None and control.result is not None:
            step = TrainStep.RESULT
        elif control.result is None and step >= TrainStep.TRAIN:
            step = TrainStep.CHECK if unfinished else TrainStep.TRAIN
        if step is TrainStep.RECIPE:
            self._when_trainer(self._show_recipe)
        elif control.panel.current is not step:
            control.go_to(step)
        QTimer.singleShot(0, self._view, self._view.shown)

    def _show_recipe(self) -> None:
        """The trainer's own is chosen; another one only if the user says so."""
        control, looked, body = self._control, self._looked, self._mode.panel.recipe
        if not self._view.wanted or control.busy:
            return
        control.plan()
        facts = control.trainers.facts
        for recipe in facts.recipes if facts is not None else ():
            if recipe.id == looked.recipe:
                body.choose(recipe.path)
        if not body.within.isHidden() and looked.within_km:
            body.within.setValue(looked.within_km)
        if looked.recipe_file is not None:
            self._offer_recipe(looked.recipe_file)
        QTimer.singleShot(0, self._view, self._view.shown)

    def _offer_recipe(self, path: Path) -> None:
        if not path.is_file() or path.stat().st_size > _MOST_RECIPE_BYTES:
            self._view.tell(tr("The recipe of this view was not found ({path}).").format(path=path))
            return
        self._view.tell(
            tr("This view uses its own recipe: {path}.").format(path=path),
            (tr("Use it"), lambda: self._control.add_recipe(path)),
        )


def _reason(model: Path, error: Exception) -> str:
    if isinstance(error, GeoGuessError):
        return str(error)
    return tr("{path}: the test results stored in the model are not valid.").format(path=model)
