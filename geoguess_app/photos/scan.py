"""Files and folders to a stream of photos."""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.picture.sniff import HEAD_BYTES, picture_kind

log = logging.getLogger(__name__)

_COMMON = ("jpg", "jpeg", "jpe", "png", "gif", "webp", "bmp", "tif", "tiff", "jp2", "j2k")
_PHONE = ("heic", "heif", "hif", "avif")
_RAW = ("dng", "cr2", "cr3", "nef", "nrw", "arw", "sr2", "raf", "orf", "rw2", "pef", "srw", "x3f")
PHOTO_SUFFIXES = frozenset(f".{suffix}" for suffix in (*_COMMON, *_PHONE, *_RAW))
RAW_SUFFIXES = frozenset(f".{suffix}" for suffix in _RAW)

_DIGITS = re.compile(r"(\d+)")

Key = tuple[tuple[tuple[int, int, str], ...], str]


def scan(paths: Iterable[Path], token: CancelToken | None = None) -> Iterator[Path]:
    """The photos among `paths`, folders searched to the bottom, in the order given.

    A file named here comes out whatever it is, even if it does not exist, so that its failure
    shows. Inside a folder a file counts as a photo by its first bytes; one that merely has a
    photo's suffix comes out too, because a damaged photo must not vanish silently. A folder gives
    its own files first, then its subfolders, each sorted as people count ("2" before "10");
    hidden files and folders are left out, links are followed but no folder is entered twice. A
    folder that cannot be opened comes out itself. Photos come out while the search goes on.
    """
    yield from _scan(paths, token, _looks_like_photo)


def scan_sidecars(paths: Iterable[Path], token: CancelToken | None = None) -> Iterator[Path]:
    """The XMP sidecars in the folders among `paths`, found as `scan` finds photos.

    Files named here come out only if they are called like sidecars.
    """
    for path in _scan(paths, token, _is_sidecar):
        if _is_sidecar(path):
            yield path


def _scan(
    paths: Iterable[Path], token: CancelToken | None, wanted: Callable[[Path], bool]
) -> Iterator[Path]:
    entered: set[tuple[int, int]] = set()
    for path in paths:
        if token is not None and token.cancelled:
            return
        if _is_folder(path):
            yield from _scan_folder(path, entered, token, wanted)
        else:
            yield path


def natural_key(name: str) -> Key:
    """Sorts "IMG_2" before "IMG_10", and without regard to case."""
    parts = _DIGITS.split(name.casefold())
    return tuple(
        (1, int(part), "") if index % 2 else (0, 0, part) for index, part in enumerate(parts)
    ), name


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _scan_folder(
    folder: Path,
    entered: set[tuple[int, int]],
    token: CancelToken | None,
    wanted: Callable[[Path], bool],
) -> Iterator[Path]:
    # A stack, not recursion: folders may be nested deeper than Python's call stack.
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            if not _enter(current, entered):
                continue
            files, folders = _listing(current)
        except OSError as problem:
            log.debug("cannot look into %s: %s", current, problem)
            yield current
            continue
        for file in files:
            if token is not None and token.cancelled:
                return
            if wanted(file):
                yield file
        waiting.extend(reversed(folders))


def _enter(folder: Path, entered: set[tuple[int, int]]) -> bool:
    """Whether a folder is new; a link back to a parent would otherwise never end."""
    status = folder.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in entered:
        return False
    entered.add(identity)
    return True


def _listing(folder: Path) -> tuple[list[Path], list[Path]]:
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_hidden(entry):
                continue
            try:
                kind = folders if entry.is_dir() else files if entry.is_file() else None
            except OSError:  # a link in a circle, a file just removed
                continue
            if kind is not None:
                kind.append(entry.name)
    return _sorted(folder, files), _sorted(folder, folders)


def _sorted(folder: Path, names: list[str]) -> list[Path]:
    return [folder / name for name in sorted(names, key=natural_key)]


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return True
    if os.name != "nt":
        return False
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 0))


def _is_sidecar(path: Path) -> bool:
    return path.suffix.lower() == ".xmp"


def _looks_like_photo(path: Path) -> bool:
    if path.suffix.lower() in PHOTO_SUFFIXES:
        return True
    try:
        with path.open("rb") as stream:
            return picture_kind(stream.read(HEAD_BYTES)) is not None
    except OSError:
        return False
