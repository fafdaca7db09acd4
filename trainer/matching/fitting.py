"""The numbers of ``TrustModel``, fitted on compared pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from geoguess_app.core.calibration.model import logistic
from geoguess_app.core.errors import TableError
from geoguess_app.core.matching.same_place import COLUMNS, RIVAL_KM, TrustModel
from geoguess_app.core.types import FloatArray
from trainer.fitting.logistic import fit_logistic
from trainer.matching.answering import answered_queries
from trainer.matching.pairs import PairTable, PlacedPhotos

SAME_KM = RIVAL_KM
"""Photos that match and were taken this near to each other show the same thing."""
FEWEST_ANSWERS = 20
"""From fewer answers no distribution of distances can be told."""
ELSEWHERE_KM = 25.0
"""Look-alikes farther apart than this show another place, however coarse their positions are."""
FEWEST = 14
"""Of 3,000 strangers none shares more than 12 with any of its ten candidates."""
FALSE_SHARE = 0.0005
"""Half of the share of strangers that may have a verified match at all."""
LEAST_VERIFIED = 0.85
"""A verified match is at least so probable, however rare false ones are: the answer's radius for
80% has to be one of the match, not of what else could be."""
_LEAST_KM = 0.01
_DIGITS = 4


def fit_trust(
    area: PlacedPhotos, places: PairTable, strangers: PairTable, look_alikes: PairTable
) -> TrustModel:
    """Fit on pairs of one small area, on strangers to it, and on look-alikes far apart.

    All pairs know their rivals. Half of the photos asked about are thought to be from elsewhere,
    and half of those to look like a place of the area. Only pairs of photos with ``FEWEST`` pairs
    of points or more count: fewer occur between strangers, and between any two houses of a town.
    How far apart cameras stand is told by the answers, one a photo, as they are given: among all
    pairs the many of much-photographed places would be heard most, and how often something else
    is shown, far away, is in the probability already. Raises TableError for an area with too few
    matches.
    """
    away = look_alikes.take(look_alikes.distance_km > ELSEWHERE_KM)
    weights = _fit_weights(places, (strangers, away), (strangers, look_alikes))
    verified_from = round(verified_threshold(weights, strangers, away), _DIGITS)
    answers = answered_queries(area, places, pair_chances(places, weights), verified_from)
    near_km = answers.mean_km[answers.mean_km <= SAME_KM]
    if len(near_km) < FEWEST_ANSWERS:
        raise TableError(
            f"The area has {len(near_km)} photos that find their place for certain; the fit needs "
            f"{FEWEST_ANSWERS}. Give a table with more photos of the same places.",
            code="empty",
        )
    median_km, steepness = fit_distances(near_km)
    return TrustModel(
        **{name: round(float(w), _DIGITS) for name, w in zip(COLUMNS, weights, strict=True)},
        median_km=round(median_km, _DIGITS),
        steepness=round(steepness, _DIGITS),
        fewest=FEWEST,
        verified_from=verified_from,
    )


def pair_chances(pairs: PairTable, weights: FloatArray) -> FloatArray:
    """(k) that both photos of a pair show the same thing; 0 with fewer pairs than ``FEWEST``."""
    return np.where(pairs.inliers >= FEWEST, logistic(pairs.columns @ weights), 0.0)


def _fit_weights(
    places: PairTable, elsewhere: Sequence[PairTable], asked: Sequence[PairTable]
) -> FloatArray:
    """Weights of ``COLUMNS``; ``elsewhere`` are pairs of different places, out of ``asked``."""
    here = len(np.unique(places.query))
    parts = [table.take(table.inliers >= FEWEST) for table in (places, *elsewhere)]
    counts = [1.0, *(0.5 * here / max(len(np.unique(whole.query)), 1) for whole in asked)]
    return fit_logistic(
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.distance_km <= SAME_KM for part in parts]),
        prior=np.zeros(len(COLUMNS)),
        weights=np.repeat(counts, [len(part.query) for part in parts]),
    )


def fit_distances(distance_km: FloatArray) -> tuple[float, float]:
    """Median and steepness of Weibull's distribution of distances (maximum likelihood)."""
    logs = np.log(np.maximum(distance_km, _LEAST_KM))

    def loss(numbers: FloatArray) -> float:
        middle, steepness = numbers[0], np.exp(numbers[1])
        z = steepness * (logs - middle) + np.log(np.log(2.0))
        return -float((np.log(steepness) + z - np.exp(z)).sum())

    found = minimize(loss, np.array([np.median(logs), 0.5]), method="Nelder-Mead").x
    return float(np.exp(found[0])), float(np.exp(found[1]))


def verified_threshold(weights: FloatArray, strangers: PairTable, look_alikes: PairTable) -> float:
    """The probability that at most ``FALSE_SHARE`` of the strangers, and of the photos with
    look-alikes, reach with any of their candidates, and a little more; never below
    ``LEAST_VERIFIED``. One photo of each may have a wrong position in its table; where photos
    of one table ask each other, so may the pair that it makes the other way round."""
    beyond = 0.0
    for table, is_one_set in ((strangers, False), (look_alikes, True)):
        chance = pair_chances(table, weights)
        allowed = max(1, int(FALSE_SHARE * len(np.unique(table.query))))
        for _ in range(allowed if len(chance) else 0):
            top = int(chance.argmax())
            query, reference = table.query[top], table.reference[top]
            swapped = (table.query == reference) & (table.reference == query)
            chance[(table.query == query) | (is_one_set & swapped)] = 0.0
        beyond = max(beyond, chance.max(initial=0.0))
    return float(np.clip(beyond + 0.05 * (1.0 - beyond), LEAST_VERIFIED, 0.999))
