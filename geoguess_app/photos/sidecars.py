"""Which sidecar belongs to which photo, and what ours say."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from geoguess_app.core.types import Place
from geoguess_app.photos.formats.xmp import (
    DC,
    EXIF,
    IPTC_CORE,
    LIGHTROOM,
    OURS,
    PHOTOSHOP,
    Changes,
    Name,
    Packet,
    known_name,
    new_packet,
)
from geoguess_app.photos.position_tags import XMP_NAMES, Position, is_estimate, xmp_values
from geoguess_app.photos.scan import PHOTO_SUFFIXES, RAW_SUFFIXES

POSITION_NAMES = tuple(Name(EXIF, local) for local in XMP_NAMES)
MARK_METHOD, MARK_ADDED = Name(OURS, "Method"), Name(OURS, "Added")
"""Our own properties: the method of a position we wrote, and what we added beside it."""
MARKS = (MARK_METHOD, MARK_ADDED)
SUBJECT, HIERARCHY = Name(DC, "subject"), Name(LIGHTROOM, "hierarchicalSubject")
_CITY, _STATE, _COUNTRY = (Name(PHOTOSHOP, part) for part in ("City", "State", "Country"))
_COUNTRY_CODE = Name(IPTC_CORE, "CountryCode")
METHOD = Name(EXIF, "GPSProcessingMethod")


class SidecarNaming(StrEnum):
    """What a new sidecar is called."""

    FULL = "full"
    """`IMG.CR2.xmp`, as digiKam and darktable do."""
    ADOBE = "adobe"
    """`IMG.xmp`, the only name that Lightroom knows."""


class Sidecars:
    """Finds sidecars; remembers the listing of each folder it is asked about."""

    def __init__(self) -> None:
        self._listings: dict[Path, dict[str, list[str]]] = {}

    def existing(self, photo: Path) -> list[Path]:
        """The sidecars of a photo, the one with its full name first."""
        names = self._siblings(photo)
        wanted = [f"{photo.name}.xmp".casefold()]
        if self._owns_short_name(photo):
            wanted.append(f"{photo.stem}.xmp".casefold())
        found = [name for want in wanted for name in names if name.casefold() == want]
        return [photo.with_name(name) for name in dict.fromkeys(found)]

    def place(self, photo: Path, naming: SidecarNaming) -> Path:
        """The sidecar to write: the one that exists, else a new name."""
        existing = self.existing(photo)
        if existing:
            return existing[0]
        if naming is SidecarNaming.ADOBE and self._owns_short_name(photo):
            return photo.with_suffix(".xmp")
        return photo.with_name(f"{photo.name}.xmp")

    def _owns_short_name(self, photo: Path) -> bool:
        """Whether `IMG.xmp` can only mean this photo: of a RAW and a JPEG it means the RAW."""
        if photo.suffix.lower() in RAW_SUFFIXES:
            return True
        return not any(
            Path(name).suffix.lower() in PHOTO_SUFFIXES
            and name != photo.name
            and Path(name).stem.casefold() == photo.stem.casefold()
            for name in self._siblings(photo)
        )

    def _siblings(self, photo: Path) -> list[str]:
        """Names in the photo's folder that begin like it."""
        folder = photo.parent
        if folder not in self._listings:
            by_stem: dict[str, list[str]] = {}
            for entry in folder.iterdir():
                by_stem.setdefault(entry.name.casefold().partition(".")[0], []).append(entry.name)
            self._listings[folder] = by_stem
        return self._listings[folder].get(photo.name.casefold().partition(".")[0], [])


def sidecar_changes(
    position: Position, place: Place | None, keywords: Sequence[str], packet: Packet | None
) -> Changes:
    """What to set in a packet, or in a new one: the position, and what else was asked for.

    Names of places that somebody already filled in stay. What is added is noted in the packet, so
    that it can be taken away again without touching what others wrote.
    """
    values = {Name(EXIF, local): text for local, text in xmp_values(position).items()}
    values[MARK_METHOD] = position.method
    stale = [name for name in (*POSITION_NAMES, *MARKS) if name not in values]
    added: list[str] = []
    for name, text in _place_values(place).items():
        if packet is None or not packet.value(name):
            values[name] = text
            added.append(f"{name}={text}")
    items: dict[Name, Sequence[str]] = {}
    for name, wanted in _keyword_lists(keywords).items():
        there = set(packet.texts(name)) if packet is not None else set()
        new = [text for text in wanted if text not in there]
        if new:
            items[name] = new
            added += [f"{name}={text}" for text in new]
    if added:
        values[MARK_ADDED] = "\n".join(added)
        stale = [name for name in stale if name != MARK_ADDED]
    return Changes(values, items, remove=stale)


def new_sidecar(position: Position, place: Place | None, keywords: Sequence[str]) -> bytes:
    """The content of a sidecar that did not exist."""
    changes = sidecar_changes(position, place, keywords, None)
    return new_packet(changes.values, changes.items)


def _place_values(place: Place | None) -> dict[Name, str]:
    if place is None:
        return {}
    parts = {
        _CITY: place.city,
        _STATE: place.region,
        _COUNTRY: place.country,
        _COUNTRY_CODE: place.country_code,
    }
    return {name: text for name, text in parts.items() if text}


def _keyword_lists(keywords: Sequence[str]) -> dict[Name, list[str]]:
    """Flat and hierarchical; `Scene|urban|tower` is a path, its words are the flat ones."""
    if not keywords:
        return {}
    flat = [keyword.rpartition("|")[2] for keyword in keywords]
    return {SUBJECT: flat, HIERARCHY: list(keywords)}


def revocation(packet: Packet) -> Changes | None:
    """What takes an estimate of ours, and all we added with it, out of a packet; None without one.

    What somebody else has changed since stays.
    """
    if not any(is_estimate(packet.value(name)) for name in (METHOD, MARK_METHOD)):
        return None
    remove, items = [*POSITION_NAMES, *MARKS], dict[Name, list[str]]()
    for line in (packet.value(MARK_ADDED) or "").splitlines():
        name, text = line.strip().partition("=")[::2]
        known = known_name(name)
        if known in (SUBJECT, HIERARCHY):
            items.setdefault(known, []).append(text)
        elif known is not None and packet.value(known) == text:
            remove.append(known)
    return Changes(remove=remove, remove_items=items)
