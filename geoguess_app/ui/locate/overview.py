"""All listed photos on one map: dots by level, near ones together; a click selects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from geoguess_app.core.types import Coordinate, Level
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.photo_row import PhotoRow

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.locate.photo_list import PhotoList
    from geoguess_app.ui.map.view import MapView

_DOTS, _NAME = "reviewDots", "reviewName"
_SOON_MS = 250
_DECIDED, _FINE, _MIDDLE, _COARSE, _UNSURE = 1, 4, 5, 6, 7
"""How a dot looks; the page knows these numbers."""
_KINDS = {
    Level.SAME_PLACE: _FINE,
    Level.FINE: _FINE,
    Level.MIDDLE: _MIDDLE,
    Level.COARSE: _COARSE,
    Level.CANNOT_TELL: _UNSURE,
}


class PhotoOverview(QObject):
    """The map of all photos that the list shows; ``is_on`` while it takes the place of answers."""

    toggled = Signal(bool)

    def __init__(
        self,
        services: Services,
        listed: PhotoList,
        number_of: Callable[[Path], int],
        parent: QObject,
    ) -> None:
        """``number_of`` gives the number by which the map knows a photo, here and by its pin."""
        super().__init__(parent)
        self._list, self._number_of = listed, number_of
        self._map: MapView | None = None
        self._entered = self.is_on = False
        self._dots: dict[int, PhotoRow] = {}
        self._version = 0
        self._soon = QTimer(self, interval=_SOON_MS, singleShot=True)
        self._soon.timeout.connect(self._push)
        listed.arranged.connect(self._list_changed)
        services.map.when_map(self._map_came)

    def enter(self) -> None:
        """The mode is on."""
        self._entered = True
        if self.is_on:
            self._push()

    def leave(self) -> None:
        """Take the dots off the map, which another mode uses now."""
        self._entered = False
        self._soon.stop()
        self._clear()

    def turn(self, *, on: bool) -> None:
        """Show all photos, or the answer of one again."""
        if on == self.is_on:
            return
        self.is_on = on
        if on:
            self._push()
            self.fit()
        else:
            self._clear()
        self.toggled.emit(on)

    def fit(self) -> None:
        """Show all of them."""
        places = [place for place, _ in map(_spot, self._list.photos()) if place is not None]
        if self._map is not None and self._entered and places:
            self._map.fit_places(places)

    def _list_changed(self) -> None:
        if self.is_on and self._entered:
            self._soon.start()

    def _push(self) -> None:
        if self._map is None or not (self.is_on and self._entered):
            return
        numbered = {self._number_of(row.path): row for row in self._list.photos()}
        content, self._dots = packed(numbered)
        if not self._dots:
            self._map.push(_DOTS, None)
            return
        # Two names in turn, so that the page never reads what is being replaced.
        self._version += 1
        path = self._map.publish(f"photo-dots-{self._version % 2}", content)
        self._map.push(
            _DOTS,
            {
                "path": path,
                "version": self._version,
                "clustered": True,
                "titles": [
                    *((kind, words.level(level)) for level, kind in _KINDS.items()),
                    (_DECIDED, tr("Decided by you")),
                ],
            },
        )

    def _clear(self) -> None:
        if self._map is not None:
            self._map.push(_DOTS, None)
            self._map.push(_NAME, None)

    def _map_came(self, view: MapView) -> None:
        self._map = view
        view.listen("reviewDot", lambda number: self._chosen([number]))
        view.listen("reviewCluster", self._chosen)
        view.listen("reviewHover", self._named)

    def _chosen(self, numbers: Sequence[float]) -> None:
        rows = self._rows(numbers)
        if not rows:
            return
        self._list.select_all_of([row.path for row in rows])
        places = [place for place, _ in map(_spot, rows) if place is not None]
        if len(rows) > 1 and self._map is not None:
            self._map.fit_places(places)

    def _named(self, number: float) -> None:
        for row in self._rows([number]):
            if self._map is not None:
                self._map.push(_NAME, [int(number), f"{row.name}: {row.headline}"])

    def _rows(self, numbers: Sequence[float]) -> list[PhotoRow]:
        if not (self.is_on and self._entered):
            return []
        return [self._dots[int(number)] for number in numbers if int(number) in self._dots]


def _titles() -> list[tuple[int, str]]:
    levels = [(kind, words.level(level)) for level, kind in _KINDS.items()]
    return [*levels, (_DECIDED, tr("Decided by you"))]


def packed(rows: Mapping[int, PhotoRow]) -> tuple[bytes, dict[int, PhotoRow]]:
    """Return dots of numbered photos as the page reads them, and those that have one.

    x and y in the world as float32, numbers as uint32, kinds as bytes; photos that lie nowhere are
    left out.
    """
    import numpy as np

    from geoguess_app.core.geo.mercator import world_points

    spots = [(number, *_spot(row)) for number, row in rows.items()]
    there = [(number, place, kind) for number, place, kind in spots if place is not None]
    lat = np.array([place.latitude_deg for _, place, _ in there])
    lon = np.array([place.longitude_deg for _, place, _ in there])
    points = world_points(lat, lon).astype("<f4")
    numbers = np.array([number for number, *_ in there], dtype="<u4")
    kinds = np.array([kind for *_, kind in there], dtype=np.uint8)
    content: bytes = points.tobytes() + numbers.tobytes() + kinds.tobytes()
    return content, {number: rows[number] for number, *_ in there}


def _spot(row: PhotoRow) -> tuple[Coordinate | None, int]:
    """Where a photo lies, and how its dot looks."""
    if row.position is not None:
        return row.position.coordinate, _DECIDED
    if row.outcome is None:
        return None, _UNSURE
    found = row.outcome.located.prediction
    return found.coordinate, _DECIDED if row.reviewed is not None else _KINDS[found.level]
