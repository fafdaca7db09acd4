"""Areas that a person draws or names: a box, a ring of corners, a country, a kind of land."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from geoguess_app.core.errors import SessionError
from geoguess_app.core.types import Coordinate, FloatArray

if TYPE_CHECKING:
    import numpy as np

_MOST_MINUTES = 14 * 60


@dataclass(frozen=True, slots=True)
class Ring:
    """The inside of a closed line on a flat map, straight edges between its corners.

    Corners are (latitude, longitude) in degrees. Longitudes run on without a jump: a ring across
    the date line goes from 170 to 190. Raises SessionError for what encloses nothing.
    """

    corners: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        finite = all(math.isfinite(value) for corner in self.corners for value in corner)
        if not finite or len(set(self.corners)) < 3:
            raise SessionError("An area needs at least three different corners.", code="area")

    def holds(self, latitude_deg: FloatArray, longitude_deg: FloatArray) -> np.ndarray:
        """Return which points lie inside (even-odd rule); booleans in the points' shape."""
        # Not at the top: the window knows areas before it is on the screen.
        import numpy as np

        latitude = np.asarray(latitude_deg, dtype=np.float64)
        west = min(lon for _, lon in self.corners)
        longitude = west + np.mod(np.asarray(longitude_deg, dtype=np.float64) - west, 360.0)
        inside = np.zeros(latitude.shape, dtype=bool)
        for (lat0, lon0), (lat1, lon1) in zip(
            self.corners, self.corners[1:] + self.corners[:1], strict=True
        ):
            if lat0 == lat1:
                continue
            crosses = (lat0 > latitude) != (lat1 > latitude)
            at = lon0 + (latitude - lat0) * ((lon1 - lon0) / (lat1 - lat0))
            inside ^= crosses & (longitude < at)
        return inside


@dataclass(frozen=True, slots=True)
class Box:
    """Area between two parallels and two meridians, degrees; west > east crosses the date line."""

    south_deg: float
    west_deg: float
    north_deg: float
    east_deg: float

    def __post_init__(self) -> None:
        values = (self.south_deg, self.west_deg, self.north_deg, self.east_deg)
        if not all(map(math.isfinite, values)) or not self.south_deg < self.north_deg:
            raise SessionError(
                "The southern edge of an area must be below its northern edge.", code="area"
            )
        if self.west_deg == self.east_deg:
            raise SessionError("The western and eastern edges of an area must differ.", code="area")

    def ring(self) -> Ring:
        """The same as a ring."""
        east = self.east_deg + (360.0 if self.east_deg < self.west_deg else 0.0)
        return Ring(
            (
                (self.south_deg, self.west_deg),
                (self.south_deg, east),
                (self.north_deg, east),
                (self.north_deg, self.west_deg),
            )
        )


_DISC_CORNERS = 48
_KM_PER_DEG = 111.2
_FARTHEST_LATITUDE = 89.0


def disc(center: Coordinate, radius_km: float) -> Ring:
    """Return the surroundings of a place, as a ring whose corners are so far from it; for radii up
    to some hundred km."""
    reach_deg = radius_km / _KM_PER_DEG
    corners = []
    for number in range(_DISC_CORNERS):
        angle = 2 * math.pi * number / _DISC_CORNERS
        latitude = center.latitude_deg + reach_deg * math.sin(angle)
        latitude = max(-_FARTHEST_LATITUDE, min(_FARTHEST_LATITUDE, latitude))
        shrunk = math.cos(math.radians(latitude))
        corners.append((latitude, center.longitude_deg + reach_deg * math.cos(angle) / shrunk))
    return Ring(tuple(corners))


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its ISO 3166 code of two letters."""

    code: str

    def __post_init__(self) -> None:
        if len(self.code) != 2 or not (self.code.isascii() and self.code.isalpha()):
            raise SessionError("Give a country as its two-letter code.", code="area")
        object.__setattr__(self, "code", self.code.upper())


@dataclass(frozen=True, slots=True)
class Countries:
    """Several countries by their codes, each once, in alphabetical order."""

    codes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.codes:
            raise SessionError("Give at least one country.", code="area")
        ordered = tuple(sorted({Country(code).code for code in self.codes}))
        object.__setattr__(self, "codes", ordered)


@dataclass(frozen=True, slots=True)
class UtcOffset:
    """The places where clocks are by any of so many minutes ahead of UTC.

    ``day``: on that day; without one, in winter or in summer of this year.
    """

    minutes: tuple[int, ...]
    day: date | None = None

    def __post_init__(self) -> None:
        if not self.minutes or not all(abs(value) <= _MOST_MINUTES for value in self.minutes):
            raise SessionError("Clocks are at most 14 hours from UTC.", code="area")


class Layer(StrEnum):
    """The maps of the Earth by kinds of land, each a table of its name."""

    COAST = "coast"
    ISLAND = "island"
    MOUNTAINS = "mountains"
    CLIMATE = "climate"


@dataclass(frozen=True, slots=True)
class Land:
    """Places that have any of these values on a map of kinds of land: coast, "yes"."""

    layer: Layer
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise SessionError("Give at least one kind of land.", code="area")


PlainArea = Ring | Box | Country | Countries | UtcOffset | Land
Mapped = Country | Countries | UtcOffset | Land
"""Areas that a table over the Earth knows, where others have an outline."""


@dataclass(frozen=True, slots=True)
class Intersection:
    """The part that several areas, at least two, have in common."""

    areas: tuple[PlainArea, ...]

    def __post_init__(self) -> None:
        if len(self.areas) < 2:
            raise SessionError("An intersection needs two areas.", code="area")


Area = PlainArea | Intersection


def intersect(areas: Sequence[Area]) -> Area | None:
    """The common part of at least one area; None where they have nothing in common for certain.

    Countries become one set, so that a cell which two of them share does not count twice; so do
    values of one map of kinds of land.
    """
    parts = [p for a in areas for p in (a.areas if isinstance(a, Intersection) else (a,))]
    sets: dict[Layer | None, set[str]] = {}
    rest: dict[PlainArea, None] = {}
    for part in parts:
        if isinstance(part, Country | Countries | Land):
            layer, values = _layer_and_values(part)
            sets[layer] = sets.get(layer, values) & values
        else:
            rest[part] = None
    if not all(sets.values()):
        return None
    found = [_of_values(layer, tuple(sorted(values))) for layer, values in sets.items()]
    found += rest
    return found[0] if len(found) == 1 else Intersection(tuple(found))


def _layer_and_values(area: Country | Countries | Land) -> tuple[Layer | None, set[str]]:
    """The map that an area is of, None for that of countries, and its values."""
    if isinstance(area, Land):
        return area.layer, set(area.values)
    return None, {area.code} if isinstance(area, Country) else set(area.codes)


def _of_values(layer: Layer | None, values: tuple[str, ...]) -> PlainArea:
    if layer is not None:
        return Land(layer, values)
    return Country(values[0]) if len(values) == 1 else Countries(values)
