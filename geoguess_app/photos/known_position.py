"""The position that a photo's own metadata give: in the file, beside it, or in its album."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from geoguess_app.core.picture.decode import PhotoBytes, path_of, shown_name
from geoguess_app.photos.exiv2 import Exiv2Tags, read_tags
from geoguess_app.photos.exiv2_exif import first_text, processing_method, rational
from geoguess_app.photos.file_position import (
    FilePosition,
    most_trusted_position,
    position_of_exif,
    position_of_texts,
)
from geoguess_app.photos.metadata import PhotoMetadata
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.photos.takeout import takeout_position
from geoguess_app.photos.xmp_position import photo_xmp, sidecar_xmp


def photo_position(
    photo: Path, content: Path | PhotoBytes, facts: PhotoMetadata, sidecars: Sidecars
) -> FilePosition | None:
    """The most trusted position of a photo and what lies beside it; None without any.

    ``content`` is where the photo's bytes come from, ``facts`` what ``read_metadata`` said of them.
    Never raises.
    """
    return most_trusted_position(
        (embedded_position(content, facts), sidecar_position(photo, sidecars))
    )


def embedded_position(photo: Path | PhotoBytes, facts: PhotoMetadata) -> FilePosition | None:
    """The most trusted position that a photo itself gives, in its EXIF or its XMP. Never raises."""
    return most_trusted_position(
        (facts.position, position_of_texts(photo_xmp(photo), path_of(photo)))
    )


def sidecar_position(photo: Path, sidecars: Sidecars) -> FilePosition | None:
    """The most trusted position beside a photo: in its sidecars, then in its album's file.

    A sidecar of which nobody can say whose it is gives a position that is ``of_another``. A file
    that cannot be read counts as without.
    """
    try:
        beside, unclear = sidecars.existing(photo), sidecars.unclear(photo)
        album = sidecars.album_files(photo)
    except OSError:
        return None
    return most_trusted_position(
        (
            *(position_of_texts(sidecar_xmp(sidecar), sidecar) for sidecar in beside),
            *(takeout_position(file) for file in album),
            *(_of_another(position_of_texts(sidecar_xmp(file), file)) for file in unclear),
        )
    )


def _of_another(found: FilePosition | None) -> FilePosition | None:
    if found is None:
        return None
    problem = f"{shown_name(found.file)} may belong to another file of that name"
    return replace(found, of_another=True, problem=problem)


def exiv2_position(photo: Path, sidecars: Sequence[Path]) -> FilePosition | None:
    """The most trusted position that Exiv2 finds in a photo and its sidecars.

    Raises PhotoError where the photo's metadata cannot be read; an unreadable sidecar raises too,
    because nobody may write beside what it cannot see.
    """
    return most_trusted_position(position_in(read_tags(file), file) for file in (photo, *sidecars))


def position_in(tags: Exiv2Tags, file: Path) -> FilePosition | None:
    """The most trusted position in a file's tags, EXIF before XMP."""
    return most_trusted_position((_from_exif(tags.exif, file), _from_xmp(tags.xmp, file)))


def positions_in(tags: Exiv2Tags, file: Path) -> tuple[FilePosition, ...]:
    """Every position in a file's tags: after a change all of them must say the same."""
    return tuple(
        one for one in (_from_exif(tags.exif, file), _from_xmp(tags.xmp, file)) if one is not None
    )


def _from_exif(exif: Mapping[str, Any], file: Path) -> FilePosition | None:
    return position_of_exif(
        _angle(exif, "Latitude"), _angle(exif, "Longitude"), processing_method(exif), file
    )


def _angle(exif: Mapping[str, Any], axis: str) -> tuple[list[float], str] | None:
    text = first_text(exif, f"Exif.GPSInfo.GPS{axis}")
    if text is None:
        return None
    letter = (first_text(exif, f"Exif.GPSInfo.GPS{axis}Ref") or "").strip("\0 ")
    return [rational(part) for part in text.split()[:3]], letter


def _from_xmp(xmp: Mapping[str, Any], file: Path) -> FilePosition | None:
    prefix = "Xmp.exif."
    texts = {
        name.removeprefix(prefix): _as_unicode(first_text(xmp, name) or "")
        for name in xmp
        if name.startswith(prefix)
    }
    return position_of_texts(texts, file)


def _as_unicode(text: str) -> str:
    """XMP's own encoding again, of a text that ``read_tags`` took for Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
