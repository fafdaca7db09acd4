"""One judgement of a file's position: the same in every part of the program, and as exiftool's."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.locating.photo_file import PhotoFile
from geoguess_app.locating.preparation import PhotoPreparation
from geoguess_app.photos.file_position import FilePosition, PositionState, most_trusted_position
from geoguess_app.photos.known_position import exiv2_position, photo_position
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.photos.write_plan import HAS_ESTIMATE, HAS_GPS, WriteMode, WriteOptions, make_plan
from geoguess_app.review.intake import facts_of
from tests.photos.saving import CHINA, EIFFEL, exiftool, requests, set_tags

SIDECAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:exif="http://ns.adobe.com/exif/1.0/" {attributes}/></rdf:RDF></x:xmpmeta>"""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo that says nothing about where it was taken."""
    return Path(shutil.copyfile(CHINA, tmp_path / "photo.jpg"))


def judged(photo: Path) -> FilePosition | None:
    """The judgement, after checking that all parts of the program come to the same."""
    sidecars = Sidecars()
    found = photo_position(photo, photo, read_metadata(photo), sidecars)
    theirs = exiv2_position(photo, sidecars.existing(photo))
    state = found.state if found is not None else None
    assert state == (theirs.state if theirs is not None else None)
    true = found.coordinate if found is not None and state is PositionState.KNOWN else None
    facts = facts_of(photo, Sidecars())
    assert facts.known == true
    assert facts.carries_estimate == (state is PositionState.ESTIMATE)
    plan = make_plan(requests([photo], replace_gps=False), WriteOptions()).items[0]
    assert plan.known is not None or found is None
    reason = {PositionState.KNOWN: HAS_GPS, PositionState.ESTIMATE: HAS_ESTIMATE}
    if state in reason:
        assert (plan.how, plan.reason) == (WriteMode.SKIP, reason[state])
    else:
        assert plan.how is not WriteMode.SKIP
    embedded = PhotoFile(photo).embedded_position()
    assert (embedded or PhotoPreparation(None)._beside(PhotoFile(photo))) == true
    return found


def sidecar(photo: Path, **texts: str) -> Path:
    """A sidecar with these texts, as some program wrote them."""
    attributes = " ".join(f"exif:{name}='{text}'" for name, text in texts.items())
    beside = photo.with_name(f"{photo.name}.xmp")
    beside.write_text(SIDECAR.format(attributes=attributes), encoding="utf-8")
    return beside


XMP_FORMS = [
    ("48,51.5022N", "2,17.66886E", "", ""),
    ("48,51,30.132N", "2,17,40.1316E", "", ""),
    ("48.85837", "2.294481", "", ""),
    ("-33.8568", "-70.25", "", ""),
    ("48.85837N", "2.294481E", "", ""),
    ("33.8568s", "70.25w", "", ""),
    ("33.8568", "70.25", "S", "W"),
    ('48 deg 51&apos; 30.132" N'.replace('"', "&quot;"), "2 deg 17&apos; 40.1316&quot; E", "", ""),
]


@pytest.mark.parametrize(("latitude", "longitude", "north", "east"), XMP_FORMS)
def test_every_form_of_xmp_reads_as_exiftool_reads_it(
    photo: Path, latitude: str, longitude: str, north: str, east: str
) -> None:
    refs = {"GPSLatitudeRef": north, "GPSLongitudeRef": east} if north else {}
    beside = sidecar(photo, GPSLatitude=latitude, GPSLongitude=longitude, **refs)
    found = judged(photo)
    assert found is not None
    assert found.coordinate is not None
    theirs = exiftool([beside], "-n", "-XMP:GPSLatitude", "-XMP:GPSLongitude")[beside.name]
    ours = (found.coordinate.latitude_deg, found.coordinate.longitude_deg)
    signs = (-1 if north == "S" else 1, -1 if east == "W" else 1)
    # exiftool gives XMP's numbers as they stand; a letter apart from them is EXIF's way.
    wanted = (theirs["GPSLatitude"] * signs[0], theirs["GPSLongitude"] * signs[1])
    assert ours == pytest.approx(wanted, abs=1e-6)


def test_a_decimal_comma_is_no_comma_between_minutes_and_seconds(photo: Path) -> None:
    """Here exiftool reads 91,734 seconds, which is a place 25 degrees further north."""
    sidecar(photo, GPSLatitude="50,03,091734N", GPSLongitude="14,25,087680E")
    found = judged(photo)
    assert found is not None
    assert found.coordinate is not None
    assert found.coordinate.latitude_deg == pytest.approx(50.0515289, abs=1e-6)
    assert found.coordinate.longitude_deg == pytest.approx(14.418128, abs=1e-6)


EXIF_POSITION = (
    *("-GPSLatitude=48.85837", "-GPSLatitudeRef=N"),
    *("-GPSLongitude=2.294481", "-GPSLongitudeRef=E"),
)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("group", ["EXIF", "XMP"])
def test_positions_that_exiftool_writes(tmp_path: Path, suffix: str, group: str) -> None:
    file = tmp_path / f"photo.{suffix}"
    with Image.open(CHINA) as image:
        image.resize((64, 48)).save(file)
    if group == "EXIF":
        set_tags(file, *EXIF_POSITION)
    else:
        set_tags(file, "-n", "-XMP:GPSLatitude=48.85837", "-XMP:GPSLongitude=2.294481")
    found = judged(file)
    assert found is not None
    assert found.coordinate is not None
    assert found.coordinate.latitude_deg == pytest.approx(48.85837, abs=1e-6)


@pytest.mark.parametrize("level", [0, 9])
def test_a_compressed_packet_in_a_large_picture_is_found(tmp_path: Path, level: int) -> None:
    file = tmp_path / "photo.png"
    Image.effect_noise((900, 900), 90).save(file)
    set_tags(
        file,
        *("-api", f"Compress={level}", "-z", "-n"),
        *("-XMP:GPSLatitude=-33.8568", "-XMP:GPSLongitude=151.2153"),
    )
    found = judged(file)
    assert found is not None
    assert found.state is PositionState.KNOWN


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        (("-GPSLatitude=0", "-GPSLatitudeRef=N", "-GPSLongitude=0", "-GPSLongitudeRef=E"), "0, 0"),
        (("-GPSLatitude=48.8", "-GPSLongitude=2.29"), "no hemisphere"),
        (("-GPSLatitude=48.8", "-GPSLatitudeRef=N"), "no longitude"),
        (("-GPSLongitude=2.29", "-GPSLongitudeRef=E"), "no latitude"),
        (("-n", "-XMP:GPSLatitude=0", "-XMP:GPSLongitude=0"), "0, 0"),
        (("-n", "-XMP:GPSLatitude=48.8"), "no longitude"),
    ],
)
def test_no_usable_position_is_no_position_and_is_replaced(
    photo: Path, tags: tuple[str, ...], problem: str
) -> None:
    set_tags(photo, *tags)
    found = judged(photo)
    assert found is not None
    assert found.state is PositionState.UNUSABLE
    assert problem in found.problem


def test_a_signed_number_counts_by_its_letter(photo: Path) -> None:
    set_tags(photo, "-GPSLatitude=33.85", "-GPSLatitudeRef=S", *EXIF_POSITION[2:])
    # The same number as a signed one: its type in the directory, its parts below zero.
    data = photo.read_bytes()
    entry = data.index(struct.pack(">HHI", 2, 5, 3))
    data = data[:entry] + struct.pack(">HHI", 2, 10, 3) + data[entry + 8 :]
    for number in (33, 51):
        data = data.replace(struct.pack(">II", number, 1), struct.pack(">ii", -number, 1), 1)
    photo.write_bytes(data)
    found = judged(photo)
    assert found is not None
    assert found.coordinate is not None
    assert found.coordinate.latitude_deg == pytest.approx(-33.85)
    theirs = exiftool([photo], "-n", "-Composite:GPSLatitude")[photo.name]
    assert theirs["GPSLatitude"] == pytest.approx(-33.85)


def test_the_most_trusted_position_counts_wherever_it_stands(photo: Path) -> None:
    """A true position in a sidecar outranks an estimate of ours in the file, and an empty one."""
    set_tags(photo, "-GPSLatitude=0", "-GPSLatitudeRef=N", "-GPSLongitude=0", "-GPSLongitudeRef=E")
    assert judged(photo).state is PositionState.UNUSABLE  # type: ignore[union-attr]
    estimate = {"GPSLatitude": "1,0.0N", "GPSLongitude": "2,0.0E"}
    set_tags(
        photo,
        *("-n", "-XMP:GPSLatitude=1", "-XMP:GPSLongitude=2"),
        f"-XMP:GPSProcessingMethod={EIFFEL.method}",
    )
    assert judged(photo).state is PositionState.ESTIMATE  # type: ignore[union-attr]
    sidecar(photo, **estimate)
    found = judged(photo)
    assert found is not None
    assert found.state is PositionState.KNOWN
    assert found.file.suffix == ".xmp"
    assert most_trusted_position([None]) is None
