"""Tables over the whole Earth: which country, time zone or kind of land a spot belongs to."""

from __future__ import annotations

import functools
import json
import lzma
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geoguess_app.core import cells
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.paths import resource_dir

Fits = npt.NDArray[np.bool_]
"""Which of a table's values are meant, one for each name."""


@dataclass(frozen=True, eq=False)
class EarthTable:
    """A value for every S2 cell of one level, in runs of equal values along the curve."""

    names: tuple[str, ...]
    """Of the values; "" where nothing is known, such as the country of the high seas."""
    level: int
    values: IntArray
    """(n) the number of each run's value."""
    lengths: IntArray
    """(n) of each run, in cells."""

    def fits(self, values: tuple[str, ...]) -> Fits:
        """Tell of each name whether it is among these."""
        return np.isin(self.names, values)

    def at(self, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> IntArray:
        """The number of the value at each point."""
        spots = self._positions(cells.leaf_ids(latitude_deg, longitude_deg))
        return np.asarray(self.values[np.searchsorted(self._ends, spots, side="right")])

    def share(self, cell_ids: npt.NDArray[np.uint64], fits: Fits) -> FloatArray:
        """The share, 0…1, of what is known of each cell (n) that has one of the values."""
        first, end = self._range(cell_ids)
        known, ours = np.array(self.names) != "", fits
        inside = self._count(end, ours) - self._count(first, ours)
        whole = self._count(end, known) - self._count(first, known)
        return np.asarray(np.where(whole > 0, inside / np.maximum(whole, 1), 0.0))

    def spots(
        self, cell_ids: npt.NDArray[np.uint64], fits: Fits, count: int
    ) -> tuple[FloatArray, FloatArray]:
        """Latitudes and longitudes (n, count) of points spread over what fits of each cell, which
        must be something."""
        first, end = self._range(cell_ids)
        low, high = self._count(first, fits), self._count(end, fits)
        part = (np.arange(count) + 0.5) / count
        wanted = low[:, None] + ((high - low)[:, None] * part).astype(np.int64)
        before = self._before(fits)
        run = np.searchsorted(before, wanted, side="right") - 1
        spots = self._ends[run] - self.lengths[run] + wanted - before[run]
        first_leaf = spots.astype(np.uint64) << np.uint64(self._shift)
        return cells.centers(first_leaf | np.uint64(1 << (self._shift - 1)))

    @property
    def _shift(self) -> int:
        return 61 - 2 * self.level

    @cached_property
    def _ends(self) -> IntArray:
        return np.cumsum(self.lengths)

    def _positions(self, leaves: npt.NDArray[np.uint64]) -> IntArray:
        """The numbers along the curve of the table's cells that leaf cells lie in."""
        return np.asarray((leaves >> np.uint64(self._shift)).astype(np.int64))

    def _range(self, cell_ids: npt.NDArray[np.uint64]) -> tuple[IntArray, IntArray]:
        first, last = cells.range_min(cell_ids), cells.range_max(cell_ids)
        return self._positions(first), self._positions(last) + 1

    def _before(self, fits: Fits) -> IntArray:
        """How many cells before each run fit (n + 1)."""
        return np.concatenate([[0], np.cumsum(np.where(fits[self.values], self.lengths, 0))])

    def _count(self, spots: IntArray, fits: Fits) -> IntArray:
        """How many cells fit of those before each number along the curve."""
        run = np.minimum(np.searchsorted(self._ends, spots, side="right"), len(self.values) - 1)
        in_run = spots - (self._ends[run] - self.lengths[run])
        return np.asarray(self._before(fits)[run] + np.where(fits[self.values[run]], in_run, 0))


@functools.cache
def earth_table(name: str) -> EarthTable:
    """Read a table that comes with the program; ``resources/clues/tools`` makes them."""
    packed = lzma.decompress((resource_dir() / "clues" / f"{name}.earth").read_bytes())
    head, _, body = packed.partition(b"\n")
    facts = json.loads(head)
    count = len(body) // 6
    return EarthTable(
        tuple(facts["names"]),
        facts["level"],
        np.frombuffer(body, "<u2", count).astype(np.int64),
        np.frombuffer(body, "<u4", count, 2 * count).astype(np.int64),
    )
