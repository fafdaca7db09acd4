"""Broken and hostile photos, made by code: what a folder of a stranger may hold."""

from __future__ import annotations

import io
import os
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pillow_jxl  # noqa: F401 - registers itself with Pillow
from PIL import Image

from geoguess_app.paths import resource_dir
from tests.core.picture.test_raw import dng
from tests.data.sources import HERE

HEIC = HERE / "camera" / "apple.heic"
CHINA = resource_dir() / "samples" / "china.jpg"
FORMS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF", "jxl": "JXL"}
"""Pillow's names of formats, by suffix."""
LONG = "long" + 120 * "\N{LATIN SMALL LETTER E WITH ACUTE}" + ".jpg"
"""A name near the most that file systems take."""


@dataclass(frozen=True)
class Corpus:
    """A folder and what lies in it, by name."""

    folder: Path
    good: tuple[str, ...]
    """Odd, but pictures: each gets an answer."""
    broken: tuple[str, ...]
    """No pictures any more: each gets a sentence."""
    odd: tuple[str, ...]
    """Damaged where a reader may or may not go on: an answer or a sentence."""
    links: tuple[str, ...]
    """Links that lead nowhere: each gets a sentence."""


def make_corpus(folder: Path) -> Corpus:
    """Fill a folder that does not exist yet."""
    folder.mkdir()
    made = {"good": _good(), "broken": _broken(), "odd": _odd()}
    names: dict[str, tuple[str, ...]] = {}
    for kind, files in made.items():
        found = list(files)
        for name, content in found:
            (folder / name).write_bytes(content)
        names[kind] = tuple(name for name, _ in found)
    return Corpus(folder, **names, links=_no_files(folder))


def _good() -> Iterator[tuple[str, bytes]]:
    picture = _picture()
    yield "plain.jpg", _saved(picture, "JPEG")
    yield "plain.png", _saved(picture, "PNG")
    yield "plain.webp", _saved(picture, "WEBP")
    yield "plain.tif", _saved(picture, "TIFF")
    yield "plain.jxl", _saved(picture, "JXL")
    yield "plain.avif", _saved(picture, "AVIF")
    yield "plain.heic", HEIC.read_bytes()
    yield "plain.dng", dng()
    yield "preview.nef", dng(preview=_saved(picture, "JPEG"), size=picture.size)
    yield "cmyk.jpg", _saved(picture.convert("CMYK"), "JPEG")
    yield "grey.jpg", _saved(picture.convert("L"), "JPEG")
    yield "sixteen.png", _saved(picture.convert("L").convert("I;16"), "PNG")
    yield "sixteen.tif", _saved(picture.convert("L").convert("I;16"), "TIFF")
    yield "palette.gif", _saved(picture.convert("P"), "GIF")
    yield "moving.gif", _moving(picture, "GIF")
    yield "moving.webp", _moving(picture, "WEBP")
    yield "moving.png", _moving(picture, "PNG")
    yield "see-through.png", _saved(picture.convert("RGBA"), "PNG")
    yield "wrong-suffix.png", _saved(picture, "JPEG")
    yield "wrong-suffix.jpg", _saved(picture, "WEBP")
    yield "one-pixel.png", _saved(picture.resize((1, 1)), "PNG")
    yield "ribbon.png", _saved(Image.new("L", (100_000, 10), 90), "PNG")
    yield "exif-loop.jpg", _with_exif(picture, _looping_exif())
    yield "exif-nowhere.jpg", _with_exif(picture, _exif((0x8769, 4, 1, 0xFFFFFF00)))
    yield "exif-huge.jpg", _with_exif(picture, _exif((0x9286, 7, 0xFFFFFFF0, 8)))
    yield "exif-noise.jpg", _with_exif(picture, b"Exif\0\0" + random.Random(1).randbytes(900))
    yield "exif-cut.jpg", _with_exif(picture, b"Exif\0\0MM\0*\0\0")
    yield LONG, _saved(picture, "JPEG")
    yield "new\nline.jpg", _saved(picture, "JPEG")
    yield "-rf.jpg", _saved(picture, "JPEG")
    yield "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe.jpg", _saved(picture, "JPEG")
    yield os.fsdecode(b"latin-\xe9.jpg"), _saved(picture, "JPEG")


def _broken() -> Iterator[tuple[str, bytes]]:
    picture = _picture()
    yield "empty.jpg", b""
    yield "zeros.jpg", bytes(4000)
    yield "text.jpg", b"<html><body>404 Not Found</body></html>\n"
    yield "head-only.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"
    yield "bomb.png", _declared(25_000, 20_000)
    yield "endless.png", _declared(2**31 - 1, 2**31 - 1)
    for suffix, form in (
        ("jpg", "JPEG"),
        ("png", "PNG"),
        ("webp", "WEBP"),
        ("tif", "TIFF"),
        ("jxl", "JXL"),
    ):
        whole = _saved(picture, form)
        yield f"cut.{suffix}", whole[: len(whole) // 3]
    for suffix, whole in _phone_and_camera().items():
        yield f"cut.{suffix}", whole[: len(whole) // 3]
    # Heads by which cameras are known, and nothing behind them.
    yield "head.cr3", struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"crx ", 1, b"crx ", b"isom")
    yield "head.raf", b"FUJIFILMCCD-RAW 0201FF129502X-T30".ljust(148, b"\0")
    yield "head.orf", b"IIRO\x08\0\0\0" + bytes(200)
    yield "head.rw2", b"IIU\0\x18\0\0\0" + bytes(200)
    yield (
        "noise.cr3",
        (struct.pack(">I4s4sI", 16, b"ftyp", b"crx ", 1) + random.Random(3).randbytes(3000)),
    )


def _odd() -> Iterator[tuple[str, bytes]]:
    chance = random.Random(7)
    picture = _picture()
    whole = {suffix: _saved(picture, form) for suffix, form in FORMS.items()}
    for suffix, content in {**whole, **_phone_and_camera()}.items():
        for number in range(3):
            damaged = bytearray(content)
            for _ in range(12):
                damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            yield f"flipped-{number}.{suffix}", bytes(damaged)


def _no_files(folder: Path) -> tuple[str, ...]:
    """Make a pipe, a link to the folder itself, and links that lead nowhere."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.jpg")
    (folder / "circle").symlink_to(".")
    (folder / "around.jpg").symlink_to("around.jpg")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    return ("around.jpg", "gone.jpg")


def _picture() -> Image.Image:
    with Image.open(CHINA) as china:
        return china.convert("RGB").resize((160, 120))


def _saved(picture: Image.Image, form: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form)
    return stream.getvalue()


def _moving(picture: Image.Image, form: str) -> bytes:
    stream = io.BytesIO()
    frames = [picture.rotate(90 * turn) for turn in (1, 2)]
    picture.save(stream, form, save_all=True, append_images=frames, duration=50)
    return stream.getvalue()


def _phone_and_camera() -> dict[str, bytes]:
    """Whole files, by suffix."""
    picture = _picture()
    preview = dng(preview=_saved(picture, "JPEG"), size=picture.size)
    return {
        "avif": _saved(picture, "AVIF"),
        "heic": HEIC.read_bytes(),
        "dng": dng(),
        "nef": preview,
    }


def _declared(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that declares a huge picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(10_000)))
    return b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b"")


def _with_exif(picture: Image.Image, exif: bytes) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def _exif(*fields: tuple[int, int, int, int], following: int = 0) -> bytes:
    """An APP1 body of one directory: fields of (tag, type, count, value or place)."""
    entries = b"".join(struct.pack(">HHII", *field) for field in fields)
    count = struct.pack(">H", len(fields))
    return b"Exif\0\0MM\0*" + struct.pack(">I", 8) + count + entries + struct.pack(">I", following)


def _looping_exif() -> bytes:
    """Directories that follow themselves and hold themselves, at all three places."""
    pointers = [(tag, 4, 1, 8) for tag in (0x8769, 0x8825, 0xA005)]
    return _exif(*pointers, following=8)
