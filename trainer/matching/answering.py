"""Answers of compared pairs, as the program gives them: the place of the verified references."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.geo.sphere import great_circle_km, spherical_mean
from geoguess_app.core.types import FloatArray, IntArray
from trainer.matching.pairs import PairTable, PlacedPhotos

AGREE_KM = 0.2
"""Verified references this near to the best one are averaged with it, as in an answer."""


@dataclass(frozen=True, eq=False)
class AnsweredQueries:
    """Queries (n) with a verified reference."""

    query: IntArray
    best: IntArray
    """The row of the pair that is believed most."""
    mean_km: FloatArray
    """Error of the mean position of the references that agree with it."""


def answered_queries(
    photos: PlacedPhotos, pairs: PairTable, chance: FloatArray, verified_from: float
) -> AnsweredQueries:
    """Answer the queries of pairs among ``photos``, each pair believed with ``chance`` (k)."""
    rows = np.flatnonzero(chance >= verified_from)
    found = [
        _answer(photos, pairs, chance, rows[pairs.query[rows] == query])
        for query in np.unique(pairs.query[rows])
    ]
    best = np.array([row for row, _ in found], dtype=np.int64)
    return AnsweredQueries(pairs.query[best], best, np.array([error for _, error in found]))


def _answer(
    photos: PlacedPhotos, pairs: PairTable, chance: FloatArray, verified: IntArray
) -> tuple[int, float]:
    """The best row of one query's verified pairs, and the error of those that agree with it."""
    best = int(verified[chance[verified].argmax()])
    spots = pairs.reference[verified]
    apart_km = photos.distance_km(np.full(len(spots), pairs.reference[best]), photos, spots)
    agreeing = apart_km <= AGREE_KM
    mean = spherical_mean(
        photos.latitude_deg[spots[agreeing]],
        photos.longitude_deg[spots[agreeing]],
        chance[verified[agreeing]],
    )
    query = pairs.query[best]
    error = great_circle_km(
        photos.latitude_deg[query],
        photos.longitude_deg[query],
        mean.latitude_deg,
        mean.longitude_deg,
    )
    return best, float(error)
