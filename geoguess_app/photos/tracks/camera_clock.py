"""The clock of a camera: by how much it is ahead of UTC, found from photos of known position."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import FloatArray
from geoguess_app.photos.tracks.gps_track import GpsTrack

_STEP_S = 10.0
_FURTHEST_S = 15 * 3600.0
"""Time zones reach from −12 to +14 hours; one hour for a clock that is wrong."""
_QUARTER_S = 900.0
"""Zones differ by whole quarters of an hour."""
_NEAR_KM = 0.3
_AS_GOOD_KM = 0.02
_LEAST_PHOTOS = 2
_LEAST_SHARE = 2 / 3
_MOST_PHOTOS = 40
_MOST_UNCERTAIN_S = 1800.0


class ClockSource(StrEnum):
    """The source from which the setting of a clock is known."""

    GIVEN = "given"
    KNOWN_POSITIONS = "photos with a known position"
    TIME_ZONE = "the time zone in the photos"
    RECEIVER = "the GPS time in the photos"


@dataclass(frozen=True, slots=True)
class CameraClock:
    """The setting of a clock."""

    ahead_s: float
    """Time shown minus UTC, in seconds."""
    uncertain_s: float
    """The true value lies within so many seconds of it."""
    source: ClockSource
    photos: int = 0
    """How many photos it was found from."""


def clock_from_positions(
    track: GpsTrack, shown_s: FloatArray, lat_deg: FloatArray, lon_deg: FloatArray
) -> CameraClock | None:
    """Find the setting at which photos of known position lie on the track.

    ``shown_s`` (N,) are the times that the camera showed, in seconds since 1970 as if they were
    UTC. None where too few photos lie on the track at any setting, or where many settings fit, as
    for somebody who stayed in one place.
    """
    count = len(shown_s)
    if count < _LEAST_PHOTOS:
        return None
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST_PHOTOS)).round().astype(int))
    tried = np.arange(-_FURTHEST_S, _FURTHEST_S + 1, _STEP_S)
    near = np.zeros(len(tried))
    away_km = np.zeros(len(tried))
    for index in chosen:
        fixes = track.at(shown_s[index] - tried)
        distance = great_circle_km(lat_deg[index], lon_deg[index], fixes.lat_deg, fixes.lon_deg)
        capped = np.where(fixes.is_known, np.minimum(distance, 10 * _NEAR_KM), 10 * _NEAR_KM)
        near += capped <= _NEAR_KM
        away_km += capped
    if near.max() < max(_LEAST_PHOTOS, _LEAST_SHARE * len(chosen)):
        return None
    fits = (near == near.max()) & (
        away_km <= away_km[near == near.max()].min() + 0.02 * len(chosen)
    )
    return _middle(tried[fits], len(chosen))


def _middle(fitting_s: FloatArray, photos: int) -> CameraClock | None:
    low, high = float(fitting_s[0]), float(fitting_s[-1])
    if high - low > 2 * _MOST_UNCERTAIN_S:
        return None
    # A clock that may show a time zone exactly does: people set it by a telephone.
    quarter = round((low + high) / 2 / _QUARTER_S) * _QUARTER_S
    ahead = quarter if low <= quarter <= high else (low + high) / 2
    uncertain = max(high - ahead, ahead - low, _STEP_S)
    return CameraClock(ahead, uncertain, ClockSource.KNOWN_POSITIONS, photos)
