"""The collection's table: one SQLite file with photos, folders, and who has which vector."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.types import Coordinate, IntArray
from geoguess_app.files.shared_database import open_shared
from geoguess_app.references.values import (
    CollectionError,
    FileStamp,
    LeftOutReason,
    LookAlikeTrust,
    PositionSource,
    Reference,
    ReferenceSpace,
)

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS folders (path BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS photos (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, content TEXT NOT NULL,
    latitude REAL NOT NULL, longitude REAL NOT NULL, taken TEXT, source TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS photos_content ON photos (content);
CREATE TABLE IF NOT EXISTS left_out (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spaces (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, model TEXT NOT NULL,
    file TEXT NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (
    space TEXT NOT NULL, row INTEGER NOT NULL, content TEXT NOT NULL, PRIMARY KEY (space, row)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS vectors_content ON vectors (space, content);
CREATE TABLE IF NOT EXISTS look_alikes (
    space TEXT PRIMARY KEY, bias REAL NOT NULL, similarity REAL NOT NULL, distances_km TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
    photo TEXT NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (photo, reference)
) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""
_BUSY_S = 30.0
_PHOTO = "path, size, mtime_ns, content, latitude, longitude, taken, source"


class ReferenceTable:
    """The SQLite file. Safe in any thread and for several programs at once.

    Every method raises CollectionError where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        try:
            self._db = open_shared(path, _BUSY_S)
            self._db.execute("PRAGMA synchronous = FULL")
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found > _VERSION:
                raise CollectionError(
                    f"{path} was written by a newer GeoGuess; update GeoGuess to use your "
                    "reference photos.",
                    code="newer",
                )
            if found < _VERSION:
                self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as problem:
            raise self._error(problem) from problem

    def close(self) -> None:
        """Close the file; the table cannot be used any more."""
        with self._lock, suppress(sqlite3.Error):
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of what happens inside at the end of the outermost block, or nothing of it."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            try:
                with self._db:
                    self._db.execute("BEGIN IMMEDIATE")
                    yield
            except sqlite3.Error as problem:
                raise self._error(problem) from problem

    def state(self) -> tuple[int, int]:
        """A value that is another one after every change, also by another program."""
        return self._one("PRAGMA data_version")[0], self._db.total_changes

    def folders(self) -> list[Path]:
        """The folders of the collection, by name."""
        return sorted(_path(row[0]) for row in self._all("SELECT path FROM folders"))

    def add_folder(self, folder: Path) -> None:
        self._do("INSERT OR IGNORE INTO folders VALUES (?)", (os.fsencode(folder),))

    def remove_folder(self, folder: Path) -> None:
        self._do("DELETE FROM folders WHERE path = ?", (os.fsencode(folder),))

    def photos(self) -> Iterator[Reference]:
        """All reference photos, by path."""
        after = b""
        while rows := self._all(
            f"SELECT {_PHOTO} FROM photos WHERE path > ? ORDER BY path LIMIT 10000", (after,)
        ):
            yield from map(_reference, rows)
            after = rows[-1][0]

    def photo(self, path: Path) -> Reference | None:
        """The reference photo of that path."""
        rows = self._all(f"SELECT {_PHOTO} FROM photos WHERE path = ?", (os.fsencode(path),))
        return _reference(rows[0]) if rows else None

    def with_content(self, content: str) -> list[Reference]:
        """The photo with that content, and its copies."""
        rows = self._all(f"SELECT {_PHOTO} FROM photos WHERE content = ? ORDER BY path", (content,))
        return [_reference(row) for row in rows]

    def put_photo(self, photo: Reference) -> None:
        """Add a photo or replace what is known of it; it no longer counts as left out."""
        taken = photo.taken.isoformat() if photo.taken is not None else None
        path = os.fsencode(photo.path)
        self._do(
            "INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                path,
                photo.stamp.size_bytes,
                photo.stamp.mtime_ns,
                photo.content,
                photo.coordinate.latitude_deg,
                photo.coordinate.longitude_deg,
                taken,
                photo.source.value,
            ),
        )
        self._do("DELETE FROM left_out WHERE path = ?", (path,))

    def put_left_out(self, path: Path, stamp: FileStamp, reason: LeftOutReason) -> None:
        """Note why a file is no reference, and forget it as one."""
        name = os.fsencode(path)
        self._do("DELETE FROM photos WHERE path = ?", (name,))
        self._do(
            "INSERT OR REPLACE INTO left_out VALUES (?, ?, ?, ?)",
            (name, stamp.size_bytes, stamp.mtime_ns, reason.value),
        )

    def forget(self, paths: Iterable[Path]) -> None:
        """Remove files, whether they are references or left out."""
        names = [(os.fsencode(path),) for path in paths]
        with self.transaction():
            self._db.executemany("DELETE FROM photos WHERE path = ?", names)
            self._db.executemany("DELETE FROM left_out WHERE path = ?", names)

    def left_out(self) -> dict[Path, tuple[FileStamp, LeftOutReason]]:
        """The files that are no references, and why."""
        rows = self._all("SELECT path, size, mtime_ns, reason FROM left_out")
        return {
            _path(path): (FileStamp(size, mtime), LeftOutReason(reason))
            for path, size, mtime, reason in rows
        }

    def left_out_counts(self) -> Counter[LeftOutReason]:
        """Count the files that are no references, by reason."""
        rows = self._all("SELECT reason, COUNT(*) FROM left_out GROUP BY reason")
        return Counter({LeftOutReason(reason): number for reason, number in rows})

    def count(self) -> int:
        """Count the reference photos."""
        return int(self._one("SELECT COUNT(*) FROM photos")[0])

    def spaces(self) -> list[tuple[ReferenceSpace, str]]:
        """Feature spaces and the names of their files, the one that answered last first."""
        rows = self._all("SELECT key, name, size, model, file FROM spaces ORDER BY used DESC, key")
        return [
            (ReferenceSpace(key, name, size, model), file) for key, name, size, model, file in rows
        ]

    def add_space(self, space: ReferenceSpace, file: str) -> None:
        """Add a feature space behind the others."""
        self._do(
            "INSERT OR IGNORE INTO spaces VALUES (?, ?, ?, ?, ?, 0)",
            (space.key, space.name, space.size, space.model, file),
        )

    def prefer_space(self, key: str) -> None:
        """List a space first from now on."""
        self._do(
            "UPDATE spaces SET used = (SELECT MAX(used) + 1 FROM spaces) WHERE key = ?", (key,)
        )

    def remove_space(self, key: str) -> None:
        """Forget a feature space and its vectors."""
        with self.transaction():
            self._do("DELETE FROM vectors WHERE space = ?", (key,))
            self._do("DELETE FROM look_alikes WHERE space = ?", (key,))
            self._do("DELETE FROM spaces WHERE key = ?", (key,))

    def put_vectors(self, space: str, first_row: int, contents: Sequence[str]) -> None:
        """Say whose the rows from ``first_row`` on are."""
        rows = ((space, first_row + index, content) for index, content in enumerate(contents))
        with self.transaction():
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def move_vectors(self, space: ReferenceSpace, file: str, contents: Sequence[str]) -> None:
        """Give a space another file, whose rows are those of ``contents``."""
        with self.transaction():
            self._do("DELETE FROM vectors WHERE space = ?", (space.key,))
            self._do("UPDATE spaces SET file = ? WHERE key = ?", (file, space.key))
            self.put_vectors(space.key, 0, contents)

    def rows(self, space: str) -> IntArray:
        """Rows in use, ascending."""
        found = self._all("SELECT row FROM vectors WHERE space = ? ORDER BY row", (space,))
        return np.fromiter((row[0] for row in found), np.int64, len(found))

    def content_at(self, space: str, row: int) -> str | None:
        """Find the content whose vector a row is."""
        found = self._all("SELECT content FROM vectors WHERE space = ? AND row = ?", (space, row))
        return str(found[0][0]) if found else None

    def contents(self, space: str) -> dict[str, int]:
        """The row of each content that has a vector, in the order of the rows."""
        query = "SELECT content, row FROM vectors WHERE space = ? ORDER BY row"
        return dict(self._all(query, (space,)))

    def drop_rows_from(self, space: str, row: int) -> int:
        """Forget rows that the file lacks; returns how many there were."""
        with self.transaction():
            query = "DELETE FROM vectors WHERE space = ? AND row >= ?"
            return int(self._db.execute(query, (space, row)).rowcount)

    def drop_orphans(self) -> int:
        """Forget the vectors of contents that no photo has any more; returns how many."""
        with self.transaction():
            query = "DELETE FROM vectors WHERE content NOT IN (SELECT content FROM photos)"
            return int(self._db.execute(query).rowcount)

    def missing_contents(self, space: str) -> set[str]:
        """Contents of photos that have no vector in a space."""
        rows = self._all(
            "SELECT DISTINCT content FROM photos WHERE content NOT IN "
            "(SELECT content FROM vectors WHERE space = ?)",
            (space,),
        )
        return {row[0] for row in rows}

    def put_look_alikes(self, space: str, trust: LookAlikeTrust | None) -> None:
        """Keep how far look-alikes in a space are to be trusted; None for not at all."""
        with self.transaction():
            self._do("DELETE FROM look_alikes WHERE space = ?", (space,))
            if trust is not None:
                distances = json.dumps(trust.distances_km)
                row = (space, trust.bias, trust.similarity, distances)
                self._do("INSERT INTO look_alikes VALUES (?, ?, ?, ?)", row)

    def look_alikes(self, space: str) -> LookAlikeTrust | None:
        """Return how far look-alikes in a space are to be trusted; None where that is unknown."""
        query = "SELECT bias, similarity, distances_km FROM look_alikes WHERE space = ?"
        rows = self._all(query, (space,))
        if not rows:
            return None
        bias, similarity, distances = rows[0]
        return LookAlikeTrust(bias, similarity, tuple(json.loads(distances)))

    def refuse(self, photo: str, reference: str) -> None:
        """Note that a photo does not show the same place as a reference, both by content."""
        self._do("INSERT OR IGNORE INTO refused VALUES (?, ?)", (photo, reference))

    def refused(self, photo: str) -> set[str]:
        """The contents of references that a photo is not to be held against."""
        rows = self._all("SELECT reference FROM refused WHERE photo = ?", (photo,))
        return {row[0] for row in rows}

    def has_refused(self) -> bool:
        """Tell whether any pair was refused."""
        return bool(self._one("SELECT EXISTS (SELECT 1 FROM refused)")[0])

    def _do(self, statement: str, values: tuple[object, ...]) -> None:
        with self.transaction():
            self._db.execute(statement, values)

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as problem:
                raise self._error(problem) from problem

    def _one(self, query: str) -> tuple[Any, ...]:
        return self._all(query)[0]

    def _error(self, problem: Exception) -> CollectionError:
        said = f"The reference photos in {self._path} cannot be read or kept ({problem})"
        if isinstance(problem, sqlite3.OperationalError | OSError):
            # The disk's fault, not the file's, which is whole.
            advice = "make sure that the disk has room and that this folder may be written to"
        else:
            advice = f"delete the folder {self._path.parent} and add your folders again"
        return CollectionError(f"{said}; {advice}.", code="unusable")


def _path(stored: bytes) -> Path:
    return Path(os.fsdecode(stored))


def _reference(row: tuple[Any, ...]) -> Reference:
    path, size, mtime_ns, content, latitude, longitude, taken, source = row
    return Reference(
        _path(path),
        FileStamp(size, mtime_ns),
        content,
        Coordinate(latitude, longitude),
        datetime.fromisoformat(taken) if taken else None,
        PositionSource(source),
    )
