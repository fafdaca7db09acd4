"""Names of places; none until the gazetteer has been read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoguess_app.core.types import Coordinate, Place

if TYPE_CHECKING:
    from geoguess_app.core.geo.places import PlaceFinder

_NO_PLACE = Place("", "", "", "")


class PlaceNames:
    """Names of places and places of names; asks nothing that would keep the window waiting."""

    def __init__(self) -> None:
        self._finder: PlaceFinder | None = None

    def use(self, finder: PlaceFinder) -> None:
        """Use a finder, which has been loaded in a worker: names are known from now on."""
        self._finder = finder

    @property
    def known(self) -> bool:
        """Tell whether names are there."""
        return self._finder is not None

    def of(self, points: Sequence[Coordinate]) -> list[Place]:
        """Places of points; without names while there are none."""
        if self._finder is None or not points:
            return [_NO_PLACE for _ in points]
        return list(self._finder.at_many(list(points)))

    def name_of(self, point: Coordinate) -> str:
        """``Paris, France``, or nothing."""
        from geoguess_app.ui.kit import words

        place = self.of([point])[0]
        return words.place_short(place) if place.country else ""

    def find(self, text: str) -> list[tuple[Place, Coordinate]]:
        """Places of a name, best first; none while the gazetteer has not been read."""
        return self._finder.search(text) if self._finder is not None else []
