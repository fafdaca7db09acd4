"""The texts of a position in XMP, read without Exiv2: any photo may come from anywhere.

In JPEG the packet is the block where it belongs; elsewhere Pillow and libheif find it. In files
that they cannot open (RAW) it is found as the XMP specification's part 3 has it for programs that
do not know a format: by its text, in the beginning and the end of the file.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from PIL import ExifTags, Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import (
    PILLOW_FORMATS,
    PhotoBytes,
    open_stream,
    path_of,
    shown_name,
)
from geoguess_app.core.picture.sniff import HEAD_BYTES, Kind, picture_kind
from geoguess_app.photos.formats import jpeg
from geoguess_app.photos.formats.edits import reader_of
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import EXIF, Packet, PropertyName, XmpError

log = logging.getLogger(__name__)

_BEGIN, _END = b"<x:xmpmeta", b"</x:xmpmeta>"
_HEAD, _TAIL = 256 << 10, 128 << 10
_LARGEST_SIDECAR = 8 << 20
_NAMES = (
    *("GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef"),
    "GPSProcessingMethod",
)


def photo_xmp(photo: Path | PhotoBytes) -> Mapping[str, str]:
    """The position's texts in a photo's XMP; empty where there is none or it cannot be read."""
    try:
        with open_stream(photo, shown_name(path_of(photo))) as stream:
            return _texts(_packet_in(stream))
    except (PhotoError, OSError, ValueError, TiffError):
        return {}


def sidecar_xmp(sidecar: Path) -> Mapping[str, str]:
    """The same of a sidecar."""
    try:
        with sidecar.open("rb") as stream:
            return _texts(stream.read(_LARGEST_SIDECAR))
    except OSError:
        return {}


def _packet_in(stream: IO[bytes]) -> bytes:
    kind = picture_kind(stream.read(HEAD_BYTES))
    if kind == "jpeg":
        return jpeg.block(reader_of(stream), jpeg.XMP_MARK) or b""
    return _packet_of_library(stream, kind) or _packet_by_text(stream)


def _packet_of_library(stream: IO[bytes], kind: Kind | None) -> bytes:
    """The packet where Pillow and libheif find it, also compressed; empty without one."""
    stream.seek(0)
    try:
        if kind == "heif":
            import pi_heif

            found = pi_heif.open_heif(stream).info.get("xmp")
        elif kind in PILLOW_FORMATS:
            with Image.open(stream, formats=PILLOW_FORMATS[kind]) as image:
                tags = getattr(image, "tag_v2", {})
                found = image.info.get("xmp") or tags.get(ExifTags.Base.XMLPacket)
        else:
            return b""
    except Exception as problem:  # noqa: BLE001 - damaged headers raise whatever they like
        log.debug("no XMP by library: %r", problem)
        return b""
    return found.encode() if isinstance(found, str) else bytes(found or b"")


def _packet_by_text(stream: IO[bytes]) -> bytes:
    size = stream.seek(0, os.SEEK_END)
    for start, count in ((0, _HEAD), (max(_HEAD, size - _TAIL), _TAIL)):
        stream.seek(start)
        part = stream.read(count)
        begin = part.find(_BEGIN)
        end = part.find(_END, begin)
        if begin >= 0 and end >= 0:
            return part[begin : end + len(_END)]
    return b""


def _texts(packet: bytes) -> Mapping[str, str]:
    # Most packets hold no position; parsing them would be in vain.
    if b"GPSLatitude" not in packet and b"GPSLongitude" not in packet:
        return {}
    try:
        parsed = Packet(packet)
    except XmpError:
        return {}
    values = {name: parsed.value(PropertyName(EXIF, name)) for name in _NAMES}
    return {name: text for name, text in values.items() if text}
