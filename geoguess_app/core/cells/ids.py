"""S2 cell ids for arrays of points: vectorised, bit for bit the results of ``s2sphere``.

An id is a uint64: 3 bits of cube face, 2 bits per level along a Hilbert curve, a closing 1 bit.
Arrays of ids are uint64 throughout. The order of floating-point operations follows S2's
reference definition (quadratic projection), because a different order would move points that
lie on a border into another cell.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from geoguess_app.core.errors import PartitionError
from geoguess_app.core.types import FloatArray, IdArray, IntArray

MAX_LEVEL = 30
_FACES = 6
SIZE = 1 << MAX_LEVEL
_CHUNK = 1 << 16
"""Points per round: the working arrays stay in the processor's cache, and memory stays small."""

_BORDER_MARGIN = 2.0**-12
"""In widths of a leaf cell. NumPy's sine and cosine may differ from the C library's in the last
bits (that depends on the processor), which moves a point by about 1e-6 leaf widths. Points
closer to a border than this margin are computed again with the C library."""

_TOKEN = re.compile(r"[0-9a-fA-F]{1,16}")

_CURVE_ORDER = ((0, 1, 3, 2), (0, 2, 3, 1), (3, 2, 0, 1), (3, 1, 0, 2))
"""Per orientation (bit 0: axes swapped, bit 1: inverted) the quadrants i·2+j in curve order."""
_CURVE_TURN = (1, 0, 0, 3)
"""How the orientation changes (xor) in each of the four positions along the curve."""
STEP_LEVELS = 5
"""Levels per table look-up; 30 levels take six."""


@functools.cache
def curve_tables() -> tuple[IntArray, IntArray]:
    """Hilbert curve, five levels at once: (orientation, ij) → pos and (orientation, pos) → ij.

    Index: orientation·1024 + value. Entry: next orientation·1024 + value.
    """
    cells = [(o, o, 0, 0, 0) for o in range(4)]
    for _ in range(STEP_LEVELS):
        cells = [
            (start, now ^ _CURVE_TURN[pos], i * 2 + (ij >> 1), j * 2 + (ij & 1), p * 4 + pos)
            for start, now, i, j, p in cells
            for pos, ij in enumerate(_CURVE_ORDER[now])
        ]
    span = 4**STEP_LEVELS
    to_pos = np.zeros(4 * span, dtype=np.int64)
    to_ij = np.zeros(4 * span, dtype=np.int64)
    for start, now, i, j, pos in cells:
        ij = (i << STEP_LEVELS) | j
        to_pos[start * span + ij] = now * span + pos
        to_ij[start * span + pos] = now * span + ij
    return to_pos, to_ij


def libm(function: Callable[..., float], *arrays: FloatArray) -> FloatArray:
    """Apply a function of ``math`` element by element: the C library's own last bit."""
    flat = [np.ravel(a).tolist() for a in arrays]
    values: FloatArray = np.fromiter(map(function, *flat), np.float64, count=arrays[0].size)
    return values.reshape(arrays[0].shape)


# --- points → leaf cells -------------------------------------------------------------------


def leaf_ids(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> IdArray:
    """Ids of the level-30 cells that hold the points, in the shape of the inputs.

    Raises PartitionError for values that are not finite or latitudes outside -90…90.
    """
    lat, lon = np.broadcast_arrays(
        np.asarray(latitude_deg, dtype=np.float64), np.asarray(longitude_deg, dtype=np.float64)
    )
    _check_coordinates(lat, lon)
    flat_lat, flat_lon = lat.ravel(), lon.ravel()
    ids = np.empty(flat_lat.size, dtype=np.uint64)
    for start in range(0, ids.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        ids[part] = _leaf_ids_of_chunk(np.radians(flat_lat[part]), np.radians(flat_lon[part]))
    return ids.reshape(lat.shape)


def _check_coordinates(latitude_deg: FloatArray, longitude_deg: FloatArray) -> None:
    if not (np.isfinite(latitude_deg).all() and np.isfinite(longitude_deg).all()):
        raise PartitionError(
            "A coordinate is missing or not a finite number; remove it from the table.",
            code="coordinate",
        )
    if latitude_deg.size and np.abs(latitude_deg).max() > 90.0:
        worst = latitude_deg.flat[np.abs(latitude_deg).argmax()]
        raise PartitionError(
            f"Latitude {worst:g} is outside -90…90; perhaps latitude and longitude are swapped.",
            code="coordinate",
        )


def _leaf_ids_of_chunk(lat_rad: FloatArray, lon_rad: FloatArray) -> IdArray:
    face, s, t = _face_st(np.cos(lat_rad), np.sin(lat_rad), np.cos(lon_rad), np.sin(lon_rad))
    # A face border is a leaf border too (s or t is 0 or 1 there), so this finds both.
    border = (np.abs(s - np.rint(s)) < _BORDER_MARGIN) | (np.abs(t - np.rint(t)) < _BORDER_MARGIN)
    again = np.flatnonzero(border)
    if again.size:
        lat, lon = lat_rad[again], lon_rad[again]
        face[again], s[again], t[again] = _face_st(
            libm(math.cos, lat), libm(math.sin, lat), libm(math.cos, lon), libm(math.sin, lon)
        )
    i = np.clip(np.floor(s), 0, SIZE - 1).astype(np.int64)
    j = np.clip(np.floor(t), 0, SIZE - 1).astype(np.int64)
    return _ids_from_face_ij(face, i, j)


def _face_st(
    cos_lat: FloatArray, sin_lat: FloatArray, cos_lon: FloatArray, sin_lon: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Cube face and the two coordinates on it, in leaf widths (0…2³⁰)."""
    x, y, z = cos_lon * cos_lat, sin_lon * cos_lat, sin_lat
    ax, ay, az = np.abs(x), np.abs(y), np.abs(z)
    axis = np.where(ax > ay, np.where(ax > az, 0, 2), np.where(ay > az, 1, 2))
    main = np.choose(axis, (x, y, z))
    face = axis + 3 * (main < 0)
    # Signs are exact, so (-x)/z and -(x)/z are the same number.
    u = np.choose(face, (y, -x, -x, z, z, -y)) / main
    v = np.choose(face, (z, z, -y, y, -x, -x)) / main
    return face, SIZE * _st_from_uv(u), SIZE * _st_from_uv(v)


def _st_from_uv(u: FloatArray) -> FloatArray:
    root = 0.5 * np.sqrt(1 + 3 * np.abs(u))
    return np.asarray(np.where(u >= 0, root, 1 - root))


def _ids_from_face_ij(face: IntArray, i: IntArray, j: IntArray) -> IdArray:
    to_pos, _ = curve_tables()
    orientation = (face & 1) << (2 * STEP_LEVELS)
    mask = (1 << STEP_LEVELS) - 1
    span_mask = (1 << (2 * STEP_LEVELS)) - 1
    pos = face.astype(np.uint64)
    for shift in range(MAX_LEVEL - STEP_LEVELS, -1, -STEP_LEVELS):
        ij = (((i >> shift) & mask) << STEP_LEVELS) | ((j >> shift) & mask)
        entry = to_pos[orientation | ij]
        pos = (pos << np.uint64(2 * STEP_LEVELS)) | (entry & span_mask).astype(np.uint64)
        orientation = entry & ~span_mask
    return (pos << np.uint64(1)) | np.uint64(1)


# --- the tree of ids -----------------------------------------------------------------------


def as_ids(ids: npt.ArrayLike) -> IdArray:
    return np.asarray(ids, dtype=np.uint64)


def lowest_bit(ids: IdArray) -> IdArray:
    return ids & (~ids + np.uint64(1))


def are_valid(ids: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Tell whether an id names a cell: face below 6, closing bit at an even place."""
    cells = as_ids(ids)
    closing = lowest_bit(cells) & np.uint64(0x1555555555555555)
    result: npt.NDArray[np.bool_] = (cells >> np.uint64(61) < _FACES) & (closing != 0)
    return result


def levels(ids: npt.ArrayLike) -> IntArray:
    """Levels 0…30 of valid ids."""
    cells = as_ids(ids)
    zeros = np.bitwise_count(lowest_bit(cells) - np.uint64(1)).astype(np.int64)
    return np.asarray(MAX_LEVEL - (zeros >> 1))


def parents(ids: npt.ArrayLike, level: int) -> IdArray:
    """The ancestor-or-self at ``level`` of each id; PartitionError where an id is coarser."""
    cells = as_ids(ids)
    if not 0 <= level <= MAX_LEVEL:
        raise PartitionError(f"S2 level {level} is outside 0…{MAX_LEVEL}.", code="level")
    closing = np.uint64(1 << (2 * (MAX_LEVEL - level)))
    if np.any(lowest_bit(cells) > closing):
        raise PartitionError(f"A cell is coarser than S2 level {level}.", code="level")
    return (cells & ~(closing - np.uint64(1)) & ~closing) | closing


def children(ids: npt.ArrayLike) -> IdArray:
    """The four cells inside each id, ascending: shape (…, 4). PartitionError for a leaf."""
    cells = as_ids(ids)
    closing = lowest_bit(cells)
    if np.any(closing == 1):
        raise PartitionError("A cell of the finest level cannot be divided.", code="level")
    quarter = closing >> np.uint64(2)
    first = cells - closing + quarter
    steps = np.arange(4, dtype=np.uint64) * np.uint64(2)
    return first[..., None] + quarter[..., None] * steps


def range_min(ids: npt.ArrayLike) -> IdArray:
    """The smallest leaf id inside each cell."""
    cells = as_ids(ids)
    return cells - (lowest_bit(cells) - np.uint64(1))


def range_max(ids: npt.ArrayLike) -> IdArray:
    """The largest leaf id inside each cell."""
    cells = as_ids(ids)
    return cells + (lowest_bit(cells) - np.uint64(1))


def grown(ids: npt.ArrayLike, others: npt.ArrayLike) -> IdArray:
    """Grow cells into the empty land around them: the largest cells that hold none of ``others``.

    Both are ids (n), (m) of cells that do not overlap; the result has each larger cell once.
    """
    largest, rest = as_ids(ids).copy(), np.sort(as_ids(others))
    for level in range(MAX_LEVEL - 1, -1, -1):
        finer = np.flatnonzero(levels(largest) > level)
        up = parents(largest[finer], level)
        first = np.searchsorted(rest, range_min(up))
        is_empty = first == np.searchsorted(rest, range_max(up), side="right")
        largest[finer[is_empty]] = up[is_empty]
    return np.unique(largest)


def tokens(ids: npt.ArrayLike) -> list[str]:
    """S2 tokens: the id in hexadecimal without the zeros at its end, such as "478e4"."""
    return [format(i, "016x").rstrip("0") for i in np.ravel(as_ids(ids)).tolist()]


def ids_from_tokens(token_list: Iterable[str]) -> IdArray:
    """Ids of S2 tokens; PartitionError names the first token that is none."""
    texts = list(token_list)
    for token in texts:
        if not _TOKEN.fullmatch(token):
            raise _not_a_token(token)
    ids = np.array([int(text.ljust(16, "0"), 16) for text in texts], dtype=np.uint64)
    bad = np.flatnonzero(~are_valid(ids))
    if bad.size:
        raise _not_a_token(texts[bad[0]])
    return ids


def quote_tokens(text: str) -> str:
    """A piece of somebody's file, fit for a sentence: short and without control characters."""
    return "“" + "".join(c if c.isprintable() else "�" for c in text[:40]) + "”"


def _not_a_token(token: str) -> PartitionError:
    return PartitionError(f"{quote_tokens(token)} is not the token of an S2 cell.", code="token")
