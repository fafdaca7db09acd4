"""Measurements of photos kept on disk, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from geoguess_app.core.errors import TableError
from trainer.data.measure import MEASURE_VERSION, MEASURED, Measurement

Stamp = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds: another stamp, another photo."""

_TABLE = f"photos_{MEASURE_VERSION}"
_KEY = ("path", "size", "changed_ns", "version")
_COLUMNS = (*_KEY, *MEASURED)


def stamp(path: Path) -> Stamp | None:
    """The stamp of a file, None where there is no such file."""
    with suppress(OSError):
        status = path.stat()
        return status.st_size, status.st_mtime_ns
    return None


class MeasureCache:
    """A small database beside the report; deleting it costs only time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path)
            # Fast and safe enough: after a power cut the last few photos are measured again.
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(
                f"CREATE TABLE IF NOT EXISTS {_TABLE} ({', '.join(_COLUMNS)}, PRIMARY KEY (path))"
            )
        except (OSError, sqlite3.Error) as error:
            raise TableError(
                f"{path}: the cache of measurements cannot be opened ({error}); delete it or "
                "choose another file with --cache.",
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

    def known(self, stamps: Mapping[str, Stamp]) -> dict[str, Measurement]:
        """The measurements of those photos (by path) that have not changed since."""
        question = f"SELECT size, changed_ns, version, {', '.join(MEASURED)} FROM {_TABLE}"
        found = {}
        for path, now in stamps.items():
            row = self._database.execute(f"{question} WHERE path = ?", (path,)).fetchone()
            if row is not None and row[:3] == (*now, MEASURE_VERSION):
                found[path] = Measurement.from_row(row[3:])
        return found

    def keep(self, measured: Iterable[tuple[str, Stamp, Measurement]]) -> None:
        """Store measurements for the next run."""
        places = ", ".join("?" * len(_COLUMNS))
        rows = [(path, *now, MEASURE_VERSION, *m.to_row()) for path, now, m in measured]
        try:
            with self._database:
                replace = f"INSERT OR REPLACE INTO {_TABLE} VALUES ({places})"
                self._database.executemany(replace, rows)
        except sqlite3.Error as error:
            raise TableError(
                f"{self._path}: measurements cannot be saved ({error}).", code="cache"
            ) from error
