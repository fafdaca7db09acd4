"""Positions in XMP that exiftool wrote, in every format, and packets that mean harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.core.types import Coordinate
from geoguess_app.photos.exiv2 import read_tags
from geoguess_app.photos.file_position import position_of_texts, true_position
from geoguess_app.photos.known_position import (
    embedded_position,
    exiv2_position,
    sidecar_position,
)
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.position_tags import estimate_by
from geoguess_app.photos.sidecars import Sidecars, new_sidecar
from geoguess_app.photos.xmp_position import photo_xmp, sidecar_xmp
from tests.photos.saving import CHINA, EIFFEL, set_tags

SYDNEY = (-33.8568, 151.2153)


def with_xmp(file: Path) -> Path:
    """A photo that exiftool gave a position in XMP only."""
    with Image.open(CHINA) as image:
        image.resize((64, 48)).save(file)
    latitude, longitude = SYDNEY
    where = (f"-XMP:GPSLatitude={latitude}", f"-XMP:GPSLongitude={longitude}")
    set_tags(file, "-n", *where)
    return file


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_a_position_in_xmp_is_found(tmp_path: Path, suffix: str) -> None:
    file = with_xmp(tmp_path / f"photo.{suffix}")
    found = embedded_position(file, read_metadata(file))
    assert found is not None
    assert found.coordinate is not None
    assert found.coordinate.latitude_deg == pytest.approx(SYDNEY[0], abs=1e-6)
    assert found.coordinate.longitude_deg == pytest.approx(SYDNEY[1], abs=1e-6)
    assert not found.is_estimate
    theirs = exiv2_position(file, [])  # by Exiv2
    assert theirs is not None
    assert theirs.coordinate == found.coordinate


def test_none_is_found_where_there_is_none(camera_files: Path) -> None:
    """Neither in camera files: what Exiv2 sees there, this sees too."""
    for file in sorted(camera_files.iterdir()):
        xmp = read_tags(file).xmp
        assert ("GPSLatitude" in photo_xmp(file)) == ("Xmp.exif.GPSLatitude" in xmp), file.name


def test_an_estimate_beside_a_photo_is_no_truth(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(CHINA.read_bytes())
    (tmp_path / "photo.jpg.xmp").write_bytes(new_sidecar(EIFFEL, None, ()))
    found = sidecar_position(photo, Sidecars())
    assert found is not None
    assert found.method == estimate_by("Starter 1.0")
    assert found.coordinate is not None
    assert found.coordinate.latitude_deg == pytest.approx(48.85837, abs=1e-6)
    assert true_position(None, found) is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        ("48,51.5022N", "2,17.6694E", Coordinate(48 + 51.5022 / 60, 2 + 17.6694 / 60)),
        ("48,51,30.1S", "2,17,40W", Coordinate(-48 - 51 / 60 - 30.1 / 3600, -2 - 17 / 60 - 1 / 90)),
        (" 0,30.0N ", "0,0.0E", Coordinate(0.5, 0.0)),
        ("0,0.0N", "0,0.0E", None),
        ("91,0.0N", "2,0.0E", None),
        ("48,0.0E", "2,0.0N", None),
        ("48.5", "2.5", Coordinate(48.5, 2.5)),
        ("48.5°", "here", None),
        ("48.5", "", None),
    ],
)
def test_how_positions_are_written(
    latitude: str, longitude: str, expected: Coordinate | None
) -> None:
    texts = {"GPSLatitude": latitude, "GPSLongitude": longitude}
    found = position_of_texts(texts, Path("a.xmp"))
    assert found is not None
    if expected is None:
        assert found.coordinate is None
        assert found.problem.startswith("its position ")
        return
    assert found.coordinate is not None
    assert found.coordinate.latitude_deg == pytest.approx(expected.latitude_deg)
    assert found.coordinate.longitude_deg == pytest.approx(expected.longitude_deg)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<x:xmpmeta xmlns:x="adobe:ns:meta/">GPSLatitude &b;</x:xmpmeta>"""


@pytest.mark.parametrize(
    "content",
    [BOMB, b"GPSLatitude", b"<x:xmpmeta GPSLatitude", b"\xff\xfeGPSLatitude", b"\0" * 9999, b""],
)
def test_packets_that_are_none(tmp_path: Path, content: bytes) -> None:
    sidecar = tmp_path / "a.xmp"
    sidecar.write_bytes(content)
    assert sidecar_xmp(sidecar) == {}
    photo = tmp_path / "a.png"
    Image.new("RGB", (8, 8)).save(photo)
    photo.write_bytes(photo.read_bytes() + content)
    assert photo_xmp(photo) == {}
    assert photo_xmp(tmp_path / "none.jpg") == {}
    assert sidecar_xmp(tmp_path) == {}


def test_text_that_means_harm_costs_no_time(tmp_path: Path) -> None:
    """Broken XML is searched for a position by its text: whatever that is, in linear time."""
    sidecar = tmp_path / "a.xmp"
    for text in ("exif:GPSLatitude ", "exif:GPSLatitude>" + " " * 500, "exif:GPSLatitude = '"):
        sidecar.write_text("<a & b>" + text * (3_000_000 // len(text)))
        started = time.monotonic()
        found = position_of_texts(sidecar_xmp(sidecar), sidecar)
        assert found is None or found.coordinate is None
        assert time.monotonic() - started < 5
