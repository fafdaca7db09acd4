"""Proof of a trust model: how many photos find their place, how near, and how often wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from geoguess_app.core.format import NO_VALUE
from geoguess_app.core.matching.same_place import TrustModel, judge
from geoguess_app.core.types import FloatArray, IntArray
from trainer.data.split import keyed_hashes
from trainer.matching.answering import answered_queries
from trainer.matching.fitting import ELSEWHERE_KM, fit_trust, pair_chances
from trainer.matching.pairs import PairTable, PlacedPhotos
from trainer.matching.stages import CANDIDATES, KEPT_APART, MatchingData

FOLDS = 5
NEAR_KM = 0.1
RADIUS_SHARES = (0.5, 0.8, 0.95)
_PLACE_DEG = 0.003
"""Some 300 metres."""


@dataclass(frozen=True, eq=False)
class MeasuredQueries:
    """Queries (n) and what their verified references answer; NaN without any."""

    best_km: FloatArray
    """Error of the best match's position."""
    mean_km: FloatArray
    """Error of the agreeing references' mean, which is the answer."""
    nearest_km: FloatArray
    """Error of the most similar photo, verified or not."""
    probability_100m: FloatArray
    radii_km: FloatArray
    """(n, 3), within which the answer is with ``RADIUS_SHARES``."""

    @property
    def verified(self) -> np.ndarray:
        """Mark the queries (n) that have a verified match."""
        return np.isfinite(self.best_km)


@dataclass(frozen=True)
class Proof:
    """Figures of a trust model on photos that it was not fitted on."""

    all_others: MeasuredQueries
    """Each photo of the area against all others."""
    kept_apart: MeasuredQueries
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
    """Fit on the other folds, measure on each; photos of the area divide by their place, those of
    the world by their source."""
    area, tables = data.area, _judged(data)
    apart = _apart(area)
    to_others = _asked(data.within_area.take(~apart[data.within_area.reference]), area)
    place = area_folds(area)
    source = np.array(data.world.source)
    stranger_fold = _folds(source[data.strangers].tolist())
    world_fold = _folds(source.tolist())
    tested = _tested(data)
    everyone: list[MeasuredQueries] = []
    asking: list[MeasuredQueries] = []
    false = np.zeros(len(data.strangers), dtype=bool)
    false_alike, alike = np.zeros((2, len(data.world)), dtype=bool)
    for fold in range(FOLDS):
        model = fit_trust(
            area,
            tables.places.take(place[tables.places.query] != fold),
            tables.strangers.take(((stranger_fold != fold) & ~tested)[tables.strangers.query]),
            tables.look_alikes.take(world_fold[tables.look_alikes.query] != fold),
        )
        mine = place == fold
        everyone.append(_measured(area, tables.places.take(mine[tables.places.query]), model))
        asking.append(_measured(area, to_others.take((mine & apart)[to_others.query]), model))
        _mark(false, tables.strangers, stranger_fold == fold, model)
        _mark(false_alike, tables.look_alikes, world_fold == fold, model)
    alike[data.within_world.query[data.within_world.distance_km > ELSEWHERE_KM]] = True
    return Proof(
        all_others=_joined(everyone),
        kept_apart=_joined(asking),
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
    tables = _judged(data)
    strangers = tables.strangers.take(~_tested(data)[tables.strangers.query])
    return fit_trust(data.area, tables.places, strangers, tables.look_alikes)


def area_folds(area: PlacedPhotos) -> IntArray:
    """Folds (n) by place: a photo and those of the same corner are in one."""
    north = np.floor(area.latitude_deg / _PLACE_DEG).astype(int).tolist()
    east = np.floor(area.longitude_deg / _PLACE_DEG).astype(int).tolist()
    return _folds([f"{row} {column}" for row, column in zip(north, east, strict=True)])


@dataclass(frozen=True, eq=False)
class _JudgedTables:
    """The pairs with the candidates that an answer would look at, with their rivals."""

    places: PairTable
    strangers: PairTable
    look_alikes: PairTable


def _judged(data: MatchingData) -> _JudgedTables:
    return _JudgedTables(
        _asked(data.within_area, data.area),
        _asked(data.to_area, data.area),
        _asked(data.within_world, data.world),
    )


def _asked(pairs: PairTable, references: PlacedPhotos) -> PairTable:
    return pairs.take(pairs.rank < CANDIDATES).with_rivals(references)


def _tested(data: MatchingData) -> np.ndarray:
    """Mark the strangers that are never fitted on."""
    return np.asarray(np.array(data.world.split)[data.strangers] == "test")


def proof_table(proof: Proof) -> str:
    """Write the figures as a Markdown table."""
    rows: list[tuple[str, Callable[[MeasuredQueries], str]]] = [
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
        ("true: within 100 m", lambda a: _share((a.mean_km[a.verified] <= NEAR_KM).mean())),
        ("50 / 80 / 95% radius holds the truth", _held),
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


def _measured(area: PlacedPhotos, pairs: PairTable, model: TrustModel) -> MeasuredQueries:
    """Measure the queries of pairs that know their rivals, most similar candidate first."""
    queries, first = np.unique(pairs.query, return_index=True)
    chance = pair_chances(pairs, model.weights)
    answers = answered_queries(area, pairs, chance, model.verified_from)
    rows = np.searchsorted(queries, answers.query)
    best_km, mean_km, probability_100m = np.full((3, len(queries)), np.nan)
    radii_km = np.full((len(queries), len(RADIUS_SHARES)), np.nan)
    best_km[rows], mean_km[rows] = pairs.distance_km[answers.best], answers.mean_km
    places = [judge(float(believed), model) for believed in chance[answers.best]]
    probability_100m[rows] = [place.probability_100m for place in places]
    radii_km[rows] = np.reshape(
        [[place.radius_km(share) for share in RADIUS_SHARES] for place in places],
        (-1, len(RADIUS_SHARES)),
    )
    return MeasuredQueries(best_km, mean_km, pairs.distance_km[first], probability_100m, radii_km)


def _mark(false: np.ndarray, pairs: PairTable, mine: np.ndarray, model: TrustModel) -> None:
    wrong = (pair_chances(pairs, model.weights) >= model.verified_from) & (
        pairs.distance_km > ELSEWHERE_KM
    )
    false[np.unique(pairs.query[wrong & mine[pairs.query]])] = True


def _joined(parts: list[MeasuredQueries]) -> MeasuredQueries:
    names = [part.name for part in fields(MeasuredQueries)]
    return MeasuredQueries(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def _share(value: float | np.floating[Any]) -> str:
    return f"{100 * value:.1f}" if np.isfinite(value) else NO_VALUE


def _metres(km: FloatArray, percent: float) -> str:
    known = km[np.isfinite(km)]
    return f"{1000 * np.percentile(known, percent):.0f}" if len(known) else NO_VALUE


def _two(km: FloatArray) -> str:
    return f"{_metres(km, 50)} / {_metres(km, 95)}"


def _held(answers: MeasuredQueries) -> str:
    held = answers.mean_km[:, None] <= answers.radii_km
    return " / ".join(_share(share) for share in held[answers.verified].mean(axis=0))
