"""EXIF of HEIC and AVIF: an item of the container (ISO 14496-12, 23008-12 annex A).

The changed block goes into a box of its own behind all others and the item's location is turned to
it; no other byte of the file moves.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from geoguess_app.photos.formats.edits import Edit, Reader, apply_edits, order_edits, shift_edits
from geoguess_app.photos.formats.tiff import GPS_POINTER, Tiff, TiffError

_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    payload: int
    end: int


@dataclass(frozen=True, slots=True)
class _Location:
    """Where an item lies, and where in the file that is written down."""

    start: int
    length: int
    rest: int
    """Bytes that another field adds to the start."""
    start_field: tuple[int, int]
    """Position and size in bytes."""
    length_field: tuple[int, int]


def exif_edits(
    read: Reader, length: int, change: Callable[[Reader, int], list[Edit]]
) -> list[Edit]:
    """Edits of the file that make ``change`` in its EXIF block.

    Raises TiffError where that cannot be done safely, or where it has no such block.
    """
    top = list(_boxes(read, 0, length))
    meta = next((box for box in top if box.kind == b"meta"), None)
    if meta is None or top[-1].end != length:
        raise TiffError("its boxes are broken")
    inside = {box.kind: box for box in _boxes(read, meta.payload + 4, meta.end)}
    if b"iinf" not in inside or b"iloc" not in inside:
        raise TiffError("it has no EXIF block yet")
    place = _location(read, inside[b"iloc"], _exif_item(read, inside[b"iinf"]))
    payload = read(place.start, place.length)
    if not 4 < len(payload) == place.length <= _MOST_BYTES:
        raise TiffError("its EXIF block is broken")
    header = 4 + struct.unpack(">I", payload[:4])[0]
    block = payload[header:]

    def reader(offset: int, count: int) -> bytes:
        return block[offset : offset + count] if offset >= 0 else b""

    inner = change(reader, len(block))
    if not inner:
        return []
    changed = apply_edits(shift_edits(inner, header), payload)
    edits = [Edit(length, b"", struct.pack(">I4s", 8 + len(changed), b"mdat") + changed)]
    edits.append(_number(read, place.start_field, length + 8 - place.rest))
    edits.append(_number(read, place.length_field, len(changed)))
    if Tiff(reader, len(block)).main.entry(GPS_POINTER) is not None:
        # The old block is dead now, but a position in it could still be read.
        edits.append(Edit(place.start, payload, bytes(len(payload))))
    return order_edits(edits)


def _boxes(read: Reader, start: int, end: int) -> Iterator[_Box]:
    while start < end:
        head = read(start, 16)
        if len(head) < 8:
            raise TiffError("its boxes are broken")
        size, kind = struct.unpack(">I4s", head[:8])
        payload = start + 8
        if size == 1 and len(head) == 16:
            size, payload = struct.unpack(">Q", head[8:])[0], start + 16
        if size < 8 or start + size > end:
            # 0 means "to the end of the file": nothing can be put behind such a box.
            raise TiffError("its boxes are broken, or the last one has no fixed size")
        yield _Box(kind, payload, start + size)
        start += size


def _exif_item(read: Reader, box: _Box) -> int:
    """The number of the item of type Exif."""
    counted = 2 if read(box.payload, 1) == b"\0" else 4
    found = []
    for entry in _boxes(read, box.payload + 4 + counted, box.end):
        version = read(entry.payload, 1)[0]
        if entry.kind != b"infe" or version < 2:
            continue
        size = 2 if version == 2 else 4
        if read(entry.payload + 4 + size + 2, 4) == b"Exif":
            found.append(int.from_bytes(read(entry.payload + 4, size), "big"))
    if len(found) != 1:
        raise TiffError("it has no EXIF block yet" if not found else "it has several EXIF blocks")
    return found[0]


class _Cursor:
    """Reads numbers one after another and knows where they stand."""

    def __init__(self, read: Reader, position: int) -> None:
        self._read, self.position = read, position

    def number(self, size: int) -> int:
        data = self._read(self.position, size)
        if len(data) < size:
            raise TiffError("its boxes are broken")
        self.position += size
        return int.from_bytes(data, "big")


def _location(read: Reader, box: _Box, item: int) -> _Location:
    cursor = _Cursor(read, box.payload)
    version = cursor.number(4) >> 24
    sizes = cursor.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in (1, 2) else 0
    for _ in range(cursor.number(4 if version == 2 else 2)):
        number = cursor.number(4 if version == 2 else 2)
        method = cursor.number(2) & 15 if version in (1, 2) else 0
        reference = cursor.number(2)
        base_at = cursor.position
        base = cursor.number(base_size)
        extents = cursor.number(2)
        for _ in range(extents):
            cursor.number(index_size)
            offset_at = cursor.position
            offset = cursor.number(offset_size)
            length_at = cursor.position
            length = cursor.number(length_size)
            if number == item:
                if method or reference or extents != 1 or not offset_size or not length_size:
                    raise TiffError("its EXIF block is stored in an unsupported way")
                # Exiv2 reads the base alone where there is one, so that is the one to change.
                here = (base_at, base_size) if base_size else (offset_at, offset_size)
                rest = offset if base_size else base
                return _Location(base + offset, length, rest, here, (length_at, length_size))
    raise TiffError("its EXIF block is missing")


def _number(read: Reader, field: tuple[int, int], value: int) -> Edit:
    position, size = field
    if value < 0 or value >= 1 << (8 * size):
        raise TiffError("it is too large for its offsets")
    return Edit(position, read(position, size), value.to_bytes(size, "big"))
