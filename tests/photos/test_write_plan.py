"""What a save says it will do, before it does it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image, TiffImagePlugin

from geoguess_app.core.types import (
    Coordinate,
    Level,
    LocatedPhoto,
    Place,
    Prediction,
    Radii,
)
from geoguess_app.photos.known_accuracy import KnownAccuracy
from geoguess_app.photos.precision import Precision
from geoguess_app.photos.requests import Thresholds, WriteSelection
from geoguess_app.photos.undo import RestoredFile
from geoguess_app.photos.write_plan import (
    KEEPS_OWN,
    MORE_INSIDE,
    WriteMode,
    WriteOptions,
    WriteRequest,
    make_plan,
)
from tests.photos.saving import (
    CHINA,
    EIFFEL,
    copies,
    exiftool,
    hashes,
    plan_for,
    requests,
    saved,
    set_tags,
    undone,
)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three JPEGs, one of them with GPS and one already estimated, a RAW file, a text."""
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("plain.jpg", "gps.jpg", "guessed.jpg"):
        shutil.copyfile(CHINA, folder / name)
    position = ("-GPSLatitude=1", "-GPSLatitudeRef=N", "-GPSLongitude=2", "-GPSLongitudeRef=E")
    set_tags(folder / "gps.jpg", *position)
    saved(plan_for([folder / "guessed.jpg"]))
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[50706] = b"\1\4\0\0"  # DNGVersion: what makes a TIFF a RAW file
    tags.tagtype[50706] = 1
    Image.new("RGB", (32, 32)).save(folder / "raw.tif", tiffinfo=tags)
    (folder / "words.jpg").write_text("no picture")
    return folder


def test_one_line_says_all(album: Path) -> None:
    plan = make_plan(requests(sorted(album.iterdir()), replace_gps=False), WriteOptions())
    assert plan.summary() == (
        "1 JPEG embedded, 1 RAW as sidecar, 1 skipped: already have GPS, "
        "1 skipped: already have an estimate, 1 skipped: is not a photo"
    )
    assert [item.photo.name for item in plan.writes] == ["plain.jpg", "raw.tif"]


def test_permission_is_given_photo_by_photo(album: Path) -> None:
    files = sorted(album.glob("g*.jpg"))
    allowed = [WriteRequest(file, EIFFEL, replace_gps=file.name == "guessed.jpg") for file in files]
    plan = make_plan(allowed, WriteOptions())
    assert [item.how for item in plan.items] == [WriteMode.SKIP, WriteMode.EMBED]
    known = plan.items[1].known
    assert known is not None
    assert known.is_estimate
    assert known.coordinate is not None
    assert known.coordinate.longitude_deg == pytest.approx(2.294481)


def test_raw_files_are_never_written_into(album: Path) -> None:
    options = WriteOptions(embed_kinds=frozenset({"jpeg", "tiff", "raw"}))
    item = make_plan(requests([album / "raw.tif"]), options).items[0]
    assert (item.how, item.target.name) == (WriteMode.SIDECAR, "raw.tif.xmp")
    assert item.reason == "RAW files are not modified"


def test_a_plan_never_fails_as_a_whole(album: Path, tmp_path: Path) -> None:
    paths = [album / "nowhere.jpg", album, album / "plain.jpg"]
    if os.name != "nt":
        (tmp_path / "circle").symlink_to(tmp_path / "circle")
        paths.append(tmp_path / "circle")
    plan = make_plan(requests(paths), WriteOptions())
    assert [item.how for item in plan.items][:3] == [
        WriteMode.SKIP,
        WriteMode.SKIP,
        WriteMode.EMBED,
    ]
    assert all(item.reason for item in plan.items if item.how is WriteMode.SKIP)


def test_nothing_to_write() -> None:
    assert make_plan([], WriteOptions()).summary() == "nothing to write"


def located(
    level: Level, confidence: float, radius_km: float, known: Coordinate | None
) -> LocatedPhoto:
    radii = Radii(radius_km / 2, radius_km, radius_km * 2)
    answer = Prediction(
        Coordinate(10, 20), radii, confidence, level, (), None, None, "base", {}, (), "M 1"
    )
    return LocatedPhoto(Path("a.jpg"), answer, Place("", "", "Chad", "TD"), known)


def test_who_passes() -> None:
    chosen = WriteSelection()
    thresholds = Thresholds(min_confidence=0.5, max_radius_km=100)
    for result in (
        located(Level.FINE, 0.9, 10, None),
        located(Level.CANNOT_TELL, 0.9, 10, None),
        located(Level.FINE, 0.4, 10, None),
        located(Level.COARSE, 0.9, 101, None),
        located(Level.COARSE, 0.9, float("nan"), None),
        # The plan names photos that have GPS; they must not be lost among the others.
        located(Level.CANNOT_TELL, 0.0, 9999, Coordinate(1, 1)),
    ):
        chosen.add(result, thresholds, replace_gps=False)
    assert len(chosen.requests) == 2
    assert chosen.refused == {
        "cannot tell": 1,
        "below 50% confidence": 1,
        "radius above 100 km": 2,
    }
    position = chosen.requests[0].position
    assert (position.error_m, position.method) == (10_000, "ML-ESTIMATE M 1")


def test_photos_that_know_say_how_good_the_answers_are() -> None:
    accuracy = KnownAccuracy()
    # A degree of latitude is 111.2 km on the sphere.
    for known in (Coordinate(11, 20), Coordinate(10, 20), Coordinate(13, 20), None):
        accuracy.add(located(Level.FINE, 0.5, 150, known))
    assert accuracy.count == 3
    assert accuracy.median_km == pytest.approx(111.2, abs=0.1)
    assert accuracy.share_inside == pytest.approx(2 / 3)


KYOTO = (
    "-GPSLatitude=35.0116",
    "-GPSLatitudeRef=N",
    "-GPSLongitude=135.7681",
    "-GPSLongitudeRef=E",
)
KYOTO_XMP = ("-XMP-exif:GPSLatitude=35.0116", "-XMP-exif:GPSLongitude=135.7681")


@pytest.mark.parametrize("in_photo", [True, False], ids=["exif-and-sidecar", "xmp-and-sidecar"])
def test_every_copy_of_an_old_position_is_replaced(tmp_path: Path, in_photo: bool) -> None:
    (photo,) = copies([CHINA], tmp_path / "in")
    sidecar = photo.with_name("china.jpg.xmp")
    set_tags(photo, *(KYOTO if in_photo else KYOTO_XMP))
    set_tags(sidecar, *KYOTO_XMP, "-XMP-dc:Title=Kyoto")
    before = hashes(tmp_path / "in")
    plan = make_plan(requests([photo]), WriteOptions(precision=Precision.REGION))
    written, failures, _ = saved(plan, tmp_path / "j")
    assert (len(written), failures) == (1, [])
    for file in (photo, sidecar):
        read = exiftool([file], "-n", "-a", "-G1")[file.name]
        ends = ("Latitude", "Longitude")
        places = {key: value for key, value in read.items() if key.endswith(ends)}
        assert places
        assert all(
            min(abs(value - 35.0116), abs(value - 135.7681)) > 1 for value in places.values()
        )
        assert b"35.0116" not in file.read_bytes()
    assert exiftool([sidecar])[sidecar.name]["Title"] == "Kyoto"
    assert all(isinstance(result, RestoredFile) for result in undone(tmp_path / "j"))
    assert hashes(tmp_path / "in") == before


def test_a_photo_that_keeps_its_own_position_says_so(tmp_path: Path) -> None:
    photo = tmp_path / "china.png"
    with Image.open(CHINA) as china:
        china.resize((64, 48)).save(photo)
    set_tags(photo, *KYOTO)
    (item,) = make_plan(requests([photo]), WriteOptions()).items
    assert (item.how, item.reason) == (WriteMode.SIDECAR, KEEPS_OWN)
    assert item.also == ()


def test_an_old_position_in_a_film_or_second_picture_is_said(tmp_path: Path) -> None:
    """Nobody changes those, so the dry run must not promise that the old place is gone."""
    plain, film, pair = (tmp_path / f"{name}.jpg" for name in ("plain", "film", "pair"))
    for file in (plain, film, pair):
        shutil.copyfile(CHINA, file)
        set_tags(
            file,
            *("-GPSLatitude=48.85837", "-GPSLatitudeRef=N"),
            *("-GPSLongitude=2.294481", "-GPSLongitudeRef=E"),
        )
    picture = plain.read_bytes()
    atom = b"\0\0\0\x1e\xa9xyz\0\x12\x15\xc7+48.8584+002.2945/"
    film.write_bytes(picture + b"\0\0\0\x18ftypmp42" + bytes(16) + atom)
    pair.write_bytes(picture + picture)
    reasons = {item.photo.name: item.reason for item in plan_for([plain, film, pair]).items}
    assert reasons == {"plain.jpg": "", "film.jpg": MORE_INSIDE, "pair.jpg": MORE_INSIDE}
