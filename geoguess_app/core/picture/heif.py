"""HEIF containers: opened only when the decoder cannot fall over what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from geoguess_app.core.picture.boxes import inner_boxes, top_boxes


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
    for kind, content in top_boxes(stream):
        if kind == b"meta":
            for inner, index in inner_boxes(content, 4):
                if inner == b"iinf" and index:
                    yield from _words_of(index)


def _words_of(index: bytes) -> Iterator[bytes]:
    for kind, entry in inner_boxes(index, 6 if index[0] == 0 else 8):
        if kind == b"infe" and entry and entry[0] >= 2:
            at = 8 if entry[0] == 2 else 10
            item = entry[at : at + 4]
            yield entry[at:] if item in (b"mime", b"uri ") else item
