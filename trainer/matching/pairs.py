"""Pairs of photos with known positions: who is compared with whom, and what matching finds."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from geoguess_app.core.errors import TableError
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.matching import LocalFeatures, describe, strongest_rivals, verify
from geoguess_app.core.matching.same_place import COLUMNS, match_columns, rival_column
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.cache import Arrays

_BURST_SIMILARITY, _BURST_KM = 0.8, 0.05
"""Photos so alike and so near to one another are one burst: no test of recognising a place."""
_THREADS = 2


@dataclass(frozen=True, eq=False)
class PlacedPhotos:
    """Photos (n) with positions in degrees, where each comes from, its split, and an embedding
    (n, d) of length 1."""

    files: tuple[Path, ...]
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    precision: tuple[str, ...]
    source: tuple[str, ...]
    split: tuple[str, ...]
    embeddings: np.ndarray

    def __len__(self) -> int:
        return len(self.files)

    def take(self, rows: IntArray) -> PlacedPhotos:
        """Keep some of the photos."""
        kept: dict[str, Any] = {}
        for column in fields(self):
            values = getattr(self, column.name)
            is_array = isinstance(values, np.ndarray)
            kept[column.name] = values[rows] if is_array else tuple(values[i] for i in rows)
        return PlacedPhotos(**kept)

    def distance_km(self, rows: IntArray, others: PlacedPhotos, other_rows: IntArray) -> FloatArray:
        """Distances between some of these photos and as many of others."""
        return np.asarray(
            great_circle_km(
                self.latitude_deg[rows],
                self.longitude_deg[rows],
                others.latitude_deg[other_rows],
                others.longitude_deg[other_rows],
            )
        )


@dataclass(frozen=True, eq=False)
class PairTable:
    """Compared pairs (k), a query's together and its most similar candidate first."""

    query: IntArray
    reference: IntArray
    similarity: FloatArray
    distance_km: FloatArray
    inliers: IntArray
    columns: FloatArray
    """(k, 7), as ``match_columns`` gives them; without rivals until ``with_rivals``."""

    @property
    def rank(self) -> IntArray:
        """The place (k) of each candidate among those of its query, from 0."""
        first = np.searchsorted(self.query, self.query)
        return np.arange(len(self.query)) - first

    def take(self, rows: np.ndarray) -> PairTable:
        """Keep some of the pairs."""
        return PairTable(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})

    def with_rivals(self, references: PlacedPhotos) -> PairTable:
        """Note of each pair the strongest rival among its query's pairs that are in the table."""
        columns = self.columns.copy()
        starts = np.flatnonzero(np.diff(self.query, prepend=-1))
        for rows in np.split(np.arange(len(self.query)), starts[1:]):
            spots = self.reference[rows]
            rivals = strongest_rivals(
                self.inliers[rows], references.latitude_deg[spots], references.longitude_deg[spots]
            )
            columns[rows, COLUMNS.index("rival")] = rival_column(rivals)
        return replace(self, columns=columns)

    def arrays(self) -> Arrays:
        """Give the columns as a cache keeps them."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


def joined_pairs(parts: Sequence[PairTable]) -> PairTable:
    """All pairs of several tables, one after the other."""
    names = [part.name for part in fields(PairTable)]
    return PairTable(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})


def read_placed(
    table: Path, embed: Callable[[Sequence[Path]], np.ndarray], part: str = ""
) -> PlacedPhotos:
    """Read a photo table; ``part`` keeps the rows whose column ``set`` says so.

    Raises TableError where there is no such table or nothing in it.
    """
    if not table.is_file():
        raise TableError(f"{table}: there is no such table.", code="missing")
    with table.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if not part or row.get("set") == part]
    if not rows:
        raise TableError(f"{table}: no photos of the set {part!r} in it.", code="empty")
    files = tuple(table.parent / row["file"] for row in rows)
    return PlacedPhotos(
        files,
        np.array([float(row["latitude"]) for row in rows]),
        np.array([float(row["longitude"]) for row in rows]),
        tuple(row.get("precision", "exact") for row in rows),
        tuple(row["source"] for row in rows),
        tuple(row.get("split", "") for row in rows),
        embed(files),
    )


def embedding_of(predictor: Predictor, crops: np.ndarray) -> np.ndarray:
    """The vector (d) of length 1 of a photo's crops: the mean of their directions."""
    found = predictor.engine.run(crops).embeddings(np.arange(len(crops)))
    mean = (found / np.linalg.norm(found, axis=1, keepdims=True)).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def embed_files(predictor: Predictor, files: Sequence[Path]) -> np.ndarray:
    """Vectors (n, d) of photo files."""
    steps = tqdm(files, desc="embeddings", unit="photo", mininterval=5.0)
    return np.stack([embedding_of(predictor, predictor.prepare(path)) for path in steps])


def same_burst(photos: PlacedPhotos, similarity: np.ndarray) -> np.ndarray:
    """(n, n): which photos are the same one, or of one burst."""
    rows = np.arange(len(photos))
    burst = np.eye(len(photos), dtype=bool)
    for row in np.flatnonzero((similarity >= _BURST_SIMILARITY).sum(axis=1) > 1):
        near = photos.distance_km(np.full(len(photos), row), photos, rows) <= _BURST_KM
        burst[row] |= near & (similarity[row] >= _BURST_SIMILARITY)
    return burst


def candidate_rows(similarity: np.ndarray, allowed: np.ndarray, count: int) -> list[IntArray]:
    """Rows of the ``count`` most similar references of each query, by similarity (n, m)."""
    scores = np.where(allowed, similarity, -np.inf)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return [row[np.isfinite(scores[i, row])] for i, row in enumerate(best)]


def compare_pairs(
    queries: PlacedPhotos, references: PlacedPhotos, candidates: Sequence[IntArray], title: str
) -> PairTable:
    """Match every query with its candidates; two queries at a time."""

    def matched(row: int) -> list[tuple[int, FloatArray]]:
        if not len(candidates[row]):
            return []
        features = describe_file(queries.files[row])
        found = []
        for other in candidates[row].tolist():
            match = verify(features, cached_features(references.files[other]))
            similarity = float(queries.embeddings[row] @ references.embeddings[other])
            found.append((match.n_inliers, match_columns(match, similarity)))
        return found

    with ThreadPoolExecutor(_THREADS) as pool:
        done = tqdm(
            pool.map(matched, range(len(queries))), total=len(queries), desc=title, mininterval=5.0
        )
        results = [pair for query in done for pair in query]
    query = np.repeat(np.arange(len(queries)), [len(rows) for rows in candidates])
    reference = np.concatenate(candidates)
    columns = np.array([pair[1] for pair in results]).reshape(-1, len(COLUMNS))
    return PairTable(
        query,
        reference,
        columns[:, COLUMNS.index("similarity")],
        queries.distance_km(query, references, reference),
        np.array([pair[0] for pair in results]),
        columns,
    )


@lru_cache(maxsize=2000)
def cached_features(path: Path) -> LocalFeatures:
    """The local features of a photo file, kept in memory."""
    return describe_file(path)


def describe_file(path: Path) -> LocalFeatures:
    """The local features of a photo file."""
    return describe(open_upright(path))
