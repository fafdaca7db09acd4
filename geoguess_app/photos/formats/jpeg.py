"""Metadata of a JPEG: the segments before the first scan (ITU-T T.81, Exif 4.5)."""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.photos.formats.edits import (
    Edit,
    Reader,
    growth,
    order_edits,
    reader_of,
    shift_edits,
)
from geoguess_app.photos.formats.tiff import TiffError

EXIF_MARK = b"Exif\0\0"
XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP_MARK = b"http://ns.adobe.com/xmp/extension/\0"
_GUID_BYTES = 32
_MPF_MARK = b"MPF\0"
_APP0, _APP1, _APP2, _SOS, _EOI = 0xE0, 0xE1, 0xE2, 0xDA, 0xD9
_LARGEST_SEGMENT = 0xFFFF
"""The length of a segment, its own two bytes included, has two bytes."""
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its marker, where the marker stands, and its payload's place and size."""

    marker: int
    offset: int
    payload: int
    size: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.payload + self.size


def segments(read: Reader) -> list[Segment]:
    """The segments up to the first scan. Raises TiffError where the file is no whole JPEG."""
    found: list[Segment] = []
    position = 2
    while True:
        head = read(position, 4)
        if len(head) < 4 or head[0] != 0xFF:
            raise TiffError("its segments are broken")
        marker = head[1]
        if marker == 0xFF:  # fill bytes are allowed before any marker
            position += 1
            continue
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        size = struct.unpack(">H", head[2:])[0] - 2
        if size < 0 or marker == _EOI:
            raise TiffError("its segments are broken")
        found.append(Segment(marker, position, position + 4, size))
        if marker == _SOS:
            return found
        position += 4 + size


def marked_segments(read: Reader, parts: list[Segment], mark: bytes) -> list[Segment]:
    """The APP1 segments whose payload starts with ``mark``."""
    return [
        part for part in parts if part.marker == _APP1 and read(part.payload, len(mark)) == mark
    ]


def block_edits(
    read: Reader,
    mark: bytes,
    change: Callable[[Reader, int], list[Edit]],
    new: Callable[[], bytes],
) -> list[Edit]:
    """Edits of the file that make ``change`` in the block behind ``mark``, or put in ``new()``.

    An empty ``new()`` puts in nothing. Raises TiffError where that cannot be done safely.
    """
    parts = segments(read)
    found = marked_segments(read, parts, mark)
    if len(found) > 1:
        raise TiffError("its metadata is split across several segments")
    if not found:
        block = new()
        return [_insert(read, parts, mark + block)] if block else []
    part = found[0]
    base, length = part.payload + len(mark), part.size - len(mark)

    def inside(offset: int, count: int) -> bytes:
        return read(base + offset, max(0, min(count, length - offset))) if offset >= 0 else b""

    return _resize(read, parts, part, shift_edits(change(inside, length), base))


def block(read: Reader, mark: bytes) -> bytes | None:
    """The block behind ``mark``; None where there is none."""
    found = marked_segments(read, segments(read), mark)
    if not found:
        return None
    return read(found[0].payload + len(mark), found[0].size - len(mark))


def blocks(read: Reader, parts: list[Segment], mark: bytes) -> list[bytes]:
    """Every block behind ``mark``; there should be one."""
    return [
        read(part.payload + len(mark), part.size - len(mark))
        for part in marked_segments(read, parts, mark)
    ]


def xmp_packets(read: Reader) -> list[bytes]:
    """Every XMP packet, the extended ones (XMP specification part 3, 1.1.3.1) put together."""
    parts = segments(read)
    packets = blocks(read, parts, XMP_MARK)
    extended: dict[bytes, list[tuple[int, bytes]]] = {}
    for part in marked_segments(read, parts, _MORE_XMP_MARK):
        data = read(part.payload + len(_MORE_XMP_MARK), part.size - len(_MORE_XMP_MARK))
        guid, rest = data[:_GUID_BYTES], data[_GUID_BYTES:]
        if len(rest) >= 8:
            extended.setdefault(guid, []).append((int.from_bytes(rest[4:8], "big"), rest[8:]))
    return packets + [b"".join(piece for _, piece in sorted(p)) for p in extended.values()]


def removal(read: Reader, mark: bytes) -> list[Edit]:
    """Edits that cut out the segment with ``mark``."""
    parts = segments(read)
    found = marked_segments(read, parts, mark)
    if len(found) != 1:
        return []
    part = found[0]
    _check_preview_offsets(read, parts, part.offset)
    return [Edit(part.offset, read(part.offset, part.end - part.offset), b"")]


def _resize(read: Reader, parts: list[Segment], part: Segment, inner: list[Edit]) -> list[Edit]:
    if not inner:
        return []
    size = part.size + growth(inner)
    if size + 2 > _LARGEST_SEGMENT:
        raise TiffError("its metadata block is full")
    _check_preview_offsets(read, parts, part.offset)
    length = Edit(part.payload - 2, read(part.payload - 2, 2), struct.pack(">H", size + 2))
    return order_edits([length, *inner])


def _insert(read: Reader, parts: list[Segment], payload: bytes) -> Edit:
    if len(payload) + 2 > _LARGEST_SEGMENT:
        raise TiffError("its metadata block is full")
    # JFIF wants to be first; XMP stands behind EXIF by custom.
    before = [p for p in parts if p.marker == _APP0] + marked_segments(read, parts, EXIF_MARK)
    place = max((part.end for part in before), default=2)
    _check_preview_offsets(read, parts, place)
    return Edit(place, b"", struct.pack(">BBH", 0xFF, _APP1, len(payload) + 2) + payload)


def _check_preview_offsets(read: Reader, parts: list[Segment], place: int) -> None:
    """Multi-picture files count offsets from inside their own segment: grow only before it."""
    for part in parts:
        is_index = part.marker == _APP2 and read(part.payload, 4) == _MPF_MARK
        if is_index and part.offset < place:
            raise TiffError("it contains several images, whose index would become invalid")


_FILM_POSITION = re.compile(rb"\xa9xyz.{4}[+-]\d{1,2}\.", re.DOTALL)
"""A position in an MP4 film (Apple's and Android's ``udta``)."""


def holds_more_positions(photo: Path) -> bool:
    """Tell whether behind the picture there is a film with a position, or another picture with EXIF
    of its own: nobody changes those. Raises OSError."""
    with photo.open("rb") as stream:
        try:
            start = scan_start(reader_of(stream))
        except TiffError:
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content.find(EXIF_MARK, start) >= 0:
                return True
            return _FILM_POSITION.search(content, start) is not None


def scan_start(read: Reader) -> int:
    """Return where the first scan of the picture begins."""
    return segments(read)[-1].offset
