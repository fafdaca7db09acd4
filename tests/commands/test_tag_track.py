"""`geoguess tag --track`: positions from a recorded track."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from geoguess_app.commands.common import OK, WRONG_USAGE
from tests.commands.conftest import Geoguess
from tests.photos.saving import exiftool
from tests.photos.tracks.walks import place_at, take_photo, write_walk

AHEAD = timedelta(hours=1, minutes=58)
TAGS = ("-n", "-GPSLatitude", "-GPSLongitude", "-GPSHPositioningError", "-GPSProcessingMethod")


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    """Three photos of known position, three without, and one of the day after."""
    folder = tmp_path / "walk"
    folder.mkdir()
    for number in range(1, 4):
        take_photo(folder / f"known{number}.jpg", 60.0 * number, AHEAD, known=True)
        take_photo(folder / f"{number}.jpg", 55.0 * number, AHEAD)
    take_photo(folder / "later.jpg", 1500.0, AHEAD)
    return folder


def test_photos_get_the_position_of_the_track_and_an_estimate_makes_way(
    tag: Geoguess, geoguess: Geoguess, walk: Path, tmp_path: Path
) -> None:
    track = write_walk(tmp_path / "walk.gpx")
    estimated = tag(walk / "1.jpg", "--include-uncertain")
    assert "1 JPEG embedded" in estimated.out
    before = {path.name: path.read_bytes() for path in walk.iterdir()}
    ran = tag(walk, "--track", track, "--track-only")
    assert ran.status == OK, ran.err
    assert "Track: 241 points, 2025-06-01 08:00 to 2025-06-01 12:00 UTC." in ran.out
    assert "from photos with a known position (3 photos)." in ran.out
    assert "Placed by the track: 3." in ran.out
    assert "1 photo taken while the track was not recorded." in ran.err
    assert "To write: 3 JPEG embedded." in ran.out
    rows = exiftool(sorted(walk.glob("?.jpg")), *TAGS)
    for number in range(1, 4):
        row, (lat, lon) = rows[f"{number}.jpg"], place_at(55.0 * number)
        assert row["GPSLatitude"] == pytest.approx(lat, abs=1e-3)
        assert row["GPSLongitude"] == pytest.approx(lon, abs=1e-3)
        assert row["GPSProcessingMethod"] == "GPS TRACK", "no estimate"
        assert 20 <= row["GPSHPositioningError"] < 400
    for known in walk.glob("known*.jpg"):
        known.rename(tmp_path / known.name)
    alone = tag(walk, "--track", track, "--track-only")
    assert "Clock of" not in alone.out, "what a track placed sets no clock"
    for known in tmp_path.glob("known*.jpg"):
        known.rename(walk / known.name)
    again = tag(walk, "--track", track, "--track-only")
    assert "Placed by the track: 0." in again.out
    assert "To write: nothing to write." in again.out
    run = ran.out.rsplit("geoguess undo ", 1)[1].split()[0]
    assert geoguess("undo", run).status == OK
    assert {path.name: path.read_bytes() for path in walk.iterdir()} == before


def test_the_others_are_estimated(tag: Geoguess, walk: Path, tmp_path: Path) -> None:
    track = write_walk(tmp_path / "walk.gpx")
    ran = tag(walk, "--track", track, "--include-uncertain", "--dry-run")
    assert ran.status == OK, ran.err
    assert "To write: 4 JPEG embedded, 3 skipped: already have GPS." in ran.out


def test_a_given_offset_counts_and_mistakes_are_said(
    tag: Geoguess, walk: Path, tmp_path: Path
) -> None:
    track = write_walk(tmp_path / "walk.gpx")
    given = ("--track", track, "--track-only", "--dry-run", "--camera-offset")
    assert "Clock of Camera One: UTC+01:58, given." in tag(walk, *given, "+01:58").out
    assert "Placed by the track: 2." in tag(walk, *given, "+03:00").out
    wrong = tag(walk, *given, "2 hours")
    assert wrong.status == WRONG_USAGE
    assert "must look like +02:00" in wrong.err
    assert "need a track" in tag(walk, "--camera-offset", "+02:00").err
    gone = tag(walk, "--track", tmp_path / "gone.gpx")
    assert gone.status == WRONG_USAGE
    assert "gone.gpx: cannot be read" in gone.err
    both = tag(walk, "--track", track, "--trips")
    assert "use --track first" in both.err
