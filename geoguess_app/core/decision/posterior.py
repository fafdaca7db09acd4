"""Posteriors: weighted points on the sphere, each smeared over a small radius."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM
from geoguess_app.core.types import FloatArray, IntArray

SCORE_RADII_KM = np.array([1.0, 25.0, 200.0, 750.0, 2500.0])
"""The field's five distances: street, city, region, country, continent."""
_AT_ONCE, _PAIRS_AT_ONCE = 50_000, 200_000
_NEGLIGIBLE = 1e-6
_ROUNDING = 1e-9


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
    distance_km = distances_km(posterior.vectors, center)[None]
    low, width = _extent(distance_km, posterior.spread_km)
    # So many radii at once as stay in the processor's cache.
    step = max(1, _AT_ONCE // max(1, distance_km.size))
    parts = [radii_km[start : start + step, None] for start in range(0, len(radii_km), step)]
    return np.concatenate([_share(low, width, part) @ posterior.weights for part in parts])


def scores(posterior: PointPosterior, centers: FloatArray) -> FloatArray:
    """The mean mass within the five distances of each center (c, 3): the expected accuracy."""
    # A long tail of cells weighs nothing, and most of the others lie too far away to count.
    heavy = np.flatnonzero(posterior.weights > _NEGLIGIBLE / len(posterior.weights))
    weights, spread_km = posterior.weights[heavy], posterior.spread_km[heavy]
    axes = np.ascontiguousarray(posterior.vectors[heavy].T)
    farthest_km = SCORE_RADII_KM[-1] + float(spread_km.max(initial=0.0))
    least = np.cos(min(farthest_km / EARTH_RADIUS_KM, np.pi)) - _ROUNDING
    result = np.zeros(len(centers))
    # So many centers at once as stay in the processor's cache.
    step = max(1, _PAIRS_AT_ONCE // max(1, len(heavy)))
    for start in range(0, len(centers), step):
        cosine = centers[start : start + step] @ axes
        # Over one axis: numpy's search over two takes several times as long.
        near = np.flatnonzero(cosine.ravel() > least)
        ends = np.searchsorted(near, len(heavy) * np.arange(len(cosine) + 1))
        point = near - len(heavy) * np.repeat(np.arange(len(cosine)), np.diff(ends))
        half_chord = np.sqrt(np.clip(0.5 - 0.5 * cosine.ravel()[near], 0.0, 1.0))
        distance_km = 2.0 * EARTH_RADIUS_KM * np.arcsin(half_chord)
        low, width = _extent(distance_km, spread_km[point])
        share = _share(low, width, SCORE_RADII_KM[-1])
        inside = np.arange(len(near))
        # From the widest radius inwards: what lies outside of one lies outside of the next.
        for radius_km in SCORE_RADII_KM[-2::-1]:
            inside = inside[low[inside] < radius_km]
            share[inside] += _share(low[inside], width[inside], radius_km)
        mass = np.concatenate([[0.0], np.cumsum(share * weights[point])])
        result[start : start + step] = np.diff(mass[ends])
    return np.asarray(result / len(SCORE_RADII_KM))


def _extent(distance_km: FloatArray, spread_km: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where each point's mass begins, and how far it reaches: at distances of the center from
    max(0, d - spread) to d + spread."""
    low = np.maximum(distance_km - spread_km, 0.0)
    return low, np.maximum(distance_km + spread_km - low, 1e-6)


def _share(low: FloatArray, width: FloatArray, radius_km: float | FloatArray) -> FloatArray:
    """The share (…, m) of each point's mass within each radius (…, 1)."""
    share = (radius_km - low) / width
    return np.clip(share, 0.0, 1.0, out=share)
