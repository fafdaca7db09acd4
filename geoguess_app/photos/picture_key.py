"""Keys that identify a picture whatever its file is called and whatever tags it carries."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

from PIL import ExifTags, Image

from geoguess_app.core.picture.decode import (
    PhotoBytes,
    open_stream,
    path_of,
    shown_name,
)
from geoguess_app.core.picture.sniff import HEAD_BYTES, picture_kind
from geoguess_app.photos.formats.edits import reader_of
from geoguess_app.photos.formats.jpeg import segments
from geoguess_app.photos.formats.tiff import TiffError

_SKIPPED_MARKERS = frozenset((0xE1, 0xED, 0xFE))
"""EXIF and XMP, IPTC, comment: they change when a photo is tagged, its picture does not."""
_CHUNK_BYTES = 1 << 20


def picture_key(photo: Path | PhotoBytes) -> str:
    """A hash of the picture. Of a JPEG, tags but the orientation do not count; raises PhotoError
    where the file cannot be opened, OSError where reading fails."""
    with open_stream(photo, shown_name(path_of(photo))) as stream:
        kind = picture_kind(stream.read(HEAD_BYTES))
        if kind == "jpeg":
            try:
                return _jpeg_key(stream)
            except TiffError:
                pass  # broken; its bytes as they are identify it
        stream.seek(0)
        digest = hashlib.sha256()
        _hash_rest(stream, digest)
        return "file-" + digest.hexdigest()


def _jpeg_key(stream: IO[bytes]) -> str:
    read = reader_of(stream)
    digest = hashlib.sha256(str(_orientation(stream)).encode())
    parts = segments(read)
    for part in parts[:-1]:
        if part.marker not in _SKIPPED_MARKERS:
            digest.update(read(part.offset, part.end - part.offset))
    stream.seek(parts[-1].offset)
    _hash_rest(stream, digest)
    return "jpeg-" + digest.hexdigest()


def _hash_rest(stream: IO[bytes], digest: hashlib._Hash) -> None:
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)


def _orientation(stream: IO[bytes]) -> object:
    stream.seek(0)
    try:
        with Image.open(stream, formats=("JPEG",)) as image:
            return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block turns nothing
        return 1
