"""Statistics of some partitions: all that their report says, as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from geoguess_app.core import cells
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, great_circle_km, lat_lon
from geoguess_app.core.partition import PartitionBuild, PhotoPlaces
from geoguess_app.core.partition.hierarchy import Hierarchy, build_hierarchy
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.metrics.distances import THRESHOLDS_KM
from geoguess_app.evaluation.metrics.scale import Scale, scale_for_extent
from trainer.partitions.distances import to_own_cell_km
from trainer.partitions.land import land_share
from trainer.partitions.points import PhotoPoints

EARTH_KM2 = 4 * np.pi * EARTH_RADIUS_KM**2
CURVE_KM: FloatArray = np.geomspace(0.001, 20_037.0, 220)
"""Distances at which the curve of a ceiling is known."""


@dataclass(frozen=True, slots=True)
class CellSpread:
    """Least, middle and greatest of some values."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: FloatArray | IntArray) -> CellSpread:
        """Compute the spread of one value or more."""
        return cls(float(values.min()), float(np.median(values)), float(values.max()))

    def to_json(self) -> dict[str, float]:
        """Give the spread as plain values."""
        return {"min": self.least, "median": self.median, "max": self.most}


@dataclass(frozen=True, eq=False)
class CellFigures:
    """The figures of one partition."""

    build: PartitionBuild
    area_km2: FloatArray
    """(cells,)"""
    mean_km: FloatArray
    """(cells,) mean distance of the cell's own photos from its location."""
    within: Mapping[float, float]
    """Share of all photos by distance (km) from the location of their cell: the ceiling."""
    mean_ceiling_km: float
    median_ceiling_km: float
    curve: FloatArray
    """The ceiling at the distances of ``CURVE_KM``."""
    land_share: float | None
    orphans: int
    """Cells of the finest partition that no cell of this one contains."""
    orphan_photos: int

    @property
    def earth_share(self) -> float:
        """Share of the Earth's surface inside the cells."""
        return float(self.area_km2.sum() / EARTH_KM2)

    @property
    def photo_share(self) -> float:
        """Share of the photos that train a cell, re-assigned ones too."""
        report = self.build.report
        return (report.kept + report.reassigned) / report.photos


@dataclass(frozen=True, eq=False)
class PartitionStatistics:
    """The photos and the partitions made of them, coarse to fine."""

    points: PhotoPoints
    places: PhotoPlaces
    partitions: tuple[CellFigures, ...]
    scale: Scale
    """The distances to speak of: the field's five, or metres for a set of one town."""

    @property
    def finest(self) -> CellFigures:
        """The finest partition, which is the last."""
        return self.partitions[-1]

    @cached_property
    def sharing(self) -> int:
        """Photos whose coordinates are exactly those of another photo."""
        leaves = self.places.sorted_leaves
        same = np.concatenate([[False], leaves[1:] == leaves[:-1], [False]])
        return int(np.count_nonzero(same[1:] | same[:-1]))


def partition_statistics(
    points: PhotoPoints, places: PhotoPlaces, builds: Sequence[PartitionBuild]
) -> PartitionStatistics:
    """Measure partitions (coarse to fine) of these photos."""
    hierarchy = build_hierarchy([build.partition for build in builds])
    scale = scale_for_extent(extent_km(places))
    thresholds = sorted({*THRESHOLDS_KM, *scale.thresholds_km})
    figures = tuple(
        _figures(places, build, hierarchy, number, thresholds)
        for number, build in enumerate(builds)
    )
    return PartitionStatistics(points, places, figures, scale)


def extent_km(places: PhotoPlaces) -> float:
    """Median distance of the photos from their mean location."""
    lat, lon = lat_lon(places.points.mean(axis=0))
    km = great_circle_km(places.latitude_deg, places.longitude_deg, lat, lon)
    return float(np.median(km))


def ceiling_shares(km: FloatArray, thresholds_km: Sequence[float]) -> dict[float, float]:
    """Share of the distances within each threshold, 0…1."""
    return {limit: np.count_nonzero(km <= limit) / km.size for limit in thresholds_km}


def _figures(
    places: PhotoPlaces,
    build: PartitionBuild,
    hierarchy: Hierarchy,
    number: int,
    thresholds_km: Sequence[float],
) -> CellFigures:
    partition = build.partition
    km, own = to_own_cell_km(places, partition)
    inside = own >= 0
    counts = np.bincount(own[inside], minlength=partition.size)
    sums = np.bincount(own[inside], weights=km[inside], minlength=partition.size)
    lost = hierarchy.orphans[number]
    binned = np.searchsorted(CURVE_KM, km)
    below = np.cumsum(np.bincount(binned, minlength=CURVE_KM.size + 1))[: CURVE_KM.size]
    return CellFigures(
        build=build,
        area_km2=cells.areas_km2(partition.cell_ids),
        mean_km=sums / counts,
        within=ceiling_shares(km, thresholds_km),
        mean_ceiling_km=float(km.mean()),
        median_ceiling_km=float(np.median(km)),
        curve=below / km.size,
        land_share=land_share(partition),
        orphans=int(lost.size),
        orphan_photos=int(hierarchy.finest.photo_counts[lost].sum()),
    )


def statistics_json(account: PartitionStatistics) -> dict[str, Any]:
    """Plain values with stable keys."""
    report = account.finest.build.report
    return {
        "table": str(account.points.path),
        "rows": account.points.rows,
        "split": account.points.split,
        "photos": account.places.photos,
        "distinct_coordinates": account.places.distinct,
        "photos_sharing_coordinates": account.sharing,
        "reassign_within_km": report.reassign_within_km,
        "start_level": report.start_level,
        "stop_level": report.stop_level,
        "partitions": [_partition_json(figures) for figures in account.partitions],
    }


def _partition_json(figures: CellFigures) -> dict[str, Any]:
    report, partition = figures.build.report, figures.build.partition
    return {
        "name": report.name,
        "cells_csv": f"{report.name}.csv",
        "tau_min": report.tau_min,
        "tau_max": report.tau_max,
        "cells": report.cells,
        "sparse_cells_dropped": report.sparse_cells,
        "kept": report.kept,
        "reassigned": report.reassigned,
        "dropped": report.dropped,
        "cells_per_level": {str(level): n for level, n in report.cells_per_level.items()},
        "photos_per_cell": CellSpread.of(partition.photo_counts).to_json(),
        "area_km2": CellSpread.of(figures.area_km2).to_json(),
        "share_of_photos_in_cells": figures.photo_share,
        "share_of_earth": figures.earth_share,
        "share_of_land": figures.land_share,
        "ceiling": {f"{km:g}": share for km, share in figures.within.items()},
        "ceiling_mean_km": figures.mean_ceiling_km,
        "ceiling_median_km": figures.median_ceiling_km,
        "orphans_of_the_finest": figures.orphans,
        "photos_of_orphans": figures.orphan_photos,
        "flagged": [
            {
                "token": cell.token,
                "photos": cell.photos,
                "distinct_coordinates": cell.distinct_coordinates,
                "latitude_deg": cell.latitude_deg,
                "longitude_deg": cell.longitude_deg,
            }
            for cell in report.flagged
        ],
    }
