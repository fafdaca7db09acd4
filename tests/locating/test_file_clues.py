"""Clues that a photo's file gives, as exiftool writes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from geoguess_app.core.clues.found import ClueSource
from geoguess_app.locating.file_clues import clues_of_file
from geoguess_app.paths import resource_dir
from geoguess_app.photos.position_tags import estimate_by

SAMPLE = resource_dir() / "samples" / "colosseum.webp"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    from PIL import Image

    folder = tmp_path / "in" / "plain"
    folder.mkdir(parents=True)
    with Image.open(SAMPLE) as image:
        image.convert("RGB").resize((64, 48)).save(folder / "DSC_0001.jpg")
    return folder / "DSC_0001.jpg"


def tagged(photo: Path, *tags: str) -> list[tuple[ClueSource, str, str]]:
    subprocess.run(["exiftool", "-q", "-m", "-overwrite_original", *tags, str(photo)], check=True)
    return [(found.source, str(found.clue), found.said) for found in clues_of_file(photo)]


def test_a_plain_file_says_nothing(photo: Path) -> None:
    assert clues_of_file(photo) == ()
    photo.write_bytes(b"no photo")
    assert clues_of_file(photo) == ()


def test_the_clock_by_its_tag_or_by_gps(photo: Path) -> None:
    taken = "-DateTimeOriginal=2024:07:01 12:00:00"
    by_tag = tagged(photo, taken, "-OffsetTimeOriginal=+09:00")
    assert by_tag == [(ClueSource.CLOCK, "utc-offset=+09:00", "UTC+09:00")]
    fixed = ("-GPSDateStamp=2024:07:01", "-GPSTimeStamp=06:30:40", "-OffsetTimeOriginal=")
    by_gps = tagged(photo, taken, *fixed)
    assert by_gps == [(ClueSource.GPS_CLOCK, "utc-offset=+05:30", "UTC+05:30")]
    # Seven minutes beside any offset: an old fix, or a clock that is wrong.
    assert tagged(photo, "-GPSTimeStamp=06:37:40") == []


def test_the_clock_of_the_trip(photo: Path) -> None:
    def beside(name: str, *tags: str) -> None:
        other = photo.with_name(name)
        shutil.copy(photo, other)
        tagged(other, *tags)

    taken = "-DateTimeOriginal=2024:07:01 12:00:00"
    later = "-DateTimeOriginal=2024:07:02 08:00:00"
    beside("IMG_1.jpg", later, "-OffsetTimeOriginal=+09:00")
    beside("IMG_2.JPG", later, "-GPSDateStamp=2024:07:01", "-GPSTimeStamp=23:00:00")
    beside("IMG_3.jpg", "-DateTimeOriginal=2024:07:04 12:00:00", "-OffsetTimeOriginal=-07:00")
    (photo.parent / "broken.jpg").write_bytes(b"no photo")
    source = ClueSource.TRIP_CLOCK
    both = [(source, "utc-offset=+09:00", "UTC+09:00, 2 photos")]
    assert tagged(photo) == []  # it does not say when it was taken
    assert tagged(photo, taken) == both
    assert clues_of_file(photo, named=False) == ()  # a pasted picture is of no folder
    assert "left on the time at home" in clues_of_file(photo)[0].how_far

    beside("IMG_4.jpg", taken, "-OffsetTimeOriginal=+02:00")
    two = [*both, (source, "utc-offset=+02:00", "UTC+02:00, 1 photo")]
    assert tagged(photo) == two
    assert all("two different offsets" in each.how_far for each in clues_of_file(photo))
    beside("IMG_5.jpg", taken, "-OffsetTimeOriginal=+05:30")
    assert tagged(photo) == []
    # What its own file says goes first, and alone.
    own = tagged(photo, "-OffsetTimeOriginal=+01:00")
    assert own == [(ClueSource.CLOCK, "utc-offset=+01:00", "UTC+01:00")]


def test_a_camera_made_for_one_market_comes_last(photo: Path) -> None:
    kiss = ("-Make=Canon", "-Model=Canon EOS Kiss X7")
    sold = (ClueSource.DEVICE, "country=JP", "Canon EOS Kiss X7")
    assert tagged(photo, *kiss, "-XMP:Title=Ausflug nach Köln") == [
        (ClueSource.CAPTION, "near=Köln/DE", "Köln"),
        sold,
    ]
    assert "not where it was used" in clues_of_file(photo)[-1].how_far
    assert tagged(photo, "-XMP:all=", "-Model=Canon EOS 700D") == []
    assert list(ClueSource).index(ClueSource.DEVICE) == len(ClueSource) - 2  # before the user's own


def test_place_fields_and_captions(photo: Path) -> None:
    found = tagged(
        photo, "-XMP:City=Sintra", "-XMP:Country=Portugal", "-XMP:Title=Ausflug nach Köln"
    )
    assert found == [
        (ClueSource.PLACE_FIELD, "near=Sintra/PT", "Sintra, Portugal"),
        (ClueSource.CAPTION, "near=Köln/DE", "Köln"),
    ]
    found = tagged(
        photo, "-XMP:all=", "-IPTC:City=Roma", "-IPTC:Country-PrimaryLocationName=Italia"
    )
    assert found == [(ClueSource.PLACE_FIELD, "near=Rome/IT", "Roma, Italia")]


def test_folders_and_names(photo: Path) -> None:
    folder = photo.parent.parent / "2014 São Paulo"
    folder.mkdir()
    moved = Path(shutil.move(photo, folder / "Urlaub Rom 3.jpg"))
    found = [(each.source, str(each.clue)) for each in clues_of_file(moved)]
    assert found == [
        (ClueSource.FILE_NAME, "near=Rome/IT"),
        (ClueSource.FOLDER_NAME, "near=São Paulo/BR"),
    ]
    assert clues_of_file(moved, named=False) == ()


def test_an_estimate_of_this_program_is_no_clue(photo: Path) -> None:
    place = ("-XMP:City=Sintra", "-XMP:Country=Portugal")
    position = ("-GPSLatitude=38.8", "-GPSLatitudeRef=N", "-GPSLongitude=9.4", "-GPSLongitudeRef=W")
    assert len(tagged(photo, *place, *position)) == 1
    assert tagged(photo, f"-GPSProcessingMethod={estimate_by('Starter')}") == []
