"""Files of SQLite that several programs write at once."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

_LOOK_S = 0.02
_CODE = 0xFF
"""The part of SQLite's extended codes that is the plain one."""


def open_shared(path: Path, busy_s: float) -> sqlite3.Connection:
    """Open or make a file with a write-ahead log, in which nobody who reads waits for a writer.

    Each statement waits ``busy_s`` for other programs. A transaction that reads before it writes
    must be begun with ``BEGIN IMMEDIATE``, since SQLite fails it at once where another one wrote in
    between. Raises sqlite3.Error and OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=busy_s, check_same_thread=False)
    until_s = time.monotonic() + busy_s
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return database
        except sqlite3.OperationalError as problem:
            # Of two that make the same new file, SQLite refuses one without any waiting.
            busy = problem.sqlite_errorcode & _CODE in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > until_s:
                database.close()
                raise
        except sqlite3.Error:
            database.close()
            raise
        time.sleep(_LOOK_S)
