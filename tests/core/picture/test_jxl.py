"""JPEG XL: pixels, turns, sizes and metadata, and what cannot be read."""

from __future__ import annotations

import io
import struct
import sys
import warnings
from pathlib import Path

import brotli
import pillow_jxl  # noqa: F401 - lets Pillow write the format
import pytest
from PIL import Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.picture.jxl import jxl_size
from geoguess_app.photos.known_position import embedded_position
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.scan import scan
from geoguess_app.photos.write_plan import WriteMode
from tests.core.picture.test_decode import distance, quadrants
from tests.photos.position_forms import packet
from tests.photos.saving import plan_for, saved


def jxl(image: Image.Image, **options: object) -> bytes:
    """A JPEG XL file of that picture."""
    stream = io.BytesIO()
    image.save(stream, "JXL", **options)
    return stream.getvalue()


def gps_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (48.5, 0.0, 0.0), 3: "W", 4: (2.25, 0.0, 0.0)})
    return exif.tobytes()


@pytest.mark.parametrize("options", [{}, {"use_container": True}, {"lossless": True}])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_it_is_decoded(tmp_path: Path, options: dict[str, object], mode: str) -> None:
    file = tmp_path / "photo.jxl"
    file.write_bytes(jxl(quadrants(96, 64).convert(mode), **options))
    shown = open_upright(file)
    assert (shown.mode, shown.size) == ("RGB", (96, 64))
    wanted = quadrants(96, 64).convert(mode).convert("RGB")
    assert distance(shown, wanted) < 6
    assert list(scan([tmp_path])) == [file]


@pytest.mark.parametrize(
    "size", [(8, 8), (256, 256), (40, 8), (9, 7), (640, 480), (1600, 900), (513, 3), (9000, 1)]
)
def test_its_size_is_read_without_decoding(size: tuple[int, int]) -> None:
    for options in ({}, {"use_container": True}):
        data = jxl(Image.new("RGB", size), effort=1, **options)
        assert jxl_size(io.BytesIO(data)) == size


@pytest.mark.parametrize("packed", [False, True])
def test_its_metadata_are_read_packed_or_not(tmp_path: Path, packed: bool) -> None:
    exif, xmp = tmp_path / "exif.jxl", tmp_path / "xmp.jxl"
    picture = quadrants(64, 48)
    exif.write_bytes(jxl(picture, exif=gps_exif(6), compress_metadata=packed))
    text = packet(-33.8568, 151.2153, "minutes").encode()
    xmp.write_bytes(jxl(picture, xmp=text, compress_metadata=packed))
    for file, where in ((exif, (48.5, -2.25)), (xmp, (-33.8568, 151.2153))):
        facts = read_metadata(file)
        found = embedded_position(file, facts)
        assert found is not None
        assert found.coordinate is not None
        here = found.coordinate
        assert (here.latitude_deg, here.longitude_deg) == pytest.approx(where, abs=1e-6)
    # The picture itself is upright: what its EXIF say about turning concerns another file.
    assert distance(open_upright(exif), picture) < 6


def test_metadata_that_unpack_to_a_flood_are_none(tmp_path: Path) -> None:
    packed = brotli.compress(bytes(200_000_000), quality=3)
    whole = jxl(quadrants(64, 48), exif=gps_exif(), compress_metadata=True)
    kept = whole.index(b"brobExif") - 4
    old = int.from_bytes(whole[kept : kept + 4], "big")
    box = struct.pack(">I", 12 + len(packed)) + b"brobExif" + packed
    file = tmp_path / "flood.jxl"
    file.write_bytes(whole[:kept] + box + whole[kept + old :])
    assert read_metadata(file).position is None


def test_a_repacked_jpeg_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    source = tmp_path / "photo.jpg"
    quadrants(96, 64).save(source, exif=gps_exif(6), quality=95)
    with Image.open(source) as image, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (tmp_path / "photo.jxl").write_bytes(jxl(image))
    assert distance(open_upright(tmp_path / "photo.jxl"), open_upright(source)) < 3


def test_a_position_goes_into_a_sidecar(tmp_path: Path) -> None:
    file = tmp_path / "photo.jxl"
    file.write_bytes(jxl(quadrants(64, 48)))
    plan = plan_for([file])
    assert plan.items[0].how is WriteMode.SIDECAR
    assert plan.summary() == "1 JPEG XL as sidecar"
    written, failures, _ = saved(plan, tmp_path / "j")
    assert (len(written), failures) == (1, [])


def test_what_cannot_be_decoded_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = jxl(Image.effect_noise((256, 256), 90).convert("RGB"), use_container=True)
    file = tmp_path / "photo.jxl"
    for content, code in (
        (whole[: len(whole) // 2], "truncated"),
        (b"\xff\x0a" + bytes(range(200)) * 3, "broken"),
        # 2 to the 29 pixels wide and high, in six bytes.
        (b"\xff\x0a" + (0b11 << 1 | (1 << 29) << 3 | 1 << 33).to_bytes(6, "little"), "too-large"),
    ):
        file.write_bytes(content)
        with pytest.raises(PhotoError) as caught:
            open_upright(file)
        assert caught.value.code == code
    file.write_bytes(whole)
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    with pytest.raises(PhotoError, match=r"install pillow-jxl-plugin .*, or export it as JPEG\.$"):
        open_upright(file)
