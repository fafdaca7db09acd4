"""Adaptive partitions: cells divided while crowded, dropped while sparse.

Report A §2.1, after Weyand et al. 2016 and Müller-Budack et al. 2018: start from S2 cells of one
level, divide a cell while it holds more than ``tau_max`` photos, drop it if it ends with fewer
than ``tau_min``. Everything works on the sorted leaf ids, where a cell is a range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.geo.sphere import lat_lon
from geoguess_app.core.partition.photo_places import PartitionRules, PhotoPlaces
from geoguess_app.core.partition.reassign import NearestPhotos, reassign
from geoguess_app.core.partition.table import Partition
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
    """The fates of the photos: ``photos == kept + reassigned + dropped``."""

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
    rules = PartitionRules(name, tau_min, tau_max, start_level, stop_level)
    places = PhotoPlaces(latitude_deg, longitude_deg)
    found, counts, labels = _own_classes(places, rules)
    if reassign_within_km is not None:
        labels = reassign(places.points, labels, reassign_within_km, embeddings)
    return _finish(places, rules, found, counts, labels, reassign_within_km)


def build_partitions(
    places: PhotoPlaces,
    rules: Sequence[PartitionRules],
    *,
    reassign_within_km: float | None = DEFAULT_REASSIGN_KM,
) -> list[PartitionBuild]:
    """Several partitions of the same photos, each as ``build_partition`` makes it.

    What they share is computed once: ids, order, and the search tree of the photos that all of
    them keep.
    """
    parts = [_own_classes(places, rule) for rule in rules]
    labels = [part[2] for part in parts]
    if reassign_within_km is not None:
        nearest = NearestPhotos(places.points, labels)
        labels = [nearest.reassigned(own, reassign_within_km) for own in labels]
    return [
        _finish(places, rule, found, counts, final, reassign_within_km)
        for rule, (found, counts, _), final in zip(rules, parts, labels, strict=True)
    ]


def _own_classes(places: PhotoPlaces, rules: PartitionRules) -> tuple[IdArray, IntArray, IntArray]:
    """All cells found, their numbers of photos, and each photo's class or -1."""
    found, counts = places.divide(rules)
    enough = counts >= rules.tau_min
    if not enough.any():
        raise PartitionError(
            f"No cell contains {rules.tau_min} photos ({places.photos} in all); lower τ_min.",
            code="empty",
        )
    return found, counts, _classes(found[enough], places.leaves)


def _finish(
    places: PhotoPlaces,
    rules: PartitionRules,
    found: IdArray,
    counts: IntArray,
    labels: IntArray,
    reassign_within_km: float | None,
) -> PartitionBuild:
    enough = counts >= rules.tau_min
    kept = int(counts[enough].sum())
    partition = _table(rules.name, found[enough], labels, places.points)
    in_cells = int((labels >= 0).sum())
    report = PartitionReport(
        name=rules.name,
        tau_min=rules.tau_min,
        tau_max=rules.tau_max,
        start_level=rules.start_level,
        stop_level=rules.stop_level,
        reassign_within_km=reassign_within_km,
        photos=places.photos,
        cells=partition.size,
        sparse_cells=int((~enough).sum()),
        kept=kept,
        reassigned=in_cells - kept,
        dropped=places.photos - in_cells,
        cells_per_level=_per_level(partition),
        flagged=_flagged_cells(partition, counts[enough], rules.tau_max, places),
    )
    return PartitionBuild(partition, labels, report)


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


def _flagged_cells(
    partition: Partition, own_counts: IntArray, tau_max: int, places: PhotoPlaces
) -> tuple[FlaggedCell, ...]:
    crowded = np.flatnonzero(own_counts > tau_max)
    if not crowded.size:
        return ()
    order = np.argsort(places.leaves)
    first = np.searchsorted(places.sorted_leaves, cells.range_min(partition.cell_ids[crowded]))
    flagged = []
    for index, start in zip(crowded.tolist(), first.tolist(), strict=True):
        photos = int(own_counts[index])
        members = order[start : start + photos]
        where = np.stack([places.latitude_deg[members], places.longitude_deg[members]], axis=-1)
        flagged.append(
            FlaggedCell(
                token=partition.tokens[index],
                photos=photos,
                distinct_coordinates=len(np.unique(where, axis=0)),
                latitude_deg=float(partition.mean_latitude_deg[index]),
                longitude_deg=float(partition.mean_longitude_deg[index]),
            )
        )
    return tuple(flagged)
