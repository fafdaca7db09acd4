"""The middle pane: the map, and a card over an empty one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from geoguess_app.core.format import units
from geoguess_app.core.types import COMBINED
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.search.card import MapSearch, shown_km
from geoguess_app.ui.map.search.hits import hit_texts
from geoguess_app.ui.work.map_state import Display, MapState
from geoguess_app.ui.work.pools import TaskPool

if TYPE_CHECKING:
    from geoguess_app.core.explore.cell_search import Hit
    from geoguess_app.core.partition import Partition
    from geoguess_app.ui.map.view import MapView

_MEASURE_KEY = "map/colours-per"
_FOOT_PX = 36
"""Of the map's lower edge, where its scale and sources stand."""


class MapPane(QWidget):
    """A pane that makes the map only when told to, so that the window is on the screen before
    Chromium."""

    ready = Signal()
    """The map's page has loaded."""
    candidateClicked = Signal(int)
    drawn = Signal(str)
    """What is on the screen now: "partitions", "prediction", "theme" …"""
    problem = Signal(str)
    layersChanged = Signal()
    """Other layers are on offer, or another one is on."""
    menuRequested = Signal(object, object)
    """A right click on the map: the Coordinate there, and the QPoint of the screen."""
    left = Signal()
    """Escape on the map: the keyboard goes back to the list."""

    def __init__(
        self,
        theme: Theme,
        welcome: QWidget,
        pool: TaskPool,
        kept: QSettings | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """``kept`` remembers for the next start what the user wants the colours to stand for."""
        super().__init__(parent)
        self.setObjectName("mapPane")
        self.map: MapView | None = None
        self._pool = pool
        self._kept = kept
        self._theme = theme
        self._state: MapState | None = None
        self._partitions: list[Partition] = []
        self._layer = COMBINED
        self._suspended = False
        self._waiting: list[Callable[[MapView], None]] = []
        self._space = QLabel(tr("Preparing the map…"))
        self._space.setProperty("role", "muted")
        self._space.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.addWidget(self._space, 1)
        self.search = MapSearch(theme, pool, self)
        self.search.found.connect(self._go_to_hit)
        self.welcome = welcome
        welcome.setParent(self)
        self.setMinimumSize(QSize(260, 200))
        theme.changed.connect(self._theme_changed)

    def make_map(self) -> None:
        """Start the web view; until its page is ready it keeps what is shown to it."""
        if self.map is not None:
            return
        from geoguess_app.ui.map.view import MapView

        self.map = MapView(self, pool=self._pool)
        self.map.ready.connect(self.ready)
        self.map.drawn.connect(lambda topic, _serial: self.drawn.emit(topic))
        self.map.candidateClicked.connect(self.candidateClicked)
        self.map.escapePressed.connect(self.left)
        self.map.searchWanted.connect(self.search.open_search)
        self.map.menuRequested.connect(self.menuRequested)
        self.map.problem.connect(self.problem)
        self.map.layerChosen.connect(self._layer_chosen)
        self._box.replaceWidget(self._space, self.map)
        self._space.hide()
        self.welcome.raise_()
        self.map.set_theme(self._theme.name)
        self.map.set_units(units())
        self._keep_measure(self.map)
        if self._partitions:
            self.map.set_partitions(self._partitions)
        self.map.set_layer(self._layer)
        self.map.show_buttons(self.welcome.isHidden())
        if self._state is not None:
            self._show()
        for use in self._waiting:
            use(self.map)
        self._waiting.clear()

    def _keep_measure(self, shown: MapView) -> None:
        kept = self._kept
        if kept is None:
            return
        if kept.value(_MEASURE_KEY) == "cell":
            shown.set_display(Display(per="cell"))
        shown.displayChanged.connect(lambda display: kept.setValue(_MEASURE_KEY, display.per))

    def add_above(self, strip: QWidget) -> None:
        """Let a strip stand above the map; whoever made it shows and hides it."""
        self._box.insertWidget(0, strip)

    def when_map(self, use: Callable[[MapView], None]) -> None:
        """Call with the map: at once, or as soon as there is one."""
        if self.map is not None:
            use(self.map)
        else:
            self._waiting.append(use)

    def suspend(self) -> None:
        """Let another mode use the map: what is shown here from now on waits for ``resume``."""
        self._suspended = True
        self._close_search()
        if self.map is not None:
            self.map.clear()

    def resume(self) -> None:
        """The map shows again what was shown here last."""
        self._suspended = False
        if self._state is not None:
            self._show()

    def show_units(self) -> None:
        """Write distances in the units that are chosen, also those that are on the map already."""
        if self.map is not None:
            self.map.set_units(units())
            if self._state is not None:
                self._show(fit=False)

    def set_partitions(self, partitions: list[Partition]) -> None:
        """The cells of a newly loaded model."""
        self._partitions = partitions
        self._state, self._layer = None, COMBINED
        if self.map is not None:
            self.map.show_prediction(None)
            self.map.set_partitions(partitions)
            self.map.set_layer(self._layer)
        self.layersChanged.emit()

    def layers(self) -> list[str]:
        """The layers on offer: the partitions, coarse to fine, and their combination."""
        names = [partition.name for partition in self._partitions]
        return [*names, COMBINED] if names else []

    def layer(self) -> str:
        """The layer that is on."""
        return self._layer

    def choose_layer(self, number: int) -> None:
        """Choose a layer by its number, counted from 1."""
        names = self.layers()
        if 1 <= number <= len(names):
            self._layer_chosen(names[number - 1])
            if self.map is not None:
                self.map.set_layer(self._layer)

    def show_state(self, state: MapState | None, *, fit: bool = True) -> None:
        """Show one answer, or none; with ``fit`` the map goes to where the answer lies."""
        if state is not self._state:
            self._state = state
            self._show(fit=fit)

    def fit_answer(self) -> None:
        """Show the answer with enough around it to recognise where that is."""
        if self.map is not None and self._state is not None:
            self.map.fit_answer()

    def fit_world(self) -> None:
        """Show the whole Earth."""
        if self.map is not None:
            self.map.fit_world()

    def find_place(self) -> None:
        """Open the search for a place on the map."""
        if self.map is not None and self.welcome.isHidden():
            self.search.open_search()

    def play_layers(self) -> None:
        """Show the cells of the answer from coarse to fine; again stops it."""
        if self.map is not None:
            self.map.play_layers()

    def highlight(self, rank: int | None) -> None:
        """Point at one candidate."""
        if self.map is not None and not self._suspended:
            self.map.highlight_candidate(rank)

    def show_welcome(self, on: bool) -> None:
        """The card over an empty map."""
        if on:
            self._close_search()
        self.welcome.setVisible(on)
        self._place_welcome()
        if self.map is not None:
            self.map.show_buttons(not on)

    def show_buttons(self, on: bool) -> None:
        """The map's own buttons, or none of them for a picture; never under the card."""
        if self.map is not None:
            self.map.show_buttons(on and self.welcome.isHidden())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_welcome()
        self.search.place()

    def _close_search(self) -> None:
        if self.search.isVisible():
            self.search.close_search()

    def _go_to_hit(self, hit: Hit | None) -> None:
        if self.map is None:
            return
        self.map.show_found(hit.coordinate if hit else None, hit_texts(hit)[0] if hit else "")
        if hit is not None:
            self.map.fit_region(hit.coordinate, shown_km(hit))
        else:
            self.map.setFocus()

    def _show(self, *, fit: bool = True) -> None:
        if self.map is None or self._suspended:
            return
        self.map.show_prediction(self._state)
        if not fit:
            return
        if self._state is not None and self._state.cannot_tell:
            self.map.fit_world()
        elif self._state is not None:
            self.fit_answer()

    def _place_welcome(self) -> None:
        room = self.size() - QSize(24, 24)
        width = min(460, room.width())
        wanted = max(self.welcome.heightForWidth(width), self.welcome.sizeHint().height())
        height = min(wanted, room.height())
        left, top = (self.width() - width) // 2, (self.height() - height) // 2
        top = min(top, self.height() - _FOOT_PX - height)  # the scale stands below it
        self.welcome.setGeometry(left, max(8, top), width, height)

    def _layer_chosen(self, name: str) -> None:
        self._layer = name
        self.layersChanged.emit()

    def _theme_changed(self) -> None:
        if self.map is not None:
            self.map.set_theme(self._theme.name)
