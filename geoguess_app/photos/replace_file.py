"""Putting a changed copy in the place of a photo: the old file or the new one, never half of one.

Unlike ``files.atomic``, which writes the program's own files, this changes what belongs to the
user: it locks the photo, refuses one that changed since it was planned, keeps its times, owner and
extended attributes, has the copy checked before it counts, and never replaces a file that it was to
create.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from geoguess_app.core.errors import WriteError
from geoguess_app.core.picture.decode import shown_name
from geoguess_app.files.atomic import sync_folder
from geoguess_app.files.locks import try_lock
from geoguess_app.photos.formats.edits import Edit, EditedCopy, EditMismatchError, copy_with

_PART_PREFIX = ".geoguess-part-"

Check = Callable[[Path, EditedCopy], None]
"""Looks at the finished copy before it takes the file's place; raises WriteError to stop that."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """The marks by which a file is recognised as unchanged."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> FileIdentity:
        """The file's identity now; raises OSError."""
        return cls.from_status(path.stat())

    @classmethod
    def from_status(cls, status: os.stat_result) -> FileIdentity:
        """The identity in a stat result."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def change_file(
    target: Path, edits: Sequence[Edit], expected: FileIdentity, check: Check
) -> EditedCopy:
    """Replace ``target`` by a copy with ``edits``, if it still is the file that was ``expected``.

    The copy is made beside it, given its times, permissions, owner and extended attributes, handed
    to ``check``, synced to disk and moved over the original in one step. After a power cut there is
    the old file or the new one; ``sync_folder`` makes sure of the new one. Raises WriteError, one
    sentence, with the original untouched.
    """
    name = shown_name(target)
    with _plain_words(target), target.open("rb") as source:
        _lock_or_refuse(source, name)
        status = target.stat()
        _check_writable(status, name)
        if FileIdentity.from_status(status) != expected:
            raise _has_changed(name)
        with _part_beside(target) as (part, stream):
            try:
                copied = copy_with(edits, source, stream)
            except EditMismatchError as problem:
                raise _has_changed(name) from problem
            stream.flush()
            _take_over_attributes(target, part, status, name)
            check(part, copied)
            os.fsync(stream.fileno())
            # The last look: another program may have written while we copied.
            if FileIdentity.of(target) != expected:
                raise _has_changed(name)
            _let_go(source, stream)
            part.replace(target)
        return copied


def create_file(target: Path, data: bytes, check: Check, like: Path) -> EditedCopy:
    """Make the file ``target``, which must not exist; permissions come from the file ``like``.

    A folder as ``like`` gives no permissions and no lock. Raises WriteError.
    """
    name = shown_name(target)
    with _plain_words(target), _guard(like) as mode:
        with _part_beside(target) as (part, stream):
            copied = copy_with([Edit(0, b"", data)], io.BytesIO(), stream)
            stream.flush()
            part.chmod(mode & 0o666 | stat.S_IWUSR)
            check(part, copied)
            os.fsync(stream.fileno())
            _let_go(stream)
            if not _move_to_new(part, target):
                raise WriteError(
                    f"{name} was created in the meantime; check the folder.", code="changed"
                )
        return copied


@contextmanager
def _guard(like: Path) -> Iterator[int]:
    """The permissions of the file ``like``, which no other program may write meanwhile."""
    if not like.is_file():
        yield 0o644
        return
    with like.open("rb") as guard:
        _lock_or_refuse(guard, shown_name(like))
        yield stat.S_IMODE(like.stat().st_mode)


def remove_file(target: Path, expected: FileIdentity) -> None:
    """Delete a file that is still the one ``expected``. Raises WriteError."""
    name = shown_name(target)
    with _plain_words(target), target.open("rb") as stream:
        _lock_or_refuse(stream, name)
        if FileIdentity.of(target) != expected:
            raise _has_changed(name)
        _let_go(stream)
        target.unlink()


class Folders:
    """The folders that a run writes in: cleared of leftovers first, synced to disk at the end."""

    def __init__(self) -> None:
        self._entered: set[Path] = set()

    def __enter__(self) -> Folders:
        return self

    def enter(self, folder: Path) -> None:
        """Call before writing in a folder."""
        if folder not in self._entered:
            self._entered.add(folder)
            remove_leftovers(folder)

    def __exit__(self, *_: object) -> None:
        for folder in self._entered:
            sync_folder(folder)


def remove_leftovers(folder: Path) -> int:
    """Delete copies that a killed run left in a folder; those of a running program stay."""
    removed = 0
    with suppress(OSError):
        for part in folder.glob(f"{_PART_PREFIX}*"):
            with suppress(OSError), part.open("rb") as stream:
                if try_lock(stream):
                    _let_go(stream)
                    part.unlink()
                    removed += 1
    return removed


def _move_to_new(part: Path, target: Path) -> bool:
    """Give a file its name unless something has it already."""
    try:
        os.link(part, target)
    except FileExistsError:
        return False
    except OSError:  # FAT and some network drives know no links
        if target.exists():
            return False
        part.replace(target)
        return True
    part.unlink()
    return True


@contextmanager
def _part_beside(target: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A locked, empty file in the same folder; gone at the end unless it was moved."""
    part, stream = _new_part(target)
    try:
        yield part, stream
    finally:
        # On a full disk closing fails once more, over what is still in the buffer.
        with suppress(OSError):
            stream.close()
        with suppress(OSError):
            part.unlink()


def _new_part(target: Path) -> tuple[Path, IO[bytes]]:
    while True:
        # The suffix stays, for readers that go by it.
        part = target.with_name(f"{_PART_PREFIX}{secrets.token_hex(6)}{target.suffix}")
        stream = part.open("xb")
        # A cleaner in another process may have found it before it was locked.
        if try_lock(stream) and part.exists():
            return part, stream
        stream.close()


def _take_over_attributes(source: Path, part: Path, status: os.stat_result, name: str) -> None:
    if hasattr(os, "chown"):
        own = part.stat()
        if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
            try:
                os.chown(part, status.st_uid, status.st_gid)
            except PermissionError as problem:
                raise WriteError(
                    f"{name} belongs to another user or group, which saving would change; "
                    "nothing was written.",
                    code="owner",
                ) from problem
    shutil.copystat(source, part)
    os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))


def protection(target: Path) -> str:
    """Say why a file could not be changed or made; empty where it can, as far as one can tell
    without trying."""
    if target.exists() and _is_protected(target.stat()):
        return "write-protected"
    return "" if os.access(target.parent, os.W_OK | os.X_OK) else "in a write-protected folder"


def _is_protected(status: os.stat_result) -> bool:
    return not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def _check_writable(status: os.stat_result, name: str) -> None:
    if _is_protected(status):
        raise WriteError(
            f"{name} is write-protected; remove the write protection and save again.",
            code="write-protected",
        )


def _lock_or_refuse(stream: IO[bytes], name: str) -> None:
    if not try_lock(stream):
        raise WriteError(
            f"{name} is being written by another program; try again later.", code="locked"
        )


if sys.platform == "win32":

    def _let_go(*streams: IO[bytes]) -> None:
        for stream in streams:
            stream.close()

else:

    def _let_go(*streams: IO[bytes]) -> None:
        """Nothing: open files can be replaced, and the locks last until the end."""


_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_GONE = (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO, getattr(errno, "ESTALE", errno.EIO))


@contextmanager
def _plain_words(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise write_error(target, problem) from problem


def write_error(target: Path, problem: OSError) -> WriteError:
    """Return what went wrong while writing a file, in one sentence."""
    name, folder = shown_name(target), shown_name(target.parent)
    if problem.errno in _FULL:
        return WriteError(
            f"{name} was not written: the disk is full; make room and save again.",
            code="disk-full",
        )
    if problem.errno in _FORBIDDEN:
        return WriteError(
            f"{name} was not written: you have no permission to write to the folder {folder}.",
            code="read-only",
        )
    if problem.errno in _GONE:
        return WriteError(
            f"{name} was not written: it no longer exists, or its drive was removed.", code="gone"
        )
    reason = (problem.strerror or str(problem)).lower()
    return WriteError(f"{name} was not written ({reason}); try again.", code="unwritable")


def _has_changed(name: str) -> WriteError:
    return WriteError(
        f"{name} was changed by another program in the meantime; check it and save again.",
        code="changed",
    )
