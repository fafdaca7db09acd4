"""The journal of what every save replaced: append-only lines of JSON, so that it can be taken back
exactly.

One file per run in the user's data folder, or one file of the user's choice for several runs. A
line is on disk before the file that it describes is touched; a line cut short by a power failure
is ignored, and so is a file that was never replaced.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from geoguess_app.core.errors import JournalError
from geoguess_app.core.records.forms import decode, encode
from geoguess_app.core.records.marks import Key, Rest, Row
from geoguess_app.files.user_data import journal_dir
from geoguess_app.photos.formats.edits import Edit

FORMAT_VERSION = 1
_Content = TypeVar("_Content")


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One file that was (about to be) written."""

    photo: Path
    target: Path
    """The photo itself or its sidecar."""
    before_sha256: Annotated[str | None, Key("before")]
    """None: there was no file."""
    after_sha256: Annotated[str | None, Key("after")]
    """None: the file was deleted."""
    back: tuple[Annotated[Edit, Row()], ...]
    """Edits of the written file that restore the one before."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What was written and what stood there, for people."""

    @property
    def created(self) -> bool:
        """Tell whether there was no file before."""
        return self.before_sha256 is None


@dataclass(frozen=True, slots=True)
class JournalRun:
    """One save as the journal tells it."""

    name: str
    file: Path
    started: str
    """Time in UTC, ISO 8601."""
    facts: Mapping[str, Any]
    entries: tuple[JournalEntry, ...]
    undone: frozenset[Path]
    """Targets that were taken back already."""

    @property
    def open_entries(self) -> tuple[JournalEntry, ...]:
        """List the entries not yet taken back, latest first."""
        return tuple(e for e in reversed(self.entries) if e.target not in self.undone)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line: what it notes of which run."""

    type: str
    run: str
    content: Annotated[Mapping[str, Any], Rest()]


@dataclass(frozen=True, slots=True)
class _RunStart:
    version: int
    started: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Undone:
    target: Path
    time: str = ""


class Journal:
    """A journal to append to; use as a context manager. Raises JournalError."""

    def __init__(self, file: Path | None, facts: Mapping[str, Any]) -> None:
        """Start a run: in ``file``, or in a new file of the user's data folder."""
        self.run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self.file = file if file is not None else journal_dir() / f"{self.run}.jsonl"
        self._descriptor = _open_for_append(self.file)
        self._add("run", _RunStart(FORMAT_VERSION, _now(), facts))

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def written(self, entry: JournalEntry) -> None:
        """Note what is about to replace a file; on disk when this returns."""
        self._add("write", entry)

    def _add(self, kind: str, content: object) -> None:
        _append(self._descriptor, self.file, {"type": kind, "run": self.run, **encode(content)})


def note_undone(run: JournalRun, target: Path) -> None:
    """Note that a file was taken back; raises JournalError."""
    descriptor = _open_for_append(run.file)
    try:
        content = encode(_Undone(target, _now()))
        _append(descriptor, run.file, {"type": "undone", "run": run.name, **content})
    finally:
        os.close(descriptor)


def read_runs(file: Path | None = None) -> list[JournalRun]:
    """All runs, oldest first: those in ``file``, or those in the user's data folder.

    Raises JournalError where a journal is given that is not there or is none.
    """
    if file is not None:
        return list(_runs_in(file))
    runs: list[JournalRun] = []
    if journal_dir().is_dir():
        for path in sorted(journal_dir().glob("*.jsonl")):
            # One damaged journal must not hide the others.
            with suppress(JournalError):
                runs += _runs_in(path)
    return sorted(runs, key=lambda run: run.started)


def _runs_in(file: Path) -> Iterator[JournalRun]:
    runs: dict[str, tuple[_RunStart, list[JournalEntry], set[Path]]] = {}
    for line in _lines(file):
        if line.type == "run":
            runs[line.run] = (_decode(_RunStart, line.content, file), [], set())
        if line.run not in runs:
            raise _broken(file)
        _, entries, undone = runs[line.run]
        if line.type == "write":
            entries.append(_decode(JournalEntry, line.content, file))
            undone.discard(entries[-1].target)
        elif line.type == "undone":
            undone.add(_decode(_Undone, line.content, file).target)
    for name, (start, entries, undone) in runs.items():
        yield JournalRun(name, file, start.started, start.facts, tuple(entries), frozenset(undone))


def _lines(file: Path) -> Iterator[_Line]:
    try:
        text = file.read_bytes()
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise JournalError(
            f"The journal {file} cannot be read ({reason}).", code="unreadable"
        ) from problem
    for raw in text.splitlines():
        try:
            content = json.loads(raw)
        except (ValueError, RecursionError):
            continue  # cut short by a power failure or a full disk: nothing was written after it
        line = _decode(_Line, content, file)
        if line.type == "run" and line.content.get("version") != FORMAT_VERSION:
            raise JournalError(
                f"The journal {file} was written by a newer version of GeoGuess; undo with "
                "that version.",
                code="newer",
            )
        yield line


def _decode(kind: type[_Content], value: object, file: Path) -> _Content:
    return decode(kind, value, ignore_unknown=True, refuse=lambda _: _broken(file))


def _open_for_append(file: Path) -> int:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        return os.open(file, flags, 0o600)
    except OSError as problem:
        raise _unwritable(file, problem) from problem


def _append(descriptor: int, file: Path, content: Mapping[str, Any]) -> None:
    # Escaped: a file name that is no valid text survives as it is.
    line = json.dumps(content, separators=(",", ":")).encode("ascii") + b"\n"
    try:
        size = os.fstat(descriptor).st_size
        if size and _last_byte(descriptor, size) != b"\n":
            line = b"\n" + line  # a line that was cut short must not swallow this one
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    except OSError as problem:
        raise _unwritable(file, problem) from problem


def _last_byte(descriptor: int, size: int) -> bytes:
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _unwritable(file: Path, problem: OSError) -> JournalError:
    reason = (problem.strerror or str(problem)).lower()
    return JournalError(
        f"The journal {file} cannot be written ({reason}), so no more files are changed; "
        "choose another location for it.",
        code="unwritable",
    )


def _broken(file: Path) -> JournalError:
    return JournalError(f"{file} is not a GeoGuess journal, or it is damaged.", code="broken")
