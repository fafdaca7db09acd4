"""JPEG XL (ISO 18181), decoded by libjxl in Pillow's plug-in; what comes first is read here.

The plug-in decodes a picture whole as soon as it opens it, so its size must be known before.
"""

from __future__ import annotations

import io
import warnings
from typing import IO

from PIL import Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.boxes import box_content, top_boxes

_CODESTREAM = b"\xff\x0a"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_TIFF = (b"II*\0", b"MM\0*")
_SIDE_BITS = (9, 13, 18, 30)
_MOST_UNPACKED_BYTES = 1 << 22
_PART_NUMBER_BYTES = _OFFSET_BYTES = 4


def jxl_size(stream: IO[bytes]) -> tuple[int, int]:
    """Width and height in pixels as the picture's own header states them.

    Raises ValueError where there is none.
    """
    stream.seek(0)
    head = stream.read(16)
    if not head.startswith(_CODESTREAM):
        parts = (
            content[_PART_NUMBER_BYTES if kind == b"jxlp" else 0 :]
            for kind, content in top_boxes(stream, first=20)
            if kind in (b"jxlc", b"jxlp")
        )
        head = next(parts, b"")
    if not head.startswith(_CODESTREAM):
        raise ValueError("no JPEG XL header")
    return _size(_Bits(head[len(_CODESTREAM) :]))


class _Bits:
    """A header's numbers, lowest bit first."""

    def __init__(self, data: bytes) -> None:
        self._rest = int.from_bytes(data, "little")

    def number(self, bits: int) -> int:
        found = self._rest & ((1 << bits) - 1)
        self._rest >>= bits
        return found


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.number(1)

    def side() -> int:
        if small:
            return 8 * (1 + bits.number(5))
        return 1 + bits.number(_SIDE_BITS[bits.number(2)])

    height = side()
    ratio = bits.number(3)
    if ratio == 0:
        return side(), height
    wide, high = _RATIOS[ratio - 1]
    return height * wide // high, height


def jxl_box(stream: IO[bytes], kind: bytes) -> bytes:
    """The content of the first box ``Exif`` or ``xml `` of a file, unpacked; empty without one."""
    content = box_content(stream, kind)
    if not content:
        packed = box_content(stream, b"brob", kind)
        content = _unpacked(packed) if packed else b""
    # Some writers leave out the number that says where in the box EXIF begins.
    if kind == b"Exif" and content and content[:4] not in _TIFF:
        start = _OFFSET_BYTES + int.from_bytes(content[:_OFFSET_BYTES], "big")
        return content[start:]
    return content


def _unpacked(data: bytes) -> bytes:
    import brotli

    unpacking = brotli.Decompressor()
    try:
        # A few bytes can unpack to gigabytes.
        content = bytes(unpacking.process(data, output_buffer_limit=_MOST_UNPACKED_BYTES))
    except brotli.error:
        return b""
    return content if unpacking.is_finished() else b""


def open_jxl(stream: IO[bytes], name: str) -> tuple[Image.Image, bool]:
    """The picture, and whether its EXIF orientation is still to be applied to it.

    libjxl turns pictures itself, but gives a JPEG that was repacked as that JPEG. Check
    ``jxl_size`` before. Raises PhotoError (code no-jxl-support) where the plug-in is not installed.
    """
    try:
        import pillow_jxl  # noqa: F401 - makes the format known to Pillow
    except ImportError as problem:
        raise PhotoError(
            f"{name} is a JPEG XL file; to read it install pillow-jxl-plugin "
            "(pip install pillow-jxl-plugin), or export it as JPEG.",
            code="no-jxl-support",
        ) from problem
    stream.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of 16-bit floats, which become 32-bit ones
        image = Image.open(io.BytesIO(stream.read()), formats=("JXL",))
        image.load()
    return image, bool(getattr(image, "jpeg", False))
