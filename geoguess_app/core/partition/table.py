"""A partition of the Earth: disjoint S2 cells with the photos they hold and where those lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.types import FloatArray, IdArray, IntArray


@dataclass(frozen=True, eq=False)
class Partition:
    """Disjoint S2 cells in ascending order of their ids; a class is a row of these arrays.

    ``photo_counts`` and the mean locations (of unit vectors, in degrees) describe the training
    photos of each cell. Raises PartitionError where the arrays do not make a partition.
    """

    name: str
    cell_ids: IdArray
    photo_counts: IntArray
    mean_latitude_deg: FloatArray
    mean_longitude_deg: FloatArray

    def __post_init__(self) -> None:
        for field, kind in (
            ("cell_ids", np.uint64),
            ("photo_counts", np.int64),
            ("mean_latitude_deg", np.float64),
            ("mean_longitude_deg", np.float64),
        ):
            object.__setattr__(self, field, np.asarray(getattr(self, field), dtype=kind))
        self._check()

    def _check(self) -> None:
        shapes = {
            a.shape
            for a in (
                self.cell_ids,
                self.photo_counts,
                self.mean_latitude_deg,
                self.mean_longitude_deg,
            )
        }
        if len(shapes) != 1 or self.cell_ids.ndim != 1:
            raise self._broken("its columns differ in length")
        if self.cell_ids.size == 0:
            raise self._broken("it has no cells")
        if not cells.are_valid(self.cell_ids).all():
            raise self._broken("it contains an invalid S2 cell")
        overlap = np.flatnonzero(self._first_leaf[1:] <= self._last_leaf[:-1])
        if overlap.size:
            pair = cells.tokens(self.cell_ids[overlap[0] : overlap[0] + 2])
            raise self._broken(f"cells {pair[0]} and {pair[1]} overlap or are out of order")
        if (self.photo_counts < 0).any():
            raise self._broken("a cell has a negative number of photos")
        if not (
            (np.abs(self.mean_latitude_deg) <= 90).all()
            and (np.abs(self.mean_longitude_deg) <= 180).all()
        ):
            raise self._broken("a mean location is not a valid position")

    def _broken(self, reason: str) -> PartitionError:
        return PartitionError(f"Partition “{self.name}” is broken: {reason}.", code="partition")

    @cached_property
    def _first_leaf(self) -> IdArray:
        return cells.range_min(self.cell_ids)

    @cached_property
    def _last_leaf(self) -> IdArray:
        return cells.range_max(self.cell_ids)

    @property
    def size(self) -> int:
        """Number of cells, which is the number of classes."""
        return int(self.cell_ids.size)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """S2 tokens of the cells."""
        return tuple(cells.tokens(self.cell_ids))

    @cached_property
    def levels(self) -> IntArray:
        """S2 levels of the cells, 0…30."""
        return cells.levels(self.cell_ids)

    def class_of(self, leaf_ids: npt.ArrayLike) -> IntArray:
        """Class of each S2 id: the cell that contains it, -1 where none does.

        An id coarser than a leaf belongs to a cell only if it lies wholly inside.
        """
        ids = np.asarray(leaf_ids, dtype=np.uint64)
        found = np.searchsorted(self._first_leaf, ids, side="right") - 1
        # An id before the first cell is found at -1, which would read the last cell's limits.
        inside = (found >= 0) & (cells.range_max(ids) <= self._last_leaf[found])
        inside &= cells.range_min(ids) >= self._first_leaf[found]
        return np.where(inside, found, -1).astype(np.int64)

    def class_at(self, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> IntArray:
        """Class of each point, -1 where no cell holds it."""
        return self.class_of(cells.leaf_ids(latitude_deg, longitude_deg))
