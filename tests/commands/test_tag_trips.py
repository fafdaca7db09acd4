"""`geoguess tag --trips`: photos of one trip help each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.commands.common import OK, WRONG_USAGE
from tests.commands.conftest import SAMPLES, Geoguess
from tests.photos.saving import exiftool, set_tags


@pytest.fixture
def trip(tmp_path: Path) -> Path:
    """Five photos of one afternoon, the third of known position, and one of the year before."""
    folder = tmp_path / "trip"
    folder.mkdir()
    with Image.open(SAMPLES / "china.jpg") as image:
        for number in range(6):
            exif = Image.Exif()
            time = f"2024:07:01 14:{number}0:00" if number < 5 else "2023:07:01 14:00:00"
            exif.get_ifd(0x8769)[0x9003] = time
            if number == 2:
                where = {1: "N", 2: (39.0, 54.0, 0.0), 3: "E", 4: (116.0, 24.0, 0.0)}
                exif.get_ifd(0x8825).update(where)
            part = image.crop((10 * number, 0, 400 + 10 * number, 300))
            part.save(folder / f"{number}.jpg", exif=exif)
    return folder


@pytest.mark.parametrize("memory", [(), ("--no-cache",)])
def test_photos_of_one_trip_are_placed_by_the_known_one(
    tag: Geoguess, trip: Path, memory: tuple[str, ...]
) -> None:
    alone = tag(trip, "--dry-run", *memory)
    assert "Placed with" not in alone.out
    ran = tag(trip, "--trips", *memory)
    assert ran.status == OK, ran.err
    assert "Placed with the help of known positions: 4." in ran.out
    assert "To write: 5 JPEG embedded, 1 skipped: already have GPS." in ran.out
    tags = exiftool(
        sorted(trip.glob("*.jpg")),
        "-GPSLatitude",
        "-GPSLongitude",
        "-n",
        "-GPSHPositioningError",
        "-GPSProcessingMethod",
    )
    for number in (0, 1, 3, 4):
        row = tags[f"{number}.jpg"]
        assert row["GPSLatitude"] == pytest.approx(39.9, abs=0.05)
        assert row["GPSLongitude"] == pytest.approx(116.4, abs=0.05)
        assert row["GPSProcessingMethod"].startswith("ML-ESTIMATE "), "an estimate all the same"
        assert 100 < row["GPSHPositioningError"] < 1e6
    assert str(tags["5.jpg"]["GPSLatitude"])[:6] in alone.out, "another year: its own answer"


def test_trips_are_tried_on_photos_whose_position_is_known(tag: Geoguess, trip: Path) -> None:
    assert "Checked on" not in tag(trip, "--trips", "--dry-run").out
    where = ("-GPSLatitude=39.9", "-GPSLatitudeRef=N", "-GPSLongitude=116.41")
    set_tags(trip / "4.jpg", *where, "-GPSLongitudeRef=E")
    ran = tag(trip, "--trips", "--dry-run")
    # Each takes the other's place: 0.01° of longitude at 39.9° North, 0.853 km.
    assert "Checked on 2 photos with a known position: median error 850 m, 100% within" in ran.out
    assert "On your 2 photos with a known position: median error " in ran.out


def test_trips_and_replacing_exclude_each_other(tag: Geoguess, trip: Path) -> None:
    ran = tag(trip, "--trips", "--replace-gps")
    assert ran.status == WRONG_USAGE
    assert "use one of them" in ran.err
