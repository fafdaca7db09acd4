"""Photos matched with a track by the time at which they were taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.file_position import FilePosition, PositionState
from geoguess_app.photos.known_position import photo_position
from geoguess_app.photos.metadata import PhotoMetadata, read_metadata
from geoguess_app.photos.position_tags import TRACK
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.photos.tracks.camera_clock import (
    CameraClock,
    ClockSource,
    clock_from_positions,
)
from geoguess_app.photos.tracks.gps_track import GpsTrack

_UNCERTAIN_S = 60.0
"""A clock in the right time zone may still be off by so much."""
_MOST_REPEATED_S = 15 * 3600.0
"""Phones repeat an old fix: a GPS time further from the photo's than any zone says nothing."""


@dataclass(frozen=True, slots=True)
class TimedPhoto:
    """A photo, and what its metadata say of time and place."""

    path: Path
    facts: PhotoMetadata
    known: FilePosition | None
    """The position in the file and beside it, judged."""

    @property
    def needs_position(self) -> bool:
        """Tell whether it has no position, an unusable one, or an estimate of this program."""
        known = self.known
        return known is None or (known.state is not PositionState.KNOWN and not known.of_another)


def read_timed_photo(path: Path, sidecars: Sidecars) -> TimedPhoto | None:
    """Read time, camera and position of a photo; None where its header cannot be read."""
    try:
        facts = read_metadata(path)
    except PhotoError:
        return None
    return TimedPhoto(path, facts, photo_position(path, path, facts, sidecars))


@dataclass(frozen=True, slots=True)
class TrackPosition:
    """The position of a photo by the track."""

    coordinate: Coordinate
    error_m: float
    """The receiver's error, the way to the nearest recorded point, and what the clock's
    uncertainty can move it."""
    clock: CameraClock


@dataclass(slots=True)
class TrackMatches:
    """All photos without a position of their own, matched or not."""

    positions: dict[Path, TrackPosition] = field(default_factory=dict)
    undated: list[Path] = field(default_factory=list)
    """Photos that do not say when they were taken."""
    without_clock: list[Path] = field(default_factory=list)
    """Photos whose camera's clock may be set to any time zone."""
    outside: list[Path] = field(default_factory=list)
    """Photos taken when the track was not recorded."""
    clocks: dict[str, CameraClock] = field(default_factory=dict)
    """By camera; with several time zones the last."""


def match_photos(
    photos: Iterable[TimedPhoto], track: GpsTrack, given: timedelta | None = None
) -> TrackMatches:
    """Place the photos that have no position of their own where the track was at their time.

    ``given`` is by how much the cameras' clocks are ahead of UTC. Without it each camera's setting
    is found from its photos of known position, else from the time zone or the GPS time in them.
    """
    matches = TrackMatches()
    groups: dict[tuple[str, timedelta | None], list[TimedPhoto]] = defaultdict(list)
    for photo in photos:
        if photo.facts.taken is not None:
            groups[photo.facts.camera or "", photo.facts.utc_offset].append(photo)
        elif photo.needs_position:
            matches.undated.append(photo.path)
    for (camera, zone), members in groups.items():
        clock = _clock(members, zone, track, given)
        wanting = [photo for photo in members if photo.needs_position]
        if clock is None:
            matches.without_clock += [photo.path for photo in wanting]
        elif wanting:
            matches.clocks[camera] = clock
            _place(wanting, track, clock, matches)
    return matches


def _clock(
    photos: Sequence[TimedPhoto],
    zone: timedelta | None,
    track: GpsTrack,
    given: timedelta | None,
) -> CameraClock | None:
    if given is not None:
        return CameraClock(given.total_seconds(), 0.0, ClockSource.GIVEN)
    located = [
        (_shown_s(photo), photo.known.coordinate)
        for photo in photos
        if photo.known is not None
        and photo.known.state is PositionState.KNOWN
        and photo.known.coordinate is not None
        and photo.known.method != TRACK  # an earlier run's clock cannot confirm itself
    ]
    shown = np.array([time for time, _ in located])
    lat_deg = np.array([here.latitude_deg for _, here in located])
    lon_deg = np.array([here.longitude_deg for _, here in located])
    found = clock_from_positions(track, shown, lat_deg, lon_deg)
    if found is not None:
        return found
    if zone is not None:
        return CameraClock(zone.total_seconds(), _UNCERTAIN_S, ClockSource.TIME_ZONE)
    return _clock_of_receiver(photos)


def _clock_of_receiver(photos: Sequence[TimedPhoto]) -> CameraClock | None:
    """The median by which photos are ahead of the GPS time stored in them."""
    ahead = [
        _shown_s(photo) - photo.facts.fixed_utc.replace(tzinfo=UTC).timestamp()
        for photo in photos
        if photo.facts.fixed_utc is not None
    ]
    ahead = [seconds for seconds in ahead if abs(seconds) <= _MOST_REPEATED_S]
    if not ahead:
        return None
    return CameraClock(median(ahead), _UNCERTAIN_S, ClockSource.RECEIVER, len(ahead))


def _shown_s(photo: TimedPhoto) -> float:
    """The time that the camera showed, in seconds since 1970 as if it were UTC."""
    assert photo.facts.taken is not None
    return photo.facts.taken.replace(tzinfo=UTC).timestamp()


def _place(
    photos: Sequence[TimedPhoto], track: GpsTrack, clock: CameraClock, matches: TrackMatches
) -> None:
    utc = np.array([_shown_s(photo) for photo in photos]) - clock.ahead_s
    fixes = track.at(utc)
    moved_m = _moved_m(track, utc, clock.uncertain_s)
    for index, photo in enumerate(photos):
        if not fixes.is_known[index]:
            matches.outside.append(photo.path)
            continue
        here = Coordinate(float(fixes.lat_deg[index]), float(fixes.lon_deg[index]))
        error_m = float(fixes.error_m[index] + moved_m[index])
        matches.positions[photo.path] = TrackPosition(here, error_m, clock)


def _moved_m(track: GpsTrack, utc_s: np.ndarray, uncertain_s: float) -> np.ndarray:
    """How far the track goes within the clock's uncertainty, in metres (N,)."""
    here = track.at(utc_s)
    moved = np.zeros(len(utc_s))
    for part in (-1.0, -0.5, 0.5, 1.0):
        there = track.at(utc_s + part * uncertain_s)
        metres = 1000 * great_circle_km(here.lat_deg, here.lon_deg, there.lat_deg, there.lon_deg)
        moved = np.fmax(moved, metres)
    return moved
