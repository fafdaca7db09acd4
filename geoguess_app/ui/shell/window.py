"""The main window: makes the shared parts, lays them out, and hands events on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from geoguess_app.core.format import use_units
from geoguess_app.paths import starter_bundle_dir
from geoguess_app.settings import Settings
from geoguess_app.ui.frame.mode import Mode
from geoguess_app.ui.frame.modes import Modes
from geoguess_app.ui.frame.services import Services
from geoguess_app.ui.kit import icons, words
from geoguess_app.ui.kit.notice import Notice
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.units import units_of
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.mode import LocateMode
from geoguess_app.ui.locate.photo_row import RowState
from geoguess_app.ui.map.pane import MapPane
from geoguess_app.ui.map.tiles.menu import TileMenu
from geoguess_app.ui.shell.actions import Actions
from geoguess_app.ui.shell.attention import Attention
from geoguess_app.ui.shell.commands import Commands
from geoguess_app.ui.shell.first_questions import quality
from geoguess_app.ui.shell.guide import MapGuide
from geoguess_app.ui.shell.intake import Intake, accept_as_copy
from geoguess_app.ui.shell.known_models import note_model
from geoguess_app.ui.shell.modes import MODES
from geoguess_app.ui.shell.one_worklist import OneWorklist
from geoguess_app.ui.shell.overlay import DropOverlay
from geoguess_app.ui.shell.pasted import PastedPictures
from geoguess_app.ui.shell.recent import RecentFolders
from geoguess_app.ui.shell.status import StatusLine
from geoguess_app.ui.shell.welcome import Welcome
from geoguess_app.ui.views.menu import ViewCommands
from geoguess_app.ui.work.locator import LocatingProgress, Locator
from geoguess_app.ui.work.pictures import Pictures
from geoguess_app.ui.work.pools import Pools
from geoguess_app.ui.work.row_delegate import THUMBNAIL
from geoguess_app.ui.work.settings_keeper import SettingsKeeper
from geoguess_app.ui.work.workers import LoadedModel, LoadStep

log = logging.getLogger(__name__)

_PHOTO_PX = 900
_FRAME = QSize(16, 48)
"""Room for the window's frame and title, which is known only once it is on the screen."""
_WIDE_MODES = frozenset({"explore", "accuracy", "train"})
_STREET_ZOOM, _WIDE_KM = 6.5, 1200.0
_LEAST_MAP = 30
"""So many hundredths of the window's width the map keeps when the window becomes narrower."""


class MainWindow(QMainWindow):
    """Frames the modes and the map; all work happens in the pools of its Services."""

    closing = Signal()
    """The window will not take anything any more."""

    def __init__(
        self, theme: Theme, settings: Settings, state: QSettings, pools: Pools | None = None
    ) -> None:
        super().__init__()
        self.setWindowTitle("GeoGuess")
        self.setWindowIcon(icons.app_icon())
        self.theme, self.window_state = theme, state
        use_units(units_of(settings))
        self.pools = Pools() if pools is None else pools
        self.pasted = PastedPictures()
        self._seen: set[str] = set()
        self._background: tuple[Mode, str, float] | None = None
        self._page: tuple[str, float, Callable[[], object]] | None = None
        self._leaving = False  # whether all questions before closing are answered
        self._arranged = False  # whether the user has moved the panes
        self.services = self._make_services(settings)
        self.locator, self.notice = self.services.locator, self.services.notice
        self.map_pane = self.services.map
        self.attention = Attention(self)
        self.status = StatusLine(theme)
        self.setStatusBar(self.status)
        self.left, self.right = QStackedWidget(), QStackedWidget()
        self._lay_out()
        self.modes = Modes(MODES, self.services, self.left, self.right)
        self.modes.made.connect(self._mode_made)
        self.background = TileMenu(self.map_pane, state, self)
        self.views = ViewCommands(self.services, self.modes)
        self.commands = Commands(self)
        self.intake = Intake(self)
        self.recent = RecentFolders(state, self.intake.open_paths, self)
        mode = self.modes.get("locate")
        assert isinstance(mode, LocateMode)
        self.locate = mode
        self.worklist = OneWorklist(self.modes, mode)
        self.actions_ = Actions(self)
        self.modes.menu_before = self.actions_.view_menu.menuAction()
        self.overlay = DropOverlay(theme, self)
        self.guide = MapGuide(theme, state, self.map_pane)
        self._connect()
        self.modes.switch("locate")
        self._restore()

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return self.services.settings.now

    def start(self, paths: list[Path], *, restore: bool = True) -> None:
        """Begin the slow part: the map, the model, the photos of the last time and of the command
        line."""
        self.map_pane.make_map()
        self.background.restore()
        self.load_model(Path(self.settings.model) if self.settings.model else None)
        if restore:
            self.locate.keeper.restore()
        if paths:
            self.intake.open_paths(paths)

    def take_over(self, paths: list[Path]) -> None:
        """Come to the front with what a second start of the program was given."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        if paths:
            self.intake.open_paths(paths)

    def load_model(self, path: Path | None) -> None:
        """Load a bundle; None is the one that comes with the program."""
        self.locator.load_model(path, self.settings.device, self.settings.crops)

    # --- making ---------------------------------------------------------------------------

    def _make_services(self, settings: Settings) -> Services:
        theme, pools = self.theme, self.pools
        side_px = round(THUMBNAIL * self.devicePixelRatioF())
        pictures = Pictures(pools.pictures, _PHOTO_PX, square=False, parent=self)
        drawn = icons.Icons(theme)
        self.welcome = Welcome(theme, pictures)
        return Services(
            host=self,
            notice=Notice(theme, drawn),
            locator=Locator(pools, self),
            pools=pools,
            map=MapPane(theme, self.welcome, pools.map, kept=self.window_state),
            icons=drawn,
            theme=theme,
            pictures=pictures,
            thumbnails=Pictures(pools.pictures, side_px, square=True, parent=self),
            settings=SettingsKeeper(settings, self),
            window_state=self.window_state,
        )

    def _lay_out(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        for pane in (self.left, self.map_pane, self.right):
            self.splitter.addWidget(pane)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([270, 650, 360])
        centre = QWidget()
        box = QVBoxLayout(centre)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.splitter, 1)
        self.notice.float_over(centre)
        self.setCentralWidget(centre)
        self.setMinimumSize(760, 480)
        self.setAcceptDrops(True)

    def _mode_made(self, mode: Mode) -> None:
        mode.folderWanted.connect(self.commands.choose_folder)
        mode.pasteWanted.connect(self.intake.paste)
        mode.reviewWanted.connect(self.commands.review)
        mode.modelWanted.connect(self.commands.use_model)
        mode.modelsWanted.connect(self.commands.show_models)
        mode.calibrateWanted.connect(self.commands.calibrate_asked)
        mode.referencesWanted.connect(self.commands.show_references)
        mode.leaveAgreed.connect(self.leave)
        mode.workTold.connect(partial(self._background_told, mode))
        mode.modeWanted.connect(lambda name: self.modes.switch(name))

    def _connect(self) -> None:
        work, tell_error = self.locator, self.services.tell_error
        work.modelLoading.connect(self._model_loading)
        work.modelReady.connect(self._model_ready)
        work.modelFailed.connect(self._model_failed)
        work.progressed.connect(self._progressed)
        work.runningChanged.connect(self._running_changed)
        work.trouble.connect(tell_error)
        self.services.settings.problem.connect(self.notice.tell)
        self.map_pane.problem.connect(tell_error)
        self.map_pane.layersChanged.connect(self.actions_.list_layers)
        self.map_pane.left.connect(self._leave_map)
        self.map_pane.menuRequested.connect(self.commands.show_map_menu)
        self.modes.exportsOffered.connect(self.actions_.offer_exports)
        self.modes.changed.connect(self.actions_.show_mode)
        self.modes.changed.connect(self.guide.leave)
        self.modes.changed.connect(self._show_background)
        self.modes.changed.connect(self._first_look)
        self.status.deviceClicked.connect(self.commands.show_device)
        self.status.backgroundClicked.connect(self._go_to_background)
        self.welcome.addRequested.connect(self.commands.choose_photos)
        self.welcome.sampleRequested.connect(self._try_samples)
        self.welcome.moreRequested.connect(self.commands.follow)
        self.welcome.questionsRequested.connect(self.commands.show_questions)
        self.status.cancelRequested.connect(self.locate.commands.cancel)
        self.theme.changed.connect(self._theme_changed)
        self.background.changed.connect(self.status.show_online)
        self.background.problem.connect(tell_error)
        self.splitter.splitterMoved.connect(self._panes_moved)

    def _restore(self) -> None:
        geometry, panes = (self.window_state.value(key) for key in ("geometry", "panes"))
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            room = self.screen().availableSize() - _FRAME
            self.resize(QSize(1280, 800).boundedTo(room).expandedTo(self.minimumSize()))
        if isinstance(panes, QByteArray):
            self._arranged = self.splitter.restoreState(panes)

    # --- what the work says ---------------------------------------------------------------

    def _model_loading(self, step: LoadStep) -> None:
        self.status.show_model(tr("Loading model…"), "")
        self.status.show_loading(step)

    def _model_ready(self, model: LoadedModel) -> None:
        self.status.show_model(model.name, model.device)
        self.welcome.show_quality(model.name, quality(model.predictor.bundle.manifest.evaluation))
        self.welcome.show_limits(starter=model.path == starter_bundle_dir())
        self.map_pane.show_welcome(not self.welcome.isHidden())  # it may need more room
        self.status.show_idle()
        self.modes.model_changed(model)
        note_model(self.window_state, model)

    def _model_failed(self, sentence: str) -> None:
        model = self.locator.model
        self.status.show_idle()
        self.status.show_model(
            model.name if model else tr("No model"), model.device if model else ""
        )
        self.services.tell_error(sentence)

    def _try_samples(self, paths: list[Path]) -> None:
        self.intake.open_paths(paths)
        self.guide.offer()

    def _progressed(self, progress: LocatingProgress) -> None:
        total = self.locate.model.rowCount()
        waiting = self.locate.model.counts()[RowState.WAITING]
        if self.locator.model is not None:
            self.status.show_progress(progress, total, total - waiting)
            self.attention.show_progress((total - waiting) / total if total else None)

    def _running_changed(self, running: bool) -> None:
        if running:
            self.attention.begin("locate")
            return
        located = self.locate.model.counts()[RowState.LOCATED]
        self.attention.end("locate", tr("Located: {n}").format(n=words.photos(located)))
        self.attention.show_progress(None)
        if self.locator.model is not None:
            self.status.show_idle()

    def _background_told(self, mode: Mode, text: str, share: float) -> None:
        """What another mode does shows in the status line; a click goes there."""
        self._background = (mode, text, share) if text else None
        self._show_background()
        if text:
            self.attention.begin(mode.name)
            self.attention.show_progress(share if share >= 0 else None)
        else:
            self.attention.end(mode.name, mode.work_done)
            self.attention.show_progress(None)

    def page_told(self, show: Callable[[], object], text: str, share: float) -> None:
        """Show what a page of its own does in the status line; a click shows the page."""
        self._page = (text, share, show) if text else None
        self._show_background()

    def _show_background(self, *_: object) -> None:
        told = self._background
        if self._page is not None:
            self.status.show_background(*self._page[:2])
        elif told is None or told[0] is self.modes.current:
            self.status.show_background("", -1.0)
        else:
            self.status.show_background(told[1], told[2])

    def _go_to_background(self) -> None:
        if self._page is not None:
            self._page[2]()
        elif self._background is not None:
            self.modes.switch(self._background[0].name)

    def _leave_map(self) -> None:
        mode = self.modes.current
        widget = mode.focus_widget() if mode is not None else None
        (widget or self.left).setFocus()

    def _first_look(self, name: str) -> None:
        """Let a mode that has nothing to show yet begin with more than a street of the last one."""
        view = self.map_pane.map
        if name in _WIDE_MODES - self._seen and view is not None and view.zoom() > _STREET_ZOOM:
            view.fit_region(view.center(), _WIDE_KM)
        self._seen.add(name)

    def _panes_moved(self) -> None:
        self._arranged = True

    def _theme_changed(self) -> None:
        name = "theme-light" if self.theme.tokens.dark else "theme-dark"
        self.services.icons.bind(self.actions_.theme, name)

    # --- events ---------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(1280, 800)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.actions_.fit_toolbar(self.width())
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._arrange)  # once the panes have their places

    def forget_panes(self) -> None:
        """Give the panes their usual widths again."""
        self._arranged = False
        self.window_state.remove("panes")
        self._arrange()

    def _arrange(self) -> None:
        """Usual widths, or those that the user has set as far as the map keeps room."""
        width = self.width()
        photos, detail = (
            min(max(205, width * 22 // 100), 320),
            min(max(270, width * 29 // 100), 420),
        )
        if self._arranged:
            left, middle, right = self.splitter.sizes()
            if not self.isVisible() or middle >= width * _LEAST_MAP // 100:
                return
            # Set on a larger screen, they would crush the map here.
            photos, detail = min(photos, left), min(detail, right)
        self.splitter.setSizes([photos, width - photos - detail, detail])

    def leave(self) -> None:
        """Close without another question."""
        self._leaving = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._leaving and not self.modes.may_close():
            event.ignore()
            return
        self._leaving = True
        self.window_state.setValue("geometry", self.saveGeometry())
        if self._arranged:
            self.window_state.setValue("panes", self.splitter.saveState())
        self.closing.emit()
        self.hide()
        ended = self.modes.close()
        self.services.thumbnails.close()
        self.services.pictures.close()
        if not (self.locator.close() and ended):
            log.error("background work did not end in time")
        self.pasted.close()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.intake.drag_entered(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        accept_as_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        self.intake.dropped(event)
