"""Words about places that a photo carries: IPTC and XMP fields, captions and keywords."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoguess_app.core.errors import PhotoError
from geoguess_app.photos.exiv2 import Exiv2Tags, read_tags

_IPTC = "Iptc.Application2."
_LONGEST = 500
"""So many characters of a caption are looked at."""
_LANGUAGE = re.compile(r'^lang="[^"]*"\s*')


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """The place fields of a photo; empty where it does not say."""

    spot: str = ""
    """Sublocation: a quarter, a street, a sight."""
    city: str = ""
    region: str = ""
    country: str = ""
    """Name or code."""
    captions: tuple[str, ...] = ()
    """Title, caption, headline and keywords."""


def read_written_place(photo: Path) -> WrittenPlace:
    """Return what a photo's own fields say; empty where they cannot be read. Any thread."""
    try:
        tags = read_tags(photo)
    except PhotoError:
        return WrittenPlace()
    return written_place(tags)


def written_place(tags: Exiv2Tags) -> WrittenPlace:
    """Return the place fields among a file's tags, XMP before IPTC."""
    shown = "Xmp.iptcExt.LocationShown[1]/iptcExt:"
    created = "Xmp.iptcExt.LocationCreated[1]/iptcExt:"
    find = _Fields(tags)
    return WrittenPlace(
        spot=find.first(
            "Xmp.iptc.Location",
            f"{_IPTC}SubLocation",
            f"{created}Sublocation",
            f"{shown}Sublocation",
        ),
        city=find.first("Xmp.photoshop.City", f"{_IPTC}City", f"{created}City", f"{shown}City"),
        region=find.first("Xmp.photoshop.State", f"{_IPTC}ProvinceState"),
        country=find.first(
            *("Xmp.photoshop.Country", f"{_IPTC}CountryName", f"{created}CountryName"),
            *(f"{shown}CountryName", "Xmp.iptc.CountryCode"),
        ),
        captions=find.all(
            *("Xmp.dc.title", f"{_IPTC}ObjectName", "Xmp.photoshop.Headline", f"{_IPTC}Headline"),
            *("Xmp.dc.description", f"{_IPTC}Caption", "Exif.Image.ImageDescription"),
            *("Xmp.dc.subject", f"{_IPTC}Keywords", "Exif.Photo.UserComment"),
        ),
    )


class _Fields:
    def __init__(self, tags: Exiv2Tags) -> None:
        self._tags: Mapping[str, Any] = {**tags.exif, **tags.iptc, **tags.xmp}

    def first(self, *names: str) -> str:
        return next(iter(self.all(*names)), "")

    def all(self, *names: str) -> tuple[str, ...]:
        texts = (_text(self._tags.get(name)) for name in names)
        return tuple(dict.fromkeys(text for text in texts if text))


def _text(value: Any) -> str:
    """A field as one text, in the encoding that it has."""
    if isinstance(value, dict):
        value = next(iter(value.values()), "")
    parts = value if isinstance(value, list) else [value or ""]
    said = ", ".join(_LANGUAGE.sub("", _unicode(str(part))) for part in parts)
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:_LONGEST]


def _unicode(text: str) -> str:
    """Tags were read as Latin-1, which takes any byte; most are UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
