"""The numbers of ``TrustModel``, fitted on compared pairs."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from geoguess_app.core.calibration.model import logistic
from geoguess_app.core.errors import TableError
from geoguess_app.core.matching.same_place import COLUMNS, TrustModel
from geoguess_app.core.types import FloatArray
from trainer.fitting.logistic import fit_logistic
from trainer.matching.pairs import PairTable

SAME_KM = 0.3
"""Photos that match and were taken this near to each other show the same thing."""
SURE = 0.9
"""Matches as probable as this tell how far apart cameras stand that show the same thing."""
FEWEST_SURE = 20
"""From fewer matches no distribution of distances can be told."""
ELSEWHERE_KM = 25.0
"""Look-alikes farther apart than this show another place, however coarse their positions are."""
FEWEST = 10
"""Among strangers one pair of photos in thirty has so many pairs of points, or more."""
FALSE_SHARE = 0.0005
"""Half of the share of strangers that may have a verified match at all."""
LEAST_VERIFIED = 0.65
"""A verified match is at least so probable, however rare false ones are."""
_LEAST_KM = 0.01
_DIGITS = 4


def fit_trust(places: PairTable, strangers: PairTable, look_alikes: PairTable) -> TrustModel:
    """Fit on pairs of one small area, on strangers to it, and on look-alikes far apart.

    Half of the photos asked about are thought to be from elsewhere, and half of those to look
    like a place of the area. Only pairs of photos with ``FEWEST`` pairs of points or more count:
    below, how near photos are depends on the collection, not on the match. Raises TableError for
    an area with too few matches.
    """
    here = len(np.unique(places.query))
    away = look_alikes.take(look_alikes.distance_km > ELSEWHERE_KM)
    parts = [table.take(table.inliers >= FEWEST) for table in (places, strangers, away)]
    counts = np.concatenate(
        [
            np.ones(len(parts[0].query)),
            *(
                np.full(len(part.query), 0.5 * here / max(len(np.unique(whole.query)), 1))
                for part, whole in zip(parts[1:], (strangers, look_alikes), strict=True)
            ),
        ]
    )
    columns = np.concatenate([part.columns for part in parts])
    hits = np.concatenate([part.distance_km <= SAME_KM for part in parts])
    weights = fit_logistic(columns, hits, prior=np.zeros(len(COLUMNS)), weights=counts)
    sure = parts[0].distance_km[logistic(parts[0].columns @ weights) >= SURE]
    if len(sure) < FEWEST_SURE:
        raise TableError(
            f"The area has {len(sure)} pairs of photos that match for certain; the fit needs "
            f"{FEWEST_SURE}. Give a table with more photos of the same places.",
            code="empty",
        )
    median_km, steepness = fit_distances(sure)
    return TrustModel(
        **{name: round(float(w), _DIGITS) for name, w in zip(COLUMNS, weights, strict=True)},
        median_km=round(median_km, _DIGITS),
        steepness=round(steepness, _DIGITS),
        fewest=FEWEST,
        verified_from=round(verified_threshold(weights, strangers, away), _DIGITS),
    )


def fit_distances(distance_km: FloatArray) -> tuple[float, float]:
    """Median and steepness of the log-logistic distribution of distances (maximum likelihood)."""
    logs = np.log(np.maximum(distance_km, _LEAST_KM))

    def loss(numbers: FloatArray) -> float:
        middle, steepness = numbers[0], np.exp(numbers[1])
        z = steepness * (logs - middle)
        return -float((np.log(steepness) + z - 2.0 * np.logaddexp(0.0, z)).sum())

    found = minimize(loss, np.array([np.median(logs), 0.5]), method="Nelder-Mead").x
    return float(np.exp(found[0])), float(np.exp(found[1]))


def verified_threshold(weights: FloatArray, strangers: PairTable, look_alikes: PairTable) -> float:
    """The probability that at most ``FALSE_SHARE`` of the strangers, and of the photos with
    look-alikes, reach with any of their candidates, and a little more; never below
    ``LEAST_VERIFIED``. One photo of each may have a wrong position in its table."""
    beyond = 0.0
    for table in (strangers, look_alikes):
        chance = np.where(table.inliers >= FEWEST, logistic(table.columns @ weights), 0.0)
        tops = [chance[table.query == query].max() for query in np.unique(table.query)]
        allowed = max(1, int(FALSE_SHARE * len(tops)))
        beyond = max([beyond, *sorted(tops, reverse=True)[allowed : allowed + 1]])
    return float(np.clip(beyond + 0.05 * (1.0 - beyond), LEAST_VERIFIED, 0.999))
