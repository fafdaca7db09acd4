"""A search for the photos that a table names below a folder, however the table writes their
names."""

from __future__ import annotations

import os
from pathlib import Path

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".tif", ".tiff")


class PhotoFiles:
    """The photos below one folder.

    A name may be a path below the folder, that path without its suffix (OSV-5M's ids), or a bare
    name somewhere deeper in the folder (sets unpacked as numbered subfolders). The folder is only
    walked if a name is not found directly.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._deeper: dict[str, Path] | None = None

    def find(self, name: str) -> Path | None:
        """The photo's path, or None if there is no such file."""
        try:
            direct = self._folder / name
            for candidate in (direct, *(direct.with_name(direct.name + s) for s in _SUFFIXES)):
                if candidate.is_file():
                    return candidate
        except (OSError, ValueError):
            # A cell that can be no file name: too long, or with a null character.
            return None
        if self._deeper is None:
            self._deeper = self._walk()
        return self._deeper.get(Path(name).name) or self._deeper.get(Path(name).stem)

    def _walk(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder, inner, files in os.walk(self._folder):
            inner.sort()
            for file in sorted(files):
                path = Path(folder, file)
                if path.suffix.lower() in _SUFFIXES:
                    found.setdefault(file, path)
                    found.setdefault(path.stem, path)
        return found
