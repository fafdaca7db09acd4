"""Proof of a trust model: how many photos find their place, how near, and how often wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoguess_app.core.calibration.model import logistic
from geoguess_app.core.format import NO_VALUE
from geoguess_app.core.geo.sphere import great_circle_km, spherical_mean
from geoguess_app.core.matching.same_place import TrustModel, judge
from geoguess_app.core.types import FloatArray, IntArray
from trainer.data.split import keyed_hashes
from trainer.matching.fitting import ELSEWHERE_KM, fit_trust
from trainer.matching.pairs import PairTable, PlacedPhotos
from trainer.matching.stages import CANDIDATES, KEPT_APART, MatchingData

FOLDS = 5
AGREE_KM = 0.2
"""Verified references this near to the best one are averaged with it, as in an answer."""
NEAR_KM = 0.1
_RADIUS_SHARE = 0.8


@dataclass(frozen=True, eq=False)
class AnsweredQueries:
    """Queries (n) and what their verified references answer; NaN without any."""

    best_km: FloatArray
    """Error of the best match's position."""
    mean_km: FloatArray
    """Error of the agreeing references' mean."""
    nearest_km: FloatArray
    """Error of the most similar photo, verified or not."""
    probability_100m: FloatArray
    radius_km: FloatArray
    """Within which the answer is with ``_RADIUS_SHARE``."""

    @property
    def verified(self) -> np.ndarray:
        """Mark the queries (n) that have a verified match."""
        return np.isfinite(self.best_km)


@dataclass(frozen=True)
class Proof:
    """Figures of a trust model on photos that it was not fitted on."""

    all_others: AnsweredQueries
    """Each photo of the area against all others."""
    kept_apart: AnsweredQueries
    """A part of the photos against the rest."""
    strangers: int
    false_matches: int
    most_inliers: int
    """Of any stranger with any of its candidates."""
    test_strangers: int
    test_false_matches: int
    """Of the sources that are never fitted on."""
    look_alikes: int
    false_look_alikes: int
    """Photos with look-alikes elsewhere in the world, and those of them with a false match."""


def prove(data: MatchingData) -> Proof:
    """Fit on the other folds, measure on each; photos of the world divide by their source."""
    area_fold = _folds([path.name for path in data.area.files])
    source = np.array(data.world.source)
    stranger_fold = _folds(source[data.strangers].tolist())
    world_fold = _folds(source.tolist())
    tested = np.array(data.world.split)[data.strangers] == "test"
    answers: list[tuple[IntArray, AnsweredQueries, AnsweredQueries]] = []
    false = np.zeros(len(data.strangers), dtype=bool)
    false_alike, alike = np.zeros((2, len(data.world)), dtype=bool)
    apart = _apart(data.area)
    for fold in range(FOLDS):
        model = fit_trust(
            _asked(data.within_area).take(area_fold[_asked(data.within_area).query] != fold),
            data.to_area.take(((stranger_fold != fold) & ~tested)[data.to_area.query]),
            data.within_world.take(world_fold[data.within_world.query] != fold),
        )
        mine = np.flatnonzero(area_fold == fold)
        everyone = np.ones(len(data.area), dtype=bool)
        answers.append(
            (
                mine,
                _answers(data.area, data.within_area, mine, everyone, model),
                _answers(data.area, data.within_area, mine[apart[mine]], ~apart, model),
            )
        )
        _mark(false, data.to_area, stranger_fold == fold, model)
        _mark(false_alike, data.within_world, world_fold == fold, model)
    alike[data.within_world.query[data.within_world.distance_km > ELSEWHERE_KM]] = True
    return Proof(
        all_others=_joined([answer[1] for answer in answers]),
        kept_apart=_joined([answer[2] for answer in answers]),
        strangers=len(false),
        false_matches=int(false.sum()),
        most_inliers=int(data.to_area.inliers.max()),
        test_strangers=int(tested.sum()),
        test_false_matches=int(false[tested].sum()),
        look_alikes=int(alike.sum()),
        false_look_alikes=int(false_alike.sum()),
    )


def fit_all(data: MatchingData) -> TrustModel:
    """Fit on everything but the sources that are put aside for tests."""
    tested = np.array(data.world.split)[data.strangers] == "test"
    strangers = data.to_area.take(~tested[data.to_area.query])
    return fit_trust(_asked(data.within_area), strangers, data.within_world)


def _asked(pairs: PairTable) -> PairTable:
    """The pairs with the candidates that an answer would look at."""
    return pairs.take(pairs.rank < CANDIDATES)


def probabilities(pairs: PairTable, model: TrustModel) -> FloatArray:
    """(k) that both photos of a pair show the same thing."""
    enough = pairs.inliers >= model.fewest
    return np.where(enough, logistic(pairs.columns @ model.weights), 0.0)


def proof_table(proof: Proof) -> str:
    """Write the figures as a Markdown table."""
    rows: list[tuple[str, Callable[[AnsweredQueries], str]]] = [
        ("queries", lambda a: str(len(a.best_km))),
        ("with a verified match", lambda a: _share(a.verified.mean())),
        ("half of them within", lambda a: _metres(a.mean_km, 50)),
        ("80% of them within", lambda a: _metres(a.mean_km, 80)),
        ("95% of them within", lambda a: _metres(a.mean_km, 95)),
        ("best match alone: 50 / 95% within", lambda a: _two(a.best_km)),
        ("verified and within 100 m, of all", lambda a: _share((a.mean_km <= NEAR_KM).mean())),
        ("most similar photo: half within", lambda a: _metres(a.nearest_km, 50)),
        ("most similar photo within 100 m", lambda a: _share((a.nearest_km <= NEAR_KM).mean())),
        ("said: within 100 m", lambda a: _share(np.nanmean(a.probability_100m))),
        ("true: within 100 m", lambda a: _share((a.best_km[a.verified] <= NEAR_KM).mean())),
        ("80% radius holds the truth", lambda a: _share(_held(a))),
    ]
    lines = ["| | all others | one in five asks |", "|---|---|---|"]
    for words, cell in rows:
        lines.append(f"| {words} | {cell(proof.all_others)} | {cell(proof.kept_apart)} |")
    lines += [
        "",
        f"Strangers with a verified match: {proof.false_matches} of {proof.strangers}; of sources "
        f"never fitted on: {proof.test_false_matches} of {proof.test_strangers}. Most pairs of a "
        f"stranger that agree: {proof.most_inliers}. Photos with a verified look-alike more than "
        f"25 kilometres away: {proof.false_look_alikes} of {proof.look_alikes}.",
    ]
    return "\n".join(lines) + "\n"


def _folds(names: list[str]) -> IntArray:
    return np.asarray(keyed_hashes(iter(names), 15) % np.uint64(FOLDS), dtype=np.int64)


def _apart(area: PlacedPhotos) -> np.ndarray:
    """(n) which photos only ask in the second test."""
    drawn = keyed_hashes((path.name for path in area.files), 16) % np.uint64(1000)
    return np.asarray(drawn < np.uint64(round(1000 * KEPT_APART)))


def _answers(
    area: PlacedPhotos,
    pairs: PairTable,
    queries: IntArray,
    references: np.ndarray,
    model: TrustModel,
) -> AnsweredQueries:
    chance = probabilities(pairs, model)
    found = [_answer(area, pairs, chance, query, references, model) for query in queries.tolist()]
    return AnsweredQueries(*np.array(found).reshape(-1, 5).T)


def _answer(
    area: PlacedPhotos,
    pairs: PairTable,
    chance: FloatArray,
    query: int,
    references: np.ndarray,
    model: TrustModel,
) -> tuple[float, float, float, float, float]:
    rows = np.flatnonzero((pairs.query == query) & references[pairs.reference])[:CANDIDATES]
    nearest_km = float(pairs.distance_km[rows[0]])
    best = rows[chance[rows].argmax()]
    if chance[best] < model.verified_from:
        return np.nan, np.nan, nearest_km, np.nan, np.nan
    verified = rows[chance[rows] >= model.verified_from]
    spots = pairs.reference[verified]
    apart = area.distance_km(np.full(len(spots), pairs.reference[best]), area, spots)
    agreeing = apart <= AGREE_KM
    mean = spherical_mean(
        area.latitude_deg[spots[agreeing]],
        area.longitude_deg[spots[agreeing]],
        chance[verified[agreeing]],
    )
    mean_km = great_circle_km(
        area.latitude_deg[query], area.longitude_deg[query], mean.latitude_deg, mean.longitude_deg
    )
    place = judge(float(chance[best]), model)
    return (
        float(pairs.distance_km[best]),
        float(mean_km),
        nearest_km,
        place.probability_100m,
        place.radius_km(_RADIUS_SHARE),
    )


def _mark(false: np.ndarray, pairs: PairTable, mine: np.ndarray, model: TrustModel) -> None:
    wrong = (probabilities(pairs, model) >= model.verified_from) & (
        pairs.distance_km > ELSEWHERE_KM
    )
    false[np.unique(pairs.query[wrong & mine[pairs.query]])] = True


def _joined(parts: list[AnsweredQueries]) -> AnsweredQueries:
    names = ("best_km", "mean_km", "nearest_km", "probability_100m", "radius_km")
    return AnsweredQueries(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def _share(value: float | np.floating[Any]) -> str:
    return f"{100 * value:.1f}" if np.isfinite(value) else NO_VALUE


def _metres(km: FloatArray, percent: float) -> str:
    known = km[np.isfinite(km)]
    return f"{1000 * np.percentile(known, percent):.0f}" if len(known) else NO_VALUE


def _two(km: FloatArray) -> str:
    return f"{_metres(km, 50)} / {_metres(km, 95)}"


def _held(answers: AnsweredQueries) -> float:
    return float((answers.mean_km <= answers.radius_km)[answers.verified].mean())
