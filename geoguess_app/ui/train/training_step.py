"""The fourth step: a training is begun, followed, paused, stopped, gone on with."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train import runs
from geoguess_app.ui.train.events import DONE, FAILED, PAUSED, TrainingProgress, stage_words
from geoguess_app.ui.train.panel import TrainStep
from geoguess_app.ui.train.recipe_step import AUTHOR_KEY, PUT
from geoguess_app.ui.train.runs import TrainingFolder
from geoguess_app.ui.train.session import TrainSession
from geoguess_app.ui.train.training import TrainingAttempt, past_progress, past_words


class TrainingStep(QObject):
    """A step that keeps the session's training and shows how far it is."""

    trained = Signal()
    """The model is there."""

    def __init__(self, session: TrainSession) -> None:
        super().__init__(session)
        self._session = session
        body = session.panel.train
        body.pauseWanted.connect(self.pause)
        body.goOnWanted.connect(self.pause)
        body.stopWanted.connect(self.stop)
        body.resumeWanted.connect(self.resume)

    def start(self, run: TrainingFolder) -> None:
        """Begin as the fields say."""
        session = self._session
        trouble = ""
        if session.report is not None and session.report.has_beside_photos(Path(run.plan.out)):
            trouble = tr("The model file is inside the photo folder. Choose another location.")
        session.panel.recipe.show_trouble(trouble)
        if trouble:
            return
        session.state.setValue(AUTHOR_KEY, run.plan.author)
        before = session.run.plan if session.run is not None else run.plan
        if before.state == runs.DONE:
            # The finished one keeps its result.
            run = runs.another_run(run).planned(**{name: getattr(run.plan, name) for name in PUT})
        elif before.recipe not in ("", run.plan.recipe):
            # Another recipe does not go on with what an earlier one has begun.
            shutil.rmtree(run.work, ignore_errors=True)
        self._train(run)

    def resume(self) -> None:
        """Go on with the run that was stopped, or failed."""
        if self._session.run is not None and not self._session.busy:
            self._train(self._session.run)

    def pause(self) -> None:
        """Rest, or go on."""
        training = self._session.training
        if self._session.busy and training is not None:
            (training.go_on if training.pausing else training.pause)()

    def stop(self) -> None:
        """End with everything kept."""
        if self._session.busy and self._session.training is not None:
            self._session.training.stop()
            self._session.panel.train.show_stopping()

    def end(self) -> bool:
        """The window closes: the training ends, and can be gone on with."""
        session = self._session
        if session.training is None or not session.training.running:
            return True
        session.training.ended.disconnect(self.ended)
        ended = session.training.end()
        if session.run is not None:
            with suppress(GeoGuessError):
                session.run = session.run.changed(state=runs.STOPPED)
        return ended

    def ended(self, state: str, why: str) -> None:
        """The trainer has ended, or its model cannot be read."""
        session = self._session
        session.progressed.emit("", -1.0)
        if session.training is None or session.run is None:
            return
        told = {DONE: runs.DONE, FAILED: runs.FAILED}.get(state, runs.STOPPED)
        with suppress(GeoGuessError):
            session.run = session.run.changed(state=told)
        session.list_runs()
        if state == DONE:
            session.training.progress.state = DONE
            self._show_finished(session.training.progress)
            self.trained.emit()
            return
        session.show(TrainStep.TRAIN)
        if state == FAILED:
            session.panel.train.show_failed(why)
            session.finished.emit(tr("Training failed: {why}").format(why=why), True)
        else:
            session.panel.train.show_stopped()

    def show_past(self, run: TrainingFolder) -> None:
        """An earlier training that is finished."""
        self._session.pages.training.show_log(past_words(run))
        self._show_finished(past_progress(run))

    def _show_finished(self, progress: TrainingProgress) -> None:
        self._session.pages.training.show_progress(progress)
        self._session.panel.train.show_finished()
        self._session.panel.summarise(TrainStep.TRAIN, tr("finished"))

    def _train(self, run: TrainingFolder) -> None:
        session = self._session
        if session.trainers.command is None:
            return
        try:
            Path(run.plan.out).parent.mkdir(parents=True, exist_ok=True)
            session.run = run.changed(state=runs.TRAINING)
        except (GeoGuessError, OSError) as error:
            session.panel.recipe.show_trouble(str(error))
            return
        session.panel.summarise(TrainStep.RECIPE, run.plan.name)
        session.panel.forget_after(TrainStep.TRAIN)
        training = TrainingAttempt(session.trainers.command, session.run, self)
        training.changed.connect(self._progressed)
        training.said.connect(session.pages.training.add_line)
        training.ended.connect(self.ended)
        session.training = training
        session.pages.training.show_log([])
        session.show(TrainStep.TRAIN, locked=True)
        training.start()
        self._progressed()

    def _progressed(self) -> None:
        training = self._session.training
        if training is None:
            return
        self._session.pages.training.show_progress(training.progress)
        if training.running and not training.stopping:
            self._session.panel.train.show_running(training.progress, pausing=training.pausing)
            self._session.progressed.emit(*brief(training.progress))


def brief(progress: TrainingProgress) -> tuple[str, float]:
    """Say in a few words how far a training is, and as a share of its stage (below 0: unknown)."""
    share = progress.done / progress.total if progress.total else -1.0
    if progress.state == PAUSED:
        return tr("Training paused"), share
    stage = stage_words(progress.stage) if progress.stage else tr("Starting…")
    left = progress.remaining_s if progress.total else None
    if left is None:
        return tr("Training: {stage}").format(stage=stage), share
    told = tr("Training: {stage} · {time} left")
    return told.format(stage=stage, time=words.duration(left)), share
