"""A small SQLite file of values per photo, whose loss costs only time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from geoguess_app.core.errors import TableError

Stamp = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds: another stamp, another photo."""


def stamp(path: Path) -> Stamp | None:
    """The stamp of a file, None where there is no such file."""
    with suppress(OSError):
        status = path.stat()
        return status.st_size, status.st_mtime_ns
    return None


class PhotoDatabase:
    """One table of values per photo, closed at the end of a ``with``."""

    CONTENTS = "values"
    """What is kept, as error messages name it."""

    def __init__(self, path: Path, columns: str) -> None:
        """Open or make the file; ``columns`` is what SQL's CREATE TABLE wants: name and columns.

        Raises TableError where the file cannot be opened or is no database.
        """
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path)
            # Fast and safe enough: after a power cut the last few photos are read again.
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(f"CREATE TABLE IF NOT EXISTS {columns}")
        except (OSError, sqlite3.Error) as error:
            raise TableError(
                f"{path}: the cache of {self.CONTENTS} cannot be opened ({error}); delete it or "
                "choose another place with --cache.",
                code="cache",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def _replace(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert rows, or replace those of the same key. Raises TableError, as for a full disk."""
        listed = list(rows)
        if not listed:
            return
        places = ", ".join("?" * len(listed[0]))
        try:
            with self._database:
                self._database.executemany(
                    f"INSERT OR REPLACE INTO {table} VALUES ({places})", listed
                )
        except sqlite3.Error as error:
            raise TableError(
                f"{self._path}: {self.CONTENTS} cannot be saved ({error}); free some space and "
                "run the same command again.",
                code="cache",
            ) from error
