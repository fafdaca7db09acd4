"""The texts of a position in XMP, read without Exiv2: any photo may come from anywhere.

In JPEG the packets are the blocks where they belong; elsewhere Pillow and libheif find them. In
files that they cannot open (RAW) they are found as the XMP specification's part 3 has it for
programs that do not know a format: by their text, in the beginning and the end of the file.
"""

from __future__ import annotations

import codecs
import logging
import os
import re
from collections.abc import Iterator, Mapping
from itertools import islice
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
from geoguess_app.core.picture.jxl import jxl_box
from geoguess_app.core.picture.sniff import HEAD_BYTES, Kind, picture_kind
from geoguess_app.photos.formats import jpeg
from geoguess_app.photos.formats.edits import reader_of
from geoguess_app.photos.formats.png import raw_profile
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import EXIF, Packet, XmpError

log = logging.getLogger(__name__)

_BEGIN, _END = b"<x:xmpmeta", b"</x:xmpmeta>"
_HEAD, _TAIL = 256 << 10, 128 << 10
_LARGEST_SIDECAR = 8 << 20
_NAMES = (
    *("GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef"),
    "GPSProcessingMethod",
)
_LOOSE = re.compile(rf"(?<!/)exif:({'|'.join(_NAMES)})\b")
_QUOTED = re.compile(r"\s*=\s*([\"'])")
_MOST_LOOSE, _LONGEST_LOOSE = 50, 300
"""So many places in text that is no valid XML are looked at, so many characters each."""
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


def photo_xmp(photo: Path | PhotoBytes) -> Mapping[str, str]:
    """The position's texts in a photo's XMP; empty where there is none or it cannot be read."""
    try:
        with open_stream(photo, shown_name(path_of(photo))) as stream:
            found = (_texts(packet) for packet in _packets_in(stream))
            return next(filter(None, found), {})
    except (PhotoError, OSError, ValueError, TiffError):
        return {}


def sidecar_xmp(sidecar: Path) -> Mapping[str, str]:
    """The same of a sidecar."""
    try:
        with sidecar.open("rb") as stream:
            return _texts(stream.read(_LARGEST_SIDECAR))
    except OSError:
        return {}


def packet_says_where(packet: bytes) -> bool:
    """Tell whether an XMP packet gives a position, usable or not."""
    return bool(_texts(packet))


def _packets_in(stream: IO[bytes]) -> Iterator[bytes]:
    kind = picture_kind(stream.read(HEAD_BYTES))
    if kind == "jpeg":
        yield from jpeg.xmp_packets(reader_of(stream))
    else:
        yield _packet_of_library(stream, kind) or _packet_by_text(stream)


def _packet_of_library(stream: IO[bytes], kind: Kind | None) -> bytes:
    """The packet where Pillow and libheif find it, also compressed; empty without one."""
    stream.seek(0)
    try:
        if kind == "heif":
            import pi_heif

            found = pi_heif.open_heif(stream).info.get("xmp")
        elif kind == "jxl":
            found = jxl_box(stream, b"xml ")
        elif kind in PILLOW_FORMATS:
            with Image.open(stream, formats=PILLOW_FORMATS[kind]) as image:
                tags = getattr(image, "tag_v2", {})
                found = image.info.get("xmp") or tags.get(ExifTags.Base.XMLPacket)
                found = found or raw_profile(image.info, "xmp", "XMP")
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
    packet = _as_utf8(packet)
    # Most packets hold no position; parsing them would be in vain.
    if b"GPSLatitude" not in packet and b"GPSLongitude" not in packet:
        return {}
    try:
        found = Packet(packet).properties
    except XmpError:
        # As in exiftool: a stray character elsewhere does not make a position unknown.
        values = _loose_values(packet.decode("utf-8", "replace"))
    else:
        # Some programs leave out the slash at the end of the schema's name.
        ours = (p for p in reversed(found) if p.name.uri.rstrip("/") == EXIF.rstrip("/"))
        values = {p.name.local: p.text for p in ours if p.name.local in _NAMES}
    return {name: text for name, text in values.items() if text}


def _loose_values(text: str) -> dict[str, str]:
    """The position's properties in text that is no valid XML."""
    values: dict[str, str] = {}
    for found in islice(_LOOSE.finditer(text), _MOST_LOOSE):
        rest = text[found.end() : found.end() + _LONGEST_LOOSE]
        quoted = _QUOTED.match(rest)
        if quoted is not None:
            value, end, _ = rest[quoted.end() :].partition(quoted[1])
        else:
            value, end, _ = rest.partition(">")[2].partition("<")
        if end:
            values.setdefault(found[1], value.strip())
    return values


def _as_utf8(packet: bytes) -> bytes:
    """A packet in UTF-16 or UTF-32 as one in UTF-8; any other as it is."""
    for beginning, encoding in _WIDE:
        if packet.startswith(beginning):
            return _DECLARATION.sub("", packet.decode(encoding, "replace")).encode()
    return packet
