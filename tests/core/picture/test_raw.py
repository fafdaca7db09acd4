"""Camera RAW files, written here by hand: a preview where there is one, else the sensor."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_upright

Tag = tuple[int, int, int, bytes]

BYTE, ASCII, SHORT, LONG, RATIONAL, SRATIONAL = 1, 2, 3, 4, 5, 10


def tag(number: int, kind: int, *values: int) -> Tag:
    code = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I", SRATIONAL: "i"}[kind]
    count = len(values) // 2 if kind in (RATIONAL, SRATIONAL) else len(values)
    return number, kind, count, struct.pack(f"<{len(values)}{code}", *values)


def directory(tags: list[Tag], position: int) -> bytes:
    """A TIFF directory to stand at byte `position`, its long values right behind it."""
    tags = sorted(tags)
    head, tail = struct.pack("<H", len(tags)), b""
    behind = position + 2 + 12 * len(tags) + 4
    for number, kind, count, value in tags:
        if len(value) > 4:
            field = struct.pack("<I", behind + len(tail))
            tail += value + bytes(len(value) % 2)
        else:
            field = value.ljust(4, b"\0")
        head += struct.pack("<HHI", number, kind, count) + field
    return head + bytes(4) + tail


def sensor_tags(width: int, height: int, offset: int) -> list[Tag]:
    return [
        tag(254, LONG, 0),
        tag(256, LONG, width),
        tag(257, LONG, height),
        tag(258, SHORT, 16),
        tag(259, SHORT, 1),
        tag(262, SHORT, 32803),
        tag(273, LONG, offset),
        tag(277, SHORT, 1),
        tag(278, LONG, height),
        tag(279, LONG, width * height * 2),
        tag(33421, SHORT, 2, 2),
        tag(33422, BYTE, 0, 1, 1, 2),
        tag(50714, SHORT, 0),
        tag(50717, LONG, 65535),
    ]


def camera_tags(orientation: int) -> list[Tag]:
    xyz = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
    return [
        tag(274, SHORT, orientation),
        (271, ASCII, 5, b"Test\0"),
        (272, ASCII, 5, b"Test\0"),
        tag(50706, BYTE, 1, 4, 0, 0),
        (50708, ASCII, 5, b"Test\0"),
        tag(50721, SRATIONAL, *xyz),
        tag(50728, RATIONAL, 1, 1, 1, 1, 1, 1),
    ]


def dng(
    orientation: int = 1, preview: bytes | None = None, size: tuple[int, int] = (1, 1)
) -> bytes:
    """A DNG whose sensor saw bright light in its top half only."""
    width, height = 128, 96
    sensor = np.zeros((height, width), "<u2")
    sensor[: height // 2] = 40000
    sensor_at = 8
    first_at = sensor_at + sensor.nbytes
    if preview is None:
        tags = sensor_tags(width, height, sensor_at) + camera_tags(orientation)
        body = sensor.tobytes() + directory(tags, first_at)
    else:
        sensor_directory = directory(sensor_tags(width, height, sensor_at), first_at)
        preview_at = first_at + len(sensor_directory)
        padded = preview + bytes(len(preview) % 2)
        preview_tags = [
            tag(254, LONG, 1),
            tag(256, LONG, size[0]),
            tag(257, LONG, size[1]),
            tag(258, SHORT, 8, 8, 8),
            tag(259, SHORT, 7),
            tag(262, SHORT, 6),
            tag(273, LONG, preview_at),
            tag(277, SHORT, 3),
            tag(278, LONG, size[1]),
            tag(279, LONG, len(preview)),
            tag(330, LONG, first_at),
        ]
        first_at = preview_at + len(padded)
        body = sensor.tobytes() + sensor_directory + padded
        body += directory(preview_tags + camera_tags(orientation), first_at)
    return b"II*\0" + struct.pack("<I", first_at) + body


def jpeg(exif: Image.Exif | None = None) -> tuple[bytes, tuple[int, int]]:
    """Left half red, right half blue, wider than high."""
    image = Image.new("RGB", (400, 300), (200, 0, 0))
    image.paste((0, 0, 200), (200, 0, 400, 300))
    stream = io.BytesIO()
    image.save(stream, "JPEG", **({"exif": exif} if exif else {}))
    return stream.getvalue(), image.size


def test_sensor_data_becomes_a_picture(tmp_path: Path) -> None:
    (tmp_path / "photo.dng").write_bytes(dng())
    pixels = np.asarray(open_upright(tmp_path / "photo.dng"))
    assert pixels.shape == (48, 64, 3)
    assert pixels[5:20].mean() > pixels[28:43].mean() + 50


def test_sensor_data_is_turned_upright() -> None:
    """Orientation 6: the stored top is the right-hand side."""
    pixels = np.asarray(open_upright(dng(orientation=6)))
    assert pixels.shape == (64, 48, 3)
    assert pixels[:, 28:43].mean() > pixels[:, 5:20].mean() + 50


def test_the_cameras_preview_is_preferred_and_turned() -> None:
    data, size = jpeg()
    upright = np.asarray(open_upright(dng(6, data, size)))
    assert upright.shape == (400, 300, 3)
    assert upright[50, 150, 0] > 150  # red lay left, so it is on top now
    assert upright[350, 150, 2] > 150


def test_a_preview_that_states_its_orientation_is_believed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    data, size = jpeg(exif)
    # Cameras write no JFIF block before the EXIF one; LibRaw looks for EXIF right at the start.
    data = data[:2] + data[20:]
    upright = np.asarray(open_upright(dng(6, data, size)))
    assert upright.shape == (300, 400, 3)
    assert upright[150, 50, 2] > 150


def test_a_broken_raw_file_is_refused() -> None:
    data = dng()
    with pytest.raises(PhotoError):
        open_upright(b"FUJIFILMCCD-RAW 0201" + bytes(500))
    with pytest.raises(PhotoError):
        open_upright(data[:8] + bytes(200))


def test_without_rawpy_the_sentence_says_what_to_install(tmp_path: Path) -> None:
    path = tmp_path / "photo.dng"
    path.write_bytes(dng())
    program = (
        "import sys; sys.modules['rawpy'] = None\n"
        "from pathlib import Path\n"
        "from geoguess_app.core.picture.decode import open_upright\n"
        "from geoguess_app.core.errors import PhotoError\n"
        "try:\n"
        "    open_upright(Path(sys.argv[1]))\n"
        "except PhotoError as problem:\n"
        "    print(problem.code, problem)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("no-raw-support photo.dng is a camera RAW file")
    assert "pip install rawpy" in run.stdout
