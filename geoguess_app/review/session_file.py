"""The file of a session: SQLite, one transaction per step, so that a kill loses nothing.

`docs/review.md` says what is in it. A second program that opens the file is refused, because two
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
_SCHEMA = """
CREATE TABLE photos (id INTEGER PRIMARY KEY, path BLOB UNIQUE, facts TEXT, decision TEXT);
CREATE TABLE steps (number INTEGER PRIMARY KEY, action TEXT, undone INTEGER, changes BLOB);
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One photo's decision before and after a step."""

    photo: int
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True)
class Step:
    """One action on one or many photos."""

    action: str
    changes: tuple[Change, ...]


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
                raise SessionError(f"{self._name} is no review of this program.", code="not-ours")
            elif version > FORMAT_VERSION:
                raise SessionError(
                    f"{self._name} comes from a newer program; open it with that one.",
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

    def do(self, step: Step) -> None:
        """Keep a step that was just done; what had been undone cannot be redone after it."""
        with self._in_words(), self._db:
            self._decide((change.photo, change.after) for change in step.changes)
            self._db.execute("DELETE FROM steps WHERE undone")
            cursor = self._db.execute(
                "INSERT INTO steps (number, action, undone, changes) "
                "VALUES ((SELECT IFNULL(MAX(number), 0) + 1 FROM steps), ?, 0, ?)",
                (step.action, _packed(step.changes)),
            )
            number = cursor.lastrowid or 0
            self._db.execute("DELETE FROM steps WHERE number <= ?", (number - KEPT_STEPS,))

    def undo(self) -> Step | None:
        """Take the last step back and return it; None where there is none."""
        return self._move("undone = 0 ORDER BY number DESC", undone=1)

    def redo(self) -> Step | None:
        """Do the step that was undone last again and return it; None where there is none."""
        return self._move("undone = 1 ORDER BY number", undone=0)

    def next_actions(self) -> tuple[str | None, str | None]:
        """What undo and redo would move; None where nothing is left."""
        with self._in_words():
            rows = [
                self._db.execute(f"SELECT action FROM steps WHERE {which} LIMIT 1").fetchone()
                for which in ("undone = 0 ORDER BY number DESC", "undone = 1 ORDER BY number")
            ]
        return (rows[0][0] if rows[0] else None, rows[1][0] if rows[1] else None)

    def _move(self, which: str, *, undone: int) -> Step | None:
        with self._in_words(), self._db:
            row = self._db.execute(
                f"SELECT number, action, changes FROM steps WHERE {which} LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            number, action, packed = row
            step = Step(action, _unpacked(packed))
            self._db.execute("UPDATE steps SET undone = ? WHERE number = ?", (undone, number))
            self._decide((c.photo, c.before if undone else c.after) for c in step.changes)
        return step

    def _decide(self, decisions: Iterable[tuple[int, Decision]]) -> None:
        self._db.executemany(
            "UPDATE photos SET decision = ? WHERE id = ?",
            ((decision_to_json(decision), photo) for photo, decision in decisions),
        )

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
                f"{self._name} cannot be read or kept ({problem}); see whether the disk is full.",
                code="unwritable",
            ) from problem
        except (sqlite3.DatabaseError, ValueError, zlib.error) as problem:
            raise SessionError(
                f"{self._name} is damaged; move it away to start a new review.", code="broken"
            ) from problem
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise SessionError(
                f"{self._name} cannot be kept ({reason}).", code="unwritable"
            ) from problem


def _packed(changes: Sequence[Change]) -> bytes:
    rows = [[c.photo, decision_to_json(c.before), decision_to_json(c.after)] for c in changes]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode("ascii"), 1)


def _unpacked(data: bytes) -> tuple[Change, ...]:
    return tuple(
        Change(photo, decision_from_json(before), decision_from_json(after))
        for photo, before, after in json.loads(zlib.decompress(data))
    )
