"""EXIF of a WebP: a chunk of its RIFF container (RFC 9649, 2.7)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from PIL import Image

from geoguess_app.photos.formats.edits import Edit, Reader, growth, order_edits, shift_edits
from geoguess_app.photos.formats.tiff import TiffError

_HEADER_BYTES = 12
_HAS_EXIF, _HAS_ALPHA = 0x08, 0x10
_STRAY_MARK = b"Exif\0\0"
"""Belongs into JPEG only, but some programs write it here too."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The first byte behind it; chunks are padded to an even size."""
        return self.offset + 8 + self.size + self.size % 2


def exif_edits(
    stream: IO[bytes],
    read: Reader,
    change: Callable[[Reader, int], list[Edit]],
    new: Callable[[], bytes],
) -> list[Edit]:
    """Edits of the file that make ``change`` in its EXIF block, or put in ``new()``.

    Raises TiffError where that cannot be done safely.
    """
    chunks, end = _chunks(read)
    found = [chunk for chunk in chunks if chunk.kind == b"EXIF"]
    if len(found) > 1:
        raise TiffError("it has several EXIF blocks")
    edits = _change(read, found[0], change) if found else _add(stream, read, chunks, end, new())
    if not edits:
        return []
    size = end - 8 + growth(edits)
    return order_edits([Edit(4, read(4, 4), struct.pack("<I", size)), *edits])


def _chunks(read: Reader) -> tuple[list[_Chunk], int]:
    end = struct.unpack("<I", read(4, 4))[0] + 8
    chunks, offset = [], _HEADER_BYTES
    while offset < end:
        head = read(offset, 8)
        if len(head) < 8:
            raise TiffError("its chunks are broken")
        kind, size = struct.unpack("<4sI", head)
        chunks.append(_Chunk(kind, offset, size))
        offset = chunks[-1].end
    if offset != end or end % 2 or len(read(end - 1, 1)) < 1:
        raise TiffError("its chunks are broken")
    return chunks, end


def _change(read: Reader, chunk: _Chunk, change: Callable[[Reader, int], list[Edit]]) -> list[Edit]:
    stray = len(_STRAY_MARK) if read(chunk.offset + 8, 6) == _STRAY_MARK else 0
    base, length = chunk.offset + 8 + stray, chunk.size - stray

    def inside(offset: int, count: int) -> bytes:
        return read(base + offset, max(0, min(count, length - offset))) if offset >= 0 else b""

    inner = shift_edits(change(inside, length), base)
    if not inner:
        return []
    size = chunk.size + growth(inner)
    edits = [Edit(chunk.offset + 4, read(chunk.offset + 4, 4), struct.pack("<I", size)), *inner]
    if size % 2 != chunk.size % 2:
        pad = read(chunk.end - 1, 1) if chunk.size % 2 else b""
        edits.append(Edit(chunk.offset + 8 + chunk.size, pad, b"\0" * (size % 2)))
    return edits


def _add(
    stream: IO[bytes], read: Reader, chunks: list[_Chunk], end: int, block: bytes
) -> list[Edit]:
    if not block:
        return []
    data = struct.pack("<4sI", b"EXIF", len(block)) + block + b"\0" * (len(block) % 2)
    place = next((chunk.offset for chunk in chunks if chunk.kind == b"XMP "), end)
    edits = [Edit(place, b"", data)]
    if chunks[0].kind == b"VP8X":
        flags = read(chunks[0].offset + 8, 1)
        edits.append(Edit(chunks[0].offset + 8, flags, bytes([flags[0] | _HAS_EXIF])))
    else:
        edits.append(Edit(_HEADER_BYTES, b"", _extended_header(stream)))
    return edits


def _extended_header(stream: IO[bytes]) -> bytes:
    """The chunk that a plain WebP lacks and one with EXIF must begin with."""
    stream.seek(0)
    try:
        with Image.open(stream, formats=("WEBP",)) as image:
            (width, height), alpha = image.size, image.mode == "RGBA"
    except (OSError, ValueError, Image.DecompressionBombError) as problem:
        raise TiffError("its picture is broken") from problem
    flags = _HAS_EXIF | (_HAS_ALPHA if alpha else 0)
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return struct.pack("<4sII", b"VP8X", 10, flags) + canvas
