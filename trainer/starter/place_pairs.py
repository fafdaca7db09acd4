"""Pairs of photos of one place, whose difference a space for look-alikes should pay little
attention to."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM
from geoguess_app.core.types import FloatArray, IntArray

PAIRS_PER_PHOTO = 8
"""A sight with a hundred photos must not speak for all places."""


def place_pairs(points: FloatArray, within_km: float, *, seed: int = 0) -> IntArray:
    """Rows (p, 2) of unit vectors ``points`` (n, 3) at most ``within_km`` apart, each photo in at
    most ``PAIRS_PER_PHOTO`` of them, drawn by ``seed``."""
    chord = 2.0 * np.sin(within_km / (2.0 * EARTH_RADIUS_KM))
    pairs = cKDTree(points).query_pairs(chord, output_type="ndarray").astype(np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    taken = np.zeros(len(points), dtype=np.int64)
    kept = []
    for first, second in pairs[np.random.default_rng(seed).permutation(len(pairs))]:
        if max(taken[first], taken[second]) < PAIRS_PER_PHOTO:
            taken[[first, second]] += 1
            kept.append((first, second))
    return np.array(kept, dtype=np.int64).reshape(-1, 2)


def place_whitening(vectors: np.ndarray, pairs: IntArray, shrinkage: float) -> FloatArray:
    """A symmetric matrix (d, d) that shrinks the directions in which photos of one place differ.

    With S the covariance of the differences between the paired unit ``vectors`` (n, d), and s the
    mean of its eigenvalues, this is (S + shrinkage · s · I)^(-1/2): the learned whitening of
    Mikolajczyk and Matas, "Improving descriptors for fast tree matching by optimal linear
    projection", ICCV 2007, without its second rotation, which distances do not feel. The identity
    where there are no pairs.
    """
    size = vectors.shape[1]
    if not len(pairs):
        return np.eye(size)
    difference = (vectors[pairs[:, 0]] - vectors[pairs[:, 1]]).astype(np.float64)
    scatter = difference.T @ difference / len(difference)
    mean = float(np.trace(scatter)) / size
    if mean <= 0.0:  # the same picture over and over
        return np.eye(size)
    values, directions = np.linalg.eigh(scatter / mean + shrinkage * np.eye(size))
    return np.asarray((directions / np.sqrt(values)) @ directions.T)
