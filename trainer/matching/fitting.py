"""The numbers of ``TrustModel``, fitted on compared pairs."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from geoguess_app.core.calibration.model import logistic
from geoguess_app.core.matching.same_place import COLUMNS, TrustModel
from geoguess_app.core.types import FloatArray
from trainer.fitting.logistic import fit_logistic
from trainer.matching.pairs import PairTable

SAME_KM = 0.3
"""Photos of one small area taken this near to each other may show the same place."""
FALSE_SHARE = 0.0005
"""Half of the share of strangers that may have a verified match at all."""
_LEAST_KM = 0.01
_DIGITS = 4


def fit_trust(places: PairTable, strangers: PairTable, look_alikes: PairTable) -> TrustModel:
    """Fit on pairs of one small area, on strangers to it, and on look-alikes far apart.

    The strangers together count as much as the area: half of the photos asked about are thought
    to be from elsewhere.
    """
    tables = (places, strangers, look_alikes)
    columns = np.concatenate([table.columns for table in tables])
    hits = np.concatenate([table.distance_km <= SAME_KM for table in tables])
    elsewhere = len(strangers.query) + len(look_alikes.query)
    counts = np.ones(len(columns))
    counts[len(places.query) :] = len(places.query) / elsewhere
    prior = np.zeros(len(COLUMNS))
    weights = fit_logistic(columns, hits, prior=prior, weights=counts)
    threshold = verified_threshold(weights, strangers, look_alikes)
    chance = logistic(places.columns @ weights)
    verified = chance >= threshold
    median_km, steepness = fit_distances(places.distance_km[verified & (places.distance_km < 1.0)])
    return TrustModel(
        **{name: round(float(w), _DIGITS) for name, w in zip(COLUMNS, weights, strict=True)},
        median_km=round(median_km, _DIGITS),
        steepness=round(steepness, _DIGITS),
        verified_from=round(threshold, _DIGITS),
    )


def verified_threshold(weights: FloatArray, *others: PairTable) -> float:
    """The probability that at most ``FALSE_SHARE`` of the photos from elsewhere reach with any
    of their candidates; never below a half."""
    tops = []
    for table in others:
        far = table.distance_km > SAME_KM
        chance = logistic(table.columns[far] @ weights)
        tops += [chance[table.query[far] == query].max() for query in np.unique(table.query[far])]
    ordered = np.sort(tops)
    allowed = int(FALSE_SHARE * len(ordered))
    beyond = ordered[len(ordered) - 1 - allowed]
    return float(np.clip(beyond + 0.2 * (1.0 - beyond), 0.5, 0.999))


def fit_distances(distance_km: FloatArray) -> tuple[float, float]:
    """Median and steepness of the log-logistic distribution of distances (maximum likelihood)."""
    logs = np.log(np.maximum(distance_km, _LEAST_KM))

    def loss(numbers: FloatArray) -> float:
        middle, steepness = numbers[0], np.exp(numbers[1])
        z = steepness * (logs - middle)
        return -float((np.log(steepness) + z - 2.0 * np.logaddexp(0.0, z)).sum())

    found = minimize(loss, np.array([np.median(logs), 0.5]), method="Nelder-Mead").x
    return float(np.exp(found[0])), float(np.exp(found[1]))
