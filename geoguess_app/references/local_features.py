"""Local features of pictures, kept in the cache folder so that none is described twice.

A file of SQLite by the pictures' content; those not used for longest go when it is full. One that
cannot be opened remembers nothing.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import OrderedDict
from pathlib import Path

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.matching import LocalFeatures, describe
from geoguess_app.core.matching.features import LONG_SIDE_PX
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.paths import cache_dir

log = logging.getLogger(__name__)

_LARGEST_BYTES = 1 << 30
"""Some 4,000 pictures."""
_TRIMMED_SHARE = 0.8
_TRIMMED_EVERY = 400
_DAY_S = 86_400
_HELD = 200
"""Pictures whose features stay in memory, 260 KB each."""
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS features_1 (content TEXT PRIMARY KEY, used INTEGER, data BLOB);
"""


class LocalFeatureStore:
    """The local features of pictures by their content. Safe in any thread."""

    def __init__(self, path: Path | None = None, largest_bytes: int = _LARGEST_BYTES) -> None:
        """Open or make the file ``path``; without one, the user's own cache."""
        self._lock = threading.Lock()
        self._held: OrderedDict[str, LocalFeatures] = OrderedDict()
        self._largest_bytes = largest_bytes
        self._added = 0
        self._db: sqlite3.Connection | None = None
        path = path or cache_dir() / "features.sqlite"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=5.0, check_same_thread=False)
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as problem:
            self._give_up(problem)

    def close(self) -> None:
        """Drop what is over the limit, and close the file."""
        with self._lock:
            if self._db is not None:
                self._trim()
            if self._db is not None:
                self._db.close()
                self._db = None

    def of(self, photo: Path, content: str, *, keep: bool = True) -> LocalFeatures | None:
        """The features of a photo file whose ``picture_key`` is ``content``; None where it cannot
        be read. Without ``keep`` they stay in memory only: a photo is asked about once, references
        again and again."""
        found = self._find(content)
        if found is None:
            try:
                picture = open_upright(photo, min_side=LONG_SIDE_PX, cut_too=True)
            except GeoGuessError as problem:
                log.info("no features of %s: %s", photo, problem)
                return None
            found = describe(picture)
            self._remember(content, found, keep=keep)
        return found

    def _find(self, content: str) -> LocalFeatures | None:
        with self._lock:
            if content in self._held:
                self._held.move_to_end(content)
                return self._held[content]
            if self._db is None:
                return None
            try:
                query = "SELECT data, used FROM features_1 WHERE content = ?"
                row = self._db.execute(query, (content,)).fetchone()
                found = LocalFeatures.from_bytes(row[0]) if row is not None else None
            except sqlite3.Error as problem:
                self._give_up(problem)
                return None
            except ValueError:
                return None
            if found is not None:
                self._hold(content, found)
                self._note_use(content, row[1])
            return found

    def _remember(self, content: str, features: LocalFeatures, *, keep: bool) -> None:
        with self._lock:
            self._hold(content, features)
            if not keep or self._db is None:
                return
            row = (content, int(time.time()), features.to_bytes())
            self._do("INSERT OR REPLACE INTO features_1 VALUES (?, ?, ?)", row)
            self._added += 1
            if self._added % _TRIMMED_EVERY == 0:
                self._trim()

    def _note_use(self, content: str, used: int) -> None:
        now = int(time.time())
        if now - used > _DAY_S:
            self._do("UPDATE features_1 SET used = ? WHERE content = ?", (now, content))

    def _do(self, statement: str, values: tuple[object, ...]) -> None:
        if self._db is None:
            return
        try:
            with self._db:
                self._db.execute(statement, values)
        except sqlite3.Error as problem:
            self._give_up(problem)

    def _hold(self, content: str, features: LocalFeatures) -> None:
        self._held[content] = features
        while len(self._held) > _HELD:
            self._held.popitem(last=False)

    def _give_up(self, problem: Exception) -> None:
        log.warning("features of photos cannot be kept: %s", problem)
        self._db = None

    def _trim(self) -> None:
        """Drop what was not used for longest, where there is too much."""
        if self._db is None:
            return
        try:
            over = self._kept_bytes(self._db) - self._largest_bytes
            if over > 0:
                over += int((1.0 - _TRIMMED_SHARE) * self._largest_bytes)
                self._drop(self._db, over)
        except sqlite3.Error as problem:
            self._give_up(problem)

    def _kept_bytes(self, db: sqlite3.Connection) -> int:
        query = "SELECT COALESCE(SUM(LENGTH(data)), 0) FROM features_1"
        return int(db.execute(query).fetchone()[0])

    def _drop(self, db: sqlite3.Connection, over: int) -> None:
        rows = db.execute("SELECT content, LENGTH(data) FROM features_1 ORDER BY used").fetchall()
        gone = []
        for content, length in rows:
            if over <= 0:
                break
            gone.append((content,))
            over -= length
        with db:
            db.executemany("DELETE FROM features_1 WHERE content = ?", gone)
