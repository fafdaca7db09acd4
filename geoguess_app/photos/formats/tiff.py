"""GPS tags in a TIFF structure (a TIFF file, or the EXIF block of any other) without moving it.

New directories go behind the end of the block and a pointer of four bytes is turned to them;
everything else keeps its place. MakerNotes often hold offsets that only their maker understands:
what does not move cannot break. Sources: TIFF 6.0, section 2; Exif 2.32 (CIPA DC-008), 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from geoguess_app.photos.formats.edits import Edit, Reader, order_edits

GPS_POINTER = 0x8825
GPS_VERSION = 0x0000
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_HEADER_BYTES = 8
_ENTRY_BYTES = 12
_MOST_ENTRIES = 1000
"""Real directories have fewer than 200; more means garbage."""


class TiffError(Exception):
    """The structure is not one that can be changed safely; the text says why."""


@dataclass(frozen=True, slots=True)
class TiffField:
    """A value to write: TIFF type, count, and the bytes in big-endian order of its numbers."""

    kind: int
    numbers: tuple[int, ...] = ()
    """BYTE, or numerators and denominators in turn for RATIONAL."""
    data: bytes = b""
    """ASCII (with its closing zero) or UNDEFINED."""

    def encoded(self, order: str) -> bytes:
        """The value as it stands in the file."""
        if self.kind == RATIONAL:
            return struct.pack(f"{order}{len(self.numbers)}I", *self.numbers)
        return bytes(self.numbers) if self.kind == BYTE else self.data

    @property
    def count(self) -> int:
        """Return how many values of its type it holds."""
        if self.kind == RATIONAL:
            return len(self.numbers) // 2
        return len(self.numbers) if self.kind == BYTE else len(self.data)


@dataclass(frozen=True, slots=True)
class TiffEntry:
    """One raw directory entry; ``value`` are its last four bytes, a value or an offset."""

    tag: int
    kind: int
    count: int
    value: bytes

    @property
    def size(self) -> int:
        """Bytes of its value; 0 for an unknown type."""
        return _SIZES.get(self.kind, 0) * self.count


@dataclass(frozen=True, slots=True)
class TiffDirectory:
    """One directory (IFD) and where it stands in the block."""

    offset: int
    entries: tuple[TiffEntry, ...]
    following: bytes
    """Offset of the next directory, as it stands in the file."""

    @property
    def size(self) -> int:
        """Bytes of count, entries and pointer."""
        return 2 + _ENTRY_BYTES * len(self.entries) + 4

    def entry(self, tag: int) -> TiffEntry | None:
        """The entry of a tag."""
        return next((entry for entry in self.entries if entry.tag == tag), None)


class Tiff:
    """A TIFF structure of ``length`` bytes, read through ``read``. Raises TiffError."""

    def __init__(self, read: Reader, length: int) -> None:
        self._read, self.length = read, length
        head = read(0, _HEADER_BYTES)
        if len(head) < _HEADER_BYTES or head[:4] not in (b"II*\0", b"MM\0*"):
            raise TiffError("its EXIF block has no TIFF header")
        self.order: Literal["<", ">"] = "<" if head[:2] == b"II" else ">"
        self.main = self._directory(self._number(head[4:8]))
        self.gps = self._gps_directory()

    def value(self, entry: TiffEntry) -> bytes:
        """The bytes of an entry's value."""
        if entry.size <= 4:
            return entry.value[: entry.size]
        return self._read(self._number(entry.value), entry.size)

    def _number(self, data: bytes) -> int:
        return int(struct.unpack(f"{self.order}I", data)[0])

    def _gps_directory(self) -> TiffDirectory | None:
        pointer = self.main.entry(GPS_POINTER)
        if pointer is None:
            return None
        if pointer.count != 1 or pointer.kind not in (LONG, 13):
            raise TiffError("its pointer to the GPS tags is broken")
        return self._directory(self._number(pointer.value))

    def _directory(self, offset: int) -> TiffDirectory:
        count_bytes = self._read(offset, 2)
        if offset < _HEADER_BYTES or len(count_bytes) < 2:
            raise TiffError("a directory of its EXIF block is outside it")
        count = struct.unpack(f"{self.order}H", count_bytes)[0]
        body = self._read(offset + 2, count * _ENTRY_BYTES)
        if count > _MOST_ENTRIES or len(body) < count * _ENTRY_BYTES:
            raise TiffError("a directory of its EXIF block is truncated")
        # Some cameras leave out the pointer to the next directory at the very end.
        following = self._read(offset + 2 + len(body), 4)
        if len(following) < 4:
            raise TiffError("a directory of its EXIF block is truncated")
        return TiffDirectory(offset, tuple(self._entries(body)), following)

    def _entries(self, body: bytes) -> list[TiffEntry]:
        return [TiffEntry(*fields) for fields in struct.iter_unpack(f"{self.order}HHI4s", body)]

    def with_gps(
        self, fields: Mapping[int, TiffField], without: Collection[int] = ()
    ) -> list[Edit]:
        """Edits that set ``fields`` and remove ``without``; all other GPS tags stay.

        Old values of these tags are overwritten with zeros: a position that was replaced or taken
        away must not stay readable in a forgotten corner of the file. When no GPS tag but the
        version is left, the whole directory goes.
        """
        dropped = set(fields) | set(without)
        old = self.gps.entries if self.gps is not None else ()
        kept = [entry for entry in old if entry.tag not in dropped]
        if not fields and all(entry.tag == GPS_VERSION for entry in kept):
            return order_edits(self._without_gps())
        tail = _Tail(self.length, self.order)
        place = tail.directory([*kept, *(tail.entry(tag, f) for tag, f in sorted(fields.items()))])
        edits = [*self._pointed_at(place, tail), *self._wiped(dropped)]
        edits.append(Edit(self.length, b"", tail.data))
        return order_edits(edits)

    def _pointed_at(self, place: int, tail: _Tail) -> list[Edit]:
        where = struct.pack(f"{self.order}I", place)
        for index, entry in enumerate(self.main.entries):
            if entry.tag == GPS_POINTER:
                offset = self.main.offset + 2 + index * _ENTRY_BYTES + 8
                return [Edit(offset, entry.value, where)]
        pointer = TiffEntry(GPS_POINTER, LONG, 1, where)
        main = tail.directory([*self.main.entries, pointer], self.main.following)
        return [Edit(4, self._read(4, 4), struct.pack(f"{self.order}I", main))]

    def _without_gps(self) -> list[Edit]:
        if self.gps is None:
            return []
        entries = [entry for entry in self.main.entries if entry.tag != GPS_POINTER]
        body = _directory_bytes(self.order, entries, self.main.following)
        old = self._read(self.main.offset, self.main.size)
        wiped = self._wiped({entry.tag for entry in self.gps.entries})
        return [Edit(self.main.offset, old, body.ljust(len(old), b"\0")), *wiped]

    def _wiped(self, tags: Collection[int]) -> list[Edit]:
        """Zeros over the old GPS directory and over the values of ``tags``."""
        if self.gps is None:
            return []
        taken = [(0, _HEADER_BYTES), (self.main.offset, self.main.offset + self.main.size)]
        spans = [(self.gps.offset, self.gps.size)]
        spans += [
            (self._number(entry.value), entry.size)
            for entry in self.gps.entries
            if entry.tag in tags and entry.size > 4
        ]
        edits = []
        for offset, size in spans:
            end = offset + size
            if end > self.length or any(offset < b and a < end for a, b in taken):
                continue  # broken: it overlaps something else, which must not be harmed
            taken.append((offset, end))
            edits.append(Edit(offset, self._read(offset, size), bytes(size)))
        return edits


class _Tail:
    """What is put behind the end of a block."""

    def __init__(self, length: int, order: str) -> None:
        self._start, self._order = length, order
        # Directories and values start on even offsets.
        self.data = b"\0" * (length % 2)

    def entry(self, tag: int, field: TiffField) -> TiffEntry:
        """Store a value; the entry that holds it or points to it."""
        value = field.encoded(self._order)
        if len(value) > 4:
            value = struct.pack(f"{self._order}I", self._put(value))
        return TiffEntry(tag, field.kind, field.count, value.ljust(4, b"\0"))

    def directory(self, entries: list[TiffEntry], following: bytes = bytes(4)) -> int:
        """Store a directory; its offset in the block."""
        return self._put(_directory_bytes(self._order, entries, following))

    def _put(self, data: bytes) -> int:
        place = self._start + len(self.data)
        if place + len(data) > 0xFFFFFFFF:
            raise TiffError("it is too large for TIFF offsets")
        self.data += data + b"\0" * (len(data) % 2)
        return place


def _directory_bytes(order: str, entries: list[TiffEntry], following: bytes) -> bytes:
    # Entries must stand in rising order of their tags.
    body = b"".join(
        struct.pack(f"{order}HHI4s", e.tag, e.kind, e.count, e.value)
        for e in sorted(entries, key=lambda e: e.tag)
    )
    return struct.pack(f"{order}H", len(entries)) + body + following


def new_block(fields: Mapping[int, TiffField]) -> bytes:
    """An EXIF block that holds nothing but GPS tags."""
    order = ">"
    tail = _Tail(_HEADER_BYTES + 2 + _ENTRY_BYTES + 4, order)
    place = tail.directory([tail.entry(tag, field) for tag, field in sorted(fields.items())])
    pointer = TiffEntry(GPS_POINTER, LONG, 1, struct.pack(f"{order}I", place))
    head = b"MM\0*" + struct.pack(f"{order}I", _HEADER_BYTES)
    return head + _directory_bytes(order, [pointer], bytes(4)) + tail.data
