"""The options of ``geoguess tag`` that place photos by a recorded GPS track."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.commands.common import UsageError, count_phrase, print_line, say
from geoguess_app.core.errors import TableError

if TYPE_CHECKING:
    from geoguess_app.photos.tracks.camera_clock import CameraClock
    from geoguess_app.photos.tracks.gps_track import GpsTrack
    from geoguess_app.photos.tracks.matching import TimedPhoto, TrackMatches
    from geoguess_app.photos.write_plan import WriteRequest

_READERS = 2
_OFFSET = re.compile(r"([+-]?)(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)


def add_track_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --track, --track-only and --camera-offset."""
    group = parser.add_argument_group("GPS tracks")
    group.add_argument(
        "--track",
        action="append",
        metavar="GPX",
        help="place photos without a position where this GPX track was when they were taken; "
        "may be given several times",
    )
    group.add_argument(
        "--track-only",
        action="store_true",
        help="write positions from the track only, and estimate nothing",
    )
    group.add_argument(
        "--camera-offset",
        type=_offset,
        metavar="+HH:MM[:SS]",
        help="how far the camera's clock is ahead of UTC (default: found for each camera from its "
        "photos with a known position, or else from the time zone in the photos)",
    )


def match_track(paths: Sequence[Path], arguments: argparse.Namespace) -> TrackMatches | None:
    """Match photos with the tracks that were given, and say how that went; None without a track.

    Raises UsageError for a track that cannot be read.
    """
    if not arguments.track:
        if arguments.track_only or arguments.camera_offset is not None:
            raise UsageError("--track-only and --camera-offset need a track: give --track FILE.")
        return None
    from geoguess_app.photos.tracks.gpx_files import read_tracks
    from geoguess_app.photos.tracks.matching import match_photos

    try:
        track = read_tracks([Path(name) for name in arguments.track])
    except TableError as problem:
        raise UsageError(str(problem)) from problem
    matches = match_photos(_timed(paths), track, arguments.camera_offset)
    _tell_track(track, matches)
    return matches


def track_requests(matches: TrackMatches) -> Iterator[WriteRequest]:
    """List what is to be written for the photos that the track places.

    They may replace an estimate of this program, which knew less.
    """
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.photos.position_tags import TRACK, WrittenPosition
    from geoguess_app.photos.write_plan import WriteRequest

    found = list(matches.positions.items())
    places = PlaceFinder().at_many([position.coordinate for _, position in found])
    for (path, position), place in zip(found, places, strict=True):
        written = WrittenPosition(position.coordinate, position.error_m, TRACK)
        yield WriteRequest(path, written, place, replace_gps=True)


def _timed(paths: Sequence[Path]) -> list[TimedPhoto]:
    from geoguess_app.photos.sidecars import Sidecars
    from geoguess_app.photos.tracks.matching import read_timed_photo

    sidecars = Sidecars()
    with ThreadPoolExecutor(_READERS) as pool:
        read = pool.map(lambda path: read_timed_photo(path, sidecars), paths)
        # A photo that cannot be read is named where it is located.
        return [photo for photo in read if photo is not None]


def _tell_track(track: GpsTrack, matches: TrackMatches) -> None:
    first, last = (_utc(seconds) for seconds in track.span_s)
    print_line(f"Track: {count_phrase(track.points, 'point')}, {first} to {last} UTC.")
    for camera, clock in matches.clocks.items():
        print_line(f"Clock of {camera or 'the camera'}: {_clock(clock)}.")
    print_line(f"Placed by the track: {len(matches.positions):,}.")
    left = (
        (matches.outside, "taken while the track was not recorded"),
        (matches.undated, "without the time when it was taken"),
        (
            matches.without_clock,
            "whose time zone is not known; state it with --camera-offset, for example "
            "--camera-offset +02:00",
        ),
    )
    for paths, reason in left:
        if paths:
            say(f"Not placed by the track: {count_phrase(len(paths), 'photo')} {reason}.")


def _clock(clock: CameraClock) -> str:
    minutes, seconds = divmod(round(abs(clock.ahead_s)), 60)
    sign = "-" if clock.ahead_s < 0 else "+"
    shown = f"UTC{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    if seconds:
        shown += f":{seconds:02d}"
    photos = f" ({count_phrase(clock.photos, 'photo')})" if clock.photos else ""
    return f"{shown}, from {clock.source}{photos}" if clock.source != "given" else f"{shown}, given"


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def _offset(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text.strip())
    if found is None or int(found[2]) > 15:
        raise argparse.ArgumentTypeError("must look like +02:00, -05:30 or +01:59:40")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -ahead if found[1] == "-" else ahead
