"""Maker's notes in the layouts of their makers, filled with harmless values.

What matters to a program that changes files is where a note's offsets count from: from the start of
the EXIF block (Canon, Sony, Panasonic, Casio, early Olympus and Nikon), from the start of the note
(Apple, Fujifilm, Pentax, later Olympus) or from a header of its own (later Nikon). A note of the
first kind is spoilt when it is moved.
"""

from __future__ import annotations

import random
import struct

from tests.data.exif_block import Block, Field, directory


def canon(order: str) -> Block:
    """A bare directory, counted from the EXIF block."""
    camera_settings = (46, *(1, 0, 3, 0, 0, 1, 0, 0, 0, 1), *(0,) * 12)
    shot = (68, *(0, 160, -5, 180, 0, 0, 0), *(0,) * 26)
    fields = [
        Field(0x0001, "short", camera_settings),
        Field(0x0004, "short", [value & 0xFFFF for value in shot]),
        Field(0x0006, "ascii", "Canon PowerShot A70 JPEG"),
        Field(0x0007, "ascii", "Firmware Version 1.00"),
    ]
    return lambda offset: directory(fields, offset, order)


def _behind(head: bytes, fields: list[Field], order: str, *, own: bool) -> Block:
    """A directory behind a head; `own` says that offsets count from the note, not the block."""
    return lambda offset: head + directory(fields, len(head) + (0 if own else offset), order)


def nikon() -> Block:
    """A header of TIFF's own kind inside the note, big endian whatever the block is."""
    fields = [
        Field(0x0001, "undefined", b"0210"),
        Field(0x0002, "short", (0, 64)),
        Field(0x0004, "ascii", "FINE   "),
        Field(0x0005, "ascii", "AUTO        "),
        Field(0x0007, "ascii", "AF-S  "),
        Field(0x0084, "rational", (6, 24, 2.7, 5.9)),
    ]
    head = b"Nikon\0\2\x10\0\0"
    return lambda offset: head + b"MM\0*\0\0\0\x08" + directory(fields, 8, ">")


def nikon_early(order: str) -> Block:
    """Counted from the EXIF block."""
    fields = [
        Field(0x0002, "ascii", "08.00"),
        Field(0x0003, "short", (12,)),
        Field(0x0004, "short", (1,)),
        Field(0x0008, "rational", (2.5,)),
    ]
    return _behind(b"Nikon\0\1\0", fields, order, own=False)


def apple() -> Block:
    """Counted from the note, big endian."""
    fields = [
        Field(0x0001, "slong", (14,)),
        Field(0x0008, "srational", (-0.02, -0.99, 0.11)),
        Field(0x000A, "slong", (3,)),
        Field(0x0014, "slong", (10,)),
    ]
    return _behind(b"Apple iOS\0\0\1MM", fields, ">", own=True)


def olympus() -> Block:
    """Counted from the note."""
    fields = [
        Field(0x0200, "long", (0, 0, 0)),
        Field(0x0201, "short", (2,)),
        Field(0x0207, "ascii", "D4322"),
    ]
    return _behind(b"OLYMPUS\0II\3\0", fields, "<", own=True)


def olympus_early(order: str) -> Block:
    """Counted from the EXIF block."""
    fields = [
        Field(0x0200, "long", (0, 0, 0)),
        Field(0x0204, "rational", (1,)),
        Field(0x0207, "ascii", "SX756"),
    ]
    return _behind(b"OLYMP\0\1\0", fields, order, own=False)


def fujifilm() -> Block:
    """Counted from the note, little endian whatever the block is."""
    fields = [
        Field(0x0000, "undefined", b"0130"),
        Field(0x1000, "ascii", "NORMAL "),
        Field(0x1001, "short", (3,)),
        Field(0x1010, "short", (2,)),
        Field(0x1011, "srational", (-0.33,)),
    ]
    return _behind(b"FUJIFILM\x0c\0\0\0", fields, "<", own=True)


def sony(order: str) -> Block:
    """Counted from the EXIF block."""
    fields = [
        Field(0xB020, "ascii", "Standard"),
        Field(0xB021, "long", (0,)),
        Field(0xB041, "short", (0,)),
        Field(0xB02A, "byte", (1, 16, 5, 0x11, 0x16, 3, 1, 0)),
    ]
    return _behind(b"SONY DSC \0\0\0", fields, order, own=False)


def panasonic(order: str) -> Block:
    """Counted from the EXIF block."""
    fields = [
        Field(0x0001, "short", (2,)),
        Field(0x0002, "undefined", b"0131"),
        Field(0x001A, "short", (2,)),
        Field(0x0051, "ascii", "LUMIX G VARIO 14-42mm"),
    ]
    return _behind(b"Panasonic\0\0\0", fields, order, own=False)


def pentax() -> Block:
    """Counted from the note."""
    fields = [
        Field(0x0000, "byte", (3, 0, 0, 0)),
        Field(0x0001, "short", (2,)),
        Field(0x0006, "undefined", bytes((7, 218, 5, 15))),
        Field(0x0012, "long", (125,)),
        Field(0x0029, "long", (1, 2)),
    ]
    return _behind(b"PENTAX \0MM", fields, ">", own=True)


def casio(order: str) -> Block:
    """Counted from the EXIF block."""
    fields = [
        Field(0x0002, "short", (320, 240)),
        Field(0x0008, "short", (2,)),
        Field(0x2001, "ascii", "0502151043"),
        Field(0x001D, "rational", (7.9,)),
    ]
    return _behind(b"QVC\0\0\0", fields, order, own=False)


def minolta(order: str) -> Block:
    """A bare directory, counted from the EXIF block."""
    fields = [
        Field(0x0000, "undefined", b"MLT0"),
        Field(0x0040, "long", (0,)),
        Field(0x0103, "long", (2,)),
        Field(0x010C, "long", (24,)),
    ]
    return lambda offset: directory(fields, offset, order)


def kodak() -> Block:
    """No directory at all: values at fixed places."""
    data = bytearray(120)
    data[0:8] = b"KDK INFO"
    data[8:16] = b"CX7530\0\0"
    data[17:19] = bytes((1, 1))
    struct.pack_into(">HH", data, 20, 100, 75)
    return lambda offset: bytes(data)


def ricoh() -> Block:
    """Text."""
    return lambda offset: b"Rv0100;Rg90;Bg6E;Gg80;\0"


def opaque(seed: int, count: int = 900) -> Block:
    """`count` bytes that nobody can read, as many a phone writes them."""
    data = random.Random(seed).randbytes(count)
    return lambda offset: data
