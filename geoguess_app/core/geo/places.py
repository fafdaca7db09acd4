"""Offline place names: what lies at a coordinate, and where a named place lies."""

from __future__ import annotations

import functools
import heapq
import math
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geoguess_app.core.geo.earth_table import earth_table
from geoguess_app.core.geo.gazetteer import fold, load_gazetteer
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, great_circle_km, lat_lon, unit_vectors
from geoguess_app.core.types import Coordinate, FloatArray, IntArray, Place

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

FARTHEST_KM = 150.0
"""Beyond this distance from every named place a point has no place name (open sea, desert)."""
_ANTARCTIC_LATITUDE_DEG = -60.0
"""South of here the Antarctic Treaty applies; the gazetteer has no town there."""
_PEOPLE_PER_KM2 = 10_000.0
"""How densely a city is taken to be settled: its disc of that area carries its name, so that the
Eiffel Tower lies in Paris and not in the nearest suburb's town hall."""
_CITY_POPULATION = 20_000
"""Smaller places have discs of less than 0.8 km and go by nearness alone."""
_AT_THE_TOWN_KM = 1.0
"""So near a town its country is known better than from borders, which have such errors."""
_TRIED = 64
"""Of so many towns around the nearest in the right country names a place near a border."""
_SAINTS = ((r"\bst\b", "saint"), (r"\bsaint\b", "st"))


@dataclass(frozen=True, eq=False)
class _Trees:
    """Nearest-neighbour search on unit vectors, where ±180° and the poles are like anywhere."""

    places: cKDTree
    cities: cKDTree
    """The first places of the gazetteer, those above ``_CITY_POPULATION``."""
    city_reach: FloatArray
    """Radius of each city's disc as a chord of the unit sphere."""


_growing = threading.Lock()


def _trees() -> _Trees:
    with _growing:
        return _grow_trees()


@functools.cache
def _grow_trees() -> _Trees:
    from scipy.spatial import cKDTree  # slow to import, so on first use

    g = load_gazetteer()
    count = int((g.population >= _CITY_POPULATION).sum())
    radius_km = np.sqrt(g.population[:count] / _PEOPLE_PER_KM2 / math.pi)
    return _Trees(
        cKDTree(g.vectors),
        cKDTree(g.vectors[:count]),
        2 * np.sin(radius_km / EARTH_RADIUS_KM / 2),
    )


@functools.cache
def _town_countries() -> npt.NDArray[np.str_]:
    return np.array(load_gazetteer().country_code)


@functools.cache
def _names() -> tuple[str, IntArray]:
    """All folded names, each between line breaks, and the offset at which each line starts."""
    folded = [fold(name) for name in load_gazetteer().city]
    lengths = np.fromiter((len(name) + 1 for name in folded), np.int64, count=len(folded))
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return "\n" + "\n".join(folded) + "\n", starts


class PlaceFinder:
    """Names of places, and places of names, without a network.

    Making one costs nothing; the first question loads the shared gazetteer (a tenth of a second),
    so ask it off the window's thread, or call ``load`` there. Safe to use from several threads.
    """

    def load(self) -> None:
        """Load the gazetteer, its search trees and the borders now."""
        _trees()
        earth_table("countries")

    def at(self, coordinate: Coordinate) -> Place:
        """The place at a coordinate; see ``at_many``."""
        return self.at_many([coordinate])[0]

    def at_many(self, coordinates: Sequence[Coordinate]) -> list[Place]:
        """The place at each coordinate: the city that covers it, else the nearest named place of
        the country that it lies in.

        ``distance_km`` is that to the named point. Farther than 150 km from every named place
        all names are empty; south of 60° S it is Antarctica, without a city.
        """
        if not coordinates:
            return []
        lat = np.array([c.latitude_deg for c in coordinates])
        lon = np.array([c.longitude_deg for c in coordinates])
        rows = self._rows_at(unit_vectors(lat, lon))
        g = load_gazetteer()
        km = great_circle_km(lat, lon, g.latitude_deg[rows], g.longitude_deg[rows])
        return [
            self._place(row, distance, latitude)
            for row, distance, latitude in zip(
                rows.tolist(), km.tolist(), lat.tolist(), strict=True
            )
        ]

    def _rows_at(self, points: FloatArray) -> IntArray:
        g, trees = load_gazetteer(), _trees()
        _, nearest = trees.places.query(points)
        rows = _on_this_side(points, np.asarray(nearest, dtype=np.int64), trees)
        around = trees.cities.query_ball_point(points, trees.city_reach.max(), return_sorted=True)
        for index, candidates in enumerate(around):
            here = rows[index]
            for city in candidates:  # by falling population: the largest city comes first
                if city >= here:
                    break
                # A disc does not reach into the country across a border.
                if g.country_code[city] != g.country_code[here]:
                    continue
                if math.dist(points[index], g.vectors[city]) <= trees.city_reach[city]:
                    rows[index] = city
                    break
        return rows

    def _place(self, row: int, distance_km: float, latitude_deg: float) -> Place:
        g = load_gazetteer()
        if distance_km <= FARTHEST_KM:
            return Place(
                g.city[row], g.region[row], g.country(row), g.country_code[row], distance_km
            )
        if latitude_deg < _ANTARCTIC_LATITUDE_DEG:
            return Place("", "", g.country_names.get("AQ", "Antarctica"), "AQ", distance_km)
        return Place("", "", "", "", distance_km)

    def search(self, text: str, limit: int = 10) -> list[tuple[Place, Coordinate]]:
        """Places by name, without regard to accents and case: "paris", "Sao Paulo", "Paris, FR".

        After commas stand the country (code or name) or the region, or their beginnings. Full
        names come first, then beginnings of names, then later words; each by falling population.
        """
        name, *qualifiers = [fold(part) for part in text.split(",")]
        if not name or limit < 1:
            return []
        g = load_gazetteer()
        found: dict[int, None] = {}
        # People write St. Petersburg, the gazetteer Saint Petersburg, and the other way round.
        spellings = dict.fromkeys((name, *(re.sub(*swap, name) for swap in _SAINTS)))
        for pattern in ("\n{}\n", "\n{}", " {}"):
            rows = heapq.merge(*(_lines_with(pattern.format(s)) for s in spellings))
            new = (row for row in rows if row not in found and _matches(row, qualifiers))
            found.update(dict.fromkeys([*islice(new, limit)]))
            if len(found) >= limit:
                break
        return [
            (Place(g.city[r], g.region[r], g.country(r), g.country_code[r]), g.coordinate(r))
            for r in islice(found, limit)
        ]

    def row_called(self, name: str, *qualifiers: str) -> int | None:
        """The row of the gazetteer with the largest place of this full name; None without one.

        ``qualifiers``: country (code or name) and region, or their beginnings.
        """
        folded = [fold(qualifier) for qualifier in qualifiers]
        rows = _lines_with(f"\n{fold(name)}\n") if fold(name) else iter(())
        return next((row for row in rows if _matches(row, folded)), None)


def rows_named(name: str, limit: int) -> list[int]:
    """Return rows of the gazetteer with exactly this folded name, the largest places first."""
    return [*islice(_lines_with(f"\n{name}\n"), limit)]


def _on_this_side(points: FloatArray, rows: IntArray, trees: _Trees) -> IntArray:
    """The nearest places, but for those across a border."""
    table, towns = earth_table("countries"), _town_countries()
    latitude_deg, longitude_deg = lat_lon(points)
    here = np.array(table.names)[table.at(latitude_deg, longitude_deg)]
    g = load_gazetteer()
    km = great_circle_km(latitude_deg, longitude_deg, g.latitude_deg[rows], g.longitude_deg[rows])
    doubtful = np.flatnonzero((here != "") & (here != towns[rows]) & (km > _AT_THE_TOWN_KM))
    if len(doubtful):
        _, around = trees.places.query(points[doubtful], k=_TRIED)
        ours = towns[around] == here[doubtful, None]
        first = around[np.arange(len(around)), ours.argmax(axis=1)]
        rows[doubtful] = np.where(ours.any(axis=1), first, rows[doubtful])
    return rows


def _lines_with(pattern: str) -> Iterator[int]:
    """Rows whose folded name holds the pattern, by falling population."""
    names, starts = _names()
    position = names.find(pattern)
    while position >= 0:
        yield int(np.searchsorted(starts, position, side="right")) - 1
        position = names.find(pattern, position + 1)


def _matches(row: int, qualifiers: Sequence[str]) -> bool:
    """Whether country or region of a place fit every folded qualifier."""
    g = load_gazetteer()
    return all(
        wanted == g.country_code[row].casefold()
        or (len(wanted) > 2 and any(name.startswith(wanted) for name in _areas(row)))
        for wanted in qualifiers
        if wanted
    )


def _areas(row: int) -> tuple[str, ...]:
    """Folded names of a place's region and country, the country's in both spellings."""
    g = load_gazetteer()
    listed = g.listed_names.get(g.country_code[row], "")
    return fold(g.region[row]), fold(g.country(row)), fold(listed)
