"""Outlines of cells in the flat square world of map pages.

They leave here ready to draw, so that a page itself needs no geometry of the sphere.
"""

from __future__ import annotations

import numpy as np

from geoguess_app.core.cells.ids import levels
from geoguess_app.core.cells.shapes import drawable_rings
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.types import FloatArray, IdArray

SMOOTH_LEVEL = 7
"""Cells of this level and finer are drawn with straight edges: at 70 km the great circle leaves
the straight line by less than half a pixel. Coarser edges pass through the corners of this
level, so that cells of different sizes share every point along a common edge."""


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
