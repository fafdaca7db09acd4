"""Whatever is dropped on it, decoding gives a picture or one PhotoError sentence."""

from __future__ import annotations

import io
import os
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture import decode
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.picture.sniff import picture_kind
from geoguess_app.paths import resource_dir

CHINA = resource_dir() / "samples" / "china.jpg"
JPEGS = ("nikon_1.jpg", "ianare_jpg_gps_DSCN0010.jpg")

# Pillow warns about odd metadata in damaged files; that a picture still comes out is enough.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def refused(source: Path | bytes) -> PhotoError:
    with pytest.raises(PhotoError) as caught:
        open_upright(source)
    message = str(caught.value)
    assert message.count("\n") == 0
    assert message.endswith(".")
    assert 20 < len(message) < 200
    return caught.value


def test_missing_file(tmp_path: Path) -> None:
    problem = refused(tmp_path / "gone.jpg")
    assert problem.code == "missing"
    assert "gone.jpg" in str(problem)


def test_folder(tmp_path: Path) -> None:
    assert refused(tmp_path).code == "folder"


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    assert refused(tmp_path / "empty.jpg").code == "empty"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert refused(tmp_path / "pipe.jpg").code == "not-a-file"


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Root may read everything, so a test run by root becomes nobody for a moment."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no POSIX users")
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


def test_unreadable_file(tmp_path: Path, ordinary_user: None) -> None:
    path = tmp_path / "private.jpg"
    if os.geteuid() != 65534:
        path.write_bytes(CHINA.read_bytes())
        path.chmod(0)
    problem = refused(path)
    assert problem.code == "no-access"
    assert "permission denied" in str(problem)


def test_impossible_names(tmp_path: Path) -> None:
    assert refused(tmp_path / ("x" * 5000 + ".jpg")).code == "no-access"
    assert refused(Path("a\0b.jpg")).code in ("no-access", "missing")
    assert refused(tmp_path / "two\nlines.jpg").code == "missing"


@pytest.mark.parametrize(
    "content",
    [
        b"Dear Sir, enclosed please find no picture.\n",
        b"%PDF-1.7\n1 0 obj",
        b"PK\x03\x04" + bytes(60),
        b"\x00\x00\x00\x18ftypmp42" + bytes(60),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"BMW for sale, one owner, see the pictures below.",
        b"\xff",
        bytes(1000),
    ],
    ids=["text", "pdf", "zip", "video", "postscript", "bmw", "one-byte", "zeros"],
)
def test_what_is_no_photo(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    problem = refused(path)
    assert problem.code == "not-a-photo"
    assert "photo.jpg" in str(problem)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "JPEG2000"])
def test_cut_files_are_refused(file_format: str, share: float) -> None:
    stream = io.BytesIO()
    with Image.open(CHINA) as china:
        china.save(stream, file_format)
    data = stream.getvalue()
    assert refused(data[: int(len(data) * share)]).code in ("truncated", "broken")


def test_a_jpeg_that_lacks_its_end_says_so() -> None:
    problem = refused(CHINA.read_bytes()[:-2000])
    assert problem.code == "truncated"
    assert "truncated" in str(problem)


def small_files(folder: Path) -> Iterator[Path]:
    """One camera file of every format, the smallest, and a JPEG with much metadata."""
    for suffix in (".heic", ".tif", ".webp", ".jpg"):
        yield min(folder.glob(f"*{suffix}"), key=lambda path: path.stat().st_size)
    yield next(path for name in JPEGS for path in [folder / name] if path.is_file())


def test_cut_heif_is_noticed(camera_files: Path) -> None:
    """Its decoder would fill the missing tiles with grey and call it a picture."""
    for path in sorted(camera_files.glob("*.heic")):
        data = path.read_bytes()
        for share in (0.01, 0.3, 0.9, 0.999):
            assert refused(data[: int(len(data) * share)]).code in ("truncated", "broken")


@pytest.mark.parametrize("kind", [b"E\x92if", b"\xabxif"])
def test_item_types_that_are_no_text_are_refused(photo_sets: Path, kind: bytes) -> None:
    """The decoder's Python side would end the process."""
    for name in ("apple.heic", "tiles.heic"):
        data = (photo_sets / "exif" / name).read_bytes()
        at = data.index(b"Exif\0")
        assert refused(data[:at] + kind + data[at + 4 :]).code == "broken"


def test_garbled_camera_files_give_a_picture_or_a_sentence(camera_files: Path) -> None:
    chance = random.Random(7)
    refusals = pictures = 0
    for path in small_files(camera_files):
        original = path.read_bytes()
        for damage in range(12):
            data = bytearray(original)
            reach = len(data) if damage % 2 else min(len(data), 3000)
            for _ in range(4 ** (damage // 2)):
                data[chance.randrange(reach)] = chance.randrange(256)
            try:
                assert open_upright(bytes(data), min_side=520).mode == "RGB"
                pictures += 1
            except PhotoError:
                refusals += 1
    assert refusals > 5
    assert pictures > 5


def test_garbage_after_every_signature() -> None:
    chance = random.Random(8)
    heads = [
        CHINA.read_bytes()[:200],
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"BM" + bytes(12) + b"\x28\x00\x00\x00",
        b"II*\x00\x08\x00\x00\x00",
        b"MM\x00*\x00\x00\x00\x08",
        b"RIFF\x40\x00\x00\x00WEBPVP8 ",
        b"\x00\x00\x00\x0cjP  \r\n\x87\n",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif",
        b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom",
        b"II*\x00\x10\x00\x00\x00CR\x02\x00",
        b"FUJIFILMCCD-RAW 0201",
    ]
    for head in heads:
        assert picture_kind(head) is not None
        for length in (0, 3, 100, 5000):
            refused(head + chance.randbytes(length))


def png_of_zeros(width: int, height: int) -> bytes:
    """A PNG that declares a huge picture in a few hundred bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(10000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def test_decompression_bombs_are_refused_unread() -> None:
    assert refused(png_of_zeros(100_000, 100_000)).code == "too-large"
    assert "250 megapixels" in str(refused(png_of_zeros(2**31 - 1, 2)))


def test_a_phone_photo_of_200_megapixels_is_no_bomb() -> None:
    assert decode.MAX_MEGAPIXELS > 16320 * 12240 / 1e6
    stream = io.BytesIO()
    Image.new("L", (16320, 12240), 90).save(stream, "JPEG")
    assert open_upright(stream.getvalue(), min_side=520).size == (2040, 1530)
