"""The map as a widget."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QPoint, QThreadPool, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from geoguess_app.core.format import Units
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.map.cell_data import CellData, CellFiles
from geoguess_app.ui.map.channel import COMMAND_TOPIC, MapChannel
from geoguess_app.ui.map.export.snapshot import MapSnapshot, files_in_use
from geoguess_app.ui.map.page import map_profile
from geoguess_app.ui.map.payload import (
    compact,
    pins_payload,
    places_payload,
    prediction_payload,
    region_payload,
)
from geoguess_app.ui.map.tiles.files import TileFile, source_payload
from geoguess_app.ui.map.tiles.online import OnlineTiles
from geoguess_app.ui.map.web import MapWeb
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.map_state import Display, MapState
from geoguess_app.ui.work.pools import TaskPool

if TYPE_CHECKING:
    from geoguess_app.core.partition import Partition

Theme = Literal["light", "dark"]
_SEA = {"light": "#d7e3ea", "dark": "#12181f"}
"""Shown until the page is there; the same as ``--sea`` in map.css."""
_numbers = itertools.count(1)


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
    """Latitude and longitude in degrees of a click on the map."""
    pinClicked = Signal(str)
    """Row id of a photo's dot, as text."""
    layerChosen = Signal(str)
    """The user switched the layer in the page."""
    displayChanged = Signal(object)
    """The user chose in the page how cells are shown: a Display."""
    viewMoved = Signal(float, float, float)
    """Latitude and longitude of the middle, and zoom, after every move."""
    escapePressed = Signal()
    """Esc in the page: the window takes the keyboard focus back."""
    menuRequested = Signal(object, object)
    """A right click: the Coordinate there, and the QPoint of the screen."""
    searchWanted = Signal()
    """The page's button for finding a place was pressed."""
    problem = Signal(str)
    """One sentence for the user about what the map cannot do."""
    drawn = Signal(str, int)
    """Topic and serial number of a change that has been painted."""

    def __init__(self, parent: QWidget | None = None, *, pool: TaskPool | None = None) -> None:
        """``pool`` builds page and cells; without one it is the application's."""
        super().__init__(parent)
        self._pool: TaskPool = QThreadPool.globalInstance() if pool is None else pool
        self._theme: Theme = "light"
        self._web: MapWeb | None = None
        self._center, self._zoom = Coordinate(0.0, 0.0), 2.0
        self._display = Display()
        self._cells_job: Job | None = None
        self._serves_cells = self._serves_parts = False
        self._emptied = 0
        self._served: list[str] = []
        self._data_root = f"data/{next(_numbers)}/"
        self._data_sets = itertools.count(1)
        self._channel = MapChannel(self)
        self._listen()
        self.setMinimumSize(240, 200)
        self.setAccessibleName("Map")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def start(self) -> None:
        """Build and load the page; called by itself after the first paint."""
        if self._web is not None:
            return
        self._web = MapWeb(self._channel, self._pool, self)
        self._web.set_ground(QColor(_SEA[self._theme]))
        self._web.lost.connect(self._channel.end)
        self._web.problem.connect(self.problem)
        self._web.customContextMenuRequested.connect(self._menu_requested)
        self._layout.addWidget(self._web)
        self.setFocusProxy(self._web)
        self._web.open()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the sea until the page is there; the first paint starts the page."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(_SEA[self._theme]))
        painter.end()
        if self._web is None:
            QTimer.singleShot(0, self, self.start)

    # --- what is shown --------------------------------------------------------------------

    def set_partitions(self, partitions: Sequence[Partition]) -> None:
        """The cells of a model, coarse to fine; clears the answer, which was another model's.

        Outlines are made off the window's thread and go to the page once, through the scheme.
        """
        if self._cells_job is not None:
            self._cells_job.cancel()
        # Until the new cells are there, none are: a new answer must not be drawn with the old.
        self._emptied = self._channel.push("partitions", "[]")
        self.show_prediction(None)
        data = CellData(partitions, f"{self._data_root}{next(self._data_sets)}-")
        self._cells_job = Job(data.files)
        self._cells_job.item.connect(self._cells_made)
        self._cells_job.failed.connect(self._cells_failed)
        self._cells_job.start(self._pool)

    def _cells_made(self, made: CellFiles) -> None:
        handler = map_profile().handler
        if not self._serves_cells:
            self._serves_cells = True
            self.destroyed.connect(partial(handler.withdraw, self._data_root))
        for path, content in made.files.items():
            handler.publish(path, content)
        # The page may be fetching the set before this one still; those before that are done with.
        self._served.append(made.prefix)
        for prefix in self._served[:-2]:
            handler.withdraw(prefix)
        self._served = self._served[-2:]
        self._channel.push("partitions", compact(made.description))

    def _cells_failed(self, error: Exception) -> None:
        self.problem.emit(f"Cannot draw the cells of this model: {error}")

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

    def set_display(self, display: Display) -> None:
        """Set how the cells are shown; users choose it in the page, too."""
        self._display = display
        self._channel.push("display", compact(asdict(display)))

    def display(self) -> Display:
        """Return how the cells are shown now."""
        return self._display

    def play_layers(self) -> None:
        """Show the layers one after the other, coarse first; a second call stops it."""
        self._command("play")

    def set_theme(self, theme: Theme) -> None:
        """Colours for a light or a dark window."""
        self._theme = theme
        if self._web is not None:
            self._web.set_ground(QColor(_SEA[theme]))
        self._channel.push("theme", compact(theme))
        self.update()

    def set_units(self, units: Units) -> None:
        """Write the scale and what the page measures itself in these units."""
        self._channel.push("units", compact(units.value))

    def set_tiles(self, source: TileFile | OnlineTiles | None) -> None:
        """Draw on tiles instead of the built-in map; None goes back to it.

        The page itself asks nobody but the program; see ``ui.tiles.server``.
        """
        key = map_profile().handler.tiles.use(source)
        self._channel.push("tiles", compact(source_payload(source.facts, key) if source else None))

    def show_buttons(self, on: bool) -> None:
        """Zoom buttons; not while something lies over the map."""
        self._channel.push("buttons", compact(on))

    def highlight_candidate(self, rank: int | None) -> None:
        """Mark one candidate, as the table beside the map does."""
        self._channel.push("highlight", compact(rank))

    def show_found(self, place: Coordinate | None, name: str = "") -> None:
        """Mark a place that was searched for; None for none."""
        at = place and [place.latitude_deg, place.longitude_deg]
        self._channel.push("found", compact(at and {"at": at, "name": name}))

    def set_photo_pins(self, pins: Iterable[tuple[object, Coordinate, str]]) -> None:
        """Dots for located photos: row id, place, and one of "sure", "unsure", "known"."""
        self._channel.push("pins", compact(pins_payload(pins)))

    # --- parts of the page that belong to a mode of the window ------------------------------

    def push(self, topic: str, value: object) -> int:
        """Tell a part of the page its newest state, a JSON value; None for nothing to show.

        It is sent again when the page has to start again. Returns the serial number that
        ``drawn`` will tell.
        """
        return self._channel.push(topic, compact(value))

    def listen(self, kind: str, handler: Callable[..., None]) -> None:
        """Call ``handler`` with what a part of the page reports under ``kind``."""
        self._channel.on(kind, handler)

    def publish(self, name: str, content: bytes) -> str:
        """Let the page fetch something large; returns its path. Replaces what had this name."""
        handler = map_profile().handler
        prefix = f"{self._data_root}parts/"
        if not self._serves_parts:
            self._serves_parts = True
            self.destroyed.connect(partial(handler.withdraw, prefix))
        handler.publish(prefix + name, content)
        return prefix + name

    def snapshot(self) -> MapSnapshot:
        """All that the page shows now, for an export."""
        handler = map_profile().handler
        served = {path: handler.content(path) or b"" for path in handler.published(self._data_root)}
        topics = self._channel.newest()
        return MapSnapshot(topics, files_in_use(topics, served), self._center, self._zoom)

    def place_at(self, point: QPoint, answer: Callable[[Coordinate | None], None]) -> None:
        """Ask which place is shown at a point of this widget; None where there is no page yet."""
        if self._web is None:
            answer(None)
            return

        def placed(found: object) -> None:
            # As text: a list of the page does not reach Python in every build of Qt.
            place = json.loads(found) if isinstance(found, str) and found else None
            answer(Coordinate(*place) if place else None)

        at = f"window.geoguess?.placeAt({point.x()}, {point.y()}) ?? null"
        asked = f"JSON.stringify({at})"
        self._web.page().runJavaScript(asked, 0, placed)

    def _menu_requested(self, point: QPoint) -> None:
        on_screen = self.mapToGlobal(point)

        def found(place: Coordinate | None) -> None:
            if place is not None:
                self.menuRequested.emit(place, on_screen)

        self.place_at(point, found)

    # --- where it looks -------------------------------------------------------------------

    def fit_answer(self) -> None:
        """Show the answer and its 80% region."""
        self._command("fitAnswer")

    def fit_world(self) -> None:
        """Show the whole world."""
        self._command("fitWorld")

    def fit_region(self, center: Coordinate, radius_km: float) -> None:
        """Show a circle on the ground."""
        self._command("fitRegion", region_payload(center, radius_km))

    def fit_box(self, left: float, top: float, right: float, bottom: float) -> None:
        """Show a rectangle of the flat world (see ``core.mercator``); x may leave 0…1."""
        self._command("fitRegion", [left, top, right, bottom])

    def fit_places(self, places: Sequence[Coordinate]) -> None:
        """Show all of some places."""
        if places:
            self._command("fitRegion", places_payload(places))

    def go_to(self, center: Coordinate, zoom: float) -> None:
        """Show a place at a zoom level, as ``viewMoved`` tells them."""
        self._command("go", center.latitude_deg, center.longitude_deg, zoom)

    def center(self) -> Coordinate:
        """The middle of the view, as last told by the page."""
        return self._center

    def zoom(self) -> float:
        """The zoom level, as last told by the page."""
        return self._zoom

    def _command(self, name: str, *arguments: object) -> None:
        self._channel.push(COMMAND_TOPIC, compact([name, *arguments]))

    # --- what the page tells --------------------------------------------------------------

    def _listen(self) -> None:
        for kind, signal in (
            ("candidate", self.candidateClicked),
            ("cell", self.cellClicked),
            ("hover", self.cellHovered),
            ("pin", self.pinClicked),
            ("escape", self.escapePressed),
            ("search", self.searchWanted),
            ("problem", self.problem),
        ):
            self._channel.on(kind, signal.emit)
        self._channel.on("click", lambda lat, lon: self.clicked.emit(float(lat), float(lon)))
        self._channel.on("drawn", self._page_drew)
        self._channel.on("ready", self._page_ready)
        self._channel.on("layer", self._layer_chosen)
        self._channel.on("moved", self._moved)
        self._channel.on("display", self._display_chosen)

    def _page_ready(self) -> None:
        self._channel.begin()
        self.ready.emit()

    def _page_drew(self, topic: str, serial: int) -> None:
        if (topic, serial) != ("partitions", self._emptied):
            self.drawn.emit(topic, serial)

    def _layer_chosen(self, name: str) -> None:
        # The page must show the same layer when it is started again.
        self._channel.push("layer", compact(name))
        self.layerChosen.emit(name)

    def _display_chosen(self, chosen: dict[str, Any]) -> None:
        self._display = Display(**chosen)
        self._channel.push("display", compact(chosen))
        self.displayChanged.emit(self._display)

    def _moved(self, latitude_deg: float, longitude_deg: float, zoom: float) -> None:
        self._center = Coordinate(float(latitude_deg), float(longitude_deg))
        self._zoom = float(zoom)
        self.viewMoved.emit(float(latitude_deg), float(longitude_deg), float(zoom))
