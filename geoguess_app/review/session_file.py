"""The file of a session: SQLite, one transaction per step, so that a kill loses nothing.

``docs/review.md`` says what is in it. A second program that opens the file is refused, because two
would overwrite each other's decisions.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.core.errors import SessionError
from geoguess_app.core.garbage import note_long_lived
from geoguess_app.review.codec import (
    decision_from_json,
    decision_to_json,
    facts_to_json,
    photo_from_json,
)
from geoguess_app.review.values import Decision, ReviewPhoto

FORMAT_VERSION = 1
KEPT_STEPS = 1000
"""Steps that can be undone; older ones are forgotten."""
_APPLICATION = 0x47655265
"""Marks the SQLite file as ours."""
_UNDO = "undone = 0 ORDER BY number DESC"
_REDO = "undone = 1 ORDER BY number"
_NOT_OURS = (ValueError, TypeError, RecursionError, zlib.error)
"""Raised for values in the file that this program never writes; SQLite takes any type anywhere."""
_TEXTS = 256
"""So many changes are packed at a time."""
_SCHEMA = """
CREATE TABLE photos (id INTEGER PRIMARY KEY, path BLOB UNIQUE, facts TEXT, decision TEXT);
CREATE TABLE steps (number INTEGER PRIMARY KEY, action TEXT, undone INTEGER, changes BLOB);
"""


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """One photo's decision before and after a step."""

    photo: int
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """One action on one or many photos."""

    action: str
    changes: tuple[DecisionChange, ...]


class SessionFile:
    """Photos, decisions and steps on disk; for one thread at a time. Raises SessionError."""

    def __init__(self, path: Path | None) -> None:
        """Open or make the file; without a path all is in memory only."""
        self._name = str(path) if path is not None else "the review"
        with self._in_words():
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            # Opened in a thread of its own where photos are many, and handed over then.
            self._db = sqlite3.connect(
                path if path is not None else ":memory:", timeout=0.2, check_same_thread=False
            )
        try:
            with self._in_words():
                self._prepare()
        except SessionError:
            self._db.close()
            raise

    def _prepare(self) -> None:
        # The lock is held until the file is closed, and falls with the process that holds it.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            mark = self._db.execute("PRAGMA application_id").fetchone()[0]
            tables = self._db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
            if not tables:
                for statement in _SCHEMA.strip().split("\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
                self._db.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
            elif mark != _APPLICATION:
                raise SessionError(f"{self._name} is not a GeoGuess review.", code="not-ours")
            elif version > FORMAT_VERSION:
                raise SessionError(
                    f"{self._name} was saved by a newer version of GeoGuess; open it with that "
                    "version.",
                    code="newer",
                )

    def close(self) -> None:
        """Close, with all in one file."""
        with self._in_words():
            self._db.close()

    def photos(self) -> Iterator[ReviewPhoto]:
        """All photos as they were left, in the order they were added."""
        with self._in_words():
            query = "SELECT id, path, facts, decision FROM photos ORDER BY id"
            # Closed also where a row is damaged: an open cursor would keep the file locked.
            with closing(self._db.execute(query)) as rows:
                for number, path, facts, decision in rows:
                    yield photo_from_json(number, Path(os.fsdecode(path)), facts, decision)

    def add(self, photos: Iterable[ReviewPhoto]) -> None:
        """Keep new photos, or new facts of those there; decisions stay."""
        rows = ((p.id, os.fsencode(p.path), facts_to_json(p)) for p in photos)
        with self._in_words(), self._db:
            self._db.executemany(
                "INSERT INTO photos (id, path, facts) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET facts = excluded.facts",
                rows,
            )

    def do(self, step: ReviewStep) -> None:
        """Keep a step that was just done; what had been undone cannot be redone after it."""
        packer = _Packer()
        with self._in_words(), self._db:
            self._decide(packer.texts(step.changes))
            self._db.execute("DELETE FROM steps WHERE undone")
            cursor = self._db.execute(
                "INSERT INTO steps (number, action, undone, changes) "
                "VALUES ((SELECT IFNULL(MAX(number), 0) + 1 FROM steps), ?, 0, ?)",
                (step.action, packer.packed()),
            )
            number = cursor.lastrowid or 0
            self._db.execute("DELETE FROM steps WHERE number <= ?", (number - KEPT_STEPS,))

    def undo(self) -> ReviewStep | None:
        """Take the last step back and return it; None where there is none."""
        return self._move(_UNDO, undone=True)

    def redo(self) -> ReviewStep | None:
        """Do the step that was undone last again and return it; None where there is none."""
        return self._move(_REDO, undone=False)

    def ready(self) -> bool:
        """Tell whether undo and redo come at once; here they read the file while one waits."""
        return True

    def next_actions(self) -> tuple[str | None, str | None]:
        """Return what undo and redo would move; None where nothing is left."""
        with self._in_words():
            rows = [
                self._db.execute(f"SELECT action FROM steps WHERE {which} LIMIT 1").fetchone()
                for which in (_UNDO, _REDO)
            ]
        return (rows[0][0] if rows[0] else None, rows[1][0] if rows[1] else None)

    def steps(self) -> list[tuple[int, str, bool]]:
        """Number, action, and whether it is undone, of all steps kept, oldest first."""
        with self._in_words():
            query = "SELECT number, action, undone FROM steps ORDER BY number"
            return [(n, action, bool(undone)) for n, action, undone in self._db.execute(query)]

    def step(self, number: int) -> ReviewStep:
        """One of them with all it changed. Raises SessionError where it is not there."""
        with self._in_words():
            row = self._db.execute(
                "SELECT action, changes FROM steps WHERE number = ?", (number,)
            ).fetchone()
            if row is None:
                raise ValueError("no such step")
            return ReviewStep(row[0], _unpack(row[1]))

    def mark(self, number: int, step: ReviewStep, *, undone: bool) -> None:
        """Keep that a step that the caller knows is undone, or done again."""
        with self._in_words(), self._db:
            self._mark(number, step, undone=undone)

    def _move(self, which: str, *, undone: bool) -> ReviewStep | None:
        with self._in_words(), self._db:
            row = self._db.execute(
                f"SELECT number, action, changes FROM steps WHERE {which} LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            step = ReviewStep(row[1], _unpack(row[2]))
            self._mark(row[0], step, undone=undone)
        return step

    def _mark(self, number: int, step: ReviewStep, *, undone: bool) -> None:
        self._db.execute("UPDATE steps SET undone = ? WHERE number = ?", (undone, number))
        self._decide(
            (decision_to_json(c.before if undone else c.after), c.photo) for c in step.changes
        )

    def _decide(self, texts: Iterable[tuple[str | None, int]]) -> None:
        self._db.executemany("UPDATE photos SET decision = ? WHERE id = ?", texts)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as problem:
            if "locked" in str(problem):
                raise SessionError(
                    f"{self._name} is open in another window; close it there first.",
                    code="in-use",
                ) from problem
            raise SessionError(
                f"{self._name} cannot be read or saved ({problem}); check whether the disk is "
                "full.",
                code="unwritable",
            ) from problem
        except (sqlite3.DatabaseError, *_NOT_OURS) as problem:
            raise SessionError(
                f"{self._name} is damaged; move it elsewhere to start a new review.", code="broken"
            ) from problem
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise SessionError(
                f"{self._name} cannot be saved ({reason}).", code="unwritable"
            ) from problem


class _Packer:
    """The changes of a step as JSON, zlib; piece by piece, so that other threads get their turn."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(1)
        self._parts: list[bytes] = []
        self._texts: list[str] = []
        self._first = True

    def texts(self, changes: Sequence[DecisionChange]) -> Iterator[tuple[str | None, int]]:
        """The new decision of each photo, and its number; packs as it goes."""
        for change in changes:
            after = decision_to_json(change.after)
            row = [change.photo, decision_to_json(change.before), after]
            self._texts.append(json.dumps(row, separators=(",", ":")))
            if len(self._texts) >= _TEXTS:
                self._pack()
            yield after, change.photo

    def packed(self) -> bytes:
        """All of them, as they are kept."""
        self._pack()
        end = self._zlib.compress(b"[]" if self._first else b"]")
        return b"".join([*self._parts, end, self._zlib.flush()])

    def _pack(self) -> None:
        if self._texts:
            text = ("[" if self._first else ",") + ",".join(self._texts)
            self._parts.append(self._zlib.compress(text.encode("ascii")))
            self._texts.clear()
            self._first = False


def _unpack(data: bytes) -> tuple[DecisionChange, ...]:
    """One change after another: a whole step at once would stop all threads for long."""
    text = zlib.decompress(data).decode("ascii")
    changes: list[DecisionChange] = []
    decoder, at = json.JSONDecoder(), 1
    if text[:1] != "[" or text[-1:] != "]":
        raise ValueError("no step of a session")
    while at < len(text) - 1:
        (photo, before, after), at = decoder.raw_decode(text, at)
        changes.append(DecisionChange(photo, decision_from_json(before), decision_from_json(after)))
        note_long_lived(1)
        at += 1  # the comma
    return tuple(changes)
