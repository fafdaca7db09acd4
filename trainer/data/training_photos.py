"""The photos of a run: from a table with an images folder, or from shards."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.bundle.manifest import Provenance
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.files.atomic import atomic_text_file
from trainer.common.errors import TrainError
from trainer.common.licences import provenance_of
from trainer.data.scene_columns import S3_COLUMNS, s3_of
from trainer.data.shard_index import read_index
from trainer.data.shard_rows import shard_rows
from trainer.data.shard_stream import ShardStream
from trainer.data.source import PhotoFinder, open_photo_source
from trainer.data.split import SPLITS, keyed_hashes, split_at_random

RATIOS = (0.8, 0.1, 0.1)
SHARD_SPLITS = ("train", "val", "test")
_READ_COLUMNS = frozenset(
    {
        *("file_name", "latitude", "longitude", "split", "precision"),
        *("source", "set", "licence", "license", *S3_COLUMNS),
    }
)
"""Of a table's columns; the others may be many."""


@dataclass(frozen=True, eq=False)
class TrainingPhotos:
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
    place: IntArray | None = None
    """(n) of photos in shards: the number of each within its split, in the shards' own order."""
    scenes: FloatArray | None = None
    """(n, 3) P(indoor, natural, urban), NaN where unknown; None for photos without labels."""
    split_at_random: bool = False
    """The table had no column split, so it was divided here."""

    @property
    def size(self) -> int:
        """Return how many photos."""
        return len(self.names)

    def rows(self, split: str) -> IntArray:
        """The rows of a split."""
        return np.flatnonzero(self.split == split)

    def take(self, rows: IntArray) -> TrainingPhotos:
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
            place=None if self.place is None else self.place[rows],
            scenes=None if self.scenes is None else self.scenes[rows],
        )

    def positions(self, split: str) -> tuple[FloatArray, FloatArray]:
        """Latitudes and longitudes in degrees of the photos of a split."""
        rows = self.rows(split)
        return self.latitude_deg[rows], self.longitude_deg[rows]

    def chosen(self, split: str) -> np.ndarray:
        """Tell for photos in shards which of the shards' photos of a split these are (bool)."""
        assert self.shards is not None
        assert self.place is not None
        chosen = np.zeros(sum(s.photos for s in read_index(self.shards).of(split)), dtype=np.bool_)
        chosen[self.place[self.split == split]] = True
        return chosen

    def paths(self) -> list[Path]:
        """Return where the pictures of a table lie; a missing one is left to whoever opens it."""
        assert self.root is not None
        finder = PhotoFinder(self.root)
        return [finder.find(name) or self.root / name for name in self.names]

    def pictures(self, split: str) -> Iterator[tuple[int, Path | bytes]]:
        """Row and picture of each photo of a split, whether in files or in shards."""
        rows = self.rows(split)
        if self.shards is None:
            yield from zip(rows.tolist(), self.take(rows).paths(), strict=True)
        elif rows.size:
            chosen = self.chosen(split)
            stream = ShardStream(self.shards, split, shuffle_buffer=0, chosen=chosen)
            for row, item in zip(rows.tolist(), stream.epoch(0), strict=True):
                yield row, item.photo

    def provenance(self) -> tuple[Provenance, ...]:
        """The sources of the training and validation photos, largest first."""
        learned = self.take(np.concatenate([self.rows("train"), self.rows("val")]))
        return provenance_of(learned.source, learned.licence)

    def fingerprint(self) -> str:
        """A hash of all but where the pictures lie: another one, another set of photos."""
        digest = hashlib.sha256("\n".join(self.names).encode())
        numbers = (self.latitude_deg, self.longitude_deg, self.scenes)
        for values in (values for values in numbers if values is not None):
            digest.update(np.ascontiguousarray(values).tobytes())
        digest.update("\n".join(self.split.tolist()).encode())
        return digest.hexdigest()[:20]


def write_truth_table(path: Path, photos: TrainingPhotos, files: Sequence[str]) -> None:
    """Write the photos as the table that ``geoguess evaluate`` reads; ``files`` (n) names them."""
    with atomic_text_file(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["file", "latitude", "longitude", "precision"])
        for row, file in enumerate(files):
            spot = (photos.latitude_deg[row], photos.longitude_deg[row])
            writer.writerow([file, *spot, photos.precision[row]])


def read_photo_table(table: Path, images: Path | None, seed: int) -> TrainingPhotos:
    """The photos of a table (or image folder) with a position; without a column ``split`` they
    are divided 80/10/10 at random, the same for the same seed. Raises TableError, TrainError."""
    source = open_photo_source(table, images=images)
    if source.root is None:
        raise TrainError(
            f"{table}: there are no photos next to the table; name their folder with --images DIR.",
            code="missing",
        )
    columns: dict[str, list[Any]] = {n: [] for n in source.schema.names if n in _READ_COLUMNS}
    for batch in source.batches:
        for name in columns:
            columns[name] += batch.column(name).to_pylist()
    names = [str(name or "") for name in columns["file_name"]]
    latitude = np.array(columns["latitude"], dtype=np.float64)
    longitude = np.array(columns["longitude"], dtype=np.float64)
    photos = TrainingPhotos(
        names=tuple(names),
        latitude_deg=latitude,
        longitude_deg=longitude,
        split=_splits(columns.get("split"), names, seed),
        source=_texts(columns, ("source", "set"), len(names)),
        licence=_texts(columns, ("licence", "license"), len(names)),
        precision=_texts(columns, ("precision",), len(names)),
        root=source.root.resolve(),
        scenes=_scenes(columns, table),
        split_at_random="split" not in columns,
    )
    return _check(photos, np.ones(photos.size, dtype=np.bool_), table)


def _texts(columns: dict[str, list[Any]], names: Sequence[str], count: int) -> tuple[str, ...]:
    for name in names:
        if name in columns:
            return tuple(str(value or "") for value in columns[name])
    return ("",) * count


def _scenes(columns: Mapping[str, Sequence[Any]], place: Path) -> FloatArray | None:
    try:
        return _if_any(s3_of(columns))
    except ValueError as error:
        raise TrainError(
            f"{place}: a column of {', '.join(S3_COLUMNS)} holds something other than numbers "
            f"({error}).",
            code="scenes",
        ) from error


def _if_any(scenes: FloatArray | None) -> FloatArray | None:
    return scenes if scenes is not None and np.isfinite(scenes).any() else None


def _splits(given: list[Any] | None, names: Sequence[str], seed: int) -> np.ndarray:
    if given is not None:
        return np.array([str(value or "") for value in given], dtype=np.str_)
    return np.array(SPLITS, dtype=np.str_)[split_at_random(keyed_hashes(names, seed), RATIOS)]


def _check(photos: TrainingPhotos, wanted: np.ndarray, place: Path) -> TrainingPhotos:
    """The wanted photos that have a position."""
    # NaN is no number below a limit.
    wanted = wanted & (np.abs(photos.latitude_deg) <= 90.0)
    photos = photos.take(np.flatnonzero(wanted & (np.abs(photos.longitude_deg) <= 180.0)))
    if not photos.rows("train").size:
        raise TrainError(
            f"{place}: no photo with a position is in the split train.", code="no-photos"
        )
    return photos


def read_photo_shards(folder: Path) -> TrainingPhotos:
    """The rows of all shards, without their pictures. Raises ShardError, TrainError."""
    table = shard_rows(folder)
    split = np.array(_shared_words(table, "split"), dtype=np.str_)
    place = np.zeros(split.size, dtype=np.int64)
    for word in np.unique(split):
        place[split == word] = np.arange(np.count_nonzero(split == word))
    photos = TrainingPhotos(
        names=tuple(table["file_name"].to_pylist()),
        latitude_deg=table["latitude"].to_numpy(),
        longitude_deg=table["longitude"].to_numpy(),
        split=split,
        source=_shared_words(table, "source"),
        licence=_shared_words(table, "licence"),
        precision=_shared_words(table, "precision"),
        shards=folder.resolve(),
        place=place,
        scenes=_if_any(np.stack([table[name].to_numpy() for name in S3_COLUMNS], axis=1)),
    )
    return _check(photos, np.isin(split, SHARD_SPLITS), folder)


def _shared_words(table: Any, name: str) -> tuple[str, ...]:
    """A column of words that come again and again, each held in memory once."""
    column = table[name].combine_chunks()
    words = column.dictionary.to_pylist()
    return tuple(words[index] for index in column.indices.to_numpy())
