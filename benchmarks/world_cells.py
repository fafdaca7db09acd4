"""A model's worth of cells for benchmarks: the size of the published ones, from made-up photos."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.geo.gazetteer import load_gazetteer
from geoguess_app.core.partition import Partition, build_partitions
from geoguess_app.core.partition.photo_places import PartitionRules, PhotoPlaces
from geoguess_app.core.types import FloatArray

PHOTOS = 400_000
_SPREAD_DEG = 0.3
_LEVELS = (("coarse", 400), ("middle", 130), ("fine", 64))
"""Name and the most photos that a cell may hold."""


def photo_places(count: int = PHOTOS) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes of made-up photos around real towns, more around larger ones."""
    random = np.random.default_rng(7)
    g = load_gazetteer()
    weight = np.sqrt(g.population + 1.0)
    town = random.choice(len(weight), count, p=weight / weight.sum())
    latitude = g.latitude_deg[town] + random.normal(0, _SPREAD_DEG, count)
    longitude = g.longitude_deg[town] + random.normal(0, _SPREAD_DEG, count)
    return np.clip(latitude, -89.9, 89.9), (longitude + 180.0) % 360.0 - 180.0


def world_partitions() -> tuple[Partition, ...]:
    """Three nested partitions, the finest of about 13,000 cells."""
    places = PhotoPlaces(*photo_places())
    rules = [PartitionRules(name, tau_min=10, tau_max=most) for name, most in _LEVELS]
    return tuple(build.partition for build in build_partitions(places, rules))
