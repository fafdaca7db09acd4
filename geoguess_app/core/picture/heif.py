"""HEIF containers: opened only when the decoder cannot fall over what they say."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Any

_MOST_BYTES = 1 << 22
"""No phone writes a larger index; one that claims more is left to the decoder's own checks."""


def open_heif(stream: IO[bytes]) -> Any:
    """Open a HEIF file with ``pi_heif``, which does not decode its pixels yet.

    The library (1.4) turns an item's type and media type into text and ends the whole process where
    their bytes are none. Raises ValueError for such a file, and whatever the library raises for
    other damage. Leaves the stream where it likes.
    """
    import pi_heif

    for words in _item_words(stream):
        words.decode("utf-8")
    stream.seek(0)
    return pi_heif.open_heif(stream)


def _item_words(stream: IO[bytes]) -> Iterator[bytes]:
    """The type of every item, with its name and media type where it is of a media type."""
    stream.seek(0)
    for kind, content in _top_boxes(stream):
        if kind == b"meta":
            for inner, index in _boxes(content, 4):
                if inner == b"iinf" and index:
                    yield from _words_of(index)


def _words_of(index: bytes) -> Iterator[bytes]:
    for kind, entry in _boxes(index, 6 if index[0] == 0 else 8):
        if kind == b"infe" and entry and entry[0] >= 2:
            at = 8 if entry[0] == 2 else 10
            item = entry[at : at + 4]
            yield entry[at:] if item in (b"mime", b"uri ") else item


def _top_boxes(stream: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of the boxes of a file; the content of large ones is left out."""
    while len(head := stream.read(8)) == 8:
        size, kind = struct.unpack(">L4s", head)
        length = size - 8
        if size == 1:
            length = int.from_bytes(stream.read(8), "big") - 16
        if size == 0 or length < 0:
            yield kind, stream.read(_MOST_BYTES)
            return
        end = stream.tell() + length
        yield kind, stream.read(length) if length <= _MOST_BYTES else b""
        stream.seek(end)


def _boxes(data: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">L4s", data, at)
        if size < 8:
            return
        yield kind, data[at + 8 : at + size]
        at += size
