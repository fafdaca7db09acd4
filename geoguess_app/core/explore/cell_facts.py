"""Facts about the cells of a model: sizes, training photos, kin across its partitions.

Arrays over all cells of a level are made at once; what only one cell needs is asked cell by cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoguess_app.core import cells
from geoguess_app.core.decision.retrieval import Bank
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.partition.hierarchy import Hierarchy
from geoguess_app.core.partition.neighbours import neighbours, overlapping_cells
from geoguess_app.core.partition.table import Partition
from geoguess_app.core.types import Coordinate, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class CellRef:
    """A cell of a model: its partition, counted from the coarsest, and its class there."""

    level: int
    cell: int


@dataclass(frozen=True, slots=True)
class Parent:
    """A coarser cell that a cell belongs to."""

    ref: CellRef
    holds: bool
    """False where none contains it: the model then counts it with the nearest one."""


@dataclass(frozen=True, eq=False)
class LevelFacts:
    """A partition with what its map and table show; arrays have a row per cell."""

    partition: Partition
    area_km2: FloatArray
    center_latitude_deg: FloatArray
    center_longitude_deg: FloatArray
    share: FloatArray
    """Of the partition's training photos, 0…1: what a model without eyes would answer."""

    @property
    def photos(self) -> int:
        """Training photos in all cells."""
        return int(self.partition.photo_counts.sum())

    def center(self, cell: int) -> Coordinate:
        """The middle of a cell."""
        return Coordinate(
            float(self.center_latitude_deg[cell]), float(self.center_longitude_deg[cell])
        )

    def mean(self, cell: int) -> Coordinate:
        """The mean location of a cell's training photos."""
        return Coordinate(
            float(self.partition.mean_latitude_deg[cell]),
            float(self.partition.mean_longitude_deg[cell]),
        )

    def nearest(self, place: Coordinate) -> tuple[int, float]:
        """The cell whose photos' mean location is nearest to a place, and the distance in km."""
        km = great_circle_km(
            self.partition.mean_latitude_deg,
            self.partition.mean_longitude_deg,
            place.latitude_deg,
            place.longitude_deg,
        )
        nearest = int(km.argmin())
        return nearest, float(km[nearest])


def level_facts(partition: Partition) -> LevelFacts:
    """Sizes, middles and shares of all cells (13,000 cells: 40 ms)."""
    latitude, longitude = cells.centers(partition.cell_ids)
    total = max(1, int(partition.photo_counts.sum()))
    return LevelFacts(
        partition=partition,
        area_km2=cells.areas_km2(partition.cell_ids),
        center_latitude_deg=latitude,
        center_longitude_deg=longitude,
        share=partition.photo_counts / total,
    )


class ModelCells:
    """All levels of a model, coarse to fine, and how their cells lie in each other.

    ``bank`` are the training photos that the model carries, if any. Without partitions there are
    no levels, only the bank.
    """

    def __init__(
        self, partitions: Sequence[Partition], hierarchy: Hierarchy | None, bank: Bank | None
    ) -> None:
        self.levels = tuple(level_facts(partition) for partition in partitions)
        self._hierarchy = hierarchy
        self.bank = bank

    def facts(self, ref: CellRef) -> LevelFacts:
        """The level that a cell belongs to."""
        return self.levels[ref.level]

    def cell_id(self, ref: CellRef) -> int:
        """S2 id of a cell."""
        return int(self.facts(ref).partition.cell_ids[ref.cell])

    def token(self, ref: CellRef) -> str:
        """S2 token of a cell."""
        return self.facts(ref).partition.tokens[ref.cell]

    def at(self, level: int, place: Coordinate) -> CellRef | None:
        """The cell of a level that holds a place, if one does."""
        cell = self.levels[level].partition.class_at(place.latitude_deg, place.longitude_deg)
        return None if cell < 0 else CellRef(level, int(cell))

    def inside(self, level: int, cell_id: int) -> tuple[CellRef, ...]:
        """Cells of a level that hold an S2 cell, equal it or lie inside it, in curve order."""
        found = overlapping_cells(self.levels[level].partition, cell_id)
        return tuple(CellRef(level, cell) for cell in found.tolist())

    def parents(self, ref: CellRef) -> tuple[Parent, ...]:
        """One cell per coarser level, coarsest first, as far as there is one."""
        found = []
        own = self.cell_id(ref)
        finest = ref.level == len(self.levels) - 1
        for level, facts in enumerate(self.levels[: ref.level]):
            cell = int(facts.partition.class_of(np.uint64(own)))
            if cell >= 0:
                found.append(Parent(CellRef(level, cell), holds=True))
            elif finest and self._hierarchy is not None:
                nearest = int(self._hierarchy.ancestors[level, ref.cell])
                found.append(Parent(CellRef(level, nearest), holds=False))
        return tuple(found)

    def children(self, ref: CellRef) -> tuple[CellRef, ...]:
        """Return what the next finer level has in place of a cell; the cell itself if undivided
        there."""
        if ref.level + 1 >= len(self.levels):
            return ()
        return self.inside(ref.level + 1, self.cell_id(ref))

    def neighbours(self, ref: CellRef) -> tuple[CellRef, ...]:
        """Cells of the same level that share a part of an edge, those with most photos first."""
        partition = self.facts(ref).partition
        found = neighbours(partition, ref.cell)
        order = np.argsort(-partition.photo_counts[found], kind="stable")
        return tuple(CellRef(ref.level, cell) for cell in found[order].tolist())

    def training_photos(self, ref: CellRef) -> IntArray:
        """Bank indices of the photos whose finest cell is this one or lies in it.

        None without a bank. They are those that training put into the cell: a few may lie outside,
        where a cell of their own was not worth keeping.
        """
        bank = self.bank
        if bank is None or self._hierarchy is None:
            return np.empty(0, dtype=np.int64)
        if ref.level == len(self.levels) - 1:
            return bank.members(ref.cell)
        line = self._hierarchy.ancestors[ref.level].copy()
        line[self._hierarchy.orphans[ref.level]] = -1
        known = bank.fine_class >= 0
        return np.flatnonzero(known & (line[np.maximum(bank.fine_class, 0)] == ref.cell))
