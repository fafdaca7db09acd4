"""Fetching files: bytes and time left, cancel, resume after a kill, checks, all or nothing.

A file grows as ``NAME.part`` with a note of what it will be beside it (``NAME.part.json``), and
gets its name once its bytes are all there, are what the host says they are, and are on the disk. A
part that was left by a kill, a cut or a full disk goes on where it ended.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.pace import WorkPace
from geoguess_app.core.records.forms import decode
from geoguess_app.files.atomic import PART_SUFFIX, replace_file, sync_folder
from geoguess_app.models.room import check_room, size_text
from geoguess_app.models.web import (
    DownloadError,
    Head,
    PassingError,
    Patience,
    Response,
    Tries,
    host_of,
)

_TELL_S = 0.1
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
_HASHED_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch: where from, where to, and what it must be.

    ``spans``: only these bytes of the remote file, behind ``head``; empty for all of it.
    ``size_bytes`` is what the finished file has.
    """

    address: str
    target: Path
    size_bytes: int
    sha256: str | None = None
    git_blob: str | None = None
    """The name under which git knows the content: a SHA-1 of it and its length."""
    head: bytes = b""
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def host(self) -> str:
        """Name the host that is asked for it."""
        return host_of(self.address)


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """The state of one file on its way; the last of a file has ``done_bytes`` = ``size_bytes``."""

    file: str
    done_bytes: int
    size_bytes: int
    host: str
    """The host that sends it, which may be another than the one that was asked."""
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class _Note:
    """Beside a part: what it is the beginning of."""

    address: str
    size_bytes: int
    sha256: str | None = None
    etag: str | None = None


class _Restart(Exception):
    """The part belongs to something else: begin anew."""


def fetch_files(
    files: Sequence[RemoteFile],
    *,
    cancel: CancelToken,
    patience: Patience | None = None,
    also_bytes: int = 0,
) -> Iterator[DownloadProgress]:
    """Fetch files one after the other; those that are there and right are left as they are.

    ``also_bytes``: room on the disk that will be needed besides. Ends early if cancelled. Raises
    DownloadError in one sentence; whatever had arrived is kept, and the next call goes on from it.
    """
    if files:
        missing = sum(_missing_bytes(file) for file in files)
        check_room(files[0].target.parent, missing + also_bytes)
    for file in files:
        if cancel.cancelled:
            return
        try:
            yield from _fetch(file, cancel, patience or Patience())
        except OSError as problem:
            raise _disk_trouble(problem, file) from problem


def part_of(target: Path) -> Path:
    """Name the file under which ``target`` grows."""
    return target.with_name(target.name + PART_SUFFIX)


def _note_of(target: Path) -> Path:
    return target.with_name(target.name + PART_SUFFIX + ".json")


def _missing_bytes(file: RemoteFile) -> int:
    for there in (file.target, part_of(file.target)):
        with suppress(OSError):
            return max(file.size_bytes - there.stat().st_size, 0)
    return file.size_bytes


def _fetch(file: RemoteFile, cancel: CancelToken, patience: Patience) -> Iterator[DownloadProgress]:
    file.target.parent.mkdir(parents=True, exist_ok=True)
    if file.target.is_file() and is_right(file.target, file, cancel):
        yield _at(file, file.size_bytes, file.host)
        return
    part = part_of(file.target)
    resumed = part.exists()
    while True:
        if not (yield from _fill(file, part, cancel, patience)):
            return
        if is_right(part, file, cancel):
            _finish(file, part)
            return
        if cancel.cancelled:  # the check was not finished
            return
        _discard(file)
        if not resumed:
            raise DownloadError(
                f"{file.target.name} from {file.host} is not the file that {file.host} describes "
                "(its checksum differs); it was removed. Try again, or fetch it by hand.",
                code="checksum",
            )
        resumed = False


def _fill(
    file: RemoteFile, part: Path, cancel: CancelToken, patience: Patience
) -> Generator[DownloadProgress, None, bool]:
    """Append to the part until all is there; False if it is cancelled before."""
    tries, restarted = Tries(patience, cancel), False
    _keep_usable_part(file, part)
    while not cancel.cancelled and (before := _length(part)) < file.size_bytes:
        try:
            yield from _attempt(file, part, cancel, patience)
        except _Restart:
            if restarted:
                raise _changed(file) from None
            restarted = True
            _discard(file)
            _keep_usable_part(file, part)
        except PassingError as problem:
            gained = _length(part) - before >= patience.least_bytes
            try:
                tries.after(problem, gained=gained)
            except PassingError:
                raise DownloadError(f"{problem}{_kept(file, part)}", code=problem.code) from None
    return _length(part) == file.size_bytes


def _kept(file: RemoteFile, part: Path) -> str:
    done = _length(part)
    if not done:
        return ""
    return (
        f" {size_text(done)} of {size_text(file.size_bytes)} of {file.target.name} are kept; "
        "the next try goes on from there."
    )


def _keep_usable_part(file: RemoteFile, part: Path) -> None:
    """Drop a part that is not the beginning of this file; give a new one its head."""
    note = _read_note(file.target)
    same = note is not None and note.size_bytes == file.size_bytes and note.sha256 == file.sha256
    # Another revision at the host may hold the same file, which its checksum then says.
    same = same and note is not None and bool(file.sha256 or note.address == file.address)
    length = _length(part)
    if note is not None and not (file.sha256 or file.git_blob or note.etag):
        same = False  # nothing would tell whether the rest belongs to it
    if not same or not len(file.head) <= length <= file.size_bytes:
        _discard(file)
        _write_note(file, None)
        part.write_bytes(file.head)


def _attempt(
    file: RemoteFile, part: Path, cancel: CancelToken, patience: Patience
) -> Iterator[DownloadProgress]:
    """One request, appended to the part; raises PassingError, DownloadError or _Restart."""
    done = _length(part)
    start, end = _wanted(file, done)
    headers = {}
    note = _read_note(file.target)
    etag = note.etag if note else None
    if start or file.spans:
        headers["Range"] = f"bytes={start}-{end - 1}" if file.spans else f"bytes={start}-"
        if etag:
            headers["If-Range"] = etag
    with Response(file.address, cancel, patience, headers) as response:
        try:
            head = response.head()
        except DownloadError as problem:
            if problem.code == "range" and done:
                raise _Restart from None
            raise
        if head is None:
            return
        skip = _check_head(file, head, start, end, etag)
        if not file.spans and skip == 0 and head.status == 200 and done:
            part.write_bytes(b"")  # the host sends all of it again
            start = 0
        if head.etag != etag:
            _write_note(file, head.etag)
        with part.open("ab") as stream:
            got = yield from _append(file, stream, response, head, (start, end, skip))
    if got < end - start and not cancel.cancelled:
        raise PassingError(f"The connection to {head.host} broke off.", code="cut-off")


def _wanted(file: RemoteFile, done: int) -> tuple[int, int]:
    """The bytes of the remote file that come next, once the part has ``done`` bytes."""
    if not file.spans:
        return done, file.size_bytes
    at = done - len(file.head)
    for first, last in file.spans:
        if at < last - first:
            return first + at, last
        at -= last - first
    raise AssertionError("the part is complete")


def _check_head(file: RemoteFile, head: Head, start: int, end: int, etag: str | None) -> int:
    """Bytes to skip before those that are wanted; raises where the answer is about other bytes."""
    if "text/html" in head.headers.get("content-type", ""):
        raise DownloadError(
            f"{head.host} sends a web page instead of {file.target.name}: a proxy or a login page "
            "may be in between.",
            code="web-page",
        )
    if head.status == 206:
        found = _RANGE.fullmatch(head.headers.get("content-range", "").strip())
        if found is None or int(found[1]) != start:
            raise _Restart
        if not file.spans and found[3] not in ("*", str(file.size_bytes)):
            raise _changed(file)
        return 0
    if file.spans:
        if etag and head.etag != etag:
            raise _changed(file)
        return start
    if head.length is not None and head.length != file.size_bytes:
        raise DownloadError(
            f"{head.host} wants to send {size_text(head.length)} for {file.target.name}, but says "
            f"that it has {size_text(file.size_bytes)}; nothing was fetched.",
            code="length",
        )
    return 0


def _append(
    file: RemoteFile,
    stream: BinaryIO,
    response: Response,
    head: Head,
    wanted: tuple[int, int, int],
) -> Generator[DownloadProgress, None, int]:
    """Write what comes, no more than is wanted; returns how much it was."""
    start, end, skip = wanted
    left, pace, told_s, got = end - start, WorkPace(), 0.0, 0
    base = stream.tell()
    for arrived in response.chunks():
        chunk = arrived[skip:]
        skip -= len(arrived) - len(chunk)
        if len(chunk) > left and not (file.spans and head.status == 200):
            stream.close()
            _discard(file)
            raise DownloadError(
                f"{head.host} sends more than the {size_text(file.size_bytes)} of "
                f"{file.target.name} that it announced; the file was removed.",
                code="length",
            )
        stream.write(chunk[:left])
        got += len(chunk[:left])
        pace.note(len(chunk[:left]))
        left -= len(chunk[:left])
        now_s = time.monotonic()
        if now_s - told_s > _TELL_S:
            told_s = now_s
            yield _at(file, base + got, head.host, pace.left_s(file.size_bytes - base - got))
        if not left:
            break
    stream.flush()
    os.fsync(stream.fileno())
    yield _at(file, base + got, head.host)
    return got


def _at(
    file: RemoteFile, done: int, host: str, seconds_left: float | None = None
) -> DownloadProgress:
    return DownloadProgress(file.target.name, done, file.size_bytes, host, seconds_left)


def is_right(path: Path, file: RemoteFile, cancel: CancelToken) -> bool:
    """Tell whether a file has the length and the checksum that it must have."""
    size = path.stat().st_size
    if size != file.size_bytes:
        return False
    wanted = []
    if file.sha256:
        wanted.append((hashlib.sha256(), file.sha256))
    if file.git_blob:
        name = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        wanted.append((name, file.git_blob))
    with path.open("rb") as stream:
        while wanted and not cancel.cancelled and (block := stream.read(_HASHED_BYTES)):
            for digest, _ in wanted:
                digest.update(block)
    return all(digest.hexdigest() == name for digest, name in wanted)


def _finish(file: RemoteFile, part: Path) -> None:
    part.replace(file.target)
    _note_of(file.target).unlink(missing_ok=True)
    sync_folder(file.target.parent)


def _discard(file: RemoteFile) -> None:
    part_of(file.target).unlink(missing_ok=True)
    _note_of(file.target).unlink(missing_ok=True)


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _read_note(target: Path) -> _Note | None:
    try:
        found = json.loads(_note_of(target).read_text(encoding="utf-8"))
        return decode(_Note, found)
    except (OSError, ValueError):
        return None


def _write_note(file: RemoteFile, etag: str | None) -> None:
    note = _Note(file.address, file.size_bytes, file.sha256, etag)
    replace_file(_note_of(file.target), json.dumps(asdict(note)).encode())


def _changed(file: RemoteFile) -> DownloadError:
    return DownloadError(
        f"{file.target.name} changed at {file.host} while it was fetched; try again.",
        code="changed",
    )


def _disk_trouble(problem: OSError, file: RemoteFile) -> DownloadError:
    if problem.errno in _FULL:
        kept = _kept(file, part_of(file.target))
        return DownloadError(f"{file.target.parent}: the disk is full.{kept}", code="disk-full")
    said = problem.strerror or problem
    return DownloadError(f"{file.target}: cannot be written ({said}).", code="unwritable")
