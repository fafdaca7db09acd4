"""The search card over the map: a place by its name, by coordinates, a map link or an S2 token."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.cells import areas_km2
from geoguess_app.core.explore.cell_search import CellSearchResult, Hit, search
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.search.box import SearchBox
from geoguess_app.ui.map.search.hits import hit_texts
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.pools import TaskPool

_WIDTH, _EDGE = 330, 10
_BUTTONS_WIDTH = 54
"""What the map's own buttons need on the right."""
_TOWN_KM, _LEAST_KM = 30.0, 1.0


class MapSearch(QFrame):
    """A card that reads the place names when it is first opened; ``place`` must follow each resize
    of the map."""

    found = Signal(object)
    """The Hit to go to, or None when the search is closed."""

    def __init__(self, theme: Theme, pool: TaskPool, pane: QWidget) -> None:
        super().__init__(pane)
        self.setObjectName("mapSearch")
        self._pool = pool
        self._finder: PlaceFinder | None = None
        self._job: Job | None = None
        self.box = SearchBox(theme, self._search, hit_texts, pane)
        self.box.field.setToolTip(tr("Search (Ctrl+G)"))
        self.box.field.setToolTip(tr("Find on map (Ctrl+G)"))
        self.box.left.connect(self.close_search)
        self.box.taken.connect(self.found)
        self.box.grown.connect(self.place)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(8, 8, 8, 8)
        inside.addWidget(self.box)
        self.hide()

    def open_search(self) -> None:
        """Show the card, ready to type in."""
        if self._job is None:
            self._job = Job(_loaded)
            self._job.item.connect(self._use)
            self._job.start(self._pool)
        self.show()
        self.raise_()
        self.place()
        self.box.focus_search()

    def close_search(self) -> None:
        """Hide the card; what was found is no longer marked."""
        self.hide()
        self.box.clear()
        self.found.emit(None)

    def place(self) -> None:
        """Stand in the upper left corner of the map, as high as the hits need."""
        pane = self.parentWidget()
        if pane is not None:
            width = min(_WIDTH, pane.width() - 2 * _EDGE - _BUTTONS_WIDTH)
            inner = self.box.layout()
            if inner is not None:
                inner.activate()  # else the height is that of the hits before
            self.setGeometry(_EDGE, _EDGE, width, self.sizeHint().height())

    def _use(self, finder: PlaceFinder) -> None:
        self._finder = finder
        self.box.refresh()

    def _search(self, text: str) -> CellSearchResult | None:
        return None if self._finder is None else search(text, self._finder)


def shown_km(hit: Hit) -> float:
    """Return the radius in km of what to show around a hit."""
    return _TOWN_KM if hit.cell_id is None else max(_LEAST_KM, _cell_radius_km(hit.cell_id))


def _cell_radius_km(cell_id: int) -> float:
    return math.sqrt(float(areas_km2([cell_id])[0]))


def _loaded(token: CancelToken) -> Iterator[PlaceFinder]:
    finder = PlaceFinder()
    finder.load()
    yield finder
