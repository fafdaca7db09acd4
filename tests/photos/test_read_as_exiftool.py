"""Positions as exiftool reads them, file by file; where we differ, the reason is listed."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

from geoguess_app.photos.exiv2 import read_tags
from geoguess_app.photos.known_position import photo_position
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.position_tags import estimate_by
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.photos.write_plan import HAS_GPS, WriteMode, WriteOptions, make_plan
from tests.photos.position_forms import packet, read_exiftool, run_exiftool
from tests.photos.saving import CHINA, plan_for, requests, saved, set_tags

NEAR = 1e-5
LATITUDE, LONGITUDE = 48.85837, -2.294481
PLAIN = packet(LATITUDE, LONGITUDE, "minutes")
HEADER = '<?xml version="1.0" encoding="{}"?>\n'
EXTRA = "<exif:UserComment>caf\u00e9</exif:UserComment></rdf:Description>"


def small() -> Image.Image:
    """The picture that all of these files hold."""
    with Image.open(CHINA) as image:
        return image.convert("RGB").resize((64, 48))


def jpeg_with(*segments: bytes) -> bytes:
    """A JPEG with these APP1 segments."""
    stream = io.BytesIO()
    small().save(stream, "jpeg")
    data = stream.getvalue()
    parts = (b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in segments)
    return data[:2] + b"".join(parts) + data[2:]


XMP_MARK, MORE_MARK = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
EMPTY = PLAIN.partition("<exif:")[0] + "</rdf:Description></rdf:RDF></x:xmpmeta>"


def extended() -> bytes:
    """A JPEG whose position is in the extended part of its XMP, in two segments."""
    filler = f"<exif:UserComment>{'x' * 70_000}</exif:UserComment></rdf:Description>"
    whole = PLAIN.replace("</rdf:Description>", filler).encode()
    guid = hashlib.md5(whole).hexdigest().upper().encode()
    size = len(whole)
    pieces = [
        MORE_MARK + guid + struct.pack(">II", size, at) + whole[at : at + 60_000]
        for at in range(0, size, 60_000)
    ]
    note = EMPTY.replace(
        'rdf:about=""',
        'rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" '
        f'xmpNote:HasExtendedXMP="{guid.decode()}"',
    )
    return jpeg_with(XMP_MARK + note.encode(), *pieces)


def exif_of(latitude: tuple[object, ...], longitude: tuple[object, ...], refs: str = "NW") -> bytes:
    """A JPEG with these numbers in its EXIF."""
    exif = Image.Exif()
    gps = exif.get_ifd(0x8825)
    gps.update({1: refs[0], 2: latitude, 3: refs[1], 4: longitude})
    stream = io.BytesIO()
    small().save(stream, "jpeg", exif=exif)
    return stream.getvalue()


def legacy_png(kind: str) -> bytes:
    """A PNG with EXIF or XMP as ImageMagick used to write it."""
    block = PLAIN.encode()
    if kind != "xmp":
        with Image.open(io.BytesIO(exif_of((48.85837, 0.0, 0.0), (2.294481, 0.0, 0.0)))) as image:
            block = image.info["exif"]
    text = "\n".join(block.hex()[at : at + 72] for at in range(0, 2 * len(block), 72))
    info = PngImagePlugin.PngInfo()
    info.add_text(f"Raw profile type {kind}", f"\n{kind}\n{len(block):8}\n{text}\n", zip=True)
    stream = io.BytesIO()
    small().save(stream, "png", pnginfo=info)
    return stream.getvalue()


NUMBER = IFDRational
ODD_PHOTOS: dict[str, Callable[[], bytes]] = {
    "extended.jpg": extended,
    "second_packet.jpg": lambda: jpeg_with(XMP_MARK + EMPTY.encode(), XMP_MARK + PLAIN.encode()),
    "raw_exif.png": lambda: legacy_png("exif"),
    "raw_app1.png": lambda: legacy_png("APP1"),
    "raw_xmp.png": lambda: legacy_png("xmp"),
    "degrees_only.jpg": lambda: exif_of(
        (NUMBER(4885837, 100000), NUMBER(0, 1), NUMBER(0, 1)),
        (NUMBER(2294481, 1000000), NUMBER(0, 1), NUMBER(0, 1)),
    ),
    "seconds_above_60.jpg": lambda: exif_of(
        (NUMBER(48, 1), NUMBER(30, 1), NUMBER(75, 1)), (NUMBER(2, 1), NUMBER(17, 1), NUMBER(0, 1))
    ),
    "small_letters.jpg": lambda: exif_of((48.5, 0.0, 0.0), (2.5, 0.0, 0.0), "nw"),
    "no_seconds.jpg": lambda: exif_of(
        (NUMBER(48, 1), NUMBER(51502, 1000), NUMBER(0, 0)),
        (NUMBER(2, 1), NUMBER(17669, 1000), NUMBER(0, 0)),
    ),
    "letters_swapped.jpg": lambda: exif_of((48.5, 0.0, 0.0), (2.5, 0.0, 0.0), "WN"),
    "beyond_the_pole.jpg": lambda: exif_of((95.5, 0.0, 0.0), (2.5, 0.0, 0.0)),
    "second_exif.jpg": lambda: jpeg_with(b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", _exif_segment()),
}


def _exif_segment() -> bytes:
    with Image.open(io.BytesIO(exif_of((48.5, 0.0, 0.0), (2.5, 0.0, 0.0)))) as image:
        block: bytes = image.info["exif"]
    return block if block.startswith(b"Exif") else b"Exif\0\0" + block


OTHERWISE = {
    "no_seconds.jpg": "0/0 for seconds means that the camera did not know them; exiftool gives up",
    "letters_swapped.jpg": "a latitude to the west is a mistake; exiftool ignores the letter",
    "beyond_the_pole.jpg": "no place lies there; exiftool gives the number",
    "stray_comment.xmp": "valid XML; exiftool does not take a file that begins so for XMP",
    "letter_in_front.xmp": "exiftool looks for the letter behind the number only",
    "minutes_above_60.xmp": "nothing of 60 or more is minutes, so this is no position",
    "comma_seconds.xmp": "exiftool leaves out what follows the last comma",
    "doctype.xmp": "exiftool does not read a packet with a document type; ours is read as text",
    "wide_without_mark.xmp": "UTF-16 without a declaration; exiftool does not recognise it",
}

ODD_SIDECARS: dict[str, bytes] = {
    "bare_rdf.xmp": PLAIN.partition(">")[2].removesuffix("</x:xmpmeta>").encode(),
    "utf16.xmp": ("\ufeff" + HEADER.format("UTF-16") + PLAIN).encode("utf-16-le"),
    "wide_without_mark.xmp": PLAIN.encode("utf-16-be"),
    "latin1.xmp": (HEADER.format("ISO-8859-1") + PLAIN.replace("</rdf:Description>", EXTRA)).encode(
        "latin-1"
    ),
    "windows.xmp": (
        HEADER.format("windows-1252") + PLAIN.replace("</rdf:Description>", EXTRA)
    ).encode("cp1252"),
    "not_utf8.xmp": PLAIN.replace("</rdf:Description>", EXTRA).encode("latin-1"),
    "ampersand.xmp": PLAIN.replace("</rdf:Description>", "<a>b & c</a></rdf:Description>").encode(),
    "doctype.xmp": ("<!DOCTYPE x>" + PLAIN).encode(),
    "stray_comment.xmp": ("<!-- by hand -->" + PLAIN).encode(),
    "other_prefix.xmp": PLAIN.replace("exif:", "e:").replace("xmlns:exif", "xmlns:e").encode(),
    "no_slash.xmp": PLAIN.replace("exif/1.0/", "exif/1.0").encode(),
    "letter_in_front.xmp": packet(LATITUDE, LONGITUDE, "decimal")
    .replace("48.8583700", "N48.8583700")
    .replace("-2.2944810", "W2.2944810")
    .encode(),
    "minutes_above_60.xmp": PLAIN.replace("48,51.", "48,91.").encode(),
    "comma_seconds.xmp": packet(LATITUDE, LONGITUDE, "seconds")
    .replace(".1320N", ",1320N")
    .replace(".1316W", ",1316W")
    .encode(),
    "twice.xmp": PLAIN.replace(
        "</rdf:Description>", "<exif:GPSLatitude>10,0.0N</exif:GPSLatitude></rdf:Description>"
    ).encode(),
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of photos and sidecars that few programs write."""
    folder = tmp_path_factory.mktemp("odd")
    for name, make in ODD_PHOTOS.items():
        (folder / name).write_bytes(make())
    for name, content in ODD_SIDECARS.items():
        (folder / name).write_bytes(content)
        small().save(folder / name.replace(".xmp", ".jpg"))
    commands = []
    for suffix in ("jp2", "avif"):
        small().save(folder / f"exif.{suffix}")
        tags = [f"-GPSLatitude={LATITUDE}", "-GPSLatitudeRef=N"]
        tags += [f"-GPSLongitude={-LONGITUDE}", "-GPSLongitudeRef=W"]
        commands.append([*tags, str(folder / f"exif.{suffix}")])
    run_exiftool(commands, folder)
    (folder / "exiftool.args").unlink()
    return folder


def ours(photo: Path) -> tuple[float, float] | None:
    """The position to go by."""
    found = photo_position(photo, photo, read_metadata(photo), Sidecars())
    if found is None or found.coordinate is None:
        return None
    return found.coordinate.latitude_deg, found.coordinate.longitude_deg


def test_odd_files_read_as_in_exiftool_but_for_what_is_listed(odd: Path) -> None:
    files = sorted(odd.iterdir())
    sidecars = {file for file in files if file.suffix == ".xmp"}
    files = [file for file in files if file in sidecars or file.with_suffix(".xmp") not in sidecars]
    theirs = read_exiftool(files)
    assert len(files) == len(ODD_PHOTOS) + len(ODD_SIDECARS) + 2
    for file in files:
        row = theirs[file]
        read = [
            tuple(row.get(f"{group}:GPS{axis}") for axis in ("Latitude", "Longitude"))
            for group in ("Composite", "XMP")
        ]
        mine = ours(file.with_suffix(".jpg") if file.suffix == ".xmp" else file)
        same = mine is not None and pytest.approx(mine, abs=NEAR) in [
            pair for pair in read if all(isinstance(value, int | float) for value in pair)
        ]
        assert same == (file.name not in OTHERWISE), f"{file.name}: ours {mine}, exiftool {read}"


def test_the_camera_files_read_as_in_exiftool(camera_files: Path) -> None:
    files = sorted(camera_files.iterdir())
    theirs = read_exiftool(files)
    counted = 0
    for file in files:
        row = theirs.get(file, {})
        latitude = row.get("Composite:GPSLatitude", row.get("XMP:GPSLatitude"))
        longitude = row.get("Composite:GPSLongitude", row.get("XMP:GPSLongitude"))
        mine = ours(file)
        if latitude is None:
            assert mine is None, file.name
        else:
            assert mine == pytest.approx((latitude, longitude), abs=NEAR), file.name
            counted += 1
    assert counted > 5


def test_a_position_that_only_we_can_read_is_kept(odd: Path, tmp_path: Path) -> None:
    """What Exiv2 does not see, and so could not check, is a known position all the same."""
    names = [name for name in ODD_SIDECARS if name != "minutes_above_60.xmp"]
    photos = [odd / name.replace(".xmp", ".jpg") for name in names]
    plan = make_plan(requests(photos, replace_gps=False), WriteOptions())
    assert {item.reason for item in plan.items} == {HAS_GPS}


def test_an_old_position_out_of_reach_is_not_contradicted(odd: Path) -> None:
    """In extended XMP nothing is replaced: the plan says so and leaves the photo as it is."""
    plan = plan_for([odd / "extended.jpg", odd / "second_packet.jpg"])
    for item in plan.items:
        assert item.how is WriteMode.SIDECAR
        assert "cannot be removed" in item.reason


@pytest.mark.parametrize("name", [name for name in ODD_SIDECARS if name != "no_slash.xmp"])
def test_the_dry_run_promises_what_the_save_writes(odd: Path, tmp_path: Path, name: str) -> None:
    photo, sidecar = tmp_path / "photo.png", tmp_path / "photo.png.xmp"
    small().save(photo)
    sidecar.write_bytes(ODD_SIDECARS[name])
    plan = plan_for([photo], WriteOptions(with_place=True))
    written, failures, _ = saved(plan, tmp_path / "j")
    assert failures == []
    assert len(written) == len(plan.writes)
    if plan.writes:
        tags = read_tags(sidecar).xmp
        assert tags["Xmp.exif.GPSProcessingMethod"] == estimate_by("Starter 1.0")
    else:
        assert plan.items[0].reason.startswith("photo.png.xmp ")
        assert sidecar.read_bytes() == ODD_SIDECARS[name]


def test_the_declared_encoding_of_a_sidecar_is_kept(tmp_path: Path) -> None:
    photo, sidecar = tmp_path / "photo.png", tmp_path / "photo.png.xmp"
    small().save(photo)
    sidecar.write_bytes(ODD_SIDECARS["latin1.xmp"])
    assert saved(plan_for([photo], WriteOptions(with_place=True)), tmp_path / "j")[1] == []
    content = sidecar.read_bytes()
    assert content.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    assert "café".encode("latin-1") in content
    read = read_exiftool([sidecar])
    assert read[sidecar]["XMP:GPSLatitude"] == pytest.approx(48.85837, abs=NEAR)
    state = read_tags(sidecar).xmp["Xmp.photoshop.State"].encode("latin-1").decode()
    assert state == "Île-de-France"


RAW_TAGS = (
    *("-GPSLatitude=48.85837", "-GPSLatitudeRef=N"),
    *("-GPSLongitude=2.294481", "-GPSLongitudeRef=W"),
    *("-DateTimeOriginal=2024:05:06 07:08:09", "-OffsetTimeOriginal=+02:00"),
    *("-Make=FUJIFILM", "-Model=X-T4"),
)


def raw_files(folder: Path) -> list[Path]:
    """Camera originals that are no TIFF files: Olympus's, and Fujifilm's around a JPEG."""
    picture, preview = folder / "a.tif", folder / "a.jpg"
    for file in (picture, preview):
        small().save(file)
        set_tags(file, *RAW_TAGS)
    orf, raf = folder / "a.orf", folder / "b.raf"
    orf.write_bytes(b"IIRO" + picture.read_bytes()[4:])
    jpeg, start = preview.read_bytes(), 148
    head = b"FUJIFILMCCD-RAW 0201FF389501" + b"X-T4".ljust(32, b"\0") + b"0100" + bytes(20)
    end = start + len(jpeg)
    head += struct.pack(">6I", start, len(jpeg), end, 4, end + 4, 16)
    raf.write_bytes(head.ljust(start, b"\0") + jpeg + bytes(20))
    for file in (picture, preview):
        file.unlink()
    return [orf, raf]


def test_camera_originals_that_are_no_tiff_files(tmp_path: Path) -> None:
    """Position, time and camera by Exiv2, so that trips, tracks and accuracy know them, too."""
    files = raw_files(tmp_path)
    theirs = read_exiftool(files)
    for file in files:
        facts = read_metadata(file)
        row = theirs[file]
        assert ours(file) == pytest.approx(
            (row["Composite:GPSLatitude"], row["Composite:GPSLongitude"]), abs=NEAR
        )
        assert facts.taken == datetime(2024, 5, 6, 7, 8, 9)
        assert facts.utc_offset == timedelta(hours=2)
        assert facts.camera == "FUJIFILM X-T4"
    plan = make_plan(requests(files, replace_gps=False), WriteOptions())
    assert {item.reason for item in plan.items} == {HAS_GPS}
