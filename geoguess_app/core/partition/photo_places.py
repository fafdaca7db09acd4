"""The ingredients of a partition: rules, the photos' places, and the division of the Earth by them.

Everything works on the sorted leaf ids, where a cell is a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import FloatArray, IdArray, IntArray


@dataclass(frozen=True, slots=True)
class PartitionRules:
    """The rules by which one partition is made; see ``build_partition``. Raises PartitionError
    where it cannot."""

    name: str
    tau_min: int
    tau_max: int
    start_level: int = 2
    stop_level: int = cells.MAX_LEVEL

    def __post_init__(self) -> None:
        if not 1 <= self.tau_min <= self.tau_max:
            raise PartitionError(
                f"τ_min {self.tau_min} and τ_max {self.tau_max} are not valid: use 1 ≤ τ_min ≤ "
                "τ_max.",
                code="tau",
            )
        if not 0 <= self.start_level <= self.stop_level <= cells.MAX_LEVEL:
            raise PartitionError(
                f"Start level {self.start_level} and stop level {self.stop_level} must rise "
                f"between 0 and {cells.MAX_LEVEL}.",
                code="level",
            )


class PhotoPlaces:
    """The places of n photos, prepared once for any number of partitions: about 30 bytes a photo.

    Raises PartitionError for coordinates (degrees) of no use.
    """

    def __init__(self, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> None:
        self.latitude_deg, self.longitude_deg = _columns(latitude_deg, longitude_deg)
        self.leaves: IdArray = cells.leaf_ids(self.latitude_deg, self.longitude_deg)

    @property
    def photos(self) -> int:
        """Count the photos that lie here."""
        return int(self.leaves.size)

    @cached_property
    def sorted_leaves(self) -> IdArray:
        """The ids of the leaf cells, ascending: a cell is a range of them."""
        return np.sort(self.leaves)

    @cached_property
    def points(self) -> FloatArray:
        """(n, 3) unit vectors."""
        return unit_vectors(self.latitude_deg, self.longitude_deg)

    @cached_property
    def distinct(self) -> int:
        """Return how many places (leaf cells, about 1 cm) there are."""
        return 1 + int(np.count_nonzero(np.diff(self.sorted_leaves)))

    def divide(self, rules: PartitionRules) -> tuple[IdArray, IntArray]:
        """All cells with photos where division stops, ascending, and their numbers of photos."""
        return _divide(self.sorted_leaves, rules)


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


def _divide(sorted_leaves: IdArray, rules: PartitionRules) -> tuple[IdArray, IntArray]:
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
