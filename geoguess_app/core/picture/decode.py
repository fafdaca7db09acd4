"""A photo file to an upright RGB picture, or one clear sentence why not."""

from __future__ import annotations

import io
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.heif import open_heif
from geoguess_app.core.picture.jxl import jxl_size, open_jxl
from geoguess_app.core.picture.large_jpeg import draft_jpeg, open_cut_jpeg
from geoguess_app.core.picture.pixels import to_rgb
from geoguess_app.core.picture.raw import has_raw_tags, open_raw
from geoguess_app.core.picture.sniff import (
    HEAD_BYTES,
    Kind,
    is_cut_short,
    picture_kind,
    unread_kind,
)

log = logging.getLogger(__name__)

MAX_MEGAPIXELS = 250
"""No picture is decoded to more than this; today's 200-megapixel phones stay below. Larger JPEG
files are decoded at a fraction of their size, others are refused unread."""

_JPEG = ("JPEG", "MPO")
_ADVICE = ", despite its name; give a JPEG, HEIC, PNG, TIFF, WebP or RAW file"
_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Only these decoders ever see a file: Pillow's others include one that runs PostScript.
PILLOW_FORMATS: dict[Kind, tuple[str, ...]] = {
    "jpeg": ("JPEG",),
    "png": ("PNG",),
    "gif": ("GIF",),
    "webp": ("WEBP",),
    "bmp": ("BMP",),
    "tiff": ("TIFF",),
    "jp2": ("JPEG2000",),
    "avif": ("AVIF",),
}


@dataclass(frozen=True, slots=True)
class PhotoBytes:
    """The content of a photo file, and the path by which messages name it."""

    path: Path
    data: bytes = field(repr=False)


PhotoSource = Path | bytes | PhotoBytes
"""A photo file, the bytes of one, or its bytes together with its path."""


def open_upright(
    source: PhotoSource, *, min_side: int | None = None, cut_too: bool = False
) -> Image.Image:
    """Decode a photo, turn it as its EXIF orientation says, and return it as 8-bit RGB.

    With ``min_side`` (pixels) a JPEG may be decoded at a half, quarter or eighth of its size, for
    speed, but never so small that its short side falls below ``min_side``. Of an animated picture
    the first frame counts; of a RAW file the preview that the camera stored. With ``cut_too`` a
    JPEG that ends too early gives its upper part, if that is at least half. Safe in any thread.

    Raises PhotoError, one sentence, with code missing, folder, no-access, not-a-file, empty,
    not-a-photo, truncated, broken, too-large or no-raw-support.
    """
    name = "The picture" if isinstance(source, bytes) else shown_name(path_of(source))
    try:
        with open_stream(source, name) as stream:
            return _decode(stream, name, min_side, cut_too=cut_too)
    except PhotoError:
        raise
    except (MemoryError, Image.DecompressionBombError) as problem:
        raise _too_large(name) from problem
    except Exception as problem:
        # A decoder fed with garbage raises whatever it likes (struct.error, KeyError, zlib.error,
        # RuntimeError from C++); for the user all of it means the same.
        log.debug("decoding %s failed: %r", name, problem)
        raise _broken(name, problem) from problem


def shown_name(path: Path) -> str:
    """A file's name as it fits into a one-line sentence."""
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name or str(path))
    return name if len(name) <= 80 else f"{name[:40]}…{name[-36:]}"


def path_of(photo: Path | PhotoBytes) -> Path:
    """The file that a photo is, or came from."""
    return photo.path if isinstance(photo, PhotoBytes) else photo


def read_photo(path: Path) -> PhotoBytes:
    """Read a photo file whole, to hash and decode it without reading it again.

    Raises PhotoError where there is no ordinary readable file, as ``open_upright`` does.
    """
    name = shown_name(path)
    with open_stream(path, name) as stream:
        try:
            return PhotoBytes(path, stream.read())
        except OSError as problem:
            raise _no_access(name, problem) from problem


def open_stream(source: PhotoSource, name: str) -> IO[bytes]:
    """A photo's bytes; raises PhotoError where there is no ordinary readable file."""
    if isinstance(source, PhotoBytes):
        return io.BytesIO(source.data)
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        if source.is_dir():
            raise _is_folder(source, name)
        if source.exists() and not source.is_file():
            # Opening a pipe or a device could wait for ever.
            raise PhotoError(f"{name} is not an ordinary file; give a photo.", code="not-a-file")
        return source.open("rb")
    except FileNotFoundError as problem:
        raise PhotoError(
            f"{name} does not exist; check its name and folder.", code="missing"
        ) from problem
    except (OSError, ValueError) as problem:
        raise _no_access(name, problem) from problem


def _no_access(name: str, problem: OSError | ValueError) -> PhotoError:
    return PhotoError(
        f"{name} cannot be opened ({_reason(problem)}); check that you have permission to read it.",
        code="no-access",
    )


def _is_folder(path: Path, name: str) -> PhotoError:
    if os.access(path, os.R_OK | os.X_OK):
        return PhotoError(f"{name} is a folder; give a photo.", code="folder")
    return PhotoError(
        f"{name} is a folder that cannot be opened; check that you have permission to read it.",
        code="no-access",
    )


def _decode(stream: IO[bytes], name: str, min_side: int | None, *, cut_too: bool) -> Image.Image:
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head:
        raise PhotoError(f"{name} is empty (0 bytes); copy it again.", code="empty")
    kind = picture_kind(head)
    if kind is None:
        raise not_a_photo(name, head, _ADVICE)
    if is_cut_short(kind, stream):
        raise _cut_short(name)
    if kind == "heif":
        return _open_heif(stream, name)
    if kind == "jxl":
        return _from_jxl(stream, name)
    if kind == "raw":
        return _from_raw(stream, name, min_side)
    return _open_with_pillow(stream, name, PILLOW_FORMATS[kind], min_side, cut_too=cut_too)


def not_a_photo(name: str, head: bytes, advice: str = "") -> PhotoError:
    """Return what to say of a file that begins with ``head``, which no kind of photo does."""
    unread = unread_kind(head, Path(name).suffix)
    if unread:
        return PhotoError(
            f"{name} is a {unread} file, which GeoGuess cannot read; export it as JPEG.",
            code="not-a-photo",
        )
    return PhotoError(f"{name} is not a photo{advice}.", code="not-a-photo")


def _open_with_pillow(
    stream: IO[bytes],
    name: str,
    formats: tuple[str, ...],
    min_side: int | None,
    orientation_if_unstated: int = 1,
    *,
    cut_too: bool = False,
) -> Image.Image:
    # Our own limit, checked below before any pixel is decoded, replaces Pillow's: that one warns
    # through a process-wide filter and refuses the 200-megapixel photos of real phones.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(stream, formats=formats)
    except UnidentifiedImageError:
        if formats != ("TIFF",):
            raise
        return _from_raw(stream, name, min_side)
    with image:
        size = image.size
        if image.format in _JPEG:
            size = draft_jpeg(image, min_side, MAX_MEGAPIXELS * 1_000_000)
        check_size(size, name)
        if image.format == "TIFF" and has_raw_tags(image):
            return _from_raw(stream, name, min_side)
        loaded = _loaded(image, stream, name, min_side, cut_too)
        # Some formats have their metadata behind the picture.
        return apply_orientation(to_rgb(loaded), _orientation(image, orientation_if_unstated))


def _loaded(
    image: Image.Image, stream: IO[bytes], name: str, min_side: int | None, cut_too: bool
) -> Image.Image:
    try:
        image.load()
    except OSError as problem:
        if not cut_too or image.format not in _JPEG or "truncated" not in str(problem):
            raise
        part = open_cut_jpeg(stream, min_side)
        if part is None:
            raise
        log.warning("%s is truncated: only the upper part of the picture is used.", name)
        return part
    return image


def _orientation(image: Image.Image, if_unstated: int) -> int:
    try:
        value = image.getexif().get(_ORIENTATION_TAG, if_unstated)
    except Exception as problem:  # noqa: BLE001 - the EXIF block is garbage, the picture is not
        log.debug("unreadable orientation: %r", problem)
        return if_unstated
    return value if isinstance(value, int) else if_unstated


def apply_orientation(image: Image.Image, orientation: int) -> Image.Image:
    """``image`` turned and mirrored as EXIF orientation 1…8 asks; other values change nothing."""
    operation = _TURNS.get(orientation)
    return image.copy() if operation is None else image.transpose(operation)


def _open_heif(stream: IO[bytes], name: str) -> Image.Image:
    # The library applies the container's own rotation; the EXIF copy of it must not be applied.
    heif = open_heif(stream)
    check_size(heif.size, name)
    return to_rgb(heif.to_pillow())


def _from_jxl(stream: IO[bytes], name: str) -> Image.Image:
    check_size(jxl_size(stream), name)
    image, to_be_turned = open_jxl(stream, name)
    return apply_orientation(to_rgb(image), _orientation(image, 1) if to_be_turned else 1)


def _from_raw(stream: IO[bytes], name: str, min_side: int | None) -> Image.Image:
    stream.seek(0)
    preview = open_raw(stream.read(), name)
    if isinstance(preview, Image.Image):
        return preview
    return _open_with_pillow(
        io.BytesIO(preview.jpeg), name, ("JPEG",), min_side, preview.orientation
    )


def check_size(size: tuple[int, int], name: str) -> None:
    if size[0] * size[1] > MAX_MEGAPIXELS * 1_000_000:
        raise _too_large(name)


def _too_large(name: str) -> PhotoError:
    return PhotoError(
        f"{name} has more than {MAX_MEGAPIXELS} megapixels or does not fit into memory; use a "
        "smaller copy.",
        code="too-large",
    )


def _broken(name: str, problem: Exception) -> PhotoError:
    if isinstance(problem, EOFError) or "truncated" in str(problem).lower():
        return _cut_short(name)
    return PhotoError(f"{name} is damaged and cannot be decoded; copy it again.", code="broken")


def _cut_short(name: str) -> PhotoError:
    return PhotoError(
        f"{name} is truncated: the file ends before the image does; copy it again.",
        code="truncated",
    )


def _reason(problem: OSError | ValueError) -> str:
    text = problem.strerror if isinstance(problem, OSError) else None
    return (text or str(problem) or "unknown reason").lower()
