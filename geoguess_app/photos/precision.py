"""Precision to which a position may be given away: rounded before anything is written."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Coordinate, Level, Place
from geoguess_app.photos.position_tags import WrittenPosition


class Precision(StrEnum):
    """The most that the written position tells."""

    EXACT = "exact"
    CITY = "city"
    REGION = "region"


_GRID_DEG = {Precision.CITY: 0.1, Precision.REGION: 1.0}
"""Up to 8 and up to 79 km from the true point."""


def limit_precision(position: WrittenPosition, precision: Precision) -> WrittenPosition:
    """The position on the grid of its precision, its error larger by what rounding can move it.

    An unknown error becomes the rounding's: the written point no longer is where a person put it.
    """
    grid_deg = _GRID_DEG.get(precision)
    if grid_deg is None:
        return position
    here = position.coordinate
    rounded = Coordinate(
        _on_grid(here.latitude_deg, grid_deg, 90), _on_grid(here.longitude_deg, grid_deg, 180)
    )
    moved_m = 1000 * _farthest_km(rounded, grid_deg)
    return replace(position, coordinate=rounded, error_m=(position.error_m or 0.0) + moved_m)


def limit_place(place: Place, precision: Precision) -> Place:
    """Names no finer than the position: a region has no town."""
    return replace(place, city="") if precision is Precision.REGION else place


def supported_names(place: Place, level: Level) -> Place | None:
    """The names that an answer of this level can vouch for: all of them for fine, the country for
    middle, none below; None too where there is no country, as on the open sea."""
    if not place.country_code or level in (Level.COARSE, Level.CANNOT_TELL):
        return None
    return place if level.names_towns else Place("", "", place.country, place.country_code)


def _on_grid(degrees: float, grid_deg: float, limit_deg: float) -> float:
    steps = round(degrees / grid_deg)
    return max(-limit_deg, min(limit_deg, round(steps * grid_deg, 6))) + 0.0


def _farthest_km(centre: Coordinate, grid_deg: float) -> float:
    """From the middle of a grid cell to its farthest corner (the one nearer the equator)."""
    toward_equator = abs(centre.latitude_deg) - grid_deg / 2
    return float(
        great_circle_km(
            abs(centre.latitude_deg), 0.0, max(toward_equator, -grid_deg / 2), grid_deg / 2
        )
    )
