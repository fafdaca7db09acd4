"""Neighbours: which S2 cells share an edge, for cells of one size and for partitions of mixed
sizes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geoguess_app.core import cells
from geoguess_app.core.cells.shapes import edge_points
from geoguess_app.core.partition.table import Partition
from geoguess_app.core.types import IdArray, IntArray

_BEYOND = 0.02
"""How far outside an edge its neighbour is looked for, in widths of the cell."""


def edge_neighbours(cell_ids: npt.ArrayLike) -> IdArray:
    """The four cells of the same level across the edges of n cells, (n, 4), in S2's edge order.

    Across the borders of cube faces, ±180° and the poles as well.
    """
    ids = np.atleast_1d(np.asarray(cell_ids, dtype=np.uint64))
    latitude, longitude = edge_points(ids, _BEYOND)
    leaves = cells.leaf_ids(latitude, longitude)
    found = np.empty(leaves.shape, dtype=np.uint64)
    levels = cells.levels(ids)
    for level in np.unique(levels).tolist():
        at = levels == level
        found[at] = cells.parents(leaves[at], level)
    return found


def overlapping_cells(partition: Partition, cell_id: int) -> IntArray:
    """Classes of the partition's cells that hold a cell, are the same, or lie inside it."""
    one = np.array([cell_id], dtype=np.uint64)
    first = cells.range_max(partition.cell_ids).searchsorted(cells.range_min(one)[0], "left")
    last = cells.range_min(partition.cell_ids).searchsorted(cells.range_max(one)[0], "right")
    return np.arange(first, last, dtype=np.int64)


def neighbours(partition: Partition, cell: int) -> IntArray:
    """Classes of the cells that share a part of an edge with one of them, whatever their size."""
    own = partition.cell_ids[cell : cell + 1]
    beside = np.concatenate(
        [overlapping_cells(partition, int(other)) for other in edge_neighbours(own)[0]]
    )
    beside = np.unique(beside[beside != cell])
    smaller = partition.levels[beside] > partition.levels[cell]
    # A smaller cell beyond the edge touches it only if its own neighbour lies inside our cell.
    across = edge_neighbours(partition.cell_ids[beside[smaller]])
    inside = (across >= cells.range_min(own)) & (across <= cells.range_max(own))
    touching = np.ones(len(beside), dtype=bool)
    touching[smaller] = inside.any(axis=1)
    return np.asarray(beside[touching], dtype=np.int64)
