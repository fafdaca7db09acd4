"""Fit on held-out answers how often they are right within a radius, and what to say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from geoguess_app.core.calibration.curve import radius_grid, within_curve
from geoguess_app.core.calibration.model import (
    CITY_KM,
    RADIUS_SHARES,
    Calibration,
    LevelRule,
    Recognition,
    ShareWithin,
    WithinPoint,
    logit,
)
from geoguess_app.core.decision.decide import (
    CANDIDATES,
    candidates_of,
    top_similarity,
    weigh,
)
from geoguess_app.core.decision.posterior import distances_km, mass_within
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import Candidate, FloatArray, IntArray, Level
from trainer.fitting.crossfit import HeldOutFold
from trainer.fitting.logistic import fit_logistic
from trainer.fitting.radii import holding_value

WITHIN_RADII_KM = (
    *(1.0, 5.0, 25.0, 200.0, 750.0, 1500.0),
    # Close together where most errors lie: between two of them the curve is only interpolated.
    *(2500.0, 3500.0, 5000.0, 7000.0, 10000.0, 14000.0),
)


FEWEST_OTHERS = 20


@dataclass(frozen=True, eq=False)
class HeldOutAnswers:
    """Answers of calibrated decisions to held-out photos; arrays over all photos."""

    error_km: FloatArray
    mass: FloatArray
    """Raw posterior mass within ``WITHIN_RADII_KM`` of the answer (n, radii)."""
    grid_mass: FloatArray
    """The same within the radii of ``radius_grid`` (n, 160)."""
    similarity: FloatArray
    exact: np.ndarray
    fold: IntArray
    """Which group of sources each photo was held out with."""
    source: IntArray
    """A number for each photo's source."""
    weights: FloatArray
    """Weights of the answer's candidates (n, ``CANDIDATES``), the answer's own first, then 0."""
    place: IntArray
    """Which candidate is the first within ``CITY_KM`` of the truth (n); -1 for none."""
    area: FloatArray
    """What the network ``area`` says of each photo (n); NaN where a model has none."""


def answers_of(held: Sequence[HeldOutFold]) -> HeldOutAnswers:
    """Decide all held-out photos."""
    errors, masses, on_grid, similarity, exact, weights, place = [], [], [], [], [], [], []
    area = []
    radii, grid = np.array(WITHIN_RADII_KM), radius_grid()
    number = np.repeat(np.arange(len(held)), [len(fold.raw) for fold in held])
    for fold in held:
        for raw, truth in zip(fold.raw, fold.truth, strict=True):
            evidence = weigh(raw, fold.model)
            errors.append(float(distances_km(evidence.answer, truth)))
            masses.append(mass_within(evidence.posterior, evidence.answer, radii))
            on_grid.append(mass_within(evidence.posterior, evidence.answer, grid))
            similarity.append(top_similarity(evidence))
            area.append(np.nan if evidence.area is None else evidence.area)
            candidates = candidates_of(evidence, fold.model)
            weights.append(_pad([c.weight for c in candidates]))
            place.append(first_candidate(evidence.answer, candidates, truth))
        exact.append(fold.exact)
    return HeldOutAnswers(
        np.array(errors),
        np.array(masses),
        np.array(on_grid),
        np.array(similarity),
        np.concatenate(exact),
        number,
        np.concatenate([fold.source for fold in held]),
        np.array(weights),
        np.array(place, dtype=np.int64),
        np.array(area),
    )


def _pad(weights: list[float]) -> FloatArray:
    return np.pad(np.array(weights), (0, CANDIDATES - len(weights)))


def first_candidate(answer: FloatArray, candidates: Sequence[Candidate], truth: FloatArray) -> int:
    """The position in the list of the first candidate within ``CITY_KM`` of the truth; -1: none.

    The first stands for the answer itself (unit vectors (3), as the truth).
    """
    spots = [(c.coordinate.latitude_deg, c.coordinate.longitude_deg) for c in candidates[1:]]
    vectors = np.vstack([answer, *(unit_vectors(lat, lon) for lat, lon in spots)])
    near = np.flatnonzero(distances_km(vectors, truth) <= CITY_KM)
    return int(near[0]) if len(near) else -1


def _take(answers: HeldOutAnswers, rows: np.ndarray) -> HeldOutAnswers:
    columns = (getattr(answers, item.name)[rows] for item in fields(HeldOutAnswers))
    return HeldOutAnswers(*columns)


def by_recognition(
    answers: HeldOutAnswers, known: Recognition | None
) -> tuple[HeldOutAnswers, HeldOutAnswers]:
    """Answers to photos that likelier show the model's area than not, and those to the others; all
    and none without a recognition."""
    shown = np.ones(len(answers.area), dtype=bool)
    if known is not None:
        shown = known.probability(0.0, answers.area) >= 0.5
    return _take(answers, shown), _take(answers, ~shown)


def fit_otherwise(answers: HeldOutAnswers) -> tuple[ShareWithin, ...]:
    """Return how often answers to photos that do not show the model's area are right all the same;
    of fewer than ``FEWEST_OTHERS`` nothing is concluded."""
    if len(answers.error_km) < FEWEST_OTHERS:
        return ()
    return tuple(
        ShareWithin(radius, round(float((answers.error_km <= radius).mean()), 4))
        for radius in WITHIN_RADII_KM
    )


def fit_within(answers: HeldOutAnswers) -> tuple[WithinPoint, ...]:
    """Fit for each radius P(error ≤ radius) from the raw mass and the top similarity."""
    points = []
    for index, radius in enumerate(WITHIN_RADII_KM):
        rows = answers.exact if radius < 25.0 else np.ones(len(answers.exact), dtype=bool)
        columns = np.stack(
            [
                np.ones(rows.sum()),
                logit(answers.mass[rows, index]),
                answers.similarity[rows],
            ],
            axis=1,
        )
        hits = answers.error_km[rows] <= radius
        prior = np.array([0.0, 1.0, 0.0])
        bias, mass, similarity = fit_logistic(columns, hits, prior=prior)
        if mass < 0.0:  # more mass must never mean less confidence
            rest = fit_logistic(columns[:, [0, 2]], hits, prior=prior[[0, 2]])
            bias, mass, similarity = rest[0], 0.0, rest[1]
        points.append(
            WithinPoint(
                radius, round(float(bias), 4), round(float(mass), 4), round(float(similarity), 4)
            )
        )
    return tuple(points)


def fit_radius_shares(
    answers: HeldOutAnswers, calibration: Calibration
) -> tuple[float, float, float]:
    """Return what the fitted curves say at the radii that held the truth of 50, 80 and 95% of the
    photos, on sources that the curves were not fitted to: see ``Calibration.radius_shares``.

    The quantiles of P(within the error) of every photo, its curve fitted to the other folds
    (cross-conformal prediction; Vovk, "Cross-conformal predictors", 2015), for a photo of a source
    that none of these is of: see ``holding_value``. Never below the shares themselves: no curve is
    made to look surer than it is.
    """
    reached = np.empty(len(answers.error_km))
    for number in np.unique(answers.fold):
        out = answers.fold == number
        if out.all():  # one fold only: nothing to cross
            return RADIUS_SHARES
        fitted = replace(
            calibration,
            within=fit_within(_take(answers, ~out)),
            radius_shares=RADIUS_SHARES,
            recognition=None,
        )
        reached[out] = _reached_share(_take(answers, out), fitted)
    s50, s80, s95 = (
        round(min(max(share, holding_value(reached, share, answers.source)), 0.999), 3)
        for share in RADIUS_SHARES
    )
    return (s50, s80, s95)


def _reached_share(answers: HeldOutAnswers, calibration: Calibration) -> FloatArray:
    """The value (n) of each photo's curve at its error."""
    grid = radius_grid()
    logs = np.log(grid)
    curves = within_curve(grid, answers.grid_mass, answers.similarity, calibration, answers.area)
    at = np.log(np.maximum(answers.error_km, grid[0]))
    return np.array([np.interp(x, logs, curve) for x, curve in zip(at, curves, strict=True)])


def fit_candidate_share(answers: HeldOutAnswers) -> float:
    """Return how often the other candidates' places hold the truth, when the answer's does not,
    relative to their weight among the rest; at most 1."""
    wrong = answers.place != 0
    others = answers.weights[wrong, 1:].sum(axis=1)
    promised = others / np.maximum(1.0 - answers.weights[wrong, 0], 1e-9)
    held = float((answers.place[wrong] > 0).sum())
    return round(min(1.0, (held + 1.0) / (float(promised.sum()) + 1.0)), 3)


LEVEL_RADII_KM = {Level.FINE: 25.0, Level.MIDDLE: 200.0, Level.COARSE: 750.0}
LEVEL_SHARE = 0.6
"""How many of the answers that carry a level shall be right at its distance, at least."""
_THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
"""From one half on: a level must not be given to an answer that is more likely wrong."""
_FINEST = 1
"""So many of the levels have the first threshold; the wider ones have one in common."""
_CLAIM = 10.0
"""So many photos is worth what the answers themselves claim, beside what was seen of them."""
_ALIKE = 0.2
"""How much the photos of one source come out right or wrong together (correlation in a source)."""


def fit_levels(answers: HeldOutAnswers, calibration: Calibration) -> dict[Level, LevelRule]:
    """Two probabilities, one for the town and one for the wider levels, each the lowest at which
    answers are right often enough, on sources that neither networks nor curves were fitted to.

    ``expected_share`` says how they are judged. The wider levels are few, so they are judged
    together, each at its own distance. They ask for at least as much as the town, so that no answer
    gets a finer level only because it claims less.
    """
    radii = list(LEVEL_RADII_KM.values())
    probability = _crossed_probability(answers, radii, calibration)
    right = np.stack([answers.error_km <= km for km in radii])
    nothing = np.zeros(len(answers.error_km), dtype=bool)
    town = _lowest(probability[:_FINEST], right[:_FINEST], nothing, answers.source, _THRESHOLDS[0])
    named = np.asarray((probability[:_FINEST] >= town).any(axis=0))
    wide = _lowest(probability[_FINEST:], right[_FINEST:], named, answers.source, town)
    thresholds = [town] * _FINEST + [wide] * (len(radii) - _FINEST)
    return {
        level: LevelRule(km, threshold)
        for (level, km), threshold in zip(LEVEL_RADII_KM.items(), thresholds, strict=True)
    }


def _crossed_probability(
    answers: HeldOutAnswers, radii_km: Sequence[float], calibration: Calibration
) -> FloatArray:
    """P(error ≤ radius) (radii, n) of every answer, its curve fitted to the other folds."""
    found = np.empty((len(radii_km), len(answers.error_km)))
    for number in np.unique(answers.fold):
        out = answers.fold == number
        crossed = calibration
        if not out.all():  # else there is one fold only, and nothing to cross
            rest, _ = by_recognition(_take(answers, ~out), calibration.recognition)
            crossed = replace(calibration, within=fit_within(rest))
        for index, km in enumerate(radii_km):
            found[index, out] = probability_within(_take(answers, out), km, crossed)
    return found


def _lowest(
    probability: FloatArray, right: np.ndarray, named: np.ndarray, source: IntArray, least: float
) -> float:
    """The lowest threshold from ``least`` on at which these levels (rows, the finest first) are
    right often enough among the photos that no finer level has ``named`` (n)."""
    possible = [threshold for threshold in _THRESHOLDS if threshold >= least]
    for threshold in possible:
        taken, hits, claims, owners = named.copy(), [], [], []
        for stated, own_right in zip(probability, right, strict=True):
            here = (stated >= threshold) & ~taken
            hits.append(own_right[here])
            claims.append(stated[here])
            owners.append(source[here])
            taken |= here
        share = expected_share(*(np.concatenate(each) for each in (hits, claims, owners)))
        if share >= LEVEL_SHARE:
            return threshold
    return possible[-1]


def expected_share(right: np.ndarray, stated: FloatArray, source: IntArray) -> float:
    """The share of answers (n) that will be right with other sources; 1 if there are none.

    The posterior mean of a beta-binomial whose prior is what the answers claim on average: of few
    answers little is concluded, and nothing changes abruptly with one of them. Photos of one source
    count as the independent ones that they are worth (Kish, "Survey sampling", 1965).
    """
    if not len(right):
        return 1.0
    _, own, counts = np.unique(source, return_inverse=True, return_counts=True)
    weight = 1.0 / (1.0 + (counts[own] - 1.0) * _ALIKE)
    claimed = _CLAIM * float(stated.mean())
    return float((weight @ right + claimed) / (weight.sum() + _CLAIM))


def probability_within(
    answers: HeldOutAnswers, radius_km: float, calibration: Calibration
) -> FloatArray:
    """Calibrated P(error ≤ radius) of every answer."""
    radii = np.array(WITHIN_RADII_KM)
    curves = within_curve(radii, answers.mass, answers.similarity, calibration, answers.area)
    return curves[:, WITHIN_RADII_KM.index(radius_km)]
