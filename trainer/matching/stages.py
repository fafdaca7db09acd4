"""Stages of ``geoguess-train matching``: embeddings and compared pairs, each kept in a cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from geoguess_app.core.errors import TableError
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import IntArray
from trainer.common.cache import Arrays, StageCache, content_key
from trainer.common.photo_table import COARSE_PRECISIONS
from trainer.matching.pairs import (
    PairTable,
    PlacedPhotos,
    candidate_rows,
    compare_pairs,
    embed_files,
    joined_pairs,
    read_placed,
    same_burst,
)

CANDIDATES = 10
KEPT_APART = 0.2
"""The share of photos that only ask, in the test with references and queries apart."""
STRANGER_KM = 25.0
LOOK_ALIKES = 3
"""Candidates of each photo of the wide table: the most similar ones of other sources."""
MOST_STRANGERS = 3000
_PART = 250
_SPARE = 8
"""More candidates than needed, for when some of them only ask."""


@dataclass(frozen=True, eq=False)
class MatchingData:
    """Photos of one small area and of the world, and the pairs that were compared."""

    area: PlacedPhotos
    world: PlacedPhotos
    strangers: IntArray
    """Rows of the world that ask for the area's photos."""
    within_area: PairTable
    """Each photo of the area against the others."""
    to_area: PairTable
    """Strangers against the area's photos; ``query`` numbers ``strangers``."""
    within_world: PairTable
    """Photos of the world against their look-alikes of other sources."""


def compare_sets(
    predictor: Predictor, cache: StageCache, area: tuple[Path, str], world: Path
) -> MatchingData:
    """Embed and compare all photos, or take what the cache has of them."""
    model = predictor.bundle.name

    def embed(files: Sequence[Path]) -> np.ndarray:
        names = [str(path.name) for path in files]
        key = content_key({"model": model, "photos": names})
        return cache.get("embeddings", key, lambda: {"e": embed_files(predictor, files)})["e"]

    here, everywhere = read_placed(area[0], embed, area[1]), read_placed(world, embed)
    strangers = _strangers(here, everywhere)
    asking = everywhere.take(strangers)
    return MatchingData(
        here,
        everywhere,
        strangers,
        _compared(cache, "area", here, here, _area_candidates(here)),
        _compared(cache, "strangers", asking, here, _nearest(asking, here, CANDIDATES)),
        _compared(cache, "world", everywhere, everywhere, _other_sources(everywhere)),
    )


def _strangers(area: PlacedPhotos, world: PlacedPhotos) -> IntArray:
    middle = np.full(len(world), len(area) // 2)
    away = world.distance_km(np.arange(len(world)), area, middle) > STRANGER_KM
    rows = np.flatnonzero(away)[:MOST_STRANGERS]
    if not len(rows):
        raise TableError("The wide table has no photos from elsewhere.", code="empty")
    return rows


def _compared(
    cache: StageCache,
    title: str,
    queries: PlacedPhotos,
    references: PlacedPhotos,
    candidates: list[IntArray],
) -> PairTable:
    """The compared pairs, kept part by part: whoever stops goes on from there."""
    parts = []
    for start in range(0, len(queries), _PART):
        rows = np.arange(start, min(start + _PART, len(queries)))
        some, theirs = queries.take(rows), [candidates[row] for row in rows]
        key = content_key(
            {
                "queries": [path.name for path in some.files],
                "candidates": [found.tolist() for found in theirs],
            },
            _matching_code(),
        )
        make = partial(_compared_part, some, references, theirs, f"{title} {start}")
        part = PairTable(**cache.get(f"pairs-{title}", key, make))
        parts.append(replace(part, query=part.query + start))
    return joined_pairs(parts)


def _compared_part(
    queries: PlacedPhotos, references: PlacedPhotos, candidates: list[IntArray], title: str
) -> Arrays:
    return compare_pairs(queries, references, candidates, title).arrays()


def _matching_code() -> list[Path]:
    """The files whose change makes compared pairs stale."""
    from geoguess_app.core.matching import features, same_place, verification

    return [Path(str(module.__file__)) for module in (features, same_place, verification)]


def _area_candidates(area: PlacedPhotos) -> list[IntArray]:
    similarity = area.embeddings @ area.embeddings.T
    return candidate_rows(similarity, ~same_burst(area, similarity), CANDIDATES + _SPARE)


def _nearest(queries: PlacedPhotos, references: PlacedPhotos, count: int) -> list[IntArray]:
    similarity = queries.embeddings @ references.embeddings.T
    return candidate_rows(similarity, np.ones(similarity.shape, dtype=bool), count)


def _other_sources(world: PlacedPhotos) -> list[IntArray]:
    """Look-alikes by other photographers, the same spot or far away; what only names a city tells
    neither and is left out, and so is what is put aside to test models."""
    source, split = np.array(world.source), np.array(world.split)
    fit = (split != "test") & ~np.isin(np.array(world.precision), list(COARSE_PRECISIONS))
    allowed = (source[:, None] != source[None, :]) & fit[:, None] & fit[None, :]
    return candidate_rows(world.embeddings @ world.embeddings.T, allowed, LOOK_ALIKES)
