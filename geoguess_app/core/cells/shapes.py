"""Shapes of S2 cells: centres, corners, bounding boxes and areas, for arrays of ids.

Degrees out; the numbers are those of ``s2sphere``, bit for bit, so arc tangents go through the
C library (a partition has some ten thousand cells, so that costs milliseconds).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.cells.ids import (
    MAX_LEVEL,
    SIZE,
    STEP_LEVELS,
    as_ids,
    curve_tables,
    levels,
    libm,
)
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM
from geoguess_app.core.types import FloatArray, IdArray, IntArray

_BOUND_ERROR_RAD = 2.0**-51
"""S2 widens its bounding boxes by this much, so that rounding never leaves a point outside."""
_POLE_MARGIN_DEG = 1e-9
_FLAT_LEVEL = 14
"""From this level on a cell is so small that its area is taken as flat (error below 1e-7)."""


def uv_from_st(s: npt.NDArray[np.floating[Any]]) -> FloatArray:
    """S2's quadratic projection: place on a cube face, 0…1, to its tangent, -1…1."""
    return np.where(
        s >= 0.5, (1.0 / 3.0) * (4 * s * s - 1), (1.0 / 3.0) * (1 - 4 * (1 - s) * (1 - s))
    )


def _face_ij(ids: IdArray) -> tuple[IntArray, IntArray, IntArray]:
    """Cube face and the leaf coordinates of the leaf at the middle of the id's range."""
    _, to_ij = curve_tables()
    face = (ids >> np.uint64(61)).astype(np.int64)
    orientation = (face & 1) << (2 * STEP_LEVELS)
    span_mask = (1 << (2 * STEP_LEVELS)) - 1
    mask = (1 << STEP_LEVELS) - 1
    i = np.zeros(ids.shape, dtype=np.int64)
    j = np.zeros(ids.shape, dtype=np.int64)
    for shift in range(MAX_LEVEL - STEP_LEVELS, -1, -STEP_LEVELS):
        pos = (ids >> np.uint64(2 * shift + 1)).astype(np.int64) & span_mask
        entry = to_ij[orientation | pos]
        i = (i << STEP_LEVELS) | ((entry & span_mask) >> STEP_LEVELS)
        j = (j << STEP_LEVELS) | (entry & mask)
        orientation = entry & ~span_mask
    return face, i, j


def _face_ij_low(ids: IdArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Cube face, the lower corner in leaf widths along both axes, and the cell's width."""
    face, i, j = _face_ij(ids)
    width = np.int64(1) << (MAX_LEVEL - levels(ids))
    return face, i & -width, j & -width, width


def _xyz(face: IntArray, u: FloatArray, v: FloatArray) -> tuple[FloatArray, ...]:
    one = np.ones_like(u)
    x = np.choose(face, (one, -u, -u, -one, v, v))
    y = np.choose(face, (u, one, -v, -v, -one, u))
    z = np.choose(face, (v, v, one, -u, -u, -one))
    return x, y, z


def _latitude_rad(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    return libm(math.atan2, z, np.sqrt(x * x + y * y))


def _longitude_rad(x: FloatArray, y: FloatArray) -> FloatArray:
    return libm(math.atan2, y, x)


def centers(ids: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes in degrees of the cells' centres."""
    cells = as_ids(ids)
    face, i, j, width = _face_ij_low(cells)
    x, y, z = _xyz(
        face,
        uv_from_st((0.5 / SIZE) * (2 * i + width)),
        uv_from_st((0.5 / SIZE) * (2 * j + width)),
    )
    return np.degrees(_latitude_rad(x, y, z)), np.degrees(_longitude_rad(x, y))


def edge_points(ids: npt.ArrayLike, beyond: float) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes (n, 4) of a point just outside the middle of each edge.

    ``beyond`` in widths of the cell, well below 1; edges in S2's order (low j, high i, high j,
    low i). The point lies in the neighbouring cell of the same level, on another cube face too.
    """
    cells = np.atleast_1d(as_ids(ids))
    face, i, j, width = (part[:, None] for part in _face_ij_low(cells))
    across = np.array([0.5, 1.0 + beyond, 0.5, -beyond])
    along = np.array([-beyond, 0.5, 1.0 + beyond, 0.5])
    u = uv_from_st((1.0 / SIZE) * (i + width * across))
    v = uv_from_st((1.0 / SIZE) * (j + width * along))
    x, y, z = _xyz(np.broadcast_to(face, u.shape), u, v)
    return np.degrees(_latitude_rad(x, y, z)), np.degrees(_longitude_rad(x, y))


def polygons(ids: npt.ArrayLike, points_per_edge: int = 1) -> FloatArray:
    """Outlines of n cells, (n, 4·points_per_edge, 2) of latitude, longitude; counter-clockwise.

    Each outline starts at S2's corner 0 and is not closed. The edges of a cell are great
    circles, which are no straight lines on a map: ask for more points per edge there. The extra
    points are corners of descendants when ``points_per_edge`` is a power of two, so neighbours
    of different levels share them. Longitudes lie in [-180, 180] and may jump; see
    ``unwrapped``.
    """
    cells = np.atleast_1d(as_ids(ids))
    if points_per_edge < 1:
        raise PartitionError("An edge needs at least one point.", code="argument")
    face, i, j, width = _face_ij_low(cells)
    along = np.arange(points_per_edge) / points_per_edge
    zero, one = np.zeros_like(along), np.ones_like(along)
    # Corners 0…3 in turn: low-low, high-low, high-high, low-high.
    step_i = np.concatenate([along, one, 1 - along, zero])
    step_j = np.concatenate([zero, along, one, 1 - along])
    u = uv_from_st((1.0 / SIZE) * (i[:, None] + width[:, None] * step_i))
    v = uv_from_st((1.0 / SIZE) * (j[:, None] + width[:, None] * step_j))
    x, y, z = _xyz(np.broadcast_to(face[:, None], u.shape), u, v)
    scale = 1.0 / np.sqrt(x * x + y * y + z * z)
    x, y, z = x * scale, y * scale, z * scale
    return np.stack([np.degrees(_latitude_rad(x, y, z)), np.degrees(_longitude_rad(x, y))], axis=-1)


def drawable_rings(ids: npt.ArrayLike, points_per_edge: int = 1) -> list[FloatArray]:
    """Outlines for a flat map: per cell an open ring (m, 2) of latitude, longitude in degrees.

    As ``polygons``, but longitudes run on without a jump (the middle of the ring lies in
    [-180, 180], its ends may not), and poles become edges: a corner on a pole, which has no
    longitude of its own, turns into two points under its neighbours, and a ring that winds
    around a pole is closed along it.
    """
    rings = polygons(ids, points_per_edge)
    longitude = np.unwrap(rings[:, :, 1], period=360.0, axis=1)
    middle = (longitude.min(axis=1) + longitude.max(axis=1)) / 2
    longitude -= 360.0 * np.rint(middle / 360.0)[:, None]
    flat = np.stack([rings[:, :, 0], longitude], axis=-1)
    touches_pole = np.abs(rings[:, :, 0]).max(axis=1) > 90.0 - _POLE_MARGIN_DEG
    # Only the two whole polar faces hold a pole inside.
    around_pole = np.abs(longitude[:, -1] - longitude[:, 0]) > 180.0
    return [
        _polar_ring(ring) if polar else ring
        for ring, polar in zip(flat, touches_pole | around_pole, strict=True)
    ]


def _polar_ring(ring: FloatArray) -> FloatArray:
    pole = math.copysign(90.0, ring[:, 0].sum())
    at_pole = np.flatnonzero(np.abs(ring[:, 0]) > 90.0 - _POLE_MARGIN_DEG)
    if at_pole.size:
        ring = np.roll(ring, -int(at_pole[0]), axis=0)[1:]
        ring[:, 1] = np.unwrap(ring[:, 1], period=360.0)
    else:
        step = ring[-1, 1] - ring[-2, 1]
        ring = np.vstack([ring, [ring[0, 0], ring[-1, 1] + step]])
    ends = np.array([[pole, ring[-1, 1]], [pole, ring[0, 1]]])
    closed = np.vstack([ring, ends])
    middle = (closed[:, 1].min() + closed[:, 1].max()) / 2
    closed[:, 1] -= 360.0 * np.rint(middle / 360.0)
    return closed


def bounds(ids: npt.ArrayLike) -> FloatArray:
    """Boxes around n cells, (n, 4) degrees: lowest, highest latitude, west, east longitude.

    West is greater than east where a box crosses ±180°; a cell that touches a pole gets all
    longitudes, -180…180. Equal to s2sphere's ``Cell.get_rect_bound``.
    """
    cells = np.atleast_1d(as_ids(ids))
    face, i, j, width = _face_ij_low(cells)
    u = uv_from_st((1.0 / SIZE) * np.stack([i, i + width]))
    v = uv_from_st((1.0 / SIZE) * np.stack([j, j + width]))
    box = _corner_bounds(face, u, v)
    whole_face = levels(cells) == 0
    box[whole_face] = _FACE_BOUNDS_RAD[face[whole_face]]
    return np.degrees(box)


_POLAR_FACE_RAD = math.asin(math.sqrt(1.0 / 3.0))
_FACE_BOUNDS_RAD = np.array(
    [
        [-math.pi / 4, math.pi / 4, -math.pi / 4, math.pi / 4],
        [-math.pi / 4, math.pi / 4, math.pi / 4, 3 * math.pi / 4],
        [_POLAR_FACE_RAD, math.pi / 2, -math.pi, math.pi],
        [-math.pi / 4, math.pi / 4, 3 * math.pi / 4, -3 * math.pi / 4],
        [-math.pi / 4, math.pi / 4, -3 * math.pi / 4, -math.pi / 4],
        [-math.pi / 2, -_POLAR_FACE_RAD, -math.pi, math.pi],
    ]
)


def _pick(pair: FloatArray, high: npt.NDArray[np.bool_]) -> FloatArray:
    return np.asarray(np.where(high, pair[1], pair[0]))


def _corner_bounds(face: IntArray, u: FloatArray, v: FloatArray) -> FloatArray:
    """Box in radians from the two pairs of opposite corners that are extreme (levels above 0)."""
    middle_u, middle_v = u[0] + u[1], v[0] + v[1]
    # Which corner is farthest from the equator plane depends on the face's axes: on faces whose
    # u axis lies level, the sides nearer the middle meridian reach farther from the equator.
    i = np.where(_U_AXIS_IS_LEVEL[face], middle_u < 0, middle_u > 0)
    j = np.where(_V_AXIS_IS_LEVEL[face], middle_v < 0, middle_v > 0)
    one = _latitude_rad(*_xyz(face, _pick(u, i), _pick(v, j)))
    other = _latitude_rad(*_xyz(face, _pick(u, ~i), _pick(v, ~j)))
    low = np.maximum(np.minimum(one, other) - _BOUND_ERROR_RAD, -math.pi / 2)
    high = np.minimum(np.maximum(one, other) + _BOUND_ERROR_RAD, math.pi / 2)
    west, east = _longitude_span(
        _longitude_rad(*_xyz(face, _pick(u, i), _pick(v, ~j))[:2]),
        _longitude_rad(*_xyz(face, _pick(u, ~i), _pick(v, j))[:2]),
    )
    pole = (low == -math.pi / 2) | (high == math.pi / 2)
    west[pole], east[pole] = -math.pi, math.pi
    return np.stack([low, high, west, east], axis=-1)


_U_AXIS_IS_LEVEL = np.array([True, True, True, False, False, True])
_V_AXIS_IS_LEVEL = np.array([False, False, True, True, True, True])


def _longitude_span(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """West and east ends in radians of the shorter arc between two meridians, slightly widened."""
    a = np.where(a == -math.pi, math.pi, a)
    b = np.where(b == -math.pi, math.pi, b)
    eastward = np.where(b - a >= 0, b - a, (b + math.pi) - (a - math.pi))
    forward = eastward <= math.pi
    west = np.where(forward, a, b) - _BOUND_ERROR_RAD
    east = np.where(forward, b, a) + _BOUND_ERROR_RAD
    west = np.where(west < -math.pi, west + 2 * math.pi, west)
    east = np.where(east > math.pi, east - 2 * math.pi, east)
    return np.where(west <= -math.pi, math.pi, west), east


def areas_km2(ids: npt.ArrayLike) -> FloatArray:
    """Areas of the cells on a sphere of radius 6371 km, in km²."""
    cells = as_ids(ids)
    face, i, j, width = _face_ij_low(cells)
    del face  # all faces are alike
    u0, u1 = uv_from_st((1.0 / SIZE) * i), uv_from_st((1.0 / SIZE) * (i + width))
    v0, v1 = uv_from_st((1.0 / SIZE) * j), uv_from_st((1.0 / SIZE) * (j + width))
    exact = _corner_area(u1, v1) - _corner_area(u0, v1) - _corner_area(u1, v0)
    exact = exact + _corner_area(u0, v0)
    u, v = (u0 + u1) / 2, (v0 + v1) / 2
    flat = (u1 - u0) * (v1 - v0) / (1 + u * u + v * v) ** 1.5
    # The exact formula subtracts numbers near 1 and has no digits left for tiny cells.
    steradians = np.where(levels(cells) >= _FLAT_LEVEL, flat, exact)
    return np.asarray(steradians * EARTH_RADIUS_KM**2)


def _corner_area(u: FloatArray, v: FloatArray) -> FloatArray:
    """Solid angle of the rectangle from a face's middle to (u, v), signed."""
    return np.asarray(np.arctan(u * v / np.sqrt(1 + u * u + v * v)))
