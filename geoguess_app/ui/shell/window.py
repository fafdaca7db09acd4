"""The main window: three panes, and the wires between them and the work."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from geoguess_app.core.types import Failed
from geoguess_app.settings import Settings
from geoguess_app.ui.kit import icons, sentences
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.area_search import AreaSearch
from geoguess_app.ui.locate.detail_panel import DetailPanel
from geoguess_app.ui.locate.photo_delegate import THUMBNAIL
from geoguess_app.ui.locate.photo_list import PhotoList
from geoguess_app.ui.locate.photo_model import PhotoModel
from geoguess_app.ui.locate.photo_row import PhotoRow, RowState
from geoguess_app.ui.map.tiles.menu import Background
from geoguess_app.ui.shell.actions import Actions
from geoguess_app.ui.shell.commands import Commands
from geoguess_app.ui.shell.intake import Intake, accept_as_copy
from geoguess_app.ui.shell.map_pane import MapPane
from geoguess_app.ui.shell.modes import Modes
from geoguess_app.ui.shell.notice import Notice
from geoguess_app.ui.shell.overlay import DropOverlay
from geoguess_app.ui.shell.pasted import PastedPictures
from geoguess_app.ui.shell.status import StatusLine
from geoguess_app.ui.shell.welcome import Welcome
from geoguess_app.ui.views.menu import Views
from geoguess_app.ui.why.controller import Why
from geoguess_app.ui.work.locator import Locator, Pools, Progress
from geoguess_app.ui.work.outcome import Outcome
from geoguess_app.ui.work.pictures import Pictures
from geoguess_app.ui.work.workers import LoadedModel, LoadStep

log = logging.getLogger(__name__)

_PHOTO_PX = 900
_PATIENCE_MS = 20_000


class MainWindow(QMainWindow):
    """Shows photos, map and details; all work happens in the Locator's threads."""

    photoLocated = Signal(object)
    """A PhotoRow has its answer, or the reason why there is none."""

    def __init__(
        self, theme: Theme, settings: Settings, state: QSettings, pools: Pools | None = None
    ) -> None:
        super().__init__()
        self.setWindowTitle("GeoGuess")
        self.setWindowIcon(icons.app_icon())
        self.theme, self.settings, self.window_state = theme, settings, state
        self.pools = pools or Pools()
        self.locator = Locator(self.pools, self)
        self.icons = icons.Icons(theme)
        self.model = PhotoModel(self)
        self.pasted = PastedPictures()
        side_px = round(THUMBNAIL * self.devicePixelRatioF())
        self.thumbnails = Pictures(self.pools.pictures, side_px, square=True, parent=self)
        self.pictures = Pictures(self.pools.pictures, _PHOTO_PX, square=False, parent=self)
        self._select_first = False
        self._arranged = False  # whether the user has moved the panes
        self.commands = Commands(self)
        self.intake = Intake(self)
        self._make_panes()
        self.background = Background(self)
        self.views = Views(self)
        self.areas = AreaSearch(self)
        self.detail.add_area_search(self.areas.box)
        self.why = Why(self)
        self.actions_ = Actions(self)
        self.overlay = DropOverlay(theme, self)
        self._connect()
        self.modes.switch("locate")
        self._restore()
        self._photos_changed()

    def start(self, paths: list[Path]) -> None:
        """Begin the slow part: the map, the model, and the photos of the command line."""
        self.map_pane.make_map()
        self.background.restore()
        self.load_model(Path(self.settings.model) if self.settings.model else None)
        if paths:
            self.intake.open_paths(paths)

    def load_model(self, path: Path | None) -> None:
        """Load a bundle; None is the one that comes with the program."""
        self.locator.load_model(path, self.settings.device, self.settings.crops)

    def sizeHint(self) -> QSize:
        return QSize(1280, 800)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.actions_.fit_toolbar(self.width())
        if not self._arranged:
            width = self.width()
            photos = min(max(205, width * 22 // 100), 320)
            detail = min(max(270, width * 29 // 100), 420)
            self.splitter.setSizes([photos, width - photos - detail, detail])

    def closeEvent(self, event: QCloseEvent) -> None:
        self.window_state.setValue("geometry", self.saveGeometry())
        if self._arranged:
            self.window_state.setValue("panes", self.splitter.saveState())
        self.hide()
        ended = self.modes.close()
        self.areas.close()
        self.thumbnails.close()
        self.pictures.close()
        # The map builds its page in the global pool; it must not outlive the window either.
        done = QThreadPool.globalInstance().waitForDone(_PATIENCE_MS)
        if not (self.locator.close() and ended and done):
            log.error("background work did not end in time")
        self.pasted.close()
        event.accept()

    def _make_panes(self) -> None:
        self.list = PhotoList(self.model, self.theme, self.thumbnails)
        self.welcome = Welcome(self.theme, self.pictures)
        self.map_pane = MapPane(self.theme, self.welcome)
        self.detail = DetailPanel(self.theme, self.icons, self.pictures)
        self.detail.answer.copy.form = self.settings.coordinate_format
        self.notice = Notice(self.theme, self.icons)
        self.status = StatusLine(self.theme)
        self.setStatusBar(self.status)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.left, self.right = QStackedWidget(), QStackedWidget()
        self.modes = Modes(self, self.left, self.right)
        for pane in (self.left, self.map_pane, self.right):
            self.splitter.addWidget(pane)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([270, 650, 360])
        centre = QWidget()
        box = QVBoxLayout(centre)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.notice)
        box.addWidget(self.splitter, 1)
        self.setCentralWidget(centre)
        self.setMinimumSize(760, 480)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        work = self.locator
        work.modelLoading.connect(self._model_loading)
        work.modelReady.connect(self._model_ready)
        work.modelFailed.connect(self._model_failed)
        work.photosFound.connect(self._photos_found)
        work.scanFinished.connect(self._scan_finished)
        work.resultsReady.connect(self._results_ready)
        work.progressed.connect(self._progressed)
        work.runningChanged.connect(self._running_changed)
        work.trouble.connect(lambda text: self.notice.tell(text, error=True))
        self.model.changed.connect(self._photos_changed)
        self.model.rowChanged.connect(self._row_changed)
        self.list.currentChanged.connect(self.show_row)
        self.list.resumeRequested.connect(self.commands.resume)
        self.detail.candidateChosen.connect(self.map_pane.highlight)
        self.detail.copied.connect(lambda text: self.notice.tell(tr("Copied: {}").format(text)))
        self.detail.modelsRequested.connect(self.commands.show_models)
        self.map_pane.candidateClicked.connect(self.detail.candidates.choose)
        self.map_pane.problem.connect(lambda text: self.notice.tell(text, error=True))
        self.map_pane.layersChanged.connect(self.actions_.list_layers)
        self.map_pane.left.connect(self._leave_map)
        self.modes.changed.connect(self.actions_.show_mode)
        self.welcome.addRequested.connect(self.commands.choose_photos)
        self.welcome.sampleRequested.connect(lambda path: self.intake.open_paths([path]))
        self.status.cancelRequested.connect(self.commands.cancel)
        self.theme.changed.connect(self._theme_changed)
        self.areas.changed.connect(lambda: self.show_row(self.list.current()))
        self.background.changed.connect(self.status.show_online)
        self.splitter.splitterMoved.connect(self._panes_moved)

    def _leave_map(self) -> None:
        mode = self.modes.current
        widget = mode.focus_widget() if mode is not None else None
        (widget or self.left).setFocus()

    def _panes_moved(self) -> None:
        self._arranged = True

    def _restore(self) -> None:
        geometry, panes = (self.window_state.value(key) for key in ("geometry", "panes"))
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(1280, 800)
        if isinstance(panes, QByteArray):
            self._arranged = self.splitter.restoreState(panes)

    # What the work says.

    def _model_loading(self, step: LoadStep) -> None:
        self.status.show_model(tr("Loading model…"), "")
        self.status.show_loading(step)
        self.detail.say_waiting(sentences.loading_help(step))

    def _model_ready(self, model: LoadedModel) -> None:
        self.status.show_model(model.name, model.device)
        self.status.show_idle()
        self.detail.say_waiting(tr("Waiting to be located."))
        self.detail.answer.say_limits(model.predictor.bundle.manifest.intended_area)
        self.map_pane.set_partitions(list(model.predictor.bundle.partitions))
        self.areas.use_model(model)
        self.modes.model_changed(model)
        if self.model.rowCount():
            # Answers of another model do not fit the cells of this one.
            everything = [row.path for row in self.model.rows()]
            self.model.set_waiting(everything)
            self.locate(everything)

    def _model_failed(self, sentence: str) -> None:
        model = self.locator.model
        self.status.show_idle()
        self.status.show_model(
            model.name if model else tr("No model"), model.device if model else ""
        )
        self.notice.tell(sentence, error=True)
        if model is None:
            self.detail.say_waiting(tr("No model loaded. Choose one under Tools → Models."))

    def _photos_found(self, paths: list[Path]) -> None:
        new = self.model.add(paths)
        if self._select_first and paths:
            self._select_first = False
            self.list.select(paths[0])
        self.locate(new)

    def _scan_finished(self, found: int) -> None:
        if not found:
            self.notice.tell(tr("No photos found."))

    def _results_ready(self, results: list[tuple[Path, Outcome | Failed]]) -> None:
        for path, result in results:
            self.model.set_result(path, result)

    def _row_changed(self, row: PhotoRow) -> None:
        if row is self.list.current():
            self.show_row(row)
        if row.state in (RowState.LOCATED, RowState.FAILED):
            self.photoLocated.emit(row)

    def _progressed(self, progress: Progress) -> None:
        total = self.model.rowCount()
        waiting = self.model.counts()[RowState.WAITING]
        if self.locator.model is not None:
            self.status.show_progress(progress, total, total - waiting)

    def _running_changed(self, running: bool) -> None:
        if not running and self.locator.model is not None:
            self.status.show_idle()
        self._photos_changed()

    # What the user looks at.

    def show_row(self, row: PhotoRow | None) -> None:
        """Put one photo on the map and into the detail panel."""
        if row is not None and row.state is RowState.WAITING:
            self.locator.first(row.path)
        shown = self.areas.applied(row)
        self.detail.show_row(shown)
        note = self.areas.note(row)
        if note is not None:
            self.detail.restricted.say(*note)
        self.map_pane.show_state(shown.outcome.map_state if shown and shown.outcome else None)
        if row is not None and row.failure is not None and self.locating:
            self.map_pane.fit_world()
        self._refresh_actions()

    def _photos_changed(self) -> None:
        empty = self.model.rowCount() == 0
        if not empty and self.welcome.isVisible():
            # Before the card goes: Qt would hand its focus to whatever comes next.
            self.list.view.setFocus()
        self.map_pane.show_welcome(empty and self.locating)
        if self.model.rowCount() and self.list.current() is None:
            self.list.select(self.model.rows()[0].path)
        self._refresh_actions()

    def _refresh_actions(self) -> None:
        row = self.list.current()
        self.actions_.refresh(
            photos=self.model.rowCount() > 0,
            located=row is not None and row.outcome is not None,
            answered=self.model.counts()[RowState.LOCATED] > 0,
            running=self.locator.running,
        )

    def _theme_changed(self) -> None:
        name = "theme-light" if self.theme.tokens.dark else "theme-dark"
        self.icons.bind(self.actions_.theme, name)

    @property
    def locating(self) -> bool:
        """Whether the mode that locates photos is on, and not another one."""
        return self.modes.current is None or self.modes.current.name == "locate"

    def scan(self, paths: list[Path]) -> None:
        """Look for photos and locate them; the first one found becomes the current photo."""
        self._select_first = True
        self.locator.scan(paths)

    def locate(self, paths: list[Path]) -> None:
        """Queue photos of the list, the current one first."""
        self.locator.locate(paths)
        row = self.list.current()
        if row is not None:
            self.locator.first(row.path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.intake.drag_entered(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        accept_as_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        self.intake.dropped(event)
