"""Sources of a bundle's files: a folder, or the same as one zip. Both may be hostile.

Nothing is ever extracted: files are read into memory under hard limits. Links, devices, odd names,
encryption, duplicate entries and archives that unpack to far more than they weigh are refused.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn, Protocol

from geoguess_app.core.bundle.checks import colliding_name, file_problem
from geoguess_app.core.errors import BundleError
from geoguess_app.core.records.faults import quote

MAX_FILES = 256
MAX_FILE_BYTES = 8 << 30
MAX_UNPACKING_RATIO = 20
"""Weights hardly compress; tables and text do so by 3 to 10."""
FREE_UNPACKING_BYTES = 16 << 20
"""Archives may unpack to this much whatever their own size."""
_MAX_DIRECTORY_BYTES = 1 << 20
_LEFT_BY_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""Files that file managers leave in folders unasked; they are never read."""


class BundleSource(Protocol):
    """A bundle's files, by relative path with forward slashes."""

    def names(self) -> list[str]:
        """All files, sorted; each has passed ``file_problem``."""

    def read(self, name: str, most: int = MAX_FILE_BYTES) -> bytes:
        """A file's bytes. BundleError when it holds more than ``most`` or cannot be read."""


def open_source(path: Path) -> BundleSource:
    """The folder's or archive's files. Raises BundleError for one that is not safe to read."""
    try:
        if path.is_dir():
            return FolderSource(path)
        if path.is_file():
            return ZipSource(path)
    except OSError as error:
        refuse("unreadable", f"it cannot be read ({error.strerror}).")
    except ValueError:  # a null character in the path
        pass
    return refuse("missing", "there is no such file or folder.")


def refuse(code: str, sentence: str) -> NoReturn:
    """Raise the BundleError for an archive or folder that is not safe to read."""
    raise BundleError(sentence, code=code)


def _check_names(names: list[str]) -> list[str]:
    for name in names:
        problem = file_problem(name)
        if problem:
            refuse("unsafe-name", f"the file {quote(name)} {problem}.")
    twice = colliding_name(names)
    if twice:
        refuse("unsafe-name", f"the file {twice} appears twice (ignoring case).")
    return sorted(names)


class FolderSource:
    """Files below a folder. Links are not followed, whatever they point to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = 0
        self._names = _check_names(list(self._walk(folder, "", 0)))

    def names(self) -> list[str]:
        """List all files, sorted."""
        return list(self._names)

    def read(self, name: str, most: int = MAX_FILE_BYTES) -> bytes:
        """A file's bytes. BundleError when it holds more than ``most`` or cannot be read."""
        try:
            with self._open(name) as stream:
                size = os.fstat(stream.fileno()).st_size
                if size > most:
                    refuse("too-large", f"{name} is too large ({size} bytes; at most {most}).")
                data = stream.read(size)
        except OSError as error:
            refuse("unreadable", f"{name} cannot be read ({error.strerror}).")
        if len(data) != size:
            refuse("unreadable", f"{name} changed while it was read.")
        return data

    def _walk(self, folder: Path, prefix: str, depth: int) -> Iterator[str]:
        with os.scandir(folder) as entries:
            for entry in entries:
                self._seen += 1
                name = prefix + entry.name
                if self._seen > MAX_FILES or depth > 4:
                    refuse(
                        "too-many",
                        f"it contains more than {MAX_FILES} files or folders nested too deeply.",
                    )
                if entry.is_symlink() or _is_junction(entry):
                    refuse("link", f"{quote(name)} is a link, which is not allowed in a model.")
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(folder / entry.name, name + "/", depth + 1)
                elif not entry.is_file(follow_symlinks=False):
                    refuse("link", f"{quote(name)} is not an ordinary file.")
                elif entry.name not in _LEFT_BY_SYSTEMS:
                    yield name

    def _open(self, name: str) -> BinaryIO:
        # The file may have been swapped since the folder was listed: never follow a link, never
        # wait for a pipe.
        flags = os.O_RDONLY
        for extra in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"):
            flags |= getattr(os, extra, 0)
        stream = os.fdopen(os.open(self._folder / name, flags), "rb")
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            stream.close()
            refuse("link", f"{name} is not an ordinary file.")
        return stream


def _is_junction(entry: os.DirEntry[str]) -> bool:
    check = getattr(entry, "is_junction", None)  # Python 3.12, Windows
    return bool(check and check())


class ZipSource:
    """Files in a zip, stored or deflated, read one at a time and never extracted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        _check_directory(path)
        with _reading_errors(path.name), zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
        for info in infos:
            _check_entry(info)
        self._files = {info.filename: info for info in infos if not info.is_dir()}
        _check_unpacked_size(infos, path.stat().st_size)
        self._names = _check_names([info.filename for info in infos if not info.is_dir()])

    def names(self) -> list[str]:
        """List all files, sorted."""
        return list(self._names)

    def read(self, name: str, most: int = MAX_FILE_BYTES) -> bytes:
        """A file's bytes. BundleError when it holds more than ``most`` or cannot be read."""
        size = self._files[name].file_size
        if size > most:
            refuse("too-large", f"{name} is too large ({size} bytes; at most {most}).")
        with (
            _reading_errors(name),
            zipfile.ZipFile(self._path) as archive,
            archive.open(self._files[name]) as stream,
        ):
            # zipfile stops at the declared size and compares the checksum there.
            data = stream.read(size)
            complete = len(data) == size and not stream.read(1)
        if not complete:
            refuse("damaged", f"{name} in the archive is damaged.")
        return data


@contextmanager
def _reading_errors(what: str) -> Iterator[None]:
    """Turn whatever a broken archive makes zipfile raise into one sentence."""
    try:
        yield
    except OSError as error:
        if error.strerror:
            refuse("unreadable", f"{what} cannot be read ({error.strerror}).")
        refuse("damaged", f"{what} is damaged, or not a zip archive.")
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
        MemoryError,
        IndexError,
    ):
        refuse("damaged", f"{what} is damaged, or not a zip archive.")


def _check_directory(path: Path) -> None:
    """Refuse, before zipfile reads it whole, a central directory that is absent or huge."""
    with path.open("rb") as stream:
        head = stream.read(4)
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 98))
        tail = stream.read()
    end = tail[-22:]
    if head != b"PK\x03\x04" or len(end) < 22 or end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        refuse("damaged", "it is damaged, or not a GeoGuess model.")
    directory_bytes = int.from_bytes(end[12:16], "little")
    if tail[-42:-38] == b"PK\x06\x07" and tail[-98:-94] == b"PK\x06\x06":  # zip64
        directory_bytes = int.from_bytes(tail[-58:-50], "little")
    if directory_bytes > _MAX_DIRECTORY_BYTES:
        refuse("too-many", f"the archive contains more than {MAX_FILES} files.")


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    if info.flag_bits & 0x2041:
        refuse("encrypted", f"{quote(name)} in the archive is encrypted.")
    if name != info.filename or not name:
        refuse("unsafe-name", f"the file {quote(name)} is not a plain relative path.")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (kind == stat.S_IFDIR) > info.is_dir():
        refuse("link", f"{quote(name)} is a link or device, which is not allowed in a model.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        refuse("damaged", f"{quote(name)} uses an unsupported compression method.")
    if info.is_dir():
        # The folder of a plausible file is fine; anything else is not.
        problem = file_problem(f"{name}x.txt")
        if problem or info.file_size:
            refuse("unsafe-name", f"the folder {quote(name)} is not a plain relative path.")


def _check_unpacked_size(infos: list[zipfile.ZipInfo], archive_bytes: int) -> None:
    unpacked = sum(info.file_size for info in infos)
    if len(infos) > 2 * MAX_FILES:
        refuse("too-many", f"the archive contains more than {MAX_FILES} files.")
    if unpacked > FREE_UNPACKING_BYTES + MAX_UNPACKING_RATIO * archive_bytes:
        refuse(
            "bomb",
            f"the archive of {archive_bytes} bytes would unpack to {unpacked}, "
            "which is implausible for a model.",
        )
