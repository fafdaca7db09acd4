"""Boxes of ISO containers (ISO 14496-12), which HEIC, AVIF, JPEG 2000 and JPEG XL files are."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

_MOST_BYTES = 1 << 22
"""No camera writes larger metadata; the content of larger boxes is left out."""


def top_boxes(stream: IO[bytes], first: int | None = None) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of the boxes of a file; the content of large ones is left out.

    With ``first`` only so many bytes of each are read, of large ones, too.
    """
    stream.seek(0)
    while len(head := stream.read(8)) == 8:
        size, kind = struct.unpack(">L4s", head)
        length = size - 8
        if size == 1:
            length = int.from_bytes(stream.read(8), "big") - 16
        if size == 0 or length < 0:
            yield kind, stream.read(_MOST_BYTES)
            return
        end = stream.tell() + length
        if first is not None:
            yield kind, stream.read(min(length, first))
        else:
            yield kind, stream.read(length) if length <= _MOST_BYTES else b""
        stream.seek(end)


def inner_boxes(data: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of the boxes in the content of another, from ``at`` on."""
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">L4s", data, at)
        if size < 8:
            return
        yield kind, data[at + 8 : at + size]
        at += size


def box_content(stream: IO[bytes], kind: bytes, beginning: bytes = b"") -> bytes:
    """The content behind ``beginning`` of the first box of a kind; empty without such a box."""
    for found, content in top_boxes(stream):
        if found == kind and content.startswith(beginning):
            return content[len(beginning) :]
    return b""
