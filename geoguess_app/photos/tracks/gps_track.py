"""A recorded track: points in time, and the position at any time between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, lat_lon, unit_vectors
from geoguess_app.core.types import FloatArray

MOST_GAP_S = 1800.0
"""Between points further apart in time nobody knows the way; exiftool's GeoMaxIntSecs, too."""
RECEIVER_ERROR_M = 20.0
"""What a receiver in the hand may be off by, under trees and between houses."""


@dataclass(frozen=True, slots=True)
class TrackFixes:
    """Positions of a track at given times, NaN where the track does not say."""

    lat_deg: FloatArray
    lon_deg: FloatArray
    error_m: FloatArray
    """The receiver's own error, and the way to the nearest recorded point."""

    @property
    def is_known(self) -> np.ndarray:
        """Bool array: where there is a position."""
        return np.isfinite(self.error_m)


class GpsTrack:
    """Recorded points of one or several recordings, each unbroken in itself."""

    def __init__(self, recordings: Sequence[FloatArray]) -> None:
        """Each recording is (N, 3) float64: UTC in seconds since 1970, latitude, longitude.

        The points may come in any order; of two at one time the first counts.
        """
        self._recordings = []
        for points in recordings:
            _, first = np.unique(points[:, 0], return_index=True)
            ordered = points[first]
            if len(ordered):
                vectors = unit_vectors(ordered[:, 1], ordered[:, 2])
                self._recordings.append((ordered[:, 0], vectors))

    @property
    def points(self) -> int:
        """Number of recorded points."""
        return sum(len(times) for times, _ in self._recordings)

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last time, UTC in seconds since 1970. Raises ValueError without points."""
        return (
            min(float(times[0]) for times, _ in self._recordings),
            max(float(times[-1]) for times, _ in self._recordings),
        )

    def at(self, utc_s: FloatArray) -> TrackFixes:
        """Positions at times (N,), on the great circle between the points before and after.

        Where recordings overlap, the one with the nearer points counts.
        """
        asked = np.atleast_1d(np.asarray(utc_s, dtype=np.float64))
        best = np.full(asked.shape, np.inf)
        found = np.full((*asked.shape, 3), np.nan)
        for times, vectors in self._recordings:
            place, error_m = _between(times, vectors, asked)
            better = error_m < best
            best[better] = error_m[better]
            found[better] = place[better]
        lat_deg, lon_deg = lat_lon(found)
        return TrackFixes(lat_deg, lon_deg, np.where(np.isfinite(best), best, np.nan))


def _between(
    times: FloatArray, vectors: FloatArray, asked: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Unit vectors (N, 3) and errors in metres, infinite where the recording does not say."""
    after = np.clip(np.searchsorted(times, asked), 0, len(times) - 1)
    before = np.clip(np.searchsorted(times, asked, side="right") - 1, 0, len(times) - 1)
    gap_s = times[after] - times[before]
    share = np.where(gap_s > 0, (asked - times[before]) / np.where(gap_s > 0, gap_s, 1.0), 0.0)
    mixed = vectors[before] * (1 - share)[:, None] + vectors[after] * share[:, None]
    place = mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-12)
    inside = (asked >= times[0]) & (asked <= times[-1]) & (gap_s <= MOST_GAP_S)
    way_m = np.minimum(_metres(place, vectors[before]), _metres(place, vectors[after]))
    return place, np.where(inside, RECEIVER_ERROR_M + way_m, np.inf)


def _metres(one: FloatArray, other: FloatArray) -> FloatArray:
    chord = np.linalg.norm(one - other, axis=-1)
    return np.asarray(2000 * EARTH_RADIUS_KM * np.arcsin(np.clip(chord / 2, 0, 1)))
