"""The tables of training photos: where each was taken, what it shows, which split it is in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.decision.scenes import S3_NAMES, scene_table
from geoguess_app.core.errors import TableError
from geoguess_app.core.types import FloatArray, IntArray

UNKNOWN = -1
COARSE_PRECISIONS = frozenset({"city", "approx", "country"})
"""Coordinates that only name a city or worse: nothing can be learned from them below 25 km."""


@dataclass(frozen=True, eq=False)
class GeoTable:
    """Photos with a position; all arrays (n) in the order of ``files``."""

    files: tuple[str, ...]
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    precision: tuple[str, ...]
    source: tuple[str, ...]
    licence: tuple[str, ...]
    split: tuple[str, ...]
    scene: IntArray
    """Index into ``S3_NAMES`` where somebody looked, otherwise -1."""

    @property
    def size(self) -> int:
        """Return how many photos."""
        return len(self.files)

    def in_split(self, *names: str) -> IntArray:
        """Rows of the given splits."""
        return np.array([i for i, name in enumerate(self.split) if name in names], dtype=np.int64)

    @classmethod
    def joined(cls, tables: Sequence[GeoTable]) -> GeoTable:
        """All rows of several tables, one table after the other."""
        columns: dict[str, Any] = {}
        for column in fields(cls):
            parts = [getattr(table, column.name) for table in tables]
            arrays = isinstance(parts[0], np.ndarray)
            columns[column.name] = np.concatenate(parts) if arrays else tuple(chain(*parts))
        return cls(**columns)

    def take(self, rows: IntArray) -> GeoTable:
        """The table of some rows."""
        return GeoTable(
            files=_pick(self.files, rows),
            latitude_deg=self.latitude_deg[rows],
            longitude_deg=self.longitude_deg[rows],
            precision=_pick(self.precision, rows),
            source=_pick(self.source, rows),
            licence=_pick(self.licence, rows),
            split=_pick(self.split, rows),
            scene=self.scene[rows],
        )


@dataclass(frozen=True, eq=False)
class ScenePhotoTable:
    """Photos with a scene category; all arrays (n) in the order of ``files``."""

    files: tuple[str, ...]
    category: IntArray
    """Index among the 365, or -1 for a category that is not one of them."""
    label: IntArray
    """Number of the category among those of this table, in alphabetical order."""
    names: tuple[str, ...]
    """The categories of this table, in alphabetical order."""
    s3: IntArray
    ambiguous: np.ndarray
    split: tuple[str, ...]

    @property
    def size(self) -> int:
        """Return how many photos."""
        return len(self.files)

    def in_split(self, *names: str) -> IntArray:
        """Rows of the given splits."""
        return np.array([i for i, name in enumerate(self.split) if name in names], dtype=np.int64)


def _pick(values: Sequence[str], rows: IntArray) -> tuple[str, ...]:
    return tuple(values[int(row)] for row in rows)


def _rows(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    if not path.is_file():
        raise TableError(f"{path}: there is no such table.", code="missing")
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise TableError(f"{path}: the column {missing[0]} is missing.", code="column")
        return list(reader)


def _s3_index(name: str) -> int:
    return S3_NAMES.index(name) if name in S3_NAMES else UNKNOWN


def read_geo_table(path: Path) -> GeoTable:
    """Read a table with at least file, latitude, longitude, split and source."""
    rows = _rows(path, ("file", "latitude", "longitude", "split", "source"))
    try:
        latitude = np.array([float(row["latitude"]) for row in rows])
        longitude = np.array([float(row["longitude"]) for row in rows])
    except ValueError as error:
        raise TableError(f"{path}: {error}.", code="number") from error
    return GeoTable(
        files=tuple(row["file"] for row in rows),
        latitude_deg=latitude,
        longitude_deg=longitude,
        precision=tuple(row.get("precision", "") for row in rows),
        source=tuple(row["source"] for row in rows),
        licence=tuple(row.get("licence", "") for row in rows),
        split=tuple(row["split"] for row in rows),
        scene=np.array([_s3_index(row.get("scene", "")) for row in rows], dtype=np.int64),
    )


def read_scene_photo_table(path: Path) -> ScenePhotoTable:
    """Read a table with file, category, s3, ambiguous and split."""
    rows = _rows(path, ("file", "category", "s3", "ambiguous", "split"))
    index = {name: number for number, name in enumerate(scene_table().categories)}
    names = tuple(sorted({row["category"] for row in rows}))
    return ScenePhotoTable(
        files=tuple(row["file"] for row in rows),
        category=np.array([index.get(row["category"], UNKNOWN) for row in rows], dtype=np.int64),
        label=np.array([names.index(row["category"]) for row in rows], dtype=np.int64),
        names=names,
        s3=np.array([_s3_index(row["s3"]) for row in rows], dtype=np.int64),
        ambiguous=np.array([row["ambiguous"] == "1" for row in rows]),
        split=tuple(row["split"] for row in rows),
    )


def read_soft_labels(path: Path, files: Sequence[str]) -> FloatArray:
    """Soft labels (n, 365) of ``files`` from an npz with ``files`` and ``probabilities``.

    Rows are scaled to sum to 1. Raises TableError when a photo has no row.
    """
    with np.load(path, allow_pickle=False) as archive:
        row_of = {str(name): row for row, name in enumerate(archive["files"])}
        probabilities = archive["probabilities"].astype(np.float64)
    missing = [name for name in files if name not in row_of]
    if missing:
        raise TableError(f"{path}: no soft labels for {missing[0]}.", code="teacher")
    chosen = probabilities[[row_of[name] for name in files]]
    return np.asarray(chosen / chosen.sum(axis=1, keepdims=True), dtype=np.float64)
