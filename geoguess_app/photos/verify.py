"""The last look at a finished copy: ours is in it, and nothing else has changed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from geoguess_app.core.errors import PhotoError, WriteError
from geoguess_app.core.picture.decode import shown_name
from geoguess_app.core.types import Coordinate, Place
from geoguess_app.photos.exiv2 import Exiv2Tags, read_sidecar, read_tags
from geoguess_app.photos.file_position import FilePosition
from geoguess_app.photos.formats.edits import Edit, EditedCopy, EditMismatchError, copy_with
from geoguess_app.photos.formats.xmp import PropertyName
from geoguess_app.photos.known_position import position_in, positions_in
from geoguess_app.photos.position_tags import WrittenPosition, plain_ascii
from geoguess_app.photos.sidecars import sidecar_changes

_TOLERANCE_DEG = 2e-7
_OUR_EXIF = frozenset(
    f"Exif.GPSInfo.GPS{part}"
    for part in (
        "VersionID",
        "Latitude",
        "LatitudeRef",
        "Longitude",
        "LongitudeRef",
        "MapDatum",
        "ProcessingMethod",
        "HPositioningError",
    )
) | {"Exif.Image.GPSTag", "Exif.Image.XMLPacket"}
"""The last is the packet that Exiv2 reads as XMP, too, where it is compared by property."""
_OUR_XMP = ("Xmp.exif.GPS", "Xmp.geoguess.")


def check_bytes(part: Path, copied: EditedCopy, back: Sequence[Edit], name: str) -> None:
    """Read the copy again from the disk: taking our edits back must give the original's bytes."""
    try:
        with part.open("rb") as stream:
            restored = copy_with(back, stream, None)
    except EditMismatchError as problem:
        raise _mismatch(name) from problem
    if (restored.read_sha256, restored.written_sha256) != (
        copied.written_sha256,
        copied.read_sha256,
    ):
        raise _mismatch(name)


def check_tags(
    part: Path,
    before: Exiv2Tags | None,
    position: WrittenPosition,
    name: str,
    extra: Collection[str],
) -> None:
    """Exiv2 finds the position in the copy, and every other tag as it was.

    ``extra`` are Exiv2 keys that may differ besides the position's. Raises WriteError.
    """
    _check(_read_copy(part, name), part, before, position, name, extra)


def check_merged(
    content: bytes,
    sidecar: Path,
    before: Exiv2Tags,
    position: WrittenPosition,
    extra: Collection[str],
) -> None:
    """The same of a sidecar that is not written yet. Raises WriteError, PhotoError."""
    name = shown_name(sidecar)
    _check(read_sidecar(content, name), sidecar, before, position, name, extra)


def _check(
    after: Exiv2Tags,
    part: Path,
    before: Exiv2Tags | None,
    position: WrittenPosition,
    name: str,
    extra: Collection[str],
) -> None:
    # Many programs read XMP first: an old position there must not outlive the one in EXIF.
    if not all(_says(found, position) for found in positions_in(after, part)):
        raise _mismatch(name)
    if position_in(after, part) is None or not _same_but_ours(before, after, extra):
        raise _mismatch(name)


def changed_keys(
    position: WrittenPosition, place: Place | None, keywords: Sequence[str]
) -> frozenset[str]:
    """Exiv2's names of the XMP properties that writing these may change."""
    changes = sidecar_changes(position, place, keywords, None)
    return frozenset(_key(name) for name in (*changes.values, *changes.items))


@functools.cache
def _key(name: PropertyName) -> str:
    prefix, _, local = str(name).partition(":")
    return f"Xmp.{'iptc' if prefix == 'Iptc4xmpCore' else prefix}.{local}"


def check_no_estimate(part: Path, before: Exiv2Tags, name: str) -> None:
    """Exiv2 finds no estimate of ours in the copy, and all EXIF and IPTC but ours as it was.

    XMP that we added may be gone as well. Raises WriteError.
    """
    after = _read_copy(part, name)
    found = position_in(after, part)
    gone = before.xmp.keys() - after.xmp.keys()
    if found is not None and found.is_estimate:
        raise _mismatch(name)
    if not _same_but_ours(before, after, {*gone, "Xmp.dc.subject", "Xmp.lr.hierarchicalSubject"}):
        raise _mismatch(name)


def _read_copy(part: Path, name: str) -> Exiv2Tags:
    try:
        return read_tags(part, name=name)
    except PhotoError as problem:
        raise _mismatch(name) from problem


def _same_but_ours(before: Exiv2Tags | None, after: Exiv2Tags, extra: Collection[str]) -> bool:
    old = before if before is not None else Exiv2Tags({}, {}, {})
    return (
        _is_same(old.exif, after.exif, lambda key: key in _OUR_EXIF)
        and _is_same(old.iptc, after.iptc, lambda key: False)
        and _is_same(old.xmp, after.xmp, lambda key: key.startswith(_OUR_XMP) or key in extra)
    )


def _says(found: FilePosition, position: WrittenPosition) -> bool:
    here = position.coordinate
    if found.coordinate is None:
        # 0, 0 is read as "unknown" everywhere, so it cannot be checked in this way.
        return here.latitude_deg == here.longitude_deg == 0
    return found.method == plain_ascii(position.method) and _close(found.coordinate, here)


def _close(one: Coordinate, other: Coordinate) -> bool:
    apart_deg = (one.longitude_deg - other.longitude_deg + 180) % 360 - 180
    return max(abs(one.latitude_deg - other.latitude_deg), abs(apart_deg)) <= _TOLERANCE_DEG


def _is_same(
    before: Mapping[str, Any], after: Mapping[str, Any], ours: Callable[[str], bool]
) -> bool:
    keys = (before.keys() | after.keys()) - {k for k in before.keys() | after.keys() if ours(k)}
    return all(before.get(key) == after.get(key) for key in keys)


def _mismatch(name: str) -> WriteError:
    return WriteError(
        f"{name} was not written: the changed copy could not be verified; use a sidecar instead.",
        code="not-verified",
    )
