"""EXIF of a PNG: one chunk of its own (PNG specification, third edition, 11.3.4.5)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from geoguess_app.photos.formats.edits import (
    Edit,
    Reader,
    apply_edits,
    growth,
    order_edits,
    shift_edits,
)
from geoguess_app.photos.formats.tiff import TiffError

_SIGNATURE_BYTES = 8
_LEGACY = b"Raw profile type "
"""Old programs put EXIF into text chunks; two of them would contradict each other."""


def raw_profile(info: Mapping[Any, Any], *kinds: str) -> bytes:
    """The EXIF or XMP block that ImageMagick wrote as hexadecimal text; empty without one.

    ``info`` is what Pillow found in the text chunks.
    """
    for kind in kinds:
        text = info.get(f"{_LEGACY.decode()}{kind}")
        if isinstance(text, str):
            try:
                return bytes.fromhex("".join(text.split("\n")[3:]))
            except ValueError:
                continue
    return b""


def exif_edits(
    read: Reader, change: Callable[[Reader, int], list[Edit]], new: Callable[[], bytes]
) -> list[Edit]:
    """Edits of the file that make ``change`` in its EXIF block, or put in ``new()``.

    Raises TiffError where that cannot be done safely.
    """
    place = None
    for kind, offset, size in chunks(read):
        if kind in (b"tEXt", b"zTXt", b"iTXt") and read(offset + 8, 17) == _LEGACY:
            raise TiffError("its EXIF block uses an outdated format")
        if kind == b"eXIf":
            return _change(read, offset, size, change)
        if kind == b"IDAT" and place is None:
            place = offset
    if place is None:
        raise TiffError("its chunks are broken")
    block = new()
    return [Edit(place, b"", _chunk(block))] if block else []


def chunks(read: Reader) -> Iterator[tuple[bytes, int, int]]:
    """Walk through the chunks: type, offset, and size of the data; raises TiffError."""
    offset, kind = _SIGNATURE_BYTES, b""
    while kind != b"IEND":
        head = read(offset, 8)
        if len(head) < 8:
            raise TiffError("its chunks are broken")
        size, kind = struct.unpack(">I4s", head)
        if not read(offset + 11 + size, 1):  # cut short, or a size that makes no sense
            raise TiffError("its chunks are broken")
        yield kind, offset, size
        offset += 12 + size


def _change(
    read: Reader, offset: int, size: int, change: Callable[[Reader, int], list[Edit]]
) -> list[Edit]:
    data = read(offset + 8, size)
    inner = change(lambda at, count: data[at : at + count] if at >= 0 else b"", size)
    if not inner:
        return []
    block = apply_edits(inner, data)
    crc = Edit(offset + 8 + size, read(offset + 8 + size, 4), _crc(block))
    length = Edit(offset, read(offset, 4), struct.pack(">I", size + growth(inner)))
    return order_edits([length, *shift_edits(inner, offset + 8), crc])


def _chunk(block: bytes) -> bytes:
    return struct.pack(">I", len(block)) + b"eXIf" + block + _crc(block)


def _crc(block: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(b"eXIf" + block))
