"""A file of SQLite for results that need not be computed twice; it may forget them at any time."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geoguess_app.files.shared_database import open_shared

log = logging.getLogger(__name__)


class ForgetfulFile:
    """An SQLite file; safe in any thread and for several programs at once.

    One that cannot be opened or breaks remembers nothing from then on; nothing is ever raised.
    """

    def __init__(self, path: Path | None, schema: str, complaint: str, busy_s: float) -> None:
        """Open or make the file; without a path there is none.

        ``complaint``: what the log says before the reason. ``busy_s``: how long to wait for others.
        """
        self._lock = threading.RLock()
        self._complaint = complaint
        self._db: sqlite3.Connection | None = None
        if path is None:
            return
        try:
            self._db = open_shared(path, busy_s)
            self._db.executescript(schema)
        except (OSError, sqlite3.Error) as problem:
            self._give_up(problem)

    @property
    def is_open(self) -> bool:
        """Tell whether anything is remembered."""
        return self._db is not None

    def close(self) -> None:
        """Close the file; what it holds stays for the next time."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def one(self, query: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        """The first row that a query finds."""
        row: tuple[Any, ...] | None = self._try(lambda db: db.execute(query, values).fetchone())
        return row

    def do(self, statement: str, values: tuple[object, ...]) -> None:
        """Run a statement that writes, and keep what it wrote."""

        def write(db: sqlite3.Connection) -> None:
            with db:
                db.execute(statement, values)

        self._try(write)

    def trim(self, table: str, column: str, largest_bytes: int, kept_share: float = 1.0) -> None:
        """Drop the rows whose ``used`` is oldest where a column of bytes is larger than the limit,
        until ``kept_share`` of it is left."""

        def drop(db: sqlite3.Connection) -> None:
            total = db.execute(f"SELECT SUM(LENGTH({column})) FROM {table}").fetchone()[0] or 0
            if total <= largest_bytes:
                return
            with db:
                db.execute("BEGIN IMMEDIATE")
                rows = db.execute(f"SELECT rowid, LENGTH({column}) FROM {table} ORDER BY used")
                gone = []
                for rowid, size in rows:
                    if total <= kept_share * largest_bytes:
                        break
                    gone.append((rowid,))
                    total -= size
                db.executemany(f"DELETE FROM {table} WHERE rowid = ?", gone)

        self._try(drop)

    def _try(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        with self._lock:
            if self._db is None:
                return None
            try:
                return work(self._db)
            except sqlite3.Error as problem:
                self._give_up(problem)
                return None

    def _give_up(self, problem: Exception) -> None:
        log.warning("%s: %s", self._complaint, problem)
        self._db = None
