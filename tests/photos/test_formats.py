"""Files that programs and not cameras made: with and without EXIF, in every container."""

from __future__ import annotations

import io
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.picture.sniff import picture_kind
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.formats.edits import Edit, apply_edits, invert_edits, order_edits
from geoguess_app.photos.formats.gps_edits import EMBEDDABLE, gps_edits
from geoguess_app.photos.formats.tiff import Tiff, TiffError, new_block
from geoguess_app.photos.position_tags import OUR_TAGS, WrittenPosition, exif_fields
from geoguess_app.photos.write_plan import WriteMode, WriteOptions
from tests.photos.saving import CHINA, EIFFEL, exiftool, hashes, plan_for, saved, set_tags, undone

# A picture's size decides about padding, so both parities.
SIZES = ((64, 48), (65, 49))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    exif = Image.Exif()
    exif[0x010F], exif[0x0131] = "Me", "odd"
    with Image.open(CHINA) as china:
        for size in SIZES:
            small = china.resize(size)
            for suffix in ("jpg", "png", "tif", "webp", "avif"):
                small.save(folder / f"plain{size[0]}.{suffix}")
                small.save(folder / f"exif{size[0]}.{suffix}", exif=exif)
            small.convert("RGBA").save(folder / f"alpha{size[0]}.webp", lossless=True)
            small.convert("RGBA").save(folder / f"alpha{size[0]}.png")
    return folder


def test_every_container(pictures: Path, tmp_path: Path) -> None:
    files = sorted(pictures.iterdir())
    before = hashes(pictures)
    pixels = {file: np.array(open_upright(file)) for file in files}
    plan = plan_for(files, WriteOptions(embed_kinds=EMBEDDABLE))
    sidecars = [item.photo.name for item in plan.items if item.how is WriteMode.SIDECAR]
    assert sidecars == ["plain64.avif", "plain65.avif"]  # there is no EXIF item to change
    written, failures, _ = saved(plan, tmp_path / "j")
    assert (len(written), failures) == (len(files), [])

    read = exiftool(files, "-n", "-GPSLatitude", "-Make", "-Software", "-Warning", "-Error")
    for file in files:
        row = read[file.name]
        assert "Warning" not in row, row
        assert "Error" not in row, row
        if file.name not in sidecars:
            assert row["GPSLatitude"] == pytest.approx(48.85837, abs=1e-7), file.name
        if file.name.startswith("exif"):
            assert (row["Make"], row["Software"]) == ("Me", "odd")
        assert np.array_equal(open_upright(file), pixels[file]), file.name

    undone(tmp_path / "j")
    assert hashes(pictures) == before


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp", "heif"])
@given(data=st.binary(max_size=300), cut=st.integers(0, 400))
def test_garbage_is_refused_or_left_readable(kind: str, data: bytes, cut: int) -> None:
    for content in (data, _whole(kind)[:cut] + data):
        stream = io.BytesIO(content)
        try:
            edits = gps_edits(stream, kind, exif_fields(EIFFEL), OUR_TAGS)  # type: ignore[arg-type]
        except TiffError:
            continue
        assert apply_edits(invert_edits(edits), apply_edits(edits, content)) == content


def _whole(kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "tiff":
        return new_block(exif_fields(EIFFEL))
    if kind == "heif":
        return b""
    Image.new("RGB", (8, 8)).save(stream, kind.upper())
    return stream.getvalue()


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8), st.binary(max_size=12)), max_size=6)
)
def test_edits_and_their_inverse(changes: list[tuple[int, int, bytes]]) -> None:
    data = bytes(range(64))
    try:
        edits = order_edits(Edit(at, data[at : at + size], new) for at, size, new in changes)
    except ValueError:
        return
    changed = apply_edits(edits, data)
    assert len(changed) == len(data) + sum(len(e.new) - len(e.old) for e in edits)
    assert apply_edits(invert_edits(edits), changed) == data


def test_a_replaced_position_leaves_no_trace() -> None:
    first = new_block(exif_fields(EIFFEL))

    def tiff(data: bytes) -> Tiff:
        return Tiff(lambda at, count: data[at : at + count] if at >= 0 else b"", len(data))

    secret = struct.pack(">6I", 48, 1, 51, 1, 301320, 10000)
    assert secret in first
    for edits in (tiff(first).with_gps({}, OUR_TAGS), tiff(first).with_gps(exif_fields(_other()))):
        changed = apply_edits(edits, first)
        assert secret not in changed
        assert b"ML-ESTIMATE Starter" not in changed
    assert tiff(apply_edits(tiff(first).with_gps({}, OUR_TAGS), first)).gps is None


def _other() -> WrittenPosition:
    return WrittenPosition(Coordinate(-10, 20), None, "MANUAL")


def test_kinds_are_told_by_content(pictures: Path) -> None:
    kinds = {picture_kind(path.read_bytes()[:32]) for path in pictures.iterdir()}
    assert kinds == {"jpeg", "png", "tiff", "webp", "avif"}


@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "heic"])
def test_no_old_position_in_xmp_outlives_the_new_one(
    pictures: Path, camera_files: Path, tmp_path: Path, suffix: str
) -> None:
    (tmp_path / "in").mkdir()
    photo = tmp_path / "in" / f"photo.{suffix}"
    source = (
        next(camera_files.glob("*.heic")) if suffix == "heic" else pictures / f"exif65.{suffix}"
    )
    shutil.copyfile(source, photo)
    set_tags(
        photo,
        *("-GPSLatitude=35.0116", "-GPSLatitudeRef=N", "-GPSLongitude=135.7681"),
        *("-GPSLongitudeRef=E", "-XMP-exif:GPSLatitude=35.0116", "-XMP-exif:GPSLongitude=135.7681"),
        *("-XMP-exif:GPSAltitude=48", "-XMP-dc:Title=Kyoto", "-XMP-xmp:Rating=4"),
    )
    before, pixels = hashes(tmp_path / "in"), np.array(open_upright(photo))
    plan = plan_for([photo], WriteOptions(embed_kinds=EMBEDDABLE))
    assert [item.how for item in plan.items] == [WriteMode.EMBED], plan.items[0].reason
    written, failures, _ = saved(plan, tmp_path / "j")
    assert (len(written), failures) == (1, [])
    read = exiftool([photo], "-n", "-G1", "-a")[photo.name]
    assert read["GPS:GPSLatitude"] == pytest.approx(EIFFEL.coordinate.latitude_deg, abs=1e-6)
    assert not [key for key in read if key.startswith(("XMP-exif:GPSLat", "XMP-exif:GPSLon"))], read
    assert (read["XMP-dc:Title"], read["XMP-xmp:Rating"]) == ("Kyoto", 4)
    assert not [key for key in read if key.endswith((":Warning", ":Error"))]
    assert b"35.0116" not in photo.read_bytes()
    assert b"35,0.69" not in photo.read_bytes()
    np.testing.assert_array_equal(np.array(open_upright(photo)), pixels)
    assert undone(tmp_path / "j")
    assert hashes(tmp_path / "in") == before
