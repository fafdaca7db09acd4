"""Degrees → the flat world of the page: Web Mercator, 0…1 both ways, y downwards.

Outlines leave here ready to draw, so that the page itself needs no geometry of the sphere.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from geoguess_app.core.cells import drawable_rings, levels
from geoguess_app.core.sphere import great_circle_km, lat_lon, unit_vectors
from geoguess_app.core.types import Coordinate, FloatArray, IdArray

LATITUDE_LIMIT_DEG = 85.3
"""A little beyond the edge of the square world (85.05°), so that no outline shows along it."""
SMOOTH_LEVEL = 7
"""Cells of this level and finer are drawn with straight edges: at 70 km the great circle leaves
the straight line by less than half a pixel. Coarser edges pass through the corners of this
level, so that cells of different sizes share every point along a common edge."""


def world_points(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """(…, 2) world coordinates; longitudes beyond ±180 lead beyond 0…1 and stay unwrapped."""
    latitude = np.radians(np.clip(latitude_deg, -LATITUDE_LIMIT_DEG, LATITUDE_LIMIT_DEG))
    x = np.asarray(longitude_deg, dtype=np.float64) / 360.0 + 0.5
    y = 0.5 - np.log(np.tan(np.pi / 4 + latitude / 2)) / (2 * np.pi)
    return np.stack(np.broadcast_arrays(x, y), axis=-1)


def cell_rings(cell_ids: IdArray) -> list[FloatArray]:
    """Open outlines in world coordinates, one (m, 2) array per cell, in the order given."""
    rings: list[FloatArray] = [np.empty((0, 2))] * len(cell_ids)
    cell_levels = levels(cell_ids)
    for level in np.unique(cell_levels):
        at = np.flatnonzero(cell_levels == level)
        outlines = drawable_rings(cell_ids[at], _points_per_edge(int(level)))
        for index, outline in zip(at, outlines, strict=True):
            rings[index] = outline
    lengths = [len(ring) for ring in rings]
    flat = np.concatenate([np.empty((0, 2)), *rings])
    points = world_points(flat[:, 0], flat[:, 1])
    return np.split(points, np.cumsum(lengths)[:-1]) if rings else []


def _points_per_edge(level: int) -> int:
    return int(2 ** max(0, SMOOTH_LEVEL - level))


def packed_rings(rings: list[FloatArray]) -> bytes:
    """Rings as the page reads them, little endian.

    uint32 number of rings n, uint32 padding; uint32 (n + 1) offsets in points, padded to eight
    bytes; float64 x, y of every point.
    """
    offsets = np.zeros(len(rings) + 1 + (len(rings) + 1) % 2, dtype="<u4")
    offsets[1 : len(rings) + 1] = np.cumsum([len(ring) for ring in rings])
    points = np.concatenate([np.empty((0, 2)), *rings]).astype("<f8")
    return struct.pack("<II", len(rings), 0) + offsets.tobytes() + points.tobytes()


def arc(start: Coordinate, end: Coordinate, points: int = 64) -> FloatArray:
    """The shortest way between two places, (points, 2) world coordinates without a jump.

    Between antipodes every way is shortest; there it leads over a pole.
    """
    ends = unit_vectors(
        [start.latitude_deg, end.latitude_deg], [start.longitude_deg, end.longitude_deg]
    )
    steps = np.linspace(0.0, 1.0, points)[:, None]
    vectors = ends[0] * (1 - steps) + ends[1] * steps
    if np.linalg.norm(vectors, axis=1).min() < 1e-6:
        ends[1] = ends[1] + np.array([0.0, 0.0, 1e-3])
    angle = float(np.arccos(np.clip(ends[0] @ ends[1] / np.linalg.norm(ends[1]), -1.0, 1.0)))
    if angle > 1e-9:
        vectors = ends[0] * np.sin((1 - steps) * angle) + ends[1] * np.sin(steps * angle)
    latitude, longitude = lat_lon(vectors)
    return world_points(latitude, np.unwrap(longitude, period=360.0))


def distance_km(start: Coordinate, end: Coordinate) -> float:
    """Great-circle distance in km."""
    return float(
        great_circle_km(
            start.latitude_deg, start.longitude_deg, end.latitude_deg, end.longitude_deg
        )
    )
