"""Sidecars: which one belongs to which photo, and what ours say."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
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
    Packet,
    PacketChanges,
    PropertyName,
    XmpError,
    known_name,
    new_packet,
)
from geoguess_app.photos.position_tags import XMP_NAMES, WrittenPosition, is_estimate, xmp_values
from geoguess_app.photos.scan import PHOTO_SUFFIXES, RAW_SUFFIXES, VIDEO_SUFFIXES
from geoguess_app.photos.takeout import album_group, is_takeout_of

POSITION_NAMES = tuple(PropertyName(EXIF, local) for local in XMP_NAMES)
MARK_METHOD, MARK_ADDED = PropertyName(OURS, "Method"), PropertyName(OURS, "Added")
"""Our own properties: the method of a position we wrote, and what we added beside it."""
MARKS = (MARK_METHOD, MARK_ADDED)
SUBJECT, HIERARCHY = PropertyName(DC, "subject"), PropertyName(LIGHTROOM, "hierarchicalSubject")
_CITY, _STATE, _COUNTRY = (PropertyName(PHOTOSHOP, part) for part in ("City", "State", "Country"))
_COUNTRY_CODE = PropertyName(IPTC_CORE, "CountryCode")
METHOD = PropertyName(EXIF, "GPSProcessingMethod")


class SidecarNaming(StrEnum):
    """A way to name new sidecars."""

    FULL = "full"
    """``IMG.CR2.xmp``, as digiKam and darktable do."""
    ADOBE = "adobe"
    """``IMG.xmp``, the only name that Lightroom knows."""


class Sidecars:
    """A search for what lies beside photos and belongs to them; remembers the listing of each
    folder."""

    def __init__(self) -> None:
        self._listings: dict[Path, dict[str, list[str]]] = {}

    def existing(self, photo: Path) -> list[Path]:
        """The sidecars that can only be this photo's, the one with its full name first.

        Beside a link they may lie where the link stands or where the file does.
        """
        return [path for place in _places(photo) for path in self._existing(place)]

    def unclear(self, photo: Path) -> list[Path]:
        """Sidecars that may be this photo's or another file's of the same name."""
        return [
            sidecar
            for place in _places(photo)
            for sidecar in self._short_names(place)
            if self._owner(place, sidecar) is None
        ]

    def place(self, photo: Path, naming: SidecarNaming) -> Path:
        """The sidecar to write: the one that exists, else a new name beside ``photo``."""
        existing = self.existing(photo)
        if existing:
            return existing[0]
        alone = not self._rivals(photo) or _is_raw(photo.name)
        if naming is SidecarNaming.ADOBE and alone and not self._short_names(photo):
            return photo.with_suffix(".xmp")
        return photo.with_name(f"{photo.name}.xmp")

    def album_files(self, photo: Path) -> list[Path]:
        """The files that Google Takeout puts beside this photo, whatever it has cut of the name."""
        names = self._listing(photo.parent).get(_ALBUM + album_group(photo.name), [])
        return [photo.with_name(name) for name in names if is_takeout_of(name, photo.name)]

    def _existing(self, photo: Path) -> list[Path]:
        wanted = f"{photo.name}.xmp"
        full = self._called(photo, wanted, taken={f"{name}.xmp" for name in self._others(photo)})
        short = [
            sidecar
            for sidecar in self._short_names(photo)
            if self._owner(photo, sidecar) == photo.name
        ]
        return list(dict.fromkeys([*full, *short]))

    def _short_names(self, photo: Path) -> list[Path]:
        return self._called(photo, f"{photo.stem}.xmp", taken=set())

    def _called(self, photo: Path, wanted: str, taken: Collection[str]) -> list[Path]:
        """The files of that name: letter by letter, else in other case or another Unicode form,
        unless such a name is another file's own."""
        same = [name for name in self._siblings(photo) if name == wanted]
        alike = [name for name in self._siblings(photo) if _fold(name) == _fold(wanted)]
        found = same or [name for name in alike if name not in taken]
        return [photo.with_name(name) for name in found]

    def _owner(self, photo: Path, sidecar: Path) -> str | None:
        """Whose ``IMG.xmp`` is: a file's name; None where it cannot be told.

        What the sidecar itself says counts first; else a camera original's, if there is one; else
        the photo's that has no other file of its name beside it.
        """
        extension = _extension_in(sidecar)
        if extension:
            own = photo.suffix[1:].lower() == extension
            return photo.name if own else f"{photo.stem}.{extension}"
        if sidecar.stem != photo.stem and any(
            Path(name).stem == sidecar.stem for name in self._rivals(photo)
        ):
            return sidecar.stem  # of a file whose name has the same case
        raws = [name for name in (photo.name, *self._rivals(photo)) if _is_raw(name)]
        if len(raws) == 1:
            return raws[0]
        return None if self._rivals(photo) else photo.name

    def _rivals(self, photo: Path) -> list[str]:
        """Other photos and videos with this photo's name but for the suffix."""
        return [name for name in self._others(photo) if _fold(Path(name).stem) == _fold(photo.stem)]

    def _others(self, photo: Path) -> list[str]:
        return [
            name
            for name in self._siblings(photo)
            if name != photo.name and Path(name).suffix.lower() in _OWNERS
        ]

    def _siblings(self, photo: Path) -> list[str]:
        """Names in the photo's folder that begin like it."""
        return self._listing(photo.parent).get(_group(photo.name), [])

    def _listing(self, folder: Path) -> dict[str, list[str]]:
        """Names by how they begin, those of album files apart from the others."""
        if folder not in self._listings:
            by_beginning: dict[str, list[str]] = {}
            for entry in folder.iterdir():
                album = entry.suffix.lower() == ".json"
                group = _ALBUM + album_group(entry.name) if album else _group(entry.name)
                by_beginning.setdefault(group, []).append(entry.name)
            self._listings[folder] = by_beginning
        return self._listings[folder]


_ALBUM = "\0"
_OWNERS = PHOTO_SUFFIXES | RAW_SUFFIXES | VIDEO_SUFFIXES
_FOR_EXTENSION = PropertyName(PHOTOSHOP, "SidecarForExtension")
_LARGEST_SIDECAR = 8 << 20


def _places(photo: Path) -> list[Path]:
    """The photo's name as given and, of a link, the file's own."""
    try:
        target = photo.resolve(strict=True) if photo.is_symlink() else photo
    except (OSError, RuntimeError):  # leads nowhere, or in a circle
        return [photo]
    return [photo] if target == photo else [photo, target]


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _group(name: str) -> str:
    return _fold(name).partition(".")[0]


def _is_raw(name: str) -> bool:
    return Path(name).suffix.lower() in RAW_SUFFIXES


def _extension_in(sidecar: Path) -> str:
    """The suffix of the file that a sidecar says it is for, in lower case; empty if it does not."""
    try:
        with sidecar.open("rb") as stream:
            packet = Packet(stream.read(_LARGEST_SIDECAR))
    except (OSError, XmpError):
        return ""
    return (packet.value(_FOR_EXTENSION) or "").strip().lstrip(".").lower()


def sidecar_changes(
    position: WrittenPosition, place: Place | None, keywords: Sequence[str], packet: Packet | None
) -> PacketChanges:
    """Return what to set in a packet, or in a new one: the position, and what else was asked for.

    Names of places that somebody already filled in stay. What is added is noted in the packet, so
    that it can be taken away again without touching what others wrote.
    """
    values = {PropertyName(EXIF, local): text for local, text in xmp_values(position).items()}
    values[MARK_METHOD] = position.method
    stale = [name for name in (*POSITION_NAMES, *MARKS) if name not in values]
    added: list[str] = []
    for name, text in _place_values(place).items():
        if packet is None or not packet.value(name):
            values[name] = text
            added.append(f"{name}={text}")
    items: dict[PropertyName, Sequence[str]] = {}
    for name, wanted in _keyword_lists(keywords).items():
        there = set(packet.texts(name)) if packet is not None else set()
        new = [text for text in wanted if text not in there]
        if new:
            items[name] = new
            added += [f"{name}={text}" for text in new]
    if added:
        values[MARK_ADDED] = "\n".join(added)
        stale = [name for name in stale if name != MARK_ADDED]
    return PacketChanges(values, items, remove=stale)


def new_sidecar(position: WrittenPosition, place: Place | None, keywords: Sequence[str]) -> bytes:
    """The content of a sidecar that did not exist."""
    changes = sidecar_changes(position, place, keywords, None)
    return new_packet(changes.values, changes.items)


def _place_values(place: Place | None) -> dict[PropertyName, str]:
    if place is None:
        return {}
    parts = {
        _CITY: place.city,
        _STATE: place.region,
        _COUNTRY: place.country,
        _COUNTRY_CODE: place.country_code,
    }
    return {name: text for name, text in parts.items() if text}


def _keyword_lists(keywords: Sequence[str]) -> dict[PropertyName, list[str]]:
    """Flat and hierarchical; ``Scene|urban|tower`` is a path, its words are the flat ones."""
    if not keywords:
        return {}
    flat = [keyword.rpartition("|")[2] for keyword in keywords]
    return {SUBJECT: flat, HIERARCHY: list(keywords)}


def revocation(packet: Packet) -> PacketChanges | None:
    """Return what takes an estimate of ours, and all we added with it, out of a packet; None
    without one.

    What somebody else has changed since stays.
    """
    if not any(is_estimate(packet.value(name)) for name in (METHOD, MARK_METHOD)):
        return None
    remove, items = [*POSITION_NAMES, *MARKS], dict[PropertyName, list[str]]()
    for line in (packet.value(MARK_ADDED) or "").splitlines():
        name, text = line.strip().partition("=")[::2]
        known = known_name(name)
        if known in (SUBJECT, HIERARCHY):
            items.setdefault(known, []).append(text)
        elif known is not None and packet.value(known) == text:
            remove.append(known)
    return PacketChanges(remove=remove, remove_items=items)
