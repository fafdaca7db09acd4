"""Counts of what a search for photos leaves out, so that nothing vanishes without a word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from geoguess_app.core.format import count


class ForeignFolder(StrEnum):
    """Folders that hold copies of photos or another program's own files: not to be touched."""

    NAS = "nas"
    """Thumbnails, snapshots and recycle bins of storage systems."""
    LIBRARY = "library"
    """Photo libraries and previews of other programs, which their catalogue owns."""


_NAS_FOLDERS = frozenset(
    ("@eadir", "#recycle", "@recycle", "@recently-snapshot", "#snapshot", "$recycle.bin")
) | {"system volume information", "lost+found", "@__thumb", "@tmp"}
_LIBRARY_SUFFIXES = frozenset(
    (".photoslibrary", ".photolibrary", ".aplibrary", ".migratedphotolibrary", ".lrdata")
) | {".lrlibrary", ".cocatalog", ".theater", ".imovielibrary"}


def foreign_folder(name: str) -> ForeignFolder | None:
    """Return what a folder of that name is, if it belongs to a storage system or another
    program."""
    folded = name.casefold()
    if folded in _NAS_FOLDERS:
        return ForeignFolder.NAS
    return ForeignFolder.LIBRARY if Path(folded).suffix in _LIBRARY_SUFFIXES else None


@dataclass(slots=True)
class LeftOut:
    """A count of what one search left out; filled while the search goes on."""

    folders: Counter[ForeignFolder] = field(default_factory=Counter)
    """Photos in foreign folders, by suffix."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Pictures of kinds that the program cannot read, by what people call them."""
    names: int = 0
    """Photos whose names are no text, where a table needs one."""

    def __bool__(self) -> bool:
        return bool(self.folders.total() or self.kinds.total() or self.names)

    def sentences(self) -> list[str]:
        """Say it, one sentence for each cause."""
        words = {
            ForeignFolder.NAS: "in thumbnail and recycle folders of a NAS left out",
            ForeignFolder.LIBRARY: "in the libraries of other programs left out",
        }
        told = [
            f"{count(number, 'photo', 'photos')} {words[kind]}."
            for kind, number in self.folders.items()
            if number
        ]
        if total := self.kinds.total():
            listed = ", ".join(f"{number:,} {kind}" for kind, number in self.kinds.most_common())
            files = count(total, "file", "files")
            told.append(f"{files} of a kind that GeoGuess cannot read ({listed}).")
        if self.names:
            photos = count(self.names, "photo", "photos")
            told.append(f"{photos} left out whose names are not UTF-8; rename them.")
        return told
