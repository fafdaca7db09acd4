"""The model library: a window of its own beside the main one, which stays usable meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.models.library import LibraryModel
from geoguess_app.models.published import PublishedModel
from geoguess_app.models.trainer_command import INSTALL, find_trainer
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.activity import ActivityStrip
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.library import work
from geoguess_app.ui.library.detail import ModelDetail
from geoguess_app.ui.library.model_list import Entry, ModelList, key_of
from geoguess_app.ui.library.question import GetQuestion
from geoguess_app.ui.library.tasks import LibraryTasks
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services

_SIZE = (1000, 720)
_ROOM_PX = 40
_LIST_PX = 290
_EVERY_MS = 1500
_TRAINER_KEY = "train/trainer"
"""Where Train keeps which trainer the user chose."""


class LibraryPage(QDialog):
    """The list, the chosen model, and what runs; says by signals what the main window is to do."""

    useWanted = Signal(object)
    """Locate with the bundle at this path from now on; None: the starter."""
    compareWanted = Signal(object)
    """Compare the bundle at this path with the one in use, on the current photo."""
    trainWanted = Signal()
    workTold = Signal(str, float)
    """What runs, and the share that is done (0…1; below 0: unknown); an empty text: nothing."""
    connected = Signal(str)
    """The hosts of a download that runs; empty once it does not."""

    def __init__(self, services: Services, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Model library"))
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self._services = services
        self._wanted: object = None
        self._jobs: set[Job] = set()
        self.list = ModelList()
        self.detail = ModelDetail(services.theme)
        self.strip = ActivityStrip()
        self.tasks = LibraryTasks(services.pools.models, self)
        self.add = self._button(tr("Add a file…"), self.add_file)
        self.build = self._button(tr("Build from files…"), self.build_from_files)
        self.train = self._button(tr("Train your own"), self.trainWanted.emit)
        self._lay_out()
        self._connect()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._show_pace)
        self.resize(
            min(_SIZE[0], parent.width() - _ROOM_PX), min(_SIZE[1], parent.height() - _ROOM_PX)
        )

    def open_at(self, wanted: object = None) -> None:
        """Come to the front with a model chosen: a path, the name of a published one, or None for
        the one in use."""
        self._wanted = wanted
        self.refresh()
        self._timer.start()
        self.show()
        self.raise_()
        self.activateWindow()
        self.list.setFocus()

    def refresh(self) -> None:
        """Read anew which models there are; in the background."""
        job = Job(work.list_work(), self)
        job.item.connect(self._listed)
        self._run(job)

    def close_work(self) -> bool:
        """The main window closes: end what runs; what had arrived of a download stays."""
        self._timer.stop()
        for job in self._jobs:
            job.cancel()
        return self.tasks.close()

    # --- what the user wants --------------------------------------------------------------

    def ask_to_get(self, model: PublishedModel) -> None:
        """Ask whether to fetch a published model; nothing connects before the answer."""
        question = GetQuestion(model, self._usual_variant(model), self)
        question.agreed.connect(lambda variant: self.tasks.get(model, variant))
        question.finished.connect(question.deleteLater)
        question.open()

    def add_file(self) -> None:
        """Ask for a model to copy into the library."""
        name, _ = QFileDialog.getOpenFileName(
            self,
            tr("Add a model file"),
            "",
            f"{tr('Models')} (*.geomodel *.zip bundle.json);;{tr('All files')} (*)",
        )
        if name:
            path = Path(name)
            self.tasks.add(path.parent if path.name == "bundle.json" else path)

    def build_from_files(self) -> None:
        """Ask for a folder with the files of GeoCLIP or Places365, and build a model of them."""
        name = QFileDialog.getExistingDirectory(
            self, tr("Folder with the files of GeoCLIP or Places365")
        )
        if name:
            self.tasks.build(Path(name))

    def ask_to_calibrate(self, model: LibraryModel) -> None:
        """Ask for a folder of located photos, and calibrate the model on them."""
        state = self._services.window_state
        trainer = find_trainer(str(state.value(_TRAINER_KEY, "") or ""))
        if trainer is None:
            self.strip.show_end(
                tr("Calibrating needs the trainer. Install it with {command}.").format(
                    command=INSTALL
                ),
                error=True,
            )
            return
        name = QFileDialog.getExistingDirectory(
            self, tr("Folder with 300 or more photos whose place is known")
        )
        if name:
            device = self._services.settings.now.device
            self.tasks.calibrate(trainer, model, Path(name), device)

    def ask_to_remove(self, model: LibraryModel) -> None:
        """Ask, then delete a model of the library."""
        box = QMessageBox(self)
        box.setWindowTitle(tr("Remove a model"))
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(tr("Remove {name}?").format(name=model.manifest.title))
        box.setInformativeText(
            tr("{path} is deleted. Photos and answers stay.").format(path=model.path)
        )
        agree = box.addButton(tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        agree.clicked.connect(lambda: self.tasks.remove(model))
        box.finished.connect(box.deleteLater)
        box.open()

    # --- what happens ---------------------------------------------------------------------

    def _listed(self, entries: object) -> None:
        assert isinstance(entries, list)
        current = self.list.current()
        wanted = self._wanted or (key_of(current) if current is not None else None)
        self._wanted = None
        self.list.fill(entries, self._used(), wanted)

    def _chosen(self, entry: Entry) -> None:
        in_use = key_of(entry) == self._used()
        pace = (
            self._services.locator.pace_of(entry.path) if isinstance(entry, LibraryModel) else None
        )
        self.detail.show_entry(
            entry,
            in_use=in_use,
            pace=words.pace(pace) if pace else "",
            has_photo=self._services.photos.current() is not None,
        )
        self.detail.allow(work=not self.tasks.busy)
        self.detail.verticalScrollBar().setValue(0)
        if isinstance(entry, LibraryModel):
            job = Job(work.places_work(entry.path), self)
            job.item.connect(self.detail.show_places)
            self._run(job)

    def _show_pace(self) -> None:
        """Look again how fast the chosen model is, and whether there is a photo to ask it about."""
        entry = self.list.current()
        if self.isVisible() and isinstance(entry, LibraryModel):
            pace = self._services.locator.pace_of(entry.path)
            has_photo = self._services.photos.current() is not None
            self.detail.show_now(words.pace(pace) if pace else "", has_photo=has_photo)

    def _surprised(self, sentences: object, go_on: Callable[[], None]) -> None:
        assert isinstance(sentences, list)
        box = QMessageBox(self)
        box.setWindowTitle(tr("Not as published"))
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText("\n".join(sentences))
        box.setInformativeText(tr("Download all the same?"))
        agree = box.addButton(tr("Download"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        agree.clicked.connect(lambda: go_on())
        box.finished.connect(box.deleteLater)
        self.strip.show_end(tr("Nothing was downloaded yet."))
        box.open()

    def _done(self, path: Path, said: str) -> None:
        self.strip.show_end(said)
        self._wanted = path
        if path == self._used():
            # Calibrated: the new numbers count from now on. Removed: back to the starter.
            self.useWanted.emit(path if path.exists() else None)

    def _ended(self) -> None:
        self.refresh()
        self._allow()
        self.workTold.emit("", -1.0)

    def _allow(self) -> None:
        for button in (self.add, self.build):
            button.setEnabled(not self.tasks.busy)
        self.detail.allow(work=not self.tasks.busy)

    def _told(self, title: str, step: str, share: float) -> None:
        self.strip.show_work(title, step, share)
        self.workTold.emit(title, share)
        self._allow()

    def _cancel(self) -> None:
        self.strip.show_cancelling()
        self.tasks.cancel()

    # --- parts ----------------------------------------------------------------------------

    def _used(self) -> Path | None:
        model = self._services.locator.model
        return model.path if model is not None else None

    def _usual_variant(self, model: PublishedModel) -> str | None:
        """Half precision where a graphics card computes, the first one elsewhere."""
        used = self._services.locator.model
        on_graphics = used is not None and used.predictor.engine.half
        return "fp16" if on_graphics and model.variant("fp16") is not None else None

    def _run(self, job: Job) -> None:
        self._jobs.add(job)
        job.failed.connect(lambda error: self.strip.show_end(sentence(error), error=True))
        job.finished.connect(lambda: self._jobs.discard(job))
        job.start(self._services.pools.files)

    def _connect(self) -> None:
        detail, tasks = self.detail, self.tasks
        self.list.chosen.connect(self._chosen)
        self.list.itemActivated.connect(lambda _item: self._activate())
        detail.useWanted.connect(self._use)
        detail.compareWanted.connect(lambda model: self.compareWanted.emit(model.path))
        detail.calibrateWanted.connect(self.ask_to_calibrate)
        detail.removeWanted.connect(self.ask_to_remove)
        detail.getWanted.connect(self.ask_to_get)
        tasks.told.connect(self._told)
        tasks.surprised.connect(self._surprised)
        tasks.done.connect(self._done)
        tasks.failed.connect(lambda said: self.strip.show_end(said, error=True))
        tasks.cancelled.connect(self.strip.show_end)
        tasks.ended.connect(self._ended)
        tasks.connected.connect(self.connected)
        self.strip.cancelRequested.connect(self._cancel)
        locator = self._services.locator
        locator.modelReady.connect(lambda _model: self.refresh())
        locator.modelFailed.connect(lambda said: self.strip.show_end(said, error=True))

    def _use(self, model: LibraryModel) -> None:
        self._wanted = model.path
        self.useWanted.emit(None if model.place == "program" else model.path)

    def _activate(self) -> None:
        """Enter or a double click: what the first button does."""
        for button in (self.detail.use, self.detail.get):
            if button.isVisible() and button.isEnabled():
                button.click()

    def _button(self, text: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: slot())
        return button

    def _lay_out(self) -> None:
        left = QFrame()
        left.setObjectName("listPane")
        left.setFixedWidth(_LIST_PX)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 12)
        column.addWidget(self.list, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 0, 12, 0)
        foot.setSpacing(8)
        for button in (self.add, self.build, self.train):
            foot.addWidget(button)
        column.addLayout(foot)
        middle = QHBoxLayout()
        middle.setSpacing(1)
        middle.addWidget(left)
        middle.addWidget(self.detail, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(middle, 1)
        box.addWidget(self.strip)
