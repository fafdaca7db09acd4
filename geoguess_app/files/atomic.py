"""The one way to write a file: whole, or as it was before."""

from __future__ import annotations

import errno
import glob
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from geoguess_app.core.errors import GeoGuessError

PART_SUFFIX = ".part"
"""Of the interim file: ``.NAME.XXXXXXXX.part`` in the same folder."""


@contextmanager
def atomic_text_file(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 text stream whose content becomes the file ``path`` when the block ends well.

    Until then, and if the block raises, ``path`` stays as it was. Links are followed, permissions
    of an existing file kept; a device or pipe (/dev/stdout) is written to directly. Line ends are
    written as given. Raises OSError.
    """
    with _replacement(path, "", {"encoding": "utf-8", "newline": ""}) as stream:
        yield stream


@contextmanager
def atomic_binary_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file as ``atomic_text_file`` does, for bytes."""
    with _replacement(path, "b", {}) as stream:
        yield stream


@contextmanager
def _replacement(path: Path, kind: str, how: dict[str, Any]) -> Iterator[Any]:
    target = Path(os.path.realpath(path))  # a link to itself is replaced
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if target.exists() and not target.is_file():
        with target.open("w" + kind, **how) as stream:
            yield stream
        return
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}{PART_SUFFIX}")
    try:
        # Closed before it is moved: Windows cannot move a file that is still open.
        with part.open("x" + kind, **how) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            part.chmod(stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def remove_interim_files(folder: Path, name: str = "") -> None:
    """Remove what killed processes left of the file ``name``, or of any file in the folder."""
    stem = f"{glob.escape(name[:100])}." if name else ""
    for leftover in folder.glob(f".{stem}*{PART_SUFFIX}"):
        with suppress(OSError):
            leftover.unlink()


def replace_file(path: Path, content: bytes) -> None:
    """Write a whole file as ``atomic_binary_file`` does; raises GeoGuessError with the reason."""
    try:
        with atomic_binary_file(path) as stream:
            stream.write(content)
    except OSError as error:
        raise GeoGuessError(
            f"{path}: cannot be written ({error.strerror or error}).", code="unwritable"
        ) from error


def sync_folder(folder: Path) -> None:
    """Make a renaming in a folder survive a power cut, where the file system can."""
    if sys.platform == "win32":  # folders cannot be synced there
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder for results, and those above it; raises GeoGuessError with the reason."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GeoGuessError(
            f"{folder}: the results folder cannot be created ({error.strerror or error}).",
            code="unwritable",
        ) from error
