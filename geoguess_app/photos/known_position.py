"""The position that a photo already has: in the file or in a sidecar."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoguess_app.core.picture.decode import PhotoBytes, path_of
from geoguess_app.core.types import Coordinate
from geoguess_app.photos.exiv2 import Tags, read_tags
from geoguess_app.photos.metadata import PhotoMetadata
from geoguess_app.photos.position_tags import estimate_by, is_estimate
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.photos.xmp_position import (
    METHOD,
    coordinate_of,
    photo_xmp,
    sidecar_xmp,
    xmp_coordinate,
)

_CHARSET = re.compile(r'^charset="?\w+"?\s*')


@dataclass(frozen=True, slots=True)
class KnownPosition:
    """A position found beside the pixels."""

    coordinate: Coordinate | None
    """None where it is there but makes no sense, such as 0, 0."""
    method: str | None
    """GPSProcessingMethod, as far as given."""
    file: Path
    """The photo, or the sidecar that has it."""

    @property
    def is_estimate(self) -> bool:
        """Whether this program guessed it: no truth to measure against."""
        return is_estimate(self.method)


def known_position(photo: Path, sidecars: Sequence[Path]) -> KnownPosition | None:
    """The position of a photo: its file's own before that of a sidecar; None without any.

    Raises PhotoError where the photo's metadata cannot be read; an unreadable sidecar raises too,
    because nobody may write beside what it cannot see.
    """
    for file in (photo, *sidecars):
        found = position_in(read_tags(file), file)
        if found is not None:
            return found
    return None


def position_in(tags: Tags, file: Path) -> KnownPosition | None:
    """The position in a file's tags, EXIF before XMP."""
    exif, xmp = tags.exif, tags.xmp
    if "Exif.GPSInfo.GPSLatitude" in exif or "Exif.GPSInfo.GPSLongitude" in exif:
        return KnownPosition(_from_exif(exif), _exif_method(exif), file)
    if "Xmp.exif.GPSLatitude" in xmp or "Xmp.exif.GPSLongitude" in xmp:
        return KnownPosition(_from_xmp(xmp), _text(xmp.get("Xmp.exif.GPSProcessingMethod")), file)
    return None


def _from_exif(exif: Mapping[str, Any]) -> Coordinate | None:
    parts = []
    for axis, letters in (("Latitude", "NS"), ("Longitude", "EW")):
        letter = (_text(exif.get(f"Exif.GPSInfo.GPS{axis}Ref")) or "")[:1].upper()
        angle = _rationals(_text(exif.get(f"Exif.GPSInfo.GPS{axis}")) or "")
        if angle is None or not letter or letter not in letters:
            return None
        parts.append(-angle if letter == letters[1] else angle)
    return _coordinate(*parts)


def _rationals(text: str) -> float | None:
    """`48/1 51/1 3013/100` to degrees; seconds or minutes of 0/0 count as unknown, so 0."""
    total = 0.0
    for power, part in enumerate(text.split()[:3]):
        numerator, _, denominator = part.partition("/")
        try:
            total += int(numerator) / int(denominator or 1) / 60**power
        except (ValueError, ZeroDivisionError):
            if power == 0:
                return None
    return total if text.split() else None


def _from_xmp(xmp: Mapping[str, Any]) -> Coordinate | None:
    latitude, longitude = (xmp.get(f"Xmp.exif.GPS{axis}") for axis in ("Latitude", "Longitude"))
    return xmp_coordinate(_text(latitude) or "", _text(longitude) or "")


def _coordinate(latitude: float, longitude: float) -> Coordinate | None:
    if abs(latitude) > 90 or abs(longitude) > 180 or latitude == longitude == 0:
        return None
    return Coordinate(latitude, longitude)


def _exif_method(exif: Mapping[str, Any]) -> str | None:
    text = _text(exif.get("Exif.GPSInfo.GPSProcessingMethod"))
    return _CHARSET.sub("", text).strip("\0 ") if text is not None else None


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) else None


def embedded_position(photo: Path | PhotoBytes, facts: PhotoMetadata) -> KnownPosition | None:
    """The position that a photo itself gives, in its EXIF or its XMP; None without a usable one.

    `facts` are what `read_metadata` said. Never raises.
    """
    if facts.coordinate is not None:
        method = estimate_by("") if facts.position_is_estimate else None
        return KnownPosition(facts.coordinate, method, path_of(photo))
    return _usable(photo_xmp(photo), path_of(photo))


def sidecar_position(photo: Path, sidecars: Sidecars) -> KnownPosition | None:
    """The usable position in a sidecar of a photo; one that cannot be read counts as without."""
    try:
        beside = sidecars.existing(photo)
    except OSError:
        return None
    found = (_usable(sidecar_xmp(sidecar), sidecar) for sidecar in beside)
    return next((position for position in found if position is not None), None)


def _usable(texts: Mapping[str, str], file: Path) -> KnownPosition | None:
    here = coordinate_of(texts)
    return KnownPosition(here, texts.get(METHOD), file) if here is not None else None


def true_position(*found: KnownPosition | None) -> Coordinate | None:
    """The first of the positions found that is no estimate of this program."""
    true = (one.coordinate for one in found if one is not None and not one.is_estimate)
    return next(true, None)
