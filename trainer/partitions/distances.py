"""Distances of photos from the location that their cell answers with."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, unit_vectors
from geoguess_app.core.partition import Partition, PhotoPlaces
from geoguess_app.core.types import FloatArray, IntArray

_CHUNK = 1 << 17


def to_own_cell_km(places: PhotoPlaces, partition: Partition) -> tuple[FloatArray, IntArray]:
    """(n,) distances that a perfect choice of cell leaves, and each photo's own class or -1.

    The answer is the cell's mean location; a photo outside every cell gets the nearest mean. The
    same numbers as ``evaluation.baselines.cell_ceiling``, for millions of photos: distances are
    taken from chords between unit vectors, without a sine per photo.
    """
    means = unit_vectors(partition.mean_latitude_deg, partition.mean_longitude_deg)
    own = partition.class_of(places.leaves)
    answer = own.copy()
    outside = np.flatnonzero(own < 0)
    if outside.size:
        answer[outside] = _nearest(means, places.points[outside])
    km = np.empty(places.photos)
    for start in range(0, km.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        between = places.points[part] - means[answer[part]]
        chord = np.sqrt(np.einsum("ij,ij->i", between, between))
        km[part] = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1.0))
    return km, own


def _nearest(means: FloatArray, points: FloatArray) -> IntArray:
    from scipy.spatial import cKDTree

    _, nearest = cKDTree(means).query(points)
    return np.asarray(nearest, dtype=np.int64)
