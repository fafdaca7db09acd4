"""A search for the photos that a table names below a folder, however the table writes their
names."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from geoguess_app.photos.scan import PHOTO_SUFFIXES

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".tif", ".tiff")
"""Tried first for a name without a suffix."""


class PhotoFiles:
    """The photos below one folder.

    A name may be a path below the folder or an absolute one, a path without its suffix (OSV-5M's
    ids), or the name of a file somewhere deeper in the folder (sets unpacked as numbered
    subfolders) as long as only one has it. Where that finds nothing, other case, another Unicode
    form and backslashes count as the same. The folder is only walked if a name is not found
    directly.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._deeper: dict[str, list[Path]] | None = None

    def find(self, name: str) -> Path | None:
        """The photo's path, or None if there is no such file."""
        for form in dict.fromkeys((name, name.replace("\\", "/"))):
            try:
                direct = self._folder / form
                for candidate in (direct, *(direct.with_name(direct.name + s) for s in _SUFFIXES)):
                    if candidate.is_file():
                        return candidate
            except (OSError, ValueError):
                # A cell that can be no file name: too long, or with a null character.
                return None
        found = self._alike(name)
        return found[0] if len(found) == 1 else None

    def why_missing(self, name: str) -> str:
        """Say why ``find`` found nothing."""
        found = self._alike(name)
        if len(found) > 1:
            first, second = (path.relative_to(self._folder) for path in found[:2])
            return f"several photos have that name: {first}, {second}"
        return f"no such photo in {self._folder}"

    def _alike(self, name: str) -> list[Path]:
        """Photos deeper in the folder whose folders do not contradict the name's."""
        if self._deeper is None:
            self._deeper = self._walk()
        parts = PurePosixPath(_fold(name.replace("\\", "/"))).parts
        if not parts:
            return []
        found = self._deeper.get(parts[-1], [])
        folders = [path.relative_to(self._folder).parts[:-1] for path in found]
        return [
            path
            for path, own in zip(found, folders, strict=True)
            if _agree([_fold(part) for part in own], parts[:-1])
        ]

    def _walk(self) -> dict[str, list[Path]]:
        """Photos by name, with and without suffix."""
        found: dict[str, list[Path]] = {}
        for folder, inner, files in os.walk(self._folder):
            inner.sort()
            for file in sorted(files):
                path = Path(folder, file)
                if path.suffix.lower() in PHOTO_SUFFIXES:
                    found.setdefault(_fold(file), []).append(path)
                    found.setdefault(_fold(path.stem), []).append(path)
        return found


def is_beside(folder: Path, name: str) -> bool:
    """Tell whether a name leads to a photo from a folder without searching what is below it."""
    try:
        path = folder / name.replace("\\", "/")
        if path.is_file():
            return True
        wanted = _fold(path.name)
        return any(
            wanted in (_fold(other.name), _fold(other.stem)) for other in path.parent.iterdir()
        )
    except (OSError, ValueError):
        return False


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _agree(own: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether two lists of folders are the same at their ends, as far as both go."""
    shared = min(len(own), len(wanted))
    return not shared or list(own[-shared:]) == list(wanted[-shared:])
