"""Positions that stand in XMP, found without a metadata library: any photo may come from anywhere.

In JPEG the packet is the block where it belongs; in other files it is found as the XMP
specification's part 3 has it for programs that do not know a format: by its text. Only the
beginning and the end of such files are looked at, where writers put it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import (
    PhotoBytes,
    open_stream,
    path_of,
    shown_name,
)
from geoguess_app.core.picture.sniff import HEAD_BYTES, picture_kind
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.formats import jpeg
from geoguess_app.photos.formats.edits import reader_of
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import EXIF, Name, Packet, XmpError

_ANGLE = re.compile(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])", re.ASCII)
_BEGIN, _END = b"<x:xmpmeta", b"</x:xmpmeta>"
_HEAD, _TAIL = 256 << 10, 128 << 10
_LARGEST_SIDECAR = 8 << 20
_LATITUDE, _LONGITUDE, METHOD = "GPSLatitude", "GPSLongitude", "GPSProcessingMethod"


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


def xmp_coordinate(latitude: str, longitude: str) -> Coordinate | None:
    """`48,51.5022N` and `2,17.6694E`, or with seconds; None for what is no usable position."""
    parts = []
    for text, letters in ((latitude, "NS"), (longitude, "EW")):
        found = _ANGLE.fullmatch(text.strip())
        if found is None or found[4] not in letters:
            return None
        angle = int(found[1]) + float(found[2]) / 60 + float(found[3] or 0) / 3600
        parts.append(-angle if found[4] == letters[1] else angle)
    if abs(parts[0]) > 90 or abs(parts[1]) > 180 or parts[0] == parts[1] == 0:
        return None
    return Coordinate(*parts)


def coordinate_of(texts: Mapping[str, str]) -> Coordinate | None:
    """The position in texts as `photo_xmp` gives them."""
    return xmp_coordinate(texts.get(_LATITUDE, ""), texts.get(_LONGITUDE, ""))


def _packet_in(stream: IO[bytes]) -> bytes:
    kind = picture_kind(stream.read(HEAD_BYTES))
    if kind == "jpeg":
        return jpeg.block(reader_of(stream), jpeg.XMP_MARK) or b""
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
    if _LATITUDE.encode() not in packet:
        return {}
    try:
        parsed = Packet(packet)
    except XmpError:
        return {}
    values = {name: parsed.value(Name(EXIF, name)) for name in (_LATITUDE, _LONGITUDE, METHOD)}
    return {name: text for name, text in values.items() if text}
