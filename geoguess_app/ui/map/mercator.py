"""Outlines and lines as the window's map page reads them; see ``core.mercator``."""

from __future__ import annotations

import struct

import numpy as np

from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.geo.sphere import great_circle_km, lat_lon, unit_vectors
from geoguess_app.core.types import Coordinate, FloatArray

_FINE_STEPS = 4097


def packed_rings(rings: list[FloatArray]) -> bytes:
    """Rings as the page reads them, little endian.

    uint32 number of rings n, uint32 padding; uint32 (n + 1) offsets in points, padded to eight
    bytes; float64 x, y of every point.
    """
    offsets = np.zeros(len(rings) + 1 + (len(rings) + 1) % 2, dtype="<u4")
    offsets[1 : len(rings) + 1] = np.cumsum([len(ring) for ring in rings])
    points = np.concatenate([np.empty((0, 2)), *rings]).astype("<f8")
    return struct.pack("<II", len(rings), 0) + offsets.tobytes() + points.tobytes()


def arc(start: Coordinate, end: Coordinate, points: int = 128) -> FloatArray:
    """The shortest way between two places, (points, 2) world coordinates without a jump.

    The points lie equally far apart on the map: near a pole, where the way bends most, equal
    steps on the sphere would show as corners. Between antipodes every way is shortest; there it
    leads over a pole.
    """
    ends = unit_vectors(
        [start.latitude_deg, end.latitude_deg], [start.longitude_deg, end.longitude_deg]
    )
    steps = np.linspace(0.0, 1.0, _FINE_STEPS)[:, None]
    vectors = ends[0] * (1 - steps) + ends[1] * steps
    if np.linalg.norm(vectors, axis=1).min() < 1e-6:
        ends[1] = ends[1] + np.array([0.0, 0.0, 1e-3])
    angle = float(np.arccos(np.clip(ends[0] @ ends[1] / np.linalg.norm(ends[1]), -1.0, 1.0)))
    if angle > 1e-9:
        vectors = ends[0] * np.sin((1 - steps) * angle) + ends[1] * np.sin(steps * angle)
    latitude, longitude = lat_lon(vectors)
    return evenly(world_points(latitude, np.unwrap(longitude, period=360.0)), points)


def evenly(line: FloatArray, points: int) -> FloatArray:
    """Place (points, 2) equally far apart along a line of (n, 2); first and last stay."""
    lengths = np.hypot(*np.diff(line, axis=0).T)
    passed = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = np.linspace(0.0, passed[-1], points)
    even = np.stack([np.interp(wanted, passed, axis) for axis in line.T], axis=-1)
    even[[0, -1]] = line[[0, -1]]
    return even


def distance_km(start: Coordinate, end: Coordinate) -> float:
    """Great-circle distance in km."""
    return float(
        great_circle_km(
            start.latitude_deg, start.longitude_deg, end.latitude_deg, end.longitude_deg
        )
    )
