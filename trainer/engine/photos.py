"""The photos of a run: from a table with an images folder, or from shards."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.types import FloatArray, IntArray
from trainer.data.shard_index import ShardError, read_index
from trainer.data.source import PhotoFinder, open_source
from trainer.data.split import SPLITS, keyed_hashes, split_at_random
from trainer.engine.errors import TrainError

RATIOS = (0.8, 0.1, 0.1)
SHARD_SPLITS = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class Photos:
    """Photos with positions; all arrays (n). ``root`` or ``shards`` says where the pictures are."""

    names: tuple[str, ...]
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    split: np.ndarray
    """(n) "train", "val", "test" or ""."""
    source: tuple[str, ...]
    licence: tuple[str, ...]
    precision: tuple[str, ...]
    root: Path | None = None
    shards: Path | None = None
    split_at_random: bool = False
    """The table had no column split, so it was divided here."""

    @property
    def size(self) -> int:
        """How many photos."""
        return len(self.names)

    def rows(self, split: str) -> IntArray:
        """The rows of a split."""
        return np.flatnonzero(self.split == split)

    def take(self, rows: IntArray) -> Photos:
        """Some of the photos."""

        def pick(values: Sequence[str]) -> tuple[str, ...]:
            return tuple(values[int(row)] for row in rows)

        return replace(
            self,
            names=pick(self.names),
            latitude_deg=self.latitude_deg[rows],
            longitude_deg=self.longitude_deg[rows],
            split=self.split[rows],
            source=pick(self.source),
            licence=pick(self.licence),
            precision=pick(self.precision),
        )

    def paths(self) -> list[Path]:
        """Where the pictures of a table lie; a missing one is left to whoever opens it."""
        assert self.root is not None
        finder = PhotoFinder(self.root)
        return [finder.find(name) or self.root / name for name in self.names]

    def fingerprint(self) -> str:
        """A hash of names, positions and splits: another one, another set of photos."""
        digest = hashlib.sha256("\n".join(self.names).encode())
        for values in (self.latitude_deg, self.longitude_deg):
            digest.update(np.ascontiguousarray(values).tobytes())
        digest.update("\n".join(self.split.tolist()).encode())
        return digest.hexdigest()[:20]


def read_photos(table: Path, images: Path | None, seed: int) -> Photos:
    """The photos of a table (or image folder) with a position; without a column ``split`` they
    are divided 80/10/10 at random, the same for the same seed. Raises TableError, TrainError."""
    source = open_source(table, images=images)
    if source.root is None:
        raise TrainError(
            f"{table}: no photos beside the table; say where they are with --images DIR.",
            code="missing",
        )
    columns: dict[str, list[Any]] = {name: [] for name in source.schema.names}
    for batch in source.batches:
        for name in columns:
            columns[name] += batch.column(name).to_pylist()
    names = [str(name or "") for name in columns["file_name"]]
    latitude = np.array(columns["latitude"], dtype=np.float64)
    longitude = np.array(columns["longitude"], dtype=np.float64)
    photos = Photos(
        names=tuple(names),
        latitude_deg=latitude,
        longitude_deg=longitude,
        split=_splits(columns.get("split"), names, seed),
        source=_texts(columns, ("source", "set"), len(names)),
        licence=_texts(columns, ("licence", "license"), len(names)),
        precision=_texts(columns, ("precision",), len(names)),
        root=source.root.resolve(),
        split_at_random="split" not in columns,
    )
    good = np.isfinite(latitude) & np.isfinite(longitude) & (np.abs(latitude) <= 90.0)
    good &= np.abs(longitude) <= 180.0
    return _checked(photos.take(np.flatnonzero(good)), table)


def _texts(columns: dict[str, list[Any]], names: Sequence[str], count: int) -> tuple[str, ...]:
    for name in names:
        if name in columns:
            return tuple(str(value or "") for value in columns[name])
    return ("",) * count


def _splits(given: list[Any] | None, names: Sequence[str], seed: int) -> np.ndarray:
    if given is not None:
        return np.array([str(value or "") for value in given], dtype=np.str_)
    return np.array(SPLITS, dtype=np.str_)[split_at_random(keyed_hashes(names, seed), RATIOS)]


def _checked(photos: Photos, place: Path) -> Photos:
    if not photos.rows("train").size:
        raise TrainError(
            f"{place}: no photo with a position belongs to the split train.", code="no-photos"
        )
    return photos


def read_shards(folder: Path) -> Photos:
    """The rows of all shards, without their pictures. Raises ShardError, TrainError."""
    names: list[str] = []
    rows: list[dict[str, Any]] = []
    split: list[str] = []
    for shard in read_index(folder).shards:
        if shard.split not in SHARD_SPLITS:
            continue
        for name, row in _shard_rows(folder / shard.name):
            names.append(name)
            rows.append(row)
            split.append(shard.split)

    def texts(*keys: str) -> tuple[str, ...]:
        return tuple(next((str(row[k]) for k in keys if row.get(k)), "") for row in rows)

    photos = Photos(
        names=tuple(names),
        latitude_deg=np.array([row["latitude"] for row in rows], dtype=np.float64),
        longitude_deg=np.array([row["longitude"] for row in rows], dtype=np.float64),
        split=np.array(split, dtype=np.str_),
        source=texts("source", "set"),
        licence=texts("licence", "license"),
        precision=texts("precision"),
        shards=folder.resolve(),
    )
    return _checked(photos, folder)


def _shard_rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Key and row of each photo; the pictures are skipped over, not read."""
    found = []
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                key, _, suffix = member.name.partition(".")
                stream = tar.extractfile(member) if suffix == "json" else None
                if stream is not None:
                    found.append((key, json.loads(stream.read())))
    except (OSError, tarfile.TarError, ValueError) as error:
        raise ShardError(
            f"{path}: missing or damaged ({error}); run geoguess-train shards again.",
            code="damaged",
        ) from error
    return found
