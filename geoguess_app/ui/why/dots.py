"""The look-alikes as dots for the map's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geoguess_app.core.explain.spots import AlikeSpot
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.geo.sphere import great_circle_km, lat_lon, unit_vectors
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.why.alike_table import AlikeModel

_NEAR_KM = 120.0
"""No nearer than this: around a dot there must be something to recognise the place by."""
_ROOM = 1.4
_OPPOSITE = 1e-6


def dots(rows: Sequence[AlikeSpot], named: AlikeModel, chosen: int) -> dict[str, Any]:
    """World coordinates, the words of the tooltip, and which one is chosen."""
    return {"chosen": chosen, "dots": [_dot(row, named.name(row)) for row in rows]}


def both_in_view(first: Coordinate, second: Coordinate) -> tuple[Coordinate, float]:
    """The middle, and the radius in km, of a circle that holds two places with room around them."""
    a, b = (unit_vectors(c.latitude_deg, c.longitude_deg) for c in (first, second))
    between = np.asarray(a) + np.asarray(b)
    middle = second
    if float(np.linalg.norm(between)) > _OPPOSITE:
        latitude_deg, longitude_deg = lat_lon(between / np.linalg.norm(between))
        middle = Coordinate(float(latitude_deg), float(longitude_deg))
    apart_km = great_circle_km(
        first.latitude_deg, first.longitude_deg, second.latitude_deg, second.longitude_deg
    )
    return middle, max(_NEAR_KM, _ROOM * float(apart_km) / 2.0)


def _dot(row: AlikeSpot, place: str) -> dict[str, Any]:
    x, y = world_points(row.best.coordinate.latitude_deg, row.best.coordinate.longitude_deg)
    alike = tr("{percent} similarity").format(percent=words.percent(max(0.0, row.best.similarity)))
    return {"at": [float(x), float(y)], "lines": [tr("Look-alike"), place, alike]}
