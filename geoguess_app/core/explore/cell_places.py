"""Names for cells: the place where each one's photos are, and the towns that lie inside."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core import cells
from geoguess_app.core.geo.gazetteer import load_gazetteer
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.partition.table import Partition
from geoguess_app.core.types import Coordinate, IdArray, IntArray, Place

_REGION_KM2, _COUNTRY_KM2 = 100_000.0, 1_000_000.0
"""Larger cells are named after the region, and after the country alone."""


@dataclass(frozen=True, slots=True)
class Town:
    """A named place, where it lies and how many people live there."""

    place: Place
    coordinate: Coordinate
    population: int


def cell_names(
    partition: Partition, finder: PlaceFinder, chosen: IntArray | None = None
) -> tuple[Place, ...]:
    """The place at the mean location of each cell's photos (13,000 cells: 1.5 s), or of those
    chosen by index.

    No finer than the cell: one of the size of a region has no town, a larger one only a country.
    """
    rows = np.arange(partition.size) if chosen is None else np.asarray(chosen)
    means = zip(
        partition.mean_latitude_deg[rows].tolist(),
        partition.mean_longitude_deg[rows].tolist(),
        strict=True,
    )
    places = finder.at_many([Coordinate(*mean) for mean in means])
    areas_km2 = cells.areas_km2(partition.cell_ids[rows]).tolist()
    return tuple(map(_fitting, places, areas_km2))


def _fitting(place: Place, area_km2: float) -> Place:
    if area_km2 > _COUNTRY_KM2:
        return replace(place, city="", region="")
    return replace(place, city="") if area_km2 > _REGION_KM2 else place


def largest_towns(cell_id: int, limit: int = 6) -> list[Town]:
    """The most populous places inside an S2 cell; none where the gazetteer knows none."""
    leaves, rows = _towns_by_leaf()
    one = np.array([cell_id], dtype=np.uint64)
    first = leaves.searchsorted(cells.range_min(one)[0], "left")
    last = leaves.searchsorted(cells.range_max(one)[0], "right")
    # Rows of the gazetteer run by falling population.
    inside = np.sort(rows[first:last])[:limit]
    g = load_gazetteer()
    return [
        Town(
            Place(g.city[row], g.region[row], g.country(row), g.country_code[row]),
            g.coordinate(row),
            int(g.population[row]),
        )
        for row in inside.tolist()
    ]


@functools.cache
def _towns_by_leaf() -> tuple[IdArray, IntArray]:
    """Leaf cells of all named places, ascending, and their rows (0.2 s on the first call)."""
    g = load_gazetteer()
    leaves = cells.leaf_ids(g.latitude_deg, g.longitude_deg)
    order = np.argsort(leaves, kind="stable")
    return leaves[order], order.astype(np.int64)
