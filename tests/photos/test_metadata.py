"""Positions, times and cameras from real files, against exiftool."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.types import Coordinate
from geoguess_app.paths import resource_dir
from geoguess_app.photos.metadata import read_metadata

CHINA = resource_dir() / "samples" / "china.jpg"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def exiftool(paths: list[Path]) -> dict[Path, dict[str, Any]]:
    wanted = ["-Composite:GPSLatitude", "-Composite:GPSLongitude", "-DateTimeOriginal", "-Model"]
    run = subprocess.run(
        ["exiftool", "-j", "-n", *wanted, *map(str, paths)], capture_output=True, check=False
    )
    return {Path(row["SourceFile"]): row for row in json.loads(run.stdout)}


@pytest.fixture(scope="module")
def files(camera_files: Path) -> list[Path]:
    return sorted(camera_files.iterdir())


@pytest.fixture(scope="module")
def truth(files: list[Path]) -> dict[Path, dict[str, Any]]:
    return exiftool(files)


def test_every_position_agrees_with_exiftool(
    files: list[Path], truth: dict[Path, dict[str, Any]]
) -> None:
    located = 0
    for path in files:
        coordinate = read_metadata(path).coordinate
        if "GPSLatitude" not in truth[path]:
            assert coordinate is None, path.name
            continue
        located += 1
        assert coordinate is not None, path.name
        assert coordinate.latitude_deg == pytest.approx(truth[path]["GPSLatitude"], abs=1e-6)
        assert coordinate.longitude_deg == pytest.approx(truth[path]["GPSLongitude"], abs=1e-6)
    assert located >= 30


def test_the_time_of_the_fix_agrees_with_exiftool(files: list[Path]) -> None:
    command = ["exiftool", "-j", "-Composite:GPSDateTime"]
    run = subprocess.run([*command, *map(str, files)], capture_output=True, check=False)
    compared = 0
    for row in json.loads(run.stdout):
        said, mine = row.get("GPSDateTime", ""), read_metadata(Path(row["SourceFile"])).fixed_utc
        try:
            expected = datetime.strptime(said.rstrip("Z").split(".")[0], "%Y:%m:%d %H:%M:%S")
        except ValueError:  # none, all zeros, or day 259 of September
            assert mine is None, row
            continue
        compared += 1
        assert mine is not None
        assert mine.replace(microsecond=0) == expected
    assert compared >= 15


def test_an_unusable_position_is_told_from_none(files: list[Path], tmp_path: Path) -> None:
    assert not any(read_metadata(path).position_unusable for path in files)
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)})
    picture = tmp_path / "zero.jpg"
    Image.new("RGB", (8, 8)).save(picture, exif=exif)
    assert read_metadata(picture).coordinate is None
    assert read_metadata(picture).position_unusable
    assert not read_metadata(CHINA).position_unusable


def test_times_and_cameras_agree_with_exiftool(
    files: list[Path], truth: dict[Path, dict[str, Any]]
) -> None:
    for path in files:
        metadata, row = read_metadata(path), truth[path]
        expected = row.get("DateTimeOriginal")
        taken = metadata.taken.strftime("%Y:%m:%d %H:%M:%S") if metadata.taken else None
        assert taken == expected, path.name
        assert (metadata.camera or "").endswith(str(row.get("Model", "")).strip()), path.name


def test_fractions_of_seconds_and_zones_agree_with_exiftool(files: list[Path]) -> None:
    command = ["exiftool", "-j", "-ExifIFD:SubSecTimeOriginal", "-ExifIFD:OffsetTime*"]
    run = subprocess.run([*command, *map(str, files)], capture_output=True, check=False)
    fractions = zones = 0
    for row in json.loads(run.stdout):
        metadata = read_metadata(Path(row["SourceFile"]))
        decimals = str(row.get("SubSecTimeOriginal", "")).strip()
        if metadata.taken is not None and decimals.isdigit():
            fractions += metadata.taken.microsecond > 0
            assert metadata.taken.microsecond == int(float(f"0.{decimals}") * 1e6 + 0.5), row
        zone = row.get("OffsetTimeOriginal") or row.get("OffsetTime")
        if zone is None:
            assert metadata.utc_offset is None, row
            continue
        zones += 1
        hours = datetime.strptime(zone, "%z").utcoffset()
        assert metadata.utc_offset == hours, row
    assert fractions >= 3
    assert zones >= 1


@pytest.mark.parametrize(
    ("said", "minutes"),
    [("+05:45", 345), ("-03:30", -210), ("+00:00", 0), ("+15:00", None), ("    :  ", None)],
)
def test_offsets(tmp_path: Path, said: str, minutes: int | None) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "2024:02:29 23:59:58", 0x9011: said})
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    expected = None if minutes is None else timedelta(minutes=minutes)
    assert read_metadata(tmp_path / "a.jpg").utc_offset == expected


def test_the_size_is_that_of_the_upright_picture(files: list[Path]) -> None:
    for path in files[::4]:
        metadata = read_metadata(path)
        assert (metadata.width_px, metadata.height_px) == open_upright(path).size, path.name


def test_no_position_is_invented(some_photos: Path) -> None:
    """These carry no location metadata at all."""
    for path in sorted((some_photos / "world").iterdir())[:50]:
        assert read_metadata(path).coordinate is None


def test_maker_is_not_said_twice(photo_sets: Path) -> None:
    folder = photo_sets / "exif"
    assert read_metadata(folder / "htc.jpg").camera == "HTC Desire"
    assert read_metadata(folder / "apple_1.jpg").camera == "Apple iPhone 4"


PLACES = ((-33.9, 18.4), (48.85, 2.35), (-54.8, -68.3), (71.0, -156.8))


def test_every_hemisphere_in_every_format(tmp_path: Path) -> None:
    with Image.open(CHINA) as china:
        small = china.resize((64, 48))
    expected = {}
    calls = []
    for suffix in ("jpg", "png", "webp", "tif"):
        for number, (latitude, longitude) in enumerate(PLACES):
            file = tmp_path / f"{number}.{suffix}"
            small.save(file)
            expected[file] = Coordinate(latitude, longitude)
            north, east = "S" if latitude < 0 else "N", "W" if longitude < 0 else "E"
            calls += [f"-GPSLatitude={abs(latitude)}", f"-GPSLatitudeRef={north}"]
            calls += [f"-GPSLongitude={abs(longitude)}", f"-GPSLongitudeRef={east}"]
            calls += ["-n", "-q", "-overwrite_original", str(file), "-execute"]
    subprocess.run(["exiftool", "-@", "-"], input="\n".join(calls), text=True, check=True)
    for file, truth in expected.items():
        coordinate = read_metadata(file).coordinate
        assert coordinate is not None, file.name
        assert coordinate.latitude_deg == pytest.approx(truth.latitude_deg, abs=1e-6)
        assert coordinate.longitude_deg == pytest.approx(truth.longitude_deg, abs=1e-6)


DMS = (12.0, 30.0, 36.0)
ZERO_BY_ZERO = IFDRational(0, 0)


def with_gps(path: Path, gps: dict[int, Any]) -> Path:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(gps)
    Image.new("RGB", (8, 8)).save(path, exif=exif)
    return path


@pytest.mark.parametrize(
    ("gps", "expected"),
    [
        ({1: "N", 2: DMS, 3: "W", 4: DMS}, Coordinate(12.51, -12.51)),
        ({1: "s", 2: DMS, 3: "e", 4: DMS}, Coordinate(-12.51, 12.51)),
        ({1: "N", 2: (12.0, 30.0, ZERO_BY_ZERO), 3: "E", 4: DMS}, Coordinate(12.5, 12.51)),
        ({1: "N", 2: (ZERO_BY_ZERO,) * 3, 3: "E", 4: DMS}, None),
        ({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, None),
        ({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: DMS}, Coordinate(0.0, 12.51)),
        ({2: DMS, 4: DMS}, None),
        ({1: "N", 2: DMS}, None),
        ({1: "N", 2: (95.0, 0.0, 0.0), 3: "E", 4: DMS}, None),
        ({1: "N", 2: DMS, 3: "E", 4: (181.0, 0.0, 0.0)}, None),
        ({1: "N", 2: DMS, 3: "W", 4: (180.0, 0.0, 0.0)}, Coordinate(12.51, -180.0)),
        ({1: "?", 2: DMS, 3: "E", 4: DMS}, None),
        ({}, None),
    ],
)
def test_odd_positions(tmp_path: Path, gps: dict[int, Any], expected: Coordinate | None) -> None:
    got = read_metadata(with_gps(tmp_path / "a.jpg", gps)).coordinate
    if expected is None:
        assert got is None
    else:
        assert got is not None
        assert got.latitude_deg == pytest.approx(expected.latitude_deg, abs=1e-6)
        assert got.longitude_deg == pytest.approx(expected.longitude_deg, abs=1e-6)


def test_times_that_are_none(tmp_path: Path) -> None:
    for value in ("0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday"):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = value
        Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
        assert read_metadata(tmp_path / "a.jpg").taken is None


def test_a_time(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2024:02:29 23:59:58"
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    assert read_metadata(tmp_path / "a.jpg").taken == datetime(2024, 2, 29, 23, 59, 58)


def test_files_without_a_header_are_refused(tmp_path: Path) -> None:
    for name, content, code in (
        ("text.jpg", b"no picture here, only words", "not-a-photo"),
        ("cut.jpg", b"\xff\xd8\xff\xe1\x00", "broken"),
        ("cut.heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "broken"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PhotoError) as caught:
            read_metadata(tmp_path / name)
        assert caught.value.code == code
    with pytest.raises(PhotoError) as caught:
        read_metadata(tmp_path / "gone.jpg")
    assert caught.value.code == "missing"


def test_garbled_headers_never_raise_anything_else(files: list[Path], tmp_path: Path) -> None:
    import random

    chance = random.Random(11)
    for path in files[::3]:
        original = path.read_bytes()[:200_000]
        for _ in range(6):
            data = bytearray(original)
            for _ in range(chance.choice((3, 30, 300))):
                data[chance.randrange(min(len(data), 4000))] = chance.randrange(256)
            (tmp_path / "garbled").write_bytes(data)
            try:
                coordinate = read_metadata(tmp_path / "garbled").coordinate
            except PhotoError:
                continue
            assert coordinate is None or abs(coordinate.latitude_deg) <= 90


def test_many_threads_read_what_one_reads(files: list[Path]) -> None:
    alone = [read_metadata(path) for path in files]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read_metadata, files * 4)) == alone * 4
