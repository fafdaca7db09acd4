"""Payloads that the page draws, JSON made of our values; all geometry is done here, in world
points."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from geoguess_app.core.format import distance, percent
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.geo.sphere import circle
from geoguess_app.core.types import Candidate, Conflict, Coordinate, FloatArray, Radii
from geoguess_app.ui.map.mercator import arc, distance_km, evenly
from geoguess_app.ui.work.map_state import MapState

CIRCLE_POINTS = 144
_LARGE_KM, _FINE_POINTS = 1000.0, 4096
WHOLE_EARTH_KM = 19_000.0
"""A region of this radius leaves nothing out and is not drawn (half the Earth round: 20,015)."""
_WORLD_DIGITS = 7
_DIGITS = 8
"""Significant ones, of a probability."""
_LEAST_SHOWN_KM = 120.0
"""Nearer than this the offline map has little to recognise a place by."""
_STREETS_KM, _STREETS_SHOWN_KM = 0.6, 8.0
"""Of what is known to some hundred metres a few quarters are shown …"""
_TOWN_SHOWN_KM = 40.0
"""… else the towns around at least, so that the map says where that is."""
_SHOWN_TO_RADIUS = 20.0
"""What a precise answer shows around it, in 80% radii, between those two."""


def compact(value: Any) -> str:
    """JSON without spaces; refuses NaN and infinity, which the page could not read."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def prediction_payload(state: MapState | None) -> dict[str, Any] | None:
    """Describe all that the page draws for one photo."""
    if state is None:
        return None
    return {
        "layers": {
            name: {
                "cells": indices.tolist(),
                "p": _significant(probabilities),
            }
            for name, (indices, probabilities) in state.layers.items()
        },
        "answer": _place(state.answer),
        "name": state.name,
        "around": _around(state),
        "regions": _regions(state),
        "candidates": [_candidate(candidate) for candidate in state.candidates],
        "conflict": _conflict(state.conflict),
        "known": _known_payload(state),
        "cannotTell": state.cannot_tell,
    }


def pins_payload(pins: Iterable[tuple[object, Coordinate, str]]) -> list[dict[str, Any]]:
    """Dots of located photos: row id, place, state word."""
    return [
        {
            "id": str(row),
            "at": _round(world_points(place.latitude_deg, place.longitude_deg)),
            "state": state,
        }
        for row, place, state in pins
    ]


def region_payload(center: Coordinate, radius_km: float) -> list[float]:
    """Outline of a circle on the ground; one around a pole begins and ends a world apart.

    The points of a large one lie equally far apart on the map: near the poles equal steps on the
    ground would show as corners.
    """
    is_large = radius_km > _LARGE_KM
    ring = circle(center, radius_km, _FINE_POINTS if is_large else CIRCLE_POINTS)
    points = world_points(ring[:, 0], ring[:, 1])
    return _round(evenly(points, 2 * CIRCLE_POINTS) if is_large else points)


def _inside(center: Coordinate, radius_km: float) -> str:
    """Which side of a circle's outline lies within its radius."""
    north, south = (
        distance_km(center, Coordinate(latitude, 0.0)) < radius_km for latitude in (90.0, -90.0)
    )
    if north and south:
        return "out"
    return "north" if north else "south" if south else "ring"


def places_payload(places: Sequence[Coordinate]) -> list[float]:
    """Places as flat world coordinates, cut open where the way round the Earth is emptiest."""
    points = np.array([world_points(p.latitude_deg, p.longitude_deg) for p in places])
    ordered = np.sort(points[:, 0])
    gaps = np.append(ordered[1:], ordered[0] + 1) - ordered
    start = ordered[(int(np.argmax(gaps)) + 1) % len(ordered)]
    points[:, 0] += points[:, 0] < start
    return _round(points)


def _around(state: MapState) -> list[float]:
    """Outline of what shows where an answer to a town is, empty where its radii tell enough."""
    radii = state.radii
    if state.answer is None or state.conflict is not None:
        return []
    if radii is None:
        return region_payload(state.answer, _TOWN_SHOWN_KM)  # placed by hand
    if radii.r80_km >= _LEAST_SHOWN_KM:
        return []
    least_km = _STREETS_SHOWN_KM if radii.r80_km < _STREETS_KM else _TOWN_SHOWN_KM
    wanted_km = max(_SHOWN_TO_RADIUS * radii.r80_km, least_km)
    return region_payload(state.answer, min(wanted_km, _LEAST_SHOWN_KM))


def _regions(state: MapState) -> list[dict[str, Any]]:
    if state.answer is None or state.radii is None or state.cannot_tell:
        return []
    return [
        {
            "share": share,
            "text": f"{share}% within {distance(km)}",
            "ring": region_payload(state.answer, km),
            "inside": _inside(state.answer, km),
        }
        for share, km in _radii(state.radii)
        if math.isfinite(km) and 0 < km < WHOLE_EARTH_KM
    ]


def _radii(radii: Radii) -> Sequence[tuple[int, float]]:
    return ((50, radii.r50_km), (80, radii.r80_km), (95, radii.r95_km))


def _conflict(conflict: Conflict | None) -> dict[str, Any] | None:
    if conflict is None:
        return None
    ends = conflict.coarse.coordinate, conflict.fine.coordinate
    return {
        "coarse": _candidate(conflict.coarse),
        "fine": _candidate(conflict.fine),
        "line": _round(arc(*ends)),
        "away": distance(distance_km(*ends)),
    }


def _known_payload(state: MapState) -> dict[str, Any] | None:
    if state.known is None:
        return None
    place: dict[str, Any] = {"at": _place(state.known), "line": [], "off": None}
    if state.answer is not None:
        place["line"] = _round(arc(state.known, state.answer))
        place["off"] = distance(distance_km(state.known, state.answer))
    return place


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "rank": candidate.rank,
        "at": _place(candidate.coordinate),
        "chance": percent(candidate.probability),
        "cell": candidate.cell,
    }


def _place(coordinate: Coordinate | None) -> list[float] | None:
    if coordinate is None:
        return None
    return [round(coordinate.latitude_deg, 6), round(coordinate.longitude_deg, 6)]


def _round(points: FloatArray) -> list[float]:
    flat: list[float] = points.round(_WORLD_DIGITS).ravel().tolist()
    return flat


def _significant(values: FloatArray) -> list[float]:
    """A float32's digits, so that the page rounds to the same text as the panels."""
    exponent = np.floor(np.log10(np.maximum(values, 1e-300)))
    scale = 10.0 ** (_DIGITS - 1 - exponent)
    rounded: list[float] = (np.rint(values * scale) / scale).tolist()
    return rounded
