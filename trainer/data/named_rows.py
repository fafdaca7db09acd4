"""Rows of a large table on disk, found by the names of photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from geoguess_app.core.types import IntArray
from trainer.data.shard_plan import RowReader
from trainer.data.split import keyed_hashes


class NamedRows:
    """The rows of an Arrow table with a column ``file_name``, each given out once."""

    TAKEN: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Instead of a row that another photo had already."""

    def __init__(self, table: Any) -> None:
        self._reader = RowReader(table)
        names = [name or "" for name in table["file_name"].to_pylist()]
        self._by_path = _Hashes([_key(name).as_posix() for name in names])
        self._by_name = _Hashes([_key(name).name for name in names])
        self._taken = np.zeros(len(names), dtype=np.bool_)

    def find(self, photos: Sequence[Sequence[str]]) -> list[Mapping[str, Any]]:
        """A row for each photo, whose paths are tried in turn, then its name without folders and
        without what follows the first dot; empty where there is none."""
        rows = np.full(len(photos), -1, dtype=np.int64)
        for paths in zip(*photos, strict=True):
            rows = np.where(rows < 0, self._by_path.rows([_key(p).as_posix() for p in paths]), rows)
        names = self._by_name.rows([_key(paths[-1]).name for paths in photos])
        rows = np.where(rows < 0, names, rows)
        found: list[Mapping[str, Any]] = [{} for _ in photos]
        free = np.zeros(rows.size, dtype=np.bool_)
        for place in np.flatnonzero(rows >= 0).tolist():
            free[place] = not self._taken[rows[place]]
            self._taken[rows[place]] = True
            found[place] = self.TAKEN
        places = np.flatnonzero(free)
        for place, row in zip(places.tolist(), self._reader.read(rows[places]), strict=True):
            found[place] = row
        return found


def _key(name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.with_name(path.name.partition(".")[0]) if path.name.partition(".")[0] else path


class _Hashes:
    """Texts as hashes, to find the only row that has one."""

    def __init__(self, texts: Sequence[str]) -> None:
        hashes = keyed_hashes(texts, 0)
        self._order = np.argsort(hashes, kind="stable")
        self._sorted = hashes[self._order]

    def rows(self, texts: Sequence[str]) -> IntArray:
        """The row of each text; -1 where there is none or there are several."""
        wanted = keyed_hashes(texts, 0)
        first = np.searchsorted(self._sorted, wanted, side="left")
        count = np.searchsorted(self._sorted, wanted, side="right") - first
        return np.where(count == 1, self._order[np.minimum(first, self._order.size - 1)], -1)
