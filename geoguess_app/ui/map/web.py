"""The web view that holds the map page: building, loading, and starting again after a crash."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QColor
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import QWebEnginePage
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.map.channel import MapChannel
from geoguess_app.ui.map.page import MapPage, map_profile
from geoguess_app.ui.map.page_cache import map_page
from geoguess_app.ui.map.scheme import PAGE_URL
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.pools import TaskPool

log = logging.getLogger(__name__)

_MOST_RESTARTS = 3
"""A page that keeps dying is left alone: it would die for ever."""


class MapWeb(QWebEngineView):
    """A web view that shows the map page and nothing else; takes no drops and leaves the
    context menu to the window."""

    lost = Signal()
    """The page's process ended; the page will be loaded again."""
    problem = Signal(str)

    def __init__(self, channel: MapChannel, pool: TaskPool, parent: QWidget) -> None:
        super().__init__(parent)
        self._profile = map_profile()
        self._restarts = 0
        self._pool = pool
        self._map_page = MapPage(self._profile, self)
        self._map_page.renderProcessTerminated.connect(self._renderer_ended)
        link = QWebChannel(self._map_page)
        link.registerObject("window", channel)
        self._map_page.setWebChannel(link)
        self.setPage(self._map_page)
        # Drops belong to the window: a web view would go to the file or swallow it.
        self.setAcceptDrops(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Map")
        self.loadFinished.connect(self._load_finished)
        self.loadFinished.connect(self._watch_keys)

    def set_ground(self, color: QColor) -> None:
        """Set what shows before the page has painted."""
        self._map_page.setBackgroundColor(color)

    def open(self) -> None:
        """Build the page, unless a map of this program has done so before, and load it."""
        if self._profile.handler.content("index.html") is not None:
            self._load()
            return
        # The first time it takes a second, so it is done off the window's thread.
        job = Job(_build)
        job.item.connect(self._built)
        job.failed.connect(self._build_failed)
        job.start(self._pool)

    def _built(self, html: str) -> None:
        self._profile.handler.publish("index.html", html.encode())
        self._load()

    def _build_failed(self, error: Exception) -> None:
        self.problem.emit(f"Could not build the map: {error}")

    def _load(self) -> None:
        self.load(QUrl(PAGE_URL))

    def _load_finished(self, successful: bool) -> None:
        if not successful:
            self.problem.emit("Could not load the map. Restart the program.")

    def _watch_keys(self) -> None:
        keyboard = self.focusProxy()  # another one after a crash
        if keyboard is not None:
            keyboard.removeEventFilter(self)
            keyboard.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """A page keeps undo, copy and paste for text that one could edit; ours has none, so
        these keys are the window's."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.ignore()
            return True
        return False

    def _renderer_ended(
        self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int
    ) -> None:
        if status is QWebEnginePage.RenderProcessTerminationStatus.NormalTerminationStatus:
            return
        log.error("the map's process ended with code %d", code)
        self.lost.emit()
        self._restarts += 1
        if self._restarts > _MOST_RESTARTS:
            self.problem.emit("The map keeps crashing. Restart the program to see it again.")
            return
        self.problem.emit("The map crashed and was restarted.")
        QTimer.singleShot(0, self, self._load)


def _build(token: CancelToken) -> Iterator[str]:
    yield map_page()
