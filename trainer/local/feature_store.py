"""A trunk's features of photos, kept on disk photo by photo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from trainer.data.photo_database import PhotoDatabase, Stamp


class FeatureStore(PhotoDatabase):
    """A small database; deleting it costs only time.

    Rows are found by photo (path, size, time of change) and by ``made_with``, a text that names
    trunk and preprocessing: another of them, other features.
    """

    CONTENTS = "features"

    def __init__(self, path: Path, made_with: str) -> None:
        self._made_with = made_with
        super().__init__(
            path,
            "features (path, made_with, size, changed_ns, crops, vector BLOB, "
            "PRIMARY KEY (path, made_with))",
        )

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
        self._replace(
            "features",
            (
                (str(path), self._made_with, *now, len(values), values.astype("<f4").tobytes())
                for path, now, values in made
            ),
        )
