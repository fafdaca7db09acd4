"""GPX files as tracks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.errors import TableError
from geoguess_app.photos.tracks.gps_track import GpsTrack

_MOST_BYTES = 500 * 1024 * 1024


def read_tracks(files: Sequence[Path]) -> GpsTrack:
    """Read the timed track points of GPX files; waypoints and routes say nothing about time.

    Raises TableError, naming the file, where one cannot be read or has no timed points.
    """
    return GpsTrack([recording for file in files for recording in _recordings(file)])


def _recordings(file: Path) -> list[np.ndarray]:
    segments = [
        [
            (point.time.astimezone(UTC).timestamp(), point.latitude, point.longitude)
            for point in segment.points
            if point.time is not None
        ]
        for track in _parsed(file).tracks
        for segment in track.segments
    ]
    found = [np.array(points, dtype=np.float64) for points in segments if points]
    if not found:
        raise TableError(
            f"{file}: the GPX file has no track points with a time; record a track, not a route.",
            code="no-track",
        )
    if any(np.abs(points[:, 1]).max() > 90 for points in found):
        raise TableError(f"{file}: a latitude is beyond 90 degrees.", code="bad-track")
    return found


def _parsed(file: Path) -> Any:
    import gpxpy

    try:
        if file.stat().st_size > _MOST_BYTES:
            raise TableError(f"{file}: is too large for a GPX track.", code="bad-track")
        return gpxpy.parse(file.read_bytes())
    except OSError as problem:
        raise TableError(
            f"{file}: cannot be read ({problem.strerror}).", code="unreadable"
        ) from problem
    except (gpxpy.gpx.GPXException, ValueError) as problem:
        raise TableError(
            f"{file}: is no GPX file, or a damaged one; export the track again as GPX.",
            code="bad-track",
        ) from problem
