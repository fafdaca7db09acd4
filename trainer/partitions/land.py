"""Land: the share of the Earth's land that some cells cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from geoguess_app.core import cells
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.partition import Partition
from geoguess_app.core.types import FloatArray, IdArray
from geoguess_app.evaluation.figures.base_map import base_map

_SAMPLE_LEVEL = 8
"""The Earth is looked at in 393,216 cells of about 36 km."""
_PIXELS = 4096
"""Side of the raster of land, on a Web Mercator map; 10 km at the equator."""
_SOUTH_OF_THE_MAP_DEG = -85.0
"""Land from here to the south pole, which the map leaves out."""


@dataclass(frozen=True, eq=False)
class _Samples:
    """Cells of one level: ids, ascending, and the land in each (km², all or nothing)."""

    ids: IdArray
    land_km2: FloatArray


def land_share(partition: Partition) -> float | None:
    """Share 0…1 of the Earth's land (Antarctica too) inside the cells, to about half a per cent.

    Coarse cells count the small cells of one level in them whose middle is land; finer cells
    count whole where their own middle is land. None where the program's map data is missing.
    """
    samples = _samples()
    if samples is None:
        return None
    inside = partition.class_of(samples.ids) >= 0
    finer = partition.cell_ids[partition.levels > _SAMPLE_LEVEL]
    fine_km2 = float(cells.areas_km2(finer)[_is_land(*cells.centers(finer))].sum())
    covered = float(samples.land_km2[inside].sum()) + fine_km2
    return min(1.0, covered / float(samples.land_km2.sum()))


@cache
def _samples() -> _Samples | None:
    if not base_map()["land"]:
        return None
    ids = np.array([face << 61 | 1 << 60 for face in range(6)], dtype=np.uint64)
    for _ in range(_SAMPLE_LEVEL):
        ids = cells.children(ids).ravel()
    return _Samples(ids, np.where(_is_land(*cells.centers(ids)), cells.areas_km2(ids), 0.0))


def _is_land(latitude_deg: FloatArray, longitude_deg: FloatArray) -> npt.NDArray[np.bool_]:
    place = np.floor(world_points(latitude_deg, longitude_deg) * _PIXELS).astype(np.int64)
    column, row = np.clip(place, 0, _PIXELS - 1).T
    return np.asarray(_raster()[row, column] | (latitude_deg < _SOUTH_OF_THE_MAP_DEG))


@cache
def _raster() -> npt.NDArray[np.bool_]:
    """(rows, columns) of the square world, true on land; a ring inside a ring is a lake."""
    from PIL import Image, ImageDraw

    base = base_map()
    land = np.zeros((_PIXELS, _PIXELS), dtype=np.bool_)
    for flat in base["land"]:
        steps = np.array(flat, dtype=np.int64).reshape(-1, 2)
        ring = np.cumsum(steps, axis=0) * (_PIXELS / base["grid"])
        low = np.clip(np.floor(ring.min(axis=0)).astype(int), 0, _PIXELS - 1)
        high = np.clip(np.ceil(ring.max(axis=0)).astype(int) + 1, 1, _PIXELS)
        image = Image.new("1", (int(high[0] - low[0]), int(high[1] - low[1])))
        ImageDraw.Draw(image).polygon([tuple(point) for point in (ring - low).tolist()], fill=1)
        land[low[1] : high[1], low[0] : high[0]] ^= np.asarray(image)
    return land
