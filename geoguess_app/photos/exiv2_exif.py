"""EXIF of camera originals that only Exiv2 knows (CR3, RAF, ORF, RW2 …), in Pillow's form."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.photos.exiv2 import read_tags

_CHARSET = re.compile(r'^charset="?\w+"?\s*')
_ASCII = b"ASCII\0\0\0"
_BASE, _GPS = ExifTags.Base, ExifTags.GPS
_DETAILS = {
    _BASE.DateTimeOriginal: "DateTimeOriginal",
    _BASE.SubsecTimeOriginal: "SubSecTimeOriginal",
    _BASE.OffsetTimeOriginal: "OffsetTimeOriginal",
    _BASE.OffsetTime: "OffsetTime",
}
_GPS_TEXTS = (_GPS.GPSLatitudeRef, _GPS.GPSLongitudeRef, _GPS.GPSDateStamp)
_GPS_NUMBERS = (_GPS.GPSLatitude, _GPS.GPSLongitude, _GPS.GPSTimeStamp)


def exif_by_exiv2(photo: Path) -> Image.Exif:
    """Camera, time and position in a file's EXIF; empty where Exiv2 cannot read it either."""
    exif = Image.Exif()
    try:
        tags = read_tags(photo).exif
    except PhotoError:
        return exif
    for tag in (_BASE.Make, _BASE.Model):
        text = first_text(tags, f"Exif.Image.{tag.name}", f"Exif.PanasonicRaw.{tag.name}")
        if text is not None:
            exif[tag] = text
    details = {tag: first_text(tags, f"Exif.Photo.{name}") for tag, name in _DETAILS.items()}
    exif.get_ifd(ExifTags.IFD.Exif).update({t: v for t, v in details.items() if v is not None})
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(_gps(tags))
    return exif


def _gps(tags: Mapping[str, Any]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for tag in (*_GPS_TEXTS, *_GPS_NUMBERS):
        text = first_text(tags, f"Exif.GPSInfo.{tag.name}")
        if text is not None:
            numbers = tuple(rational(part) for part in text.split()[:3])
            found[tag] = numbers if tag in _GPS_NUMBERS else text
    method = processing_method(tags)
    if method is not None:
        found[_GPS.GPSProcessingMethod] = _ASCII + method.encode("latin-1", "replace")
    return found


def first_text(tags: Mapping[str, Any], *names: str) -> str | None:
    """The text of the first of some tags that is there; None without any."""
    for name in names:
        value = tags.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, str):
            return value
    return None


def rational(text: str) -> float:
    """``3013/100``; NaN for 0/0."""
    numerator, _, denominator = text.partition("/")
    try:
        return int(numerator) / int(denominator or 1)
    except (ValueError, ZeroDivisionError):
        return math.nan


def processing_method(tags: Mapping[str, Any]) -> str | None:
    """GPSProcessingMethod without Exiv2's name of its character set."""
    text = first_text(tags, "Exif.GPSInfo.GPSProcessingMethod")
    return _CHARSET.sub("", text).strip("\0 ") if text is not None else None
