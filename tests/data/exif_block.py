"""EXIF blocks, written tag by tag: what cameras write, with values of our own."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Numbers = Sequence[int | float | Fraction]
Block = Callable[[int], bytes]
"""Bytes that depend on where they begin: offset in bytes from the base of the directory."""

_CODES = {
    "byte": (1, "B"),
    "ascii": (2, "s"),
    "short": (3, "H"),
    "long": (4, "L"),
    "rational": (5, "LL"),
    "undefined": (7, "s"),
    "slong": (9, "l"),
    "srational": (10, "ll"),
}
"""Name of a type → its number in TIFF and its struct code."""


@dataclass(frozen=True)
class Field:
    """One tag of a directory: number, type and value."""

    tag: int
    kind: str
    value: str | bytes | Numbers | Block


def directory(fields: Sequence[Field], offset: int, order: str = "<") -> bytes:
    """The bytes of a TIFF directory that begins `offset` bytes behind its base.

    `order` is "<" for little or ">" for big endian. No directory follows it.
    """
    values_at = offset + 2 + 12 * len(fields) + 4
    entries, values = bytearray(), bytearray()
    for field in sorted(fields, key=lambda f: f.tag):
        code, _ = _CODES[field.kind]
        data, count = _encoded(field, order, values_at + len(values))
        entries += struct.pack(f"{order}HHL", field.tag, code, count)
        if len(data) <= 4:
            entries += data.ljust(4, b"\0")
        else:
            entries += struct.pack(f"{order}L", values_at + len(values))
            values += data + b"\0" * (len(data) % 2)
    head = struct.pack(f"{order}H", len(fields))
    return bytes(head + entries + b"\0" * 4 + values)


def _encoded(field: Field, order: str, offset: int) -> tuple[bytes, int]:
    """The value's bytes and how many values they are."""
    value = field.value
    if callable(value):
        value = value(offset)
    if isinstance(value, str):
        data = value.encode("utf-8") + b"\0"
        return data, len(data)
    if isinstance(value, bytes):
        return value, len(value)
    code = _CODES[field.kind][1]
    data = b"".join(_number(number, code, order) for number in value)
    return data, len(value)


def _number(number: int | float | Fraction, code: str, order: str) -> bytes:
    if len(code) == 1:
        return struct.pack(order + code, int(number))
    ratio = Fraction(number).limit_denominator(100_000)
    return struct.pack(order + code, ratio.numerator, ratio.denominator)


@dataclass(frozen=True)
class Exif:
    """The directories of one photo; `preview` is a small JPEG."""

    main: Sequence[Field]
    exposure: Sequence[Field] = ()
    position: Sequence[Field] = ()
    preview: bytes = b""
    order: str = "<"

    def block(self) -> bytes:
        """The whole block, from the byte order mark on, without "Exif" in front."""
        mark = b"II*\0" if self.order == "<" else b"MM\0*"
        head = mark + struct.pack(f"{self.order}L", 8)
        parts = ((0x8769, self.exposure), (0x8825, self.position))
        pointers = [(tag, fields) for tag, fields in parts if fields]
        blank = [Field(tag, "long", (0,)) for tag, _ in pointers]
        size = len(directory([*self.main, *blank], 8, self.order))
        at, made, filled = 8 + size, [], []
        for tag, fields in pointers:
            filled.append(Field(tag, "long", (at,)))
            made.append(directory(fields, at, self.order))
            at += len(made[-1])
        first = directory([*self.main, *filled], 8, self.order)
        tail = self._preview(at)
        if tail:
            first = self._followed_by(first, at)
        return head + first + b"".join(made) + tail

    def _preview(self, offset: int) -> bytes:
        if not self.preview:
            return b""
        fields = [
            Field(0x0103, "short", (6,)),
            Field(0x011A, "rational", (72,)),
            Field(0x011B, "rational", (72,)),
            Field(0x0128, "short", (2,)),
            Field(0x0201, "long", (0,)),
            Field(0x0202, "long", (len(self.preview),)),
        ]
        size = len(directory(fields, offset, self.order))
        fields[4] = Field(0x0201, "long", (offset + size,))
        return directory(fields, offset, self.order) + self.preview

    def _followed_by(self, first: bytes, offset: int) -> bytes:
        (count,) = struct.unpack_from(f"{self.order}H", first)
        at = 2 + 12 * count
        return first[:at] + struct.pack(f"{self.order}L", offset) + first[at + 4 :]
