"""Every pixel layout and orientation comes out upright in RGB."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.picture.decode import open_upright
from geoguess_app.paths import resource_dir

CHINA = resource_dir() / "samples" / "china.jpg"


def quadrants(width: int = 48, height: int = 32) -> Image.Image:
    """Red, green, blue, white: no two orientations of it look alike."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (220, 20, 20)
    pixels[: height // 2, width // 2 :] = (20, 200, 20)
    pixels[height // 2 :, : width // 2] = (20, 20, 220)
    pixels[height // 2 :, width // 2 :] = (240, 240, 240)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def distance(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference in grey levels."""
    assert one.size == other.size
    return float(np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64)).mean())


def as_shown(stored: np.ndarray, orientation: int) -> np.ndarray:
    """The picture a viewer shows, straight from the EXIF wording.

    It says for each value on which visual side the stored row 0 and the stored column 0 lie.
    """
    row_side, column_side = {
        1: ("top", "left"),
        2: ("top", "right"),
        3: ("bottom", "right"),
        4: ("bottom", "left"),
        5: ("left", "top"),
        6: ("right", "top"),
        7: ("right", "bottom"),
        8: ("left", "bottom"),
    }[orientation]
    rows, columns = stored.shape[:2]
    rows_run_down = row_side in ("top", "bottom")
    shape = (rows, columns, 3) if rows_run_down else (columns, rows, 3)
    shown = np.empty(shape, stored.dtype)
    for row in range(rows):
        for column in range(columns):
            along_row = row if row_side in ("top", "left") else rows - 1 - row
            along_column = column if column_side in ("top", "left") else columns - 1 - column
            y, x = (along_row, along_column) if rows_run_down else (along_column, along_row)
            shown[y, x] = stored[row, column]
    return shown


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_in_every_format(tmp_path: Path, orientation: int) -> None:
    stored = quadrants()
    names = ["a.jpg", "a.png", "a.webp", "a.tif"]
    for name in names:
        stored.save(tmp_path / name, **({"quality": 95} if name != "a.tif" else {}))
    subprocess.run(
        ["exiftool", "-q", "-n", f"-Orientation={orientation}", "-overwrite_original", *names],
        cwd=tmp_path,
        check=True,
    )
    truth = Image.fromarray(as_shown(np.asarray(stored), orientation))
    for name in names:
        assert distance(open_upright(tmp_path / name), truth) < 4, name
        assert distance(open_upright((tmp_path / name).read_bytes()), truth) < 4, name


def test_orientation_survives_reduced_decoding(tmp_path: Path) -> None:
    stored = Image.open(CHINA)
    exif = Image.Exif()
    exif[0x0112] = 6
    stored.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    small = open_upright(tmp_path / "turned.jpg", min_side=100)
    truth = stored.transpose(Image.Transpose.ROTATE_270).resize(small.size, reducing_gap=None)
    assert small.size == (107, 160)
    assert distance(small, truth) < 6


def test_heif_rotation_is_applied_once(photo_sets: Path) -> None:
    """This one says "turn by 90°" twice: in the container, and again in its EXIF block."""
    image = open_upright(photo_sets / "exif" / "turned_twice.heic")
    assert distance(image, Image.open(CHINA).transpose(Image.Transpose.ROTATE_270)) < 6


@pytest.mark.real_data
def test_heif_rotation_of_a_phone_is_applied_once(real_photos: Path) -> None:
    image = open_upright(real_photos / "exif" / "drewnoakes_heic_Issue_263_dotnet.heic")
    assert image.size == (3024, 4032)
    assert image.mode == "RGB"


def test_a_nonsense_orientation_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    data = encoded(quadrants(), "PNG", exif=exif)
    assert distance(open_upright(data), quadrants()) == 0


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_has_the_colours_of_its_rgb(file_format: str) -> None:
    """Pillow writes CMYK JPEGs inverted, with Adobe's mark, as Photoshop does; TIFFs plain."""
    china = Image.open(CHINA)
    data = encoded(china.convert("CMYK"), file_format, quality=95)
    assert b"Adobe" in data or file_format == "TIFF"
    assert distance(open_upright(data), china) < 5


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_few_colours(mode: str) -> None:
    flat = quadrants().convert(mode)
    truth = flat.convert("RGB")
    for file_format in ("PNG", "TIFF", "BMP"):
        assert distance(open_upright(encoded(flat, file_format)), truth) == 0


@pytest.mark.parametrize(
    ("mode", "file_format"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP")]
)
def test_transparency_lies_over_white(mode: str, file_format: str) -> None:
    image = quadrants().convert(mode)
    alpha = Image.new("L", image.size, 255)
    alpha.paste(0, (0, 0, 24, 16))
    alpha.paste(128, (24, 0, 48, 16))
    image.putalpha(alpha)
    got = np.asarray(open_upright(encoded(image, file_format, lossless=True)), np.int64)
    solid = np.asarray(quadrants().convert(mode).convert("RGB"), np.int64)
    assert (got[:16, :24] == 255).all()
    half = (solid[0, 30] * 128 + 255 * 127) // 255
    assert np.abs(got[0, 30] - half).max() <= 1
    assert (got[16:] == solid[16:]).all()


def test_transparent_palette_colour_becomes_white() -> None:
    image = quadrants().quantize(4)
    hidden = image.getpixel((0, 0))
    got = np.asarray(open_upright(encoded(image, "PNG", transparency=hidden)))
    assert (got[0, 0] == 255).all()
    assert (got[0, 40] == np.asarray(image.convert("RGB"))[0, 40]).all()


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_brightness(file_format: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64, dtype=np.uint16), (32, 1))
    got = np.asarray(open_upright(encoded(Image.fromarray(ramp), file_format)))
    assert got.shape == (32, 64, 3)
    assert np.abs(got[0, :, 0] - ramp[0] / 257).max() <= 1


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (0.0, 255.0), (-3.0, 9.0), (0.0, 65535.0), (5.0, 1e9)]
)
def test_float_grey_spans_black_to_white(low: float, high: float) -> None:
    ramp = np.tile(np.linspace(low, high, 64, dtype=np.float32), (32, 1))
    ramp[5, 5] = np.nan if low == 0 else low
    got = np.asarray(open_upright(encoded(Image.fromarray(ramp), "TIFF")))
    assert got[0, 0, 0] <= 1
    assert got[0, -1, 0] == 255
    assert (np.diff(got[0, :, 0].astype(int)) >= 0).all()


def test_lab_colours() -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[..., 0] = 255
    got = np.asarray(open_upright(encoded(Image.fromarray(pixels, "LAB"), "TIFF")))
    assert got.min() > 245


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP"])
def test_the_first_frame_of_an_animation_counts(file_format: str) -> None:
    first, second = quadrants(), Image.new("RGB", (48, 32), "black")
    data = encoded(first, file_format, save_all=True, append_images=[second], lossless=True)
    assert distance(open_upright(data), first) < 2


@pytest.mark.parametrize("size", [(1, 1), (10000, 100), (3, 4000)])
def test_odd_shapes(size: tuple[int, int]) -> None:
    assert open_upright(encoded(Image.new("RGB", size), "JPEG"), min_side=520).size == size


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "JPEG2000"])
def test_the_suffix_does_not_matter(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "photo.txt"
    path.write_bytes(encoded(quadrants(), file_format))
    assert open_upright(path).size == (48, 32)


@pytest.mark.parametrize(
    ("min_side", "scale"), [(1, 8), (50, 8), (54, 4), (106, 4), (107, 2), (214, 1), (5000, 1)]
)
def test_reduced_decoding_never_falls_below_the_wanted_side(min_side: int, scale: int) -> None:
    image = open_upright(CHINA, min_side=min_side)
    assert image.size == (640 // scale, -(-427 // scale))
    assert min(image.size) >= min_side or scale == 1


def test_the_answer_is_a_picture_of_its_own() -> None:
    """Nobody may hold the file open through the picture (Windows could not move it)."""
    image = open_upright(CHINA)
    assert type(image) is Image.Image
    assert image.mode == "RGB"
