"""Partitions and answers that the map tests show."""

from __future__ import annotations

import numpy as np

from geoguess_app.core import cells
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.partition import Partition
from geoguess_app.core.types import COMBINED, Candidate, Coordinate, FloatArray, Radii
from geoguess_app.ui.work.map_state import MapState

PARIS = Coordinate(48.8566, 2.3522)
BERLIN = Coordinate(52.52, 13.405)
TAVEUNI = Coordinate(-16.85, -179.97)
"""Fiji, just east of the antimeridian."""


def partition_of(name: str, ids: object) -> Partition:
    """A partition of given cells; a photo at every cell's middle."""
    cell_ids = np.unique(np.asarray(ids, dtype=np.uint64))
    latitude, longitude = cells.centers(cell_ids)
    counts = np.arange(1, len(cell_ids) + 1, dtype=np.int64)
    return Partition(name, cell_ids, counts, latitude, longitude)


def partition_around(name: str, places: list[Coordinate], level: int) -> Partition:
    """The cells of one level that hold the places."""
    leaves = cells.leaf_ids(
        [place.latitude_deg for place in places], [place.longitude_deg for place in places]
    )
    return partition_of(name, cells.parents(leaves, level))


def world_partition(name: str, size: int) -> Partition:
    """``size`` cells of level 7 and 8, dense where people live would be too easy: everywhere."""
    rng = np.random.default_rng(5)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 6 * size)))
    longitude = rng.uniform(-180, 180, 6 * size)
    ids = np.unique(cells.parents(cells.leaf_ids(latitude, longitude), 7))
    assert len(ids) >= size
    return partition_of(name, rng.permutation(ids)[:size])


def falling_off(partition: Partition, place: Coordinate, scale_km: float) -> FloatArray:
    """Probabilities that fall with the distance from a place."""
    away = great_circle_km(
        partition.mean_latitude_deg,
        partition.mean_longitude_deg,
        place.latitude_deg,
        place.longitude_deg,
    )
    weights = np.exp(-away / scale_km) + 1e-9
    return np.asarray(weights / weights.sum())


def answer_at(
    place: Coordinate,
    partitions: list[Partition],
    candidates: tuple[Candidate, ...] = (),
    **others: object,
) -> MapState:
    """An answer at a place, with all cells of all layers."""
    layers = {}
    for partition in partitions:
        p = falling_off(partition, place, 400.0)
        layers[partition.name] = (np.arange(partition.size), p)
    layers[COMBINED] = layers[partitions[-1].name]
    radii = Radii(60.0, 240.0, 1500.0)
    return MapState(layers, place, radii, candidates, **others)  # type: ignore[arg-type]
