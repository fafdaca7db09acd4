"""Files and folders to a stream of photos."""

from __future__ import annotations

import functools
import logging
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.picture.sniff import HEAD_BYTES, picture_kind, unread_kind
from geoguess_app.photos.left_out import LeftOut, foreign_folder

log = logging.getLogger(__name__)

_COMMON = ("jpg", "jpeg", "jpe", "png", "gif", "webp", "bmp", "tif", "tiff", "jp2", "j2k", "jxl")
_PHONE = ("heic", "heif", "hif", "avif")
_RAW = ("dng", "cr2", "cr3", "nef", "nrw", "arw", "sr2", "raf", "orf", "rw2", "pef", "srw", "x3f")
_RARE_RAW = (
    *("3fr", "iiq", "rwl", "erf", "kdc", "dcr", "dcs", "mrw", "crw", "gpr", "srf", "mef", "mos"),
    *("fff", "raw", "ari", "bay", "cap", "k25", "ptx", "rwz", "nksc"),
)
_VIDEO = ("mov", "mp4", "m4v", "avi", "mts", "m2ts", "3gp", "mkv", "webm", "insv", "lrv")
PHOTO_SUFFIXES = frozenset(f".{suffix}" for suffix in (*_COMMON, *_PHONE, *_RAW))
RAW_SUFFIXES = frozenset(f".{suffix}" for suffix in (*_RAW, *_RARE_RAW))
"""Suffixes of camera originals, also of those that this program cannot read."""
VIDEO_SUFFIXES = frozenset(f".{suffix}" for suffix in _VIDEO)

_DIGITS = re.compile(r"(\d+)")

Key = tuple[tuple[tuple[int, int, str], ...], str]


def scan(
    paths: Iterable[Path],
    token: CancelToken | None = None,
    *,
    left_out: LeftOut | None = None,
    everything: bool = False,
) -> Iterator[Path]:
    """The photos among ``paths``, folders searched to the bottom, in the order given.

    A file named here comes out whatever it is, even if it does not exist, so that its failure
    shows. Inside a folder a file counts as a photo by its first bytes; one that merely has a
    photo's suffix comes out too, because a damaged photo must not vanish silently. A folder gives
    its own files first, then its subfolders, each sorted as people count ("2" before "10");
    hidden files and folders are left out, links are followed but no folder is entered twice. A
    folder that cannot be opened comes out itself. Photos come out while the search goes on.
    Foreign folders are not entered unless they are named here or ``everything`` is asked for.
    ``left_out`` counts the photos in them and the pictures of kinds that cannot be read.
    """
    counted = LeftOut() if left_out is None else left_out
    wanted = functools.partial(_looks_like_photo, left_out=counted)
    yield from _Scan(token, wanted, counted, everything=everything).photos(paths)


def scan_sidecars(paths: Iterable[Path], token: CancelToken | None = None) -> Iterator[Path]:
    """The XMP sidecars in the folders among ``paths``, found as ``scan`` finds photos.

    Files named here come out only if they are called like sidecars.
    """
    for path in _Scan(token, _is_sidecar).photos(paths):
        if _is_sidecar(path):
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


class _Scan:
    """One search; remembers where it has been."""

    def __init__(
        self,
        token: CancelToken | None,
        wanted: Callable[[Path], bool],
        left_out: LeftOut | None = None,
        *,
        everything: bool = False,
    ) -> None:
        self._token, self._wanted, self._left_out = token, wanted, left_out
        self._everything = everything
        self._entered: set[tuple[int, int]] = set()

    def photos(self, paths: Iterable[Path]) -> Iterator[Path]:
        """The files that are wanted."""
        for path in paths:
            if self._cancelled():
                return
            if _is_folder(path):
                yield from self._below(path)
            else:
                yield path

    def _cancelled(self) -> bool:
        return self._token is not None and self._token.cancelled

    def _below(self, folder: Path) -> Iterator[Path]:
        # A stack, not recursion: folders may be nested deeper than Python's call stack.
        waiting = [folder]
        while waiting:
            current = waiting.pop()
            try:
                if not _enter(current, self._entered):
                    continue
                files, folders = _listing(current)
            except OSError as problem:
                log.debug("cannot look into %s: %s", current, problem)
                yield current
                continue
            for file in files:
                if self._cancelled():
                    return
                if self._wanted(file):
                    yield file
            waiting.extend(reversed([inside for inside in folders if self._is_ours(inside)]))

    def _is_ours(self, folder: Path) -> bool:
        kind = None if self._everything else foreign_folder(folder.name)
        if kind is not None and self._left_out is not None:
            self._left_out.folders[kind] += _count(folder)
        return kind is None


def _count(folder: Path) -> int:
    names = (name for _, _, files in os.walk(folder) for name in files)
    return sum(Path(name).suffix.lower() in PHOTO_SUFFIXES for name in names)


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
                kind = None
            if kind is None and _is_dead_photo(entry):
                kind = files
            if kind is not None:
                kind.append(entry.name)
    return _sort(folder, files), _sort(folder, folders)


def _is_dead_photo(entry: os.DirEntry[str]) -> bool:
    """Whether it is a photo's link that leads nowhere: such a photo must not vanish silently."""
    named = Path(entry.name).suffix.lower() in PHOTO_SUFFIXES
    return named and entry.is_symlink() and not os.path.exists(entry.path)  # noqa: PTH110 - no raise


def _sort(folder: Path, names: list[str]) -> list[Path]:
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


def _looks_like_photo(path: Path, left_out: LeftOut) -> bool:
    if path.suffix.lower() in PHOTO_SUFFIXES:
        return True
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError:
        return False
    if picture_kind(head) is not None:
        return True
    unread = unread_kind(head, path.suffix)
    if unread:
        left_out.kinds[unread] += 1
    return False
