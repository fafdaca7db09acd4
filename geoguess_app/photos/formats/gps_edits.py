"""The bytes to change in a photo file so that its EXIF says where it was taken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import IO

from geoguess_app.core.sniff import Kind
from geoguess_app.photos.formats import jpeg
from geoguess_app.photos.formats.edits import Edit, Reader, reader_of
from geoguess_app.photos.formats.tiff import Field, Tiff, TiffError, new_block

EMBEDDABLE: frozenset[Kind] = frozenset({"jpeg", "tiff"})
"""Kinds of files that can be written into."""

Change = Callable[[Reader, int], list[Edit]]


def gps_edits(
    stream: IO[bytes],
    kind: Kind,
    fields: Mapping[int, Field],
    without: Collection[int] = (),
) -> list[Edit]:
    """Edits that set the GPS tags `fields` and remove the tags `without`, and nothing else.

    Raises TiffError where this file cannot be changed safely; the text completes "… because".
    """
    read = reader_of(stream)

    def change(inside: Reader, length: int) -> list[Edit]:
        return Tiff(inside, length).with_gps(fields, without)

    def block() -> bytes:
        return new_block(fields) if fields else b""

    if kind == "jpeg":
        return jpeg.block_edits(read, jpeg.EXIF_MARK, change, block)
    if kind == "tiff":
        return change(read, stream.seek(0, 2))
    raise TiffError(f"a {kind} file has no place for it that this program knows")
