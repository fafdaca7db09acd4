"""Adaptive partitions: cells divided while crowded, dropped while sparse.

Report A §2.1, after Weyand et al. 2016 and Müller-Budack et al. 2018: start from S2 cells of one
level, divide a cell while it holds more than ``tau_max`` photos, drop it if it ends with fewer
than ``tau_min``. Everything works on the sorted leaf ids, where a cell is a range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.partition_reassign import reassign
from geoguess_app.core.partition_table import Partition
from geoguess_app.core.sphere import lat_lon, unit_vectors
from geoguess_app.core.types import FloatArray, IdArray, IntArray

DEFAULT_REASSIGN_KM = 100.0
"""How far a photo of a dropped cell may lie from the nearest photo of a kept one to join it."""


@dataclass(frozen=True, slots=True)
class FlaggedCell:
    """A cell that stayed above ``tau_max``, because its photos could not be told apart."""

    token: str
    photos: int
    distinct_coordinates: int
    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True)
class PartitionReport:
    """What became of the photos: ``photos == kept + reassigned + dropped``."""

    name: str
    tau_min: int
    tau_max: int
    start_level: int
    stop_level: int
    reassign_within_km: float | None
    photos: int
    cells: int
    sparse_cells: int
    """Cells dropped for holding fewer than ``tau_min`` photos."""
    kept: int
    """Photos inside the cells."""
    reassigned: int
    """Photos of dropped cells that joined a neighbouring cell."""
    dropped: int
    """Photos that belong to no cell."""
    cells_per_level: Mapping[int, int]
    flagged: tuple[FlaggedCell, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PartitionBuild:
    """A new partition, the class of every photo (-1 where dropped) and the account of it."""

    partition: Partition
    labels: IntArray
    report: PartitionReport


@dataclass(frozen=True, slots=True)
class _Rules:
    tau_min: int
    tau_max: int
    start_level: int
    stop_level: int

    def __post_init__(self) -> None:
        if not 1 <= self.tau_min <= self.tau_max:
            raise PartitionError(
                f"τ_min {self.tau_min} and τ_max {self.tau_max} make no partition: "
                "use 1 ≤ τ_min ≤ τ_max.",
                code="tau",
            )
        if not 0 <= self.start_level <= self.stop_level <= cells.MAX_LEVEL:
            raise PartitionError(
                f"Start level {self.start_level} and stop level {self.stop_level} must rise "
                f"between 0 and {cells.MAX_LEVEL}.",
                code="level",
            )


def build_partition(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    *,
    name: str,
    tau_min: int,
    tau_max: int,
    start_level: int = 2,
    stop_level: int = cells.MAX_LEVEL,
    reassign_within_km: float | None = DEFAULT_REASSIGN_KM,
    embeddings: npt.NDArray[np.floating] | None = None,
) -> PartitionBuild:
    """Partition the Earth by the photos' places (arrays of n degrees).

    Cells hold ``tau_min``…``tau_max`` photos, both included; cells of ``stop_level`` may hold
    more and are flagged. Photos of dropped cells join the cell of the nearest kept photo within
    ``reassign_within_km`` (None: they are dropped); with ``embeddings`` (n, D) they join the one
    of the cells around whose mean embedding is most alike. Counts and mean locations include
    them. Raises PartitionError for unusable coordinates or rules, or where no cell remains.
    """
    rules = _Rules(tau_min, tau_max, start_level, stop_level)
    lat, lon = _columns(latitude_deg, longitude_deg)
    leaves = cells.leaf_ids(lat, lon)
    found, counts = _divide(np.sort(leaves), rules)
    enough = counts >= tau_min
    if not enough.any():
        raise PartitionError(
            f"No cell holds {tau_min} photos ({lat.size} in all); lower τ_min.", code="empty"
        )
    ids, own_counts = found[enough], counts[enough]
    points = unit_vectors(lat, lon)
    labels = _classes(ids, leaves)
    kept = int((labels >= 0).sum())
    if reassign_within_km is not None:
        labels = reassign(points, labels, reassign_within_km, embeddings)
    partition = _table(name, ids, labels, points)
    report = PartitionReport(
        name=name,
        tau_min=tau_min,
        tau_max=tau_max,
        start_level=start_level,
        stop_level=stop_level,
        reassign_within_km=reassign_within_km,
        photos=lat.size,
        cells=partition.size,
        sparse_cells=int((~enough).sum()),
        kept=kept,
        reassigned=int((labels >= 0).sum()) - kept,
        dropped=int((labels < 0).sum()),
        cells_per_level=_per_level(partition),
        flagged=_flagged(partition, own_counts, tau_max, leaves, lat, lon),
    )
    return PartitionBuild(partition, labels, report)


def _columns(
    latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    lat = np.asarray(latitude_deg, dtype=np.float64)
    lon = np.asarray(longitude_deg, dtype=np.float64)
    if lat.ndim != 1 or lat.shape != lon.shape or lat.size == 0:
        raise PartitionError(
            f"Latitudes {lat.shape} and longitudes {lon.shape} are not two columns of the same "
            "length.",
            code="coordinate",
        )
    return lat, lon


def _divide(sorted_leaves: IdArray, rules: _Rules) -> tuple[IdArray, IntArray]:
    """All cells with photos where division stops, ascending, and their numbers of photos."""
    final_ids, final_counts = [], []
    now = np.unique(cells.parents(sorted_leaves, rules.start_level))
    for level in range(rules.start_level, rules.stop_level + 1):
        counts = np.searchsorted(sorted_leaves, cells.range_max(now), side="right")
        counts = counts - np.searchsorted(sorted_leaves, cells.range_min(now))
        crowded = (counts > rules.tau_max) & (level < rules.stop_level)
        done = ~crowded & (counts > 0)
        final_ids.append(now[done])
        final_counts.append(counts[done])
        if not crowded.any():
            break
        now = cells.children(now[crowded]).ravel()
    ids, all_counts = np.concatenate(final_ids), np.concatenate(final_counts)
    order = np.argsort(ids)
    return ids[order], all_counts[order].astype(np.int64)


def _classes(ids: IdArray, leaves: IdArray) -> IntArray:
    index = np.searchsorted(cells.range_min(ids), leaves, side="right") - 1
    inside = (index >= 0) & (leaves <= cells.range_max(ids)[index])
    return np.where(inside, index, -1).astype(np.int64)


def _table(name: str, ids: IdArray, labels: IntArray, points: FloatArray) -> Partition:
    """Counts and mean locations; a cell whose photos cancel out takes its own centre."""
    member = labels >= 0
    classes = labels[member]
    sums = np.stack(
        [np.bincount(classes, weights=points[member, k], minlength=ids.size) for k in range(3)],
        axis=-1,
    )
    counts = np.bincount(classes, minlength=ids.size)
    latitude, longitude = lat_lon(sums)
    undirected = np.linalg.norm(sums, axis=1) < 1e-9 * counts
    if undirected.any():
        latitude[undirected], longitude[undirected] = cells.centers(ids[undirected])
    return Partition(name, ids, counts, latitude, longitude)


def _per_level(partition: Partition) -> dict[int, int]:
    level, count = np.unique(partition.levels, return_counts=True)
    return dict(zip(level.tolist(), count.tolist(), strict=True))


def _flagged(
    partition: Partition,
    own_counts: IntArray,
    tau_max: int,
    leaves: IdArray,
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
) -> tuple[FlaggedCell, ...]:
    crowded = np.flatnonzero(own_counts > tau_max)
    if not crowded.size:
        return ()
    order = np.argsort(leaves)
    first = np.searchsorted(leaves, cells.range_min(partition.cell_ids[crowded]), sorter=order)
    flagged = []
    for index, start in zip(crowded.tolist(), first.tolist(), strict=True):
        photos = int(own_counts[index])
        members = order[start : start + photos]
        places = np.stack([latitude_deg[members], longitude_deg[members]], axis=-1)
        flagged.append(
            FlaggedCell(
                token=partition.tokens[index],
                photos=photos,
                distinct_coordinates=len(np.unique(places, axis=0)),
                latitude_deg=float(partition.mean_latitude_deg[index]),
                longitude_deg=float(partition.mean_longitude_deg[index]),
            )
        )
    return tuple(flagged)
