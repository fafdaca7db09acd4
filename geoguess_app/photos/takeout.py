"""Google Takeout's files: one JSON beside each photo, with the album's position in it.

Their names are the photo's with an ending, cut to 46 characters before ``.json``, with a copy's
number behind: ``IMG_1.jpg.json``, ``IMG_1.jpg.supplemental-metadata.json``,
``IMG_1.jpg.suppl.json``, ``IMG_1.jpg.supplemental-metadata(1).json`` for ``IMG_1(1).jpg``. An
edited photo has none of its own.
"""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

from geoguess_app.photos.file_position import FilePosition, position_of_degrees

_ENDING = ".supplemental-metadata"
_LONGEST = 46
_GROUP = 40
"""Fewer characters than any name is cut to."""
_LARGEST_BYTES = 1 << 20
_EDITED = frozenset(
    ("-edited", "-effects", "-smile", "-mix", "-bearbeitet", "-bewerkt", "-modifié", "-modificato")
) | {"-ha editado", "-editado", "-editat", "-edytowane", "-編集済み"}
_COPY = re.compile(r"\((\d+)\)$")
_PLACES = ("geoData", "geoDataExif")
"""Where a position may stand: the album's own (also one set by hand), then the file's."""


def album_group(name: str) -> str:
    """Return what the names of a photo and of its JSON file have in common, in lower case."""
    return _unedited(_COPY.sub("", name.casefold().partition(".")[0]))[:_GROUP]


def _unedited(body: str) -> str:
    """A photo's name without what Google Photos adds to edited copies, in the user's language."""
    dash = body.rfind("-")
    word = unicodedata.normalize("NFC", body[dash:].casefold()) if dash > 0 else ""
    return body[:dash] if word in _EDITED else body


def is_takeout_of(name: str, photo: str) -> bool:
    """Tell whether the JSON file ``name`` is what Takeout puts beside the file ``photo``."""
    stem = name[: -len(".json")]
    copy = _COPY.search(stem)
    stem = stem[: copy.start()] if copy else stem
    body, dot, suffix = photo.rpartition(".")
    photo_copy = _COPY.search(body)
    if (copy[1] if copy else None) != (photo_copy[1] if photo_copy else None):
        return False
    plain = body[: photo_copy.start()] if photo_copy else body
    plain = _unedited(plain)
    whole = f"{plain}{dot}{suffix}"
    full = whole + _ENDING
    if not stem or not full.startswith(stem):
        return False
    return stem == whole or stem.startswith(f"{whole}.") or len(stem) >= _LONGEST


def takeout_position(file: Path) -> FilePosition | None:
    """The position in one of Takeout's files; None where it has none or is none of them."""
    try:
        with file.open("rb") as stream:
            data = json.loads(stream.read(_LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    for key in _PLACES:
        place = data.get(key)
        if isinstance(place, dict):
            found = position_of_degrees(place.get("latitude"), place.get("longitude"), file)
            if found is not None:
                return found
    return None
