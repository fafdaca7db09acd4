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
from contextlib import suppress
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
                with suppress(sqlite3.Error):
                    self._trim(self._db)
                self._db.close()
                self._db = None

    def of(self, photo: Path, content: str) -> LocalFeatures | None:
        """The features of a photo file whose ``picture_key`` is ``content``; None where it cannot
        be read."""
        found = self._find(content)
        if found is None:
            try:
                picture = open_upright(photo, min_side=LONG_SIDE_PX, cut_too=True)
            except GeoGuessError as problem:
                log.info("no features of %s: %s", photo, problem)
                return None
            found = describe(picture)
            self._keep(content, found)
        return found

    def _find(self, content: str) -> LocalFeatures | None:
        with self._lock:
            if content in self._held:
                self._held.move_to_end(content)
                return self._held[content]
            if self._db is None:
                return None
            try:
                query = "SELECT data FROM features_1 WHERE content = ?"
                row = self._db.execute(query, (content,)).fetchone()
                found = LocalFeatures.from_bytes(row[0]) if row is not None else None
            except sqlite3.Error as problem:
                self._give_up(problem)
                return None
            except ValueError:
                return None
            if found is not None:
                self._hold(content, found)
            return found

    def _keep(self, content: str, features: LocalFeatures) -> None:
        with self._lock:
            self._hold(content, features)
            if self._db is None:
                return
            row = (content, int(time.time()), features.to_bytes())
            try:
                with self._db:
                    self._db.execute("INSERT OR REPLACE INTO features_1 VALUES (?, ?, ?)", row)
            except sqlite3.Error as problem:
                self._give_up(problem)

    def _hold(self, content: str, features: LocalFeatures) -> None:
        self._held[content] = features
        while len(self._held) > _HELD:
            self._held.popitem(last=False)

    def _give_up(self, problem: Exception) -> None:
        log.warning("features of photos cannot be kept: %s", problem)
        self._db = None

    def _trim(self, db: sqlite3.Connection) -> None:
        size = db.execute("SELECT COALESCE(SUM(LENGTH(data)), 0) FROM features_1").fetchone()[0]
        if size <= self._largest_bytes:
            return
        over = size - _TRIMMED_SHARE * self._largest_bytes
        rows = db.execute("SELECT content, LENGTH(data) FROM features_1 ORDER BY used").fetchall()
        gone = []
        for content, length in rows:
            if over <= 0:
                break
            gone.append((content,))
            over -= length
        with db:
            db.executemany("DELETE FROM features_1 WHERE content = ?", gone)
