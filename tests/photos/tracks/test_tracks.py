"""Tracks: positions in time, files that are none, and the clocks of cameras."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.errors import TableError
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.photos.known_position import photo_position
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.photos.tracks.camera_clock import ClockSource
from geoguess_app.photos.tracks.gps_track import GpsTrack
from geoguess_app.photos.tracks.gpx_files import read_tracks
from geoguess_app.photos.tracks.matching import TimedPhoto, TrackMatches, match_photos
from tests.photos.saving import exiftool
from tests.photos.tracks.walks import START, place_at, take_photo, write_walk

TWO_HOURS = timedelta(hours=2)
SLOW = timedelta(hours=2, minutes=-3, seconds=-20)
"""A clock of the right time zone that is 3 min 20 s slow."""


def timed(path: Path) -> TimedPhoto:
    facts = read_metadata(path)
    return TimedPhoto(path, facts, photo_position(path, path, facts, Sidecars()))


def matched(track: Path, *photos: Path, given: timedelta | None = None) -> TrackMatches:
    return match_photos([timed(photo) for photo in photos], read_tracks([track]), given)


def metres_off(matches: TrackMatches, photo: Path, minute: float) -> float:
    here = matches.positions[photo].coordinate
    return 1000 * float(great_circle_km(*place_at(minute), here.latitude_deg, here.longitude_deg))


def test_positions_are_those_of_exiftool(tmp_path: Path) -> None:
    """The program that photographers geotag with, on the same track and photo."""
    track = write_walk(tmp_path / "walk.gpx", every_min=7)
    photos = [take_photo(tmp_path / f"{n}.jpg", 11.3 * n, TWO_HOURS) for n in range(1, 9)]
    found = matched(track, *photos, given=TWO_HOURS)
    subprocess.run(
        [
            *("exiftool", "-q", "-overwrite_original", "-geotag", str(track)),
            *("-geotime<${DateTimeOriginal}+02:00", *map(str, photos)),
        ],
        check=True,
    )
    theirs = exiftool(photos, "-n", "-GPSLatitude", "-GPSLongitude")
    for photo in photos:
        here, row = found.positions[photo].coordinate, theirs[photo.name]
        # They interpolate degrees, we the great circle: a metre over seven minutes of walking.
        assert here.latitude_deg == pytest.approx(row["GPSLatitude"], abs=1e-5)
        assert here.longitude_deg == pytest.approx(row["GPSLongitude"], abs=1e-5)


def test_a_track_says_nothing_before_after_and_in_long_gaps(tmp_path: Path) -> None:
    track = read_tracks([write_walk(tmp_path / "walk.gpx", gap=range(60, 100))])
    minutes = np.array([-1.0, 0.0, 59.0, 80.0, 100.0, 240.0, 241.0])
    fixes = track.at(START.timestamp() + 60 * minutes)
    assert fixes.is_known.tolist() == [False, True, True, False, True, True, False]
    assert fixes.error_m[1] == pytest.approx(20)


def test_a_recording_with_nearer_points_counts(tmp_path: Path) -> None:
    coarse = np.array([[0.0, 10.0, 20.0], [1000.0, 10.0, 20.1]])
    fine = np.array([[400.0, 10.001, 20.04], [600.0, 10.001, 20.06]])
    fixes = GpsTrack([coarse, fine]).at(np.array([300.0, 500.0]))
    assert fixes.lat_deg == pytest.approx([10.0, 10.001], abs=1e-5)


def test_a_way_over_the_date_line_is_the_short_one() -> None:
    fixes = GpsTrack([np.array([[0.0, 0.0, 179.9], [600.0, 0.0, -179.9]])]).at(np.array([300.0]))
    assert abs(fixes.lon_deg[0]) == pytest.approx(180.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not xml", "is no GPX file"),
        ("<gpx><trk><trkseg><trkpt lat='1' lon='2'/></trkseg></trk></gpx>", "a route"),
        ("<gpx><wpt lat='1' lon='2'/></gpx>", "no track points with a time"),
    ],
)
def test_a_file_that_is_no_track_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "walk.gpx"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=said) as caught:
        read_tracks([path])
    assert str(path) in str(caught.value)


def test_a_clock_is_found_from_photos_of_known_position(tmp_path: Path) -> None:
    track = write_walk(tmp_path / "walk.gpx")
    known = [take_photo(tmp_path / f"k{n}.jpg", 30.0 * n, SLOW, known=True) for n in range(1, 6)]
    photo = take_photo(tmp_path / "a.jpg", 100.5, SLOW)
    found = matched(track, *known, photo)
    clock = found.positions[photo].clock
    assert clock.source is ClockSource.KNOWN_POSITIONS
    assert clock.ahead_s == pytest.approx(SLOW.total_seconds(), abs=30)
    assert metres_off(found, photo, 100.5) < found.positions[photo].error_m
    assert set(found.positions) == {photo}, "known positions are left alone"


def test_each_camera_has_a_clock_of_its_own(tmp_path: Path) -> None:
    track = write_walk(tmp_path / "walk.gpx")
    phone = [
        take_photo(tmp_path / f"p{n}.jpg", 40.0 * n, TWO_HOURS, camera="Phone", zone="+02:00")
        for n in range(1, 4)
    ]
    slow = [take_photo(tmp_path / f"k{n}.jpg", 50.0 * n, SLOW, known=True) for n in range(1, 4)]
    other = take_photo(tmp_path / "o.jpg", 77.0, SLOW)
    nobody = take_photo(tmp_path / "n.jpg", 77.0, SLOW, camera="Third")
    found = matched(track, *phone, *slow, other, nobody)
    assert found.positions[phone[0]].clock.source is ClockSource.TIME_ZONE
    assert metres_off(found, phone[1], 80.0) < 30
    assert metres_off(found, other, 77.0) < 60
    assert found.without_clock == [nobody]


def test_somebody_who_stayed_in_one_place_sets_no_clock(tmp_path: Path) -> None:
    still = np.array([[START.timestamp() + 60 * n, 45.75, 4.85] for n in range(600)])
    still[-1, 1] += 0.5
    photos = []
    for number in range(3):
        path = take_photo(tmp_path / f"{number}.jpg", 0.0, TWO_HOURS, known=True)
        photos.append(timed(path))
    wanting = timed(take_photo(tmp_path / "w.jpg", 10.0, TWO_HOURS))
    found = match_photos([*photos, wanting], GpsTrack([still]))
    assert found.without_clock == [wanting.path]


def test_the_error_covers_what_an_uncertain_clock_can_move(tmp_path: Path) -> None:
    track = write_walk(tmp_path / "walk.gpx")
    photo = take_photo(tmp_path / "a.jpg", 100.0, TWO_HOURS, zone="+02:00")
    sure = matched(track, photo, given=TWO_HOURS).positions[photo]
    unsure = matched(track, photo).positions[photo]
    minute_m = 1000 * float(great_circle_km(*place_at(100), *place_at(101)))
    assert unsure.error_m - sure.error_m == pytest.approx(minute_m, rel=0.2)


def test_photos_without_a_time_are_listed(tmp_path: Path) -> None:
    track, photo = write_walk(tmp_path / "walk.gpx"), tmp_path / "undated.png"
    Image.new("RGB", (8, 8)).save(photo)
    assert matched(track, photo).undated == [photo]
