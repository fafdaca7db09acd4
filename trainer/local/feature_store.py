"""A trunk's features of photos, kept on disk photo by photo."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from geoguess_app.core.errors import TableError
from trainer.data.measure_cache import Stamp


class FeatureStore:
    """A small database; deleting it costs only time.

    Rows are found by photo (path, size, time of change) and by ``made_with``, a text that names
    trunk and preprocessing: another of them, other features.
    """

    def __init__(self, path: Path, made_with: str) -> None:
        self._path, self._made_with = path, made_with
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS features (path, made_with, size, changed_ns, crops, "
                "vector BLOB, PRIMARY KEY (path, made_with))"
            )
        except (OSError, sqlite3.Error) as error:
            raise TableError(
                f"{path}: the cache of features cannot be opened ({error}); delete it or choose "
                "another folder with --cache.",
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

    def known(self, stamps: Mapping[Path, Stamp]) -> dict[Path, np.ndarray]:
        """Features (crops, F) float32 of those photos that have not changed since."""
        found = {}
        for path, now in stamps.items():
            row = self._database.execute(
                "SELECT size, changed_ns, crops, vector FROM features "
                "WHERE path = ? AND made_with = ?",
                (str(path), self._made_with),
            ).fetchone()
            if row is not None and (row[0], row[1]) == now:
                found[path] = np.frombuffer(row[3], dtype="<f4").reshape(row[2], -1)
        return found

    def keep(self, made: Iterable[tuple[Path, Stamp, np.ndarray]]) -> None:
        """Store features for the next run. Raises TableError for a full disk."""
        rows = [
            (str(path), self._made_with, *now, len(values), values.astype("<f4").tobytes())
            for path, now, values in made
        ]
        try:
            with self._database:
                self._database.executemany(
                    "INSERT OR REPLACE INTO features VALUES (?, ?, ?, ?, ?, ?)", rows
                )
        except sqlite3.Error as error:
            raise TableError(
                f"{self._path}: features cannot be saved ({error}); free some space and run the "
                "same command again.",
                code="cache",
            ) from error
