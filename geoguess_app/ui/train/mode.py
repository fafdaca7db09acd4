"""Train: a model of one's own photos, step by step."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.frame.mode import Mode
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train.controller import TrainController
from geoguess_app.ui.train.panel import StepPanel
from geoguess_app.ui.train.sides import SidePages

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.work.workers import LoadedModel

TOPIC, PHOTO_CLICKED = "train", "trainPhoto"
EARTH_ROUND_KM = 40_030.0
TILE_PX = 256.0
"""Across the world at zoom 0."""
_NEAREST = 16.5
_WIDE_KM = 300.0
_COVERED_PX = 90
"""By the legend and the scale."""
_TABLES = (".csv", ".parquet", ".jsonl")


class TrainMode(Mode):
    """A mode that wires the steps to the window: dialogs, map, browser, models."""

    name = "train"
    menu = "&Training"
    help_page = "train.md"
    work_done = tr("The training has ended.")

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.panel = StepPanel(services.theme)
        self.pages = SidePages(services.theme, services.pictures)
        self.controller = TrainController(
            self.panel, self.pages, services.window_state, services.pools.training, self
        )
        self._begun = self._on = False
        self._shown: Any = None
        self._actions = self._make_actions()
        self._connect()
        services.map.when_map(lambda view: view.listen(PHOTO_CLICKED, self._clicked))

    def left(self) -> QWidget:
        return self.panel

    def right(self) -> QWidget:
        return self.pages

    def actions(self) -> list[QAction]:
        return self._actions

    def enter(self) -> None:
        self._on = True
        if not self._begun:
            self._begun = True
            self.controller.begin()
        self.controller.show_again()
        self.panel.setFocus()

    def leave(self) -> None:
        self._on = False
        self._push(None)

    def focus_widget(self) -> QWidget | None:
        return self.panel

    def open_paths(self, paths: list[Path]) -> bool:
        """A folder or a table that is dropped is what to learn from."""
        if len(paths) != 1 or not (paths[0].is_dir() or paths[0].suffix.lower() in _TABLES):
            return False
        self.controller.choose_source(paths[0])
        return True

    def model_changed(self, model: LoadedModel) -> None:
        self.controller.model_changed(model.path)

    def may_close(self) -> bool:
        """Ask before a training is stopped."""
        if not self.controller.busy:
            return True
        box = QMessageBox(self.services.host)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("GeoGuess")
        box.setText(tr("A training is running. Stop it and close?"))
        box.setInformativeText(tr("Progress is kept; you can resume it next time."))
        stay = box.addButton(tr("Keep open"), QMessageBox.ButtonRole.RejectRole)
        leave = box.addButton(tr("Stop and close"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        box.finished.connect(
            lambda _code: self.leaveAgreed.emit() if box.clickedButton() is leave else None
        )
        box.finished.connect(box.deleteLater)
        box.open()
        return False

    def close(self) -> bool:
        return self.controller.close()

    def _connect(self) -> None:
        control = self.controller
        control.mapChanged.connect(self._show)
        control.lookAt.connect(self._look_at)
        control.useWanted.connect(self.modelWanted)
        control.finished.connect(self._finished)
        control.progressed.connect(self.workTold)
        control.told.connect(lambda text, error: self.services.notice.tell(text, error=error))
        self.panel.photos.folderWanted.connect(self.choose_folder)
        self.panel.photos.tableWanted.connect(self.choose_table)
        self.panel.check.imagesWanted.connect(self.choose_images)
        self.panel.recipe.fileWanted.connect(self.choose_recipe)
        self.panel.result.reportWanted.connect(self._open_report)
        self.pages.report.openWanted.connect(self._open)
        self.pages.intro.trainerWanted.connect(self.choose_trainer)
        self.pages.intro.copyWanted.connect(self._copy)

    def choose_folder(self) -> None:
        """Ask for a folder of photos."""
        name = QFileDialog.getExistingDirectory(
            self.services.host, tr("Choose training photos"), self._last_folder()
        )
        if name:
            self.services.window_state.setValue("folder", name)
            self.controller.choose_source(Path(name))

    def choose_table(self) -> None:
        """Ask for a table of photos."""
        name, _ = QFileDialog.getOpenFileName(
            self.services.host,
            tr("Choose table of photos and positions"),
            self._last_folder(),
            f"{tr('Tables')} (*.csv *.parquet *.jsonl);;{tr('All files')} (*)",
        )
        if name:
            self.controller.choose_source(Path(name))

    def choose_images(self) -> None:
        """Ask where the photos of a table lie."""
        name = QFileDialog.getExistingDirectory(
            self.services.host,
            tr("Choose the folder of the photos in the table"),
            self._last_folder(),
        )
        if name:
            self.controller.choose_images(Path(name))

    def choose_recipe(self) -> None:
        """Ask for a recipe of the user's own."""
        name, _ = QFileDialog.getOpenFileName(
            self.services.host, tr("Choose recipe"), "", f"{tr('Recipes')} (*.toml)"
        )
        if name:
            self.controller.add_recipe(Path(name))

    def choose_trainer(self) -> None:
        """Ask for a geoguess-train."""
        name, _ = QFileDialog.getOpenFileName(self.services.host, tr("Choose geoguess-train"))
        if name:
            self.controller.trainers.choose(name)

    def _make_actions(self) -> list[QAction]:
        control = self.controller
        made = []
        for text, key, handler in (
            (tr("Choose photo folder…"), "Ctrl+Alt+O", self.choose_folder),
            (tr("Pause or resume"), "Ctrl+Alt+P", control.pause_training),
            (tr("Stop training"), "Ctrl+.", control.stop_training),
            (tr("Use new model"), "Ctrl+Alt+U", control.use_model),
        ):
            action = QAction(text, self)
            action.setShortcut(QKeySequence(key))
            action.triggered.connect(lambda _checked=False, handler=handler: handler())
            made.append(action)
        return made

    def _show(self, value: Any) -> None:
        self._shown = value
        if self._on:
            self._push(value)

    def _push(self, value: Any) -> None:
        def push(view: MapView) -> None:
            view.push(TOPIC, value)

        self.services.map.when_map(push)

    def _look_at(self, middle: Coordinate, radius_km: float) -> None:
        if self._on:
            self.services.map.when_map(lambda view: _fit(view, middle, radius_km))

    def _clicked(self, name: str) -> None:
        if self._on:
            self.controller.photo_clicked(name)

    def _finished(self, text: str, error: bool) -> None:
        """Told where another mode is on; here the page says it."""
        if not self._on:
            self.services.notice.tell(text, error=error)

    def _open_report(self) -> None:
        result = self.controller.result
        if result is not None and result.report is not None:
            self._open(result.report)

    def _open(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            text = tr("No program on this computer can open {file}.").format(file=path)
            self.services.notice.tell(text, error=True)

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.services.notice.tell(tr("Copied: {}").format(text))

    def _last_folder(self) -> str:
        return str(self.services.window_state.value("folder", "") or Path.home())


def _fit(view: MapView, middle: Coordinate, radius_km: float) -> None:
    """As near as the circle allows; the map's own way of fitting stops at a town."""
    if radius_km > _WIDE_KM:
        view.fit_region(middle, radius_km)
        return
    around_km = EARTH_ROUND_KM * math.cos(math.radians(middle.latitude_deg))
    room_px = max(100.0, 0.8 * min(view.width(), view.height() - _COVERED_PX))
    zoom = math.log2(room_px * around_km / (TILE_PX * 2.0 * radius_km))
    view.go_to(middle, min(zoom, _NEAREST))
