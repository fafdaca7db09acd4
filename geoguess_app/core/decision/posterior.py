"""Posteriors: weighted points on the sphere, each smeared over a small radius."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM
from geoguess_app.core.types import FloatArray, IntArray

SCORE_RADII_KM = np.array([1.0, 25.0, 200.0, 750.0, 2500.0])
"""The field's five distances: street, city, region, country, continent."""


@dataclass(frozen=True, eq=False)
class PointPosterior:
    """Points with weights that sum to 1.

    ``vectors`` unit vectors (m, 3); ``weights`` (m); ``spread_km`` (m): a point's mass is taken to
    lie evenly between 0 and 2·spread of distance around it; ``fine_class`` (m) its cell.
    """

    vectors: FloatArray
    weights: FloatArray
    spread_km: FloatArray
    fine_class: IntArray


def distances_km(vectors: FloatArray, center: FloatArray) -> FloatArray:
    """Great-circle distance (…) in km between unit vectors (…, 3) and one or more centers."""
    # Axis by axis: numpy's norm over an axis of three takes several times as long.
    square = (vectors[..., 0] - center[..., 0]) ** 2
    for axis in (1, 2):
        square = square + (vectors[..., axis] - center[..., axis]) ** 2
    half_chord = np.minimum(np.sqrt(square) / 2.0, 1.0)
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(half_chord), dtype=np.float64)


def mass_within(posterior: PointPosterior, center: FloatArray, radii_km: FloatArray) -> FloatArray:
    """The posterior mass (r) within each radius of ``center`` (3)."""
    shares = _shares(posterior, distances_km(posterior.vectors, center), radii_km)
    return np.array([share @ posterior.weights for share in shares])


def scores(posterior: PointPosterior, centers: FloatArray) -> FloatArray:
    """The mean mass within the five distances of each center (c, 3): the expected accuracy."""
    distance_km = distances_km(posterior.vectors[None, :, :], centers[:, None, :])
    total = np.zeros_like(distance_km)
    for share in _shares(posterior, distance_km, SCORE_RADII_KM):
        total += share
    return np.asarray(total @ posterior.weights / len(SCORE_RADII_KM))


def _shares(
    posterior: PointPosterior, distance_km: FloatArray, radii_km: FloatArray
) -> Iterator[FloatArray]:
    """The share (…, m) of each point's mass within each radius in turn, given distances (…, m).

    A point's mass lies at distances from max(0, d - spread) to d + spread of the center.
    """
    low = np.maximum(distance_km - posterior.spread_km, 0.0)
    width = np.maximum(distance_km + posterior.spread_km - low, 1e-6)
    for radius_km in radii_km:
        share = (radius_km - low) / width
        yield np.clip(share, 0.0, 1.0, out=share)
