"""The hierarchy of cells: which coarser cell a fine cell belongs to, and the product of
probabilities along that line.

Report A §2.4: P(fine c) ∝ Π_p P_p(ancestor of c in p). Works for any number of partitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoguess_app.core.errors import PartitionError
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.partition.table import Partition
from geoguess_app.core.types import FloatArray, IntArray

_PAIRS = 1 << 22
"""Distances computed at once: 32 MB."""


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Partitions from coarse to fine, and the line of ancestors of every finest cell.

    ``ancestors[p, c]`` is the class in partition p of the finest partition's cell c: the cell
    that contains it (for the last p, c itself). Where none does (because it was dropped for
    holding too few photos, or divided further), c is an orphan in p, listed in ``orphans[p]``,
    and its ancestor is the cell of p with the nearest mean location.
    """

    partitions: tuple[Partition, ...]
    ancestors: IntArray
    orphans: tuple[IntArray, ...]

    @property
    def finest(self) -> Partition:
        """The partition over which the combined probabilities run."""
        return self.partitions[-1]

    def combine(self, log_probabilities: Sequence[npt.ArrayLike]) -> FloatArray:
        """Combined log-probabilities (…, n_fine) of one array (…, n_p) per partition.

        The product over each finest cell's line of ancestors, renormalised over the finest
        cells, in float64. Where the product is zero everywhere, the finest partition's own
        probabilities are given. Raises ValueError for arrays that do not fit the partitions.
        """
        arrays = [np.asarray(a, dtype=np.float64) for a in log_probabilities]
        self._check(arrays)
        total = arrays[-1].copy()
        for array, line in zip(arrays[:-1], self.ancestors[:-1], strict=True):
            total += array[..., line]
        impossible = np.isneginf(total).all(axis=-1)
        if impossible.any():
            total[impossible] = arrays[-1][impossible]
        return _normalise(total)

    def _check(self, arrays: Sequence[FloatArray]) -> None:
        wanted = [partition.size for partition in self.partitions]
        if [a.shape[-1] if a.ndim else 0 for a in arrays] != wanted:
            raise ValueError(
                f"log-probabilities of shapes {[a.shape for a in arrays]} do not fit "
                f"partitions of {wanted} cells"
            )
        if len({a.shape[:-1] for a in arrays}) != 1:
            raise ValueError("log-probabilities of the partitions differ in their leading shape")


def _normalise(log_values: FloatArray) -> FloatArray:
    peak = log_values.max(axis=-1, keepdims=True)
    if not np.isfinite(peak).all():
        raise ValueError("log-probabilities must be numbers, and not all minus infinity")
    total = np.log(np.exp(log_values - peak).sum(axis=-1, keepdims=True)) + peak
    return np.asarray(log_values - total)


def build_hierarchy(partitions: Sequence[Partition]) -> Hierarchy:
    """The hierarchy of partitions given from coarse to fine.

    Cells of the last partition that no cell of another one contains are its orphans (see
    ``Hierarchy``). Raises PartitionError where there is no partition, or where they run from
    fine to coarse.
    """
    if not partitions:
        raise PartitionError("A hierarchy needs at least one partition.", code="hierarchy")
    finest = partitions[-1]
    ancestors, orphans = [], []
    for partition in partitions:
        line = (
            np.arange(finest.size) if partition is finest else _containing_cells(partition, finest)
        )
        lost = np.flatnonzero(line < 0)
        line[lost] = _nearest(partition, finest, lost)
        ancestors.append(line)
        orphans.append(lost)
    return Hierarchy(tuple(partitions), np.stack(ancestors), tuple(orphans))


def _containing_cells(coarse: Partition, fine: Partition) -> IntArray:
    """Per fine cell the coarse cell that wholly contains it, -1 where there is none."""
    inside_fine = fine.class_of(coarse.cell_ids)
    smaller = (inside_fine >= 0) & (coarse.levels > fine.levels[inside_fine])
    if np.unique(inside_fine[smaller]).size > fine.size / 2:
        raise PartitionError(
            f"Partition “{coarse.name}” is finer than “{fine.name}”; they must run from coarse to "
            "fine.",
            code="hierarchy",
        )
    return coarse.class_of(fine.cell_ids)


def _nearest(coarse: Partition, fine: Partition, lost: IntArray) -> IntArray:
    """Classes in ``coarse`` with the mean location nearest to that of the lost fine cells."""
    targets = unit_vectors(coarse.mean_latitude_deg, coarse.mean_longitude_deg)
    points = unit_vectors(fine.mean_latitude_deg[lost], fine.mean_longitude_deg[lost])
    step = max(1, _PAIRS // coarse.size)
    found = [
        # Equal distances go to the lowest class; the greatest cosine is the least distance.
        np.argmax(points[start : start + step] @ targets.T, axis=1)
        for start in range(0, lost.size, step)
    ]
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def combine(hierarchy: Hierarchy, log_probabilities: Sequence[npt.ArrayLike]) -> FloatArray:
    """Combine probabilities of all partitions; see ``Hierarchy.combine``."""
    return hierarchy.combine(log_probabilities)
