"""Posteriors: weighted points on the sphere, each smeared over a small radius."""

from __future__ import annotations

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
    chord = np.linalg.norm(vectors - center, axis=-1)
    return np.asarray(
        2.0 * EARTH_RADIUS_KM * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0)), dtype=np.float64
    )


def mass_within(posterior: PointPosterior, center: FloatArray, radii_km: FloatArray) -> FloatArray:
    """The posterior mass (r) within each radius of ``center`` (3)."""
    return np.asarray(
        _shares(posterior, distances_km(posterior.vectors, center), radii_km) @ posterior.weights
    )


def _shares(posterior: PointPosterior, distance_km: FloatArray, radii_km: FloatArray) -> FloatArray:
    """The share (r, …, m) of each point's mass within each radius, given distances (…, m).

    A point's mass lies at distances from max(0, d - spread) to d + spread of the center.
    """
    radii = radii_km.reshape((-1,) + (1,) * distance_km.ndim)
    low = np.maximum(distance_km - posterior.spread_km, 0.0)
    high = distance_km + posterior.spread_km
    return np.asarray(np.clip((radii - low) / np.maximum(high - low, 1e-6), 0.0, 1.0))


def scores(posterior: PointPosterior, centers: FloatArray) -> FloatArray:
    """The mean mass within the five distances of each center (c, 3): the expected accuracy."""
    distance = distances_km(centers[:, None, :], posterior.vectors[None, :, :])
    return np.asarray((_shares(posterior, distance, SCORE_RADII_KM) @ posterior.weights).mean(0))
