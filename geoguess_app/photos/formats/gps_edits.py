"""The bytes to change in a photo file so that its EXIF says where it was taken."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Mapping
from typing import IO

from geoguess_app.core.picture.sniff import Kind
from geoguess_app.photos.formats import heif, jpeg, png, webp
from geoguess_app.photos.formats.edits import Edit, Reader, reader_of
from geoguess_app.photos.formats.tiff import Tiff, TiffError, TiffField, new_block

EMBEDDABLE: frozenset[Kind] = frozenset({"jpeg", "tiff", "png", "webp", "heif", "avif"})
"""Kinds of files that can be written into."""

Change = Callable[[Reader, int], list[Edit]]


def gps_edits(
    stream: IO[bytes],
    kind: Kind,
    fields: Mapping[int, TiffField],
    without: Collection[int] = (),
) -> list[Edit]:
    """Edits that set the GPS tags ``fields`` and remove the tags ``without``, and nothing else.

    Raises TiffError where this file cannot be changed safely; the text completes "… because".
    """
    try:
        return _edits(stream, kind, fields, without)
    except (struct.error, IndexError, ValueError) as problem:  # numbers that make no sense
        raise TiffError("its structure is broken") from problem


def _edits(
    stream: IO[bytes], kind: Kind, fields: Mapping[int, TiffField], without: Collection[int]
) -> list[Edit]:
    read = reader_of(stream)

    def change(inside: Reader, length: int) -> list[Edit]:
        return Tiff(inside, length).with_gps(fields, without)

    def block() -> bytes:
        return new_block(fields) if fields else b""

    if kind == "jpeg":
        return jpeg.block_edits(read, jpeg.EXIF_MARK, change, block)
    length = stream.seek(0, 2)
    if kind == "tiff":
        return change(read, length)
    if kind == "png":
        return png.exif_edits(read, change, block)
    if kind == "webp":
        return webp.exif_edits(stream, read, change, block)
    if kind in ("heif", "avif"):
        return heif.exif_edits(read, length, change)
    raise TiffError(f"a {kind} file is not supported for writing")
