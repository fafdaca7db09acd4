"""The first two steps: photos are chosen, then read and judged."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.ui.train import runs
from geoguess_app.ui.train.checking import PhotoCheck
from geoguess_app.ui.train.panel import TrainStep
from geoguess_app.ui.train.report import DataReport
from geoguess_app.ui.train.session import TrainSession


class PhotosStep(QObject):
    """The step from a folder or table to its report."""

    dropped = Signal()
    """The photos at hand no longer count."""

    def __init__(self, session: TrainSession) -> None:
        super().__init__(session)
        self._session = session
        self._checking: PhotoCheck | None = None
        self._waiting: Path | None = None
        """Photos that were chosen before the trainer was found."""
        check, trainers = session.panel.check, session.trainers
        check.cancelWanted.connect(self.cancel)
        check.againWanted.connect(self.read_again)
        trainers.found.connect(self._trainer_found)
        trainers.missing.connect(self._trainer_missing)

    def choose(self, source: Path, images: Path | None = None) -> None:
        """Photos to learn from: read them at once."""
        session = self._session
        if session.refuse_while_busy():
            return
        if session.trainers.command is None:
            self._waiting = source
            if not session.trainers.facts:
                session.trainers.look()
            return
        self.drop()
        try:
            session.run = runs.new_run(source, images)
        except GeoGuessError as error:
            session.told.emit(str(error), True)
            return
        self._start()

    def read_again(self) -> None:
        """The same photos once more."""
        run = self._session.run
        if run is not None and not self._session.busy:
            images = Path(run.plan.images) if run.plan.images else None
            self.choose(Path(run.plan.source), images)

    def choose_images(self, folder: Path) -> None:
        """Take where the photos of the table lie."""
        if self._session.run is not None:
            self.choose(Path(self._session.run.plan.source), folder)

    def cancel(self) -> None:
        """Back to the first step."""
        self.drop()
        self._session.mapChanged.emit(None)
        self._session.show(TrainStep.PHOTOS)

    def drop(self) -> None:
        """Forget the photos at hand, and on the disk, too, if nothing was trained on them."""
        if self._checking is not None:
            self._checking.cancel()
            self._checking = None
        run = self._session.run
        if run is not None and run.plan.state == runs.CHECKED:
            shutil.rmtree(run.folder, ignore_errors=True)
        self._session.run = None
        self.dropped.emit()

    def end(self) -> bool:
        """The window closes: True once nothing reads any more."""
        return self._checking is None or self._checking.end()

    def _start(self) -> None:
        session = self._session
        assert session.run is not None
        assert session.trainers.command is not None
        session.report = session.result = None
        session.mapChanged.emit(None)
        session.panel.forget_after(TrainStep.CHECK)
        session.show_source(session.run)
        session.panel.summarise(TrainStep.CHECK, "")
        session.panel.check.show_reading(0)
        session.pages.report.show_waiting()
        session.show(TrainStep.CHECK)
        checking = PhotoCheck(session.trainers.command, session.run, session.pool, self)
        checking.read.connect(session.panel.check.show_reading)
        checking.comparing.connect(session.panel.check.show_comparing)
        checking.done.connect(self._checked)
        checking.failed.connect(self._failed)
        self._checking = checking
        checking.start()

    def _checked(self, report: DataReport) -> None:
        self._checking = None
        self._session.show_report(report)
        self._session.show_photos()

    def _failed(self, sentence: str) -> None:
        self._checking = None
        self._session.panel.check.show_trouble(sentence, needs_images="--images" in sentence)
        self._session.pages.report.show_stopped()

    def _trainer_found(self) -> None:
        self._session.pages.intro.show_missing("")
        self._session.panel.photos.set_usable(True)
        if self._waiting is not None:
            source, self._waiting = self._waiting, None
            self.choose(source)

    def _trainer_missing(self, sentence: str) -> None:
        self._waiting = None
        self._session.pages.intro.show_missing(sentence)
        self._session.panel.photos.set_usable(False)
        self._session.show(TrainStep.PHOTOS)
