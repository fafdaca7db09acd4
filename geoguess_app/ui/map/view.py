"""The map as a widget."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Literal

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, QTimer, QUrl, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import QWebEnginePage
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QVBoxLayout, QWidget

from geoguess_app.core.partition import Partition
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.map.builder import build_page
from geoguess_app.ui.map.channel import COMMAND_TOPIC, MapChannel
from geoguess_app.ui.map.mercator import cell_rings, packed_rings
from geoguess_app.ui.map.page import MapPage, map_profile
from geoguess_app.ui.map.payload import compact, pins_payload, prediction_payload, region_payload
from geoguess_app.ui.map.scheme import PAGE_URL
from geoguess_app.ui.map.state import MapState

logger = logging.getLogger(__name__)

Theme = Literal["light", "dark"]
_SEA = {"light": "#d7e3ea", "dark": "#12181f"}
"""Shown until the page is there; the same as ``--sea`` in map.css."""


class _BuildSignals(QObject):
    built = Signal(str)
    failed = Signal(str)


class _BuildJob(QRunnable):
    """Builds the page off the window's thread: folium takes a second to import."""

    def __init__(self) -> None:
        super().__init__()
        self.signals = _BuildSignals()

    def run(self) -> None:
        try:
            html = build_page()
        except Exception as error:
            logger.exception("the map page could not be built")
            self.signals.failed.emit(f"The map could not be built: {error}")
            return
        self.signals.built.emit(html)


class MapView(QWidget):
    """An offline world map that shows where a photo may have been taken.

    Everything may be called at once: what is set before the page is ready is shown when it is.
    The page starts after the widget has been painted for the first time, or with ``start()``.
    """

    ready = Signal()
    candidateClicked = Signal(int)
    """Rank of the candidate."""
    cellClicked = Signal(str, int)
    """Layer name and the cell's index in its partition."""
    cellHovered = Signal(str, int)
    """As ``cellClicked``; index −1 when the pointer leaves."""
    clicked = Signal(float, float)
    """Latitude and longitude in degrees of a click on the map itself."""
    pinClicked = Signal(str)
    """Row id of a photo's dot, as text."""
    layerChosen = Signal(str)
    """The user switched the layer in the page."""
    viewMoved = Signal(float, float, float)
    """Latitude and longitude of the middle, and zoom, after every move."""
    escapePressed = Signal()
    """Esc in the page: the window takes the keyboard focus back."""
    problem = Signal(str)
    """One sentence for the user about what the map cannot do."""
    drawn = Signal(str, int)
    """Topic and serial number of a change that is on the screen now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = "light"
        self._started = False
        self._generation = 0
        self._web: QWebEngineView | None = None
        self._build: _BuildJob | None = None
        self._center = Coordinate(0.0, 0.0)
        self._channel = MapChannel(self)
        self._listen()
        self.setMinimumSize(240, 200)
        self.setAccessibleName("Map")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    # --- starting -------------------------------------------------------------------------

    def start(self) -> None:
        """Build the page and load it; called by itself after the first paint."""
        if self._started:
            return
        self._started = True
        self._profile = map_profile()
        if self._profile.handler.content("index.html") is None:
            self._build = _BuildJob()
            self._build.signals.built.connect(self._load)
            self._build.signals.failed.connect(self.problem)
            self._build.setAutoDelete(False)
            QThreadPool.globalInstance().start(self._build)
        self._make_web_view()
        if self._build is None:
            self._load()

    def _make_web_view(self) -> None:
        web = QWebEngineView(self)
        page = MapPage(self._profile, web)
        page.setBackgroundColor(QColor(_SEA[self._theme]))
        link = QWebChannel(page)
        link.registerObject("window", self._channel)
        page.setWebChannel(link)
        page.renderProcessTerminated.connect(self._renderer_died)
        web.setPage(page)
        # Drops belong to the window: the web view would navigate to the file or swallow it.
        web.setAcceptDrops(False)
        web.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        web.loadFinished.connect(self._load_finished)
        web.setAccessibleName("Map")
        self._layout.addWidget(web)
        self.setFocusProxy(web)
        self._web = web

    def _load(self, html: str | None = None) -> None:
        if html is not None:
            self._profile.handler.publish("index.html", html.encode())
        if self._web is not None:
            self._web.load(QUrl(PAGE_URL))

    def _load_finished(self, successful: bool) -> None:
        if not successful:
            self.problem.emit("The map page could not be loaded; restart the program.")

    def _renderer_died(
        self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int
    ) -> None:
        normal = QWebEnginePage.RenderProcessTerminationStatus.NormalTerminationStatus
        self._channel.end()
        if status is not normal and self._web is not None:
            logger.error("the map's process ended with code %d; starting it again", code)
            self.problem.emit("The map stopped working and was started again.")
            QTimer.singleShot(0, self._load)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the sea until the page is there; the first paint starts the page."""
        QPainter(self).fillRect(event.rect(), QColor(_SEA[self._theme]))
        if not self._started:
            QTimer.singleShot(0, self.start)

    # --- what is shown --------------------------------------------------------------------

    def set_partitions(self, partitions: Sequence[Partition]) -> None:
        """The cells of a model, coarse to fine; their outlines go to the page once."""
        profile = map_profile()
        profile.handler.withdraw(self._data_path())
        self._generation += 1
        described = []
        for number, partition in enumerate(partitions):
            path = f"{self._data_path()}{self._generation}-{number}"
            profile.handler.publish(path + ".bin", packed_rings(cell_rings(partition.cell_ids)))
            facts = {
                "tokens": list(partition.tokens),
                "photos": [int(count) for count in partition.photo_counts],
            }
            profile.handler.publish(path + ".json", compact(facts).encode())
            described.append({"name": partition.name, "size": partition.size, "path": path})
        self._channel.push("partitions", compact(described))

    def show_prediction(self, state: MapState | None) -> int:
        """Show one photo's answer, or none; returns the serial number that ``drawn`` will tell."""
        return self._channel.push("prediction", compact(prediction_payload(state)))

    def clear(self) -> None:
        """Show neither an answer nor dots of photos."""
        self.show_prediction(None)
        self.highlight_candidate(None)
        self.set_photo_pins([])

    def set_layer(self, name: str) -> None:
        """Switch between the partitions by name, and ``"combined"``."""
        self._channel.push("layer", compact(name))

    def set_theme(self, theme: Theme) -> None:
        """Colours for a light or a dark window."""
        self._theme = theme
        if self._web is not None:
            self._web.page().setBackgroundColor(QColor(_SEA[theme]))
        self._channel.push("theme", compact(theme))
        self.update()

    def highlight_candidate(self, rank: int | None) -> None:
        """Mark one candidate, as the table beside the map does."""
        self._channel.push("highlight", compact(rank))

    def set_photo_pins(self, pins: Iterable[tuple[object, Coordinate, str]]) -> None:
        """Dots for located photos: row id, place, and one of "sure", "unsure", "known"."""
        self._channel.push("pins", compact(pins_payload(pins)))

    # --- where it looks -------------------------------------------------------------------

    def fit_answer(self) -> None:
        """Show the answer and its 80 % region."""
        self._command("fitAnswer")

    def fit_world(self) -> None:
        """Show the whole world."""
        self._command("fitWorld")

    def fit_region(self, center: Coordinate, radius_km: float) -> None:
        """Show a circle on the ground."""
        self._command("fitRegion", region_payload(center, radius_km))

    def zoom_in(self) -> None:
        """One step nearer."""
        self._command("zoomBy", 1)

    def zoom_out(self) -> None:
        """One step away."""
        self._command("zoomBy", -1)

    def center(self) -> Coordinate:
        """The middle of the view, as last told by the page."""
        return self._center

    def _command(self, name: str, *arguments: object) -> None:
        self._channel.push(COMMAND_TOPIC, compact([name, *arguments]))

    # --- what the page tells --------------------------------------------------------------

    def _listen(self) -> None:
        for kind, signal in (
            ("candidate", self.candidateClicked),
            ("cell", self.cellClicked),
            ("hover", self.cellHovered),
            ("pin", self.pinClicked),
            ("layer", self._layer_chosen),
            ("escape", self.escapePressed),
            ("problem", self.problem),
            ("drawn", self.drawn),
        ):
            self._channel.on(kind, signal.emit if hasattr(signal, "emit") else signal)
        self._channel.on("ready", self._page_ready)
        self._channel.on("click", lambda lat, lon: self.clicked.emit(float(lat), float(lon)))
        self._channel.on("moved", self._moved)

    def _page_ready(self) -> None:
        self._channel.begin()
        self.ready.emit()

    def _layer_chosen(self, name: str) -> None:
        # The page must show the same layer after a restart.
        self._channel.push("layer", compact(name))
        self.layerChosen.emit(name)

    def _moved(self, latitude_deg: float, longitude_deg: float, zoom: float) -> None:
        self._center = Coordinate(float(latitude_deg), float(longitude_deg))
        self.viewMoved.emit(float(latitude_deg), float(longitude_deg), float(zoom))

    def _data_path(self) -> str:
        return f"data/{id(self):x}/"
