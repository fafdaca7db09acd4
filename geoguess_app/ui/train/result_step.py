"""The last step: what the model is worth, and using it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train import on_map
from geoguess_app.ui.train.panel import TrainStep
from geoguess_app.ui.train.result import TestPhoto, TrainingResult, length, read_result
from geoguess_app.ui.train.session import TrainSession
from geoguess_app.ui.work.jobs import Job


class ResultStep(QObject):
    """A step that reads the result of the run at hand and shows it, also on the map."""

    failed = Signal(str)
    """The model cannot be read, and why."""

    def __init__(self, session: TrainSession) -> None:
        super().__init__(session)
        self._session = session
        self._job: Job | None = None
        self._model_in_use: Path | None = None
        session.panel.result.useWanted.connect(self.use_model)
        session.pages.result.photoChosen.connect(self.show_test)

    def read(self) -> None:
        """Show the result of the run at hand."""
        session = self._session
        assert session.run is not None
        run, root = session.run, session.report.root if session.report else None

        def read(_token: CancelToken) -> Iterator[TrainingResult]:
            yield read_result(Path(run.plan.out), run.work, root)

        self._job = Job(read)
        self._job.item.connect(self._read)
        self._job.failed.connect(lambda error: self.failed.emit(str(error)))
        self._job.start(session.pool)

    def show_test(self, test: TestPhoto | None) -> None:
        """Test photos on the map, one of them chosen or none."""
        session = self._session
        if session.result is None or session.panel.current is not TrainStep.RESULT:
            return
        shown = on_map.result_payload(session.result, test)
        session.mapChanged.emit(shown)
        if shown is None:
            return
        tests = session.result.tests if test is None else (test,)
        session.lookAt.emit(*on_map.region_of_tests(tests))

    def use_model(self) -> None:
        """Load the new model in the window."""
        if self._session.result is not None:
            self._session.useWanted.emit(self._session.result.model)

    def model_changed(self, path: Path) -> None:
        """The window has loaded this model."""
        self._model_in_use = path
        self._show_use()

    def _read(self, result: TrainingResult) -> None:
        session = self._session
        session.result = result
        if result.this is not None:
            self._summarise(result, length(result.this.median_m))
        session.pages.result.show_result(result)
        self._show_use()
        session.show(TrainStep.RESULT)
        self.show_test(None)

    def _summarise(self, result: TrainingResult, near: str) -> None:
        session = self._session
        session.panel.summarise(TrainStep.RESULT, tr("median error {near}").format(near=near))
        training = session.training
        # Not when an earlier one is looked at.
        if training is not None and training.run.plan.out == str(result.model):
            text = tr("{name} is trained. Median error on test photos: {near}.")
            session.finished.emit(text.format(name=result.title, near=near), False)

    def _show_use(self) -> None:
        result = self._session.result
        if result is not None:
            self._session.panel.result.show_result(
                str(result.model),
                has_report=result.report is not None,
                in_use=self._model_in_use == result.model,
            )
