"""Trust in references that only look alike, fitted on the collection itself.

In a collection of one town a look-alike is nearly always near, in one of the whole world hardly
ever: no number could fit both. So photos of the collection are tried against the others, as in the
check, and photos that were taken elsewhere (those that the model learned from) stand for what the
collection does not know.
"""

from __future__ import annotations

import numpy as np

from geoguess_app.core.calibration.model import logistic
from geoguess_app.core.decision.retrieval import Bank
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, unit_vectors
from geoguess_app.core.types import FloatArray
from geoguess_app.references.checking import tried_photos
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.values import (
    DISTANCE_SHARES,
    NEAR_KM,
    LookAlikeTrust,
    ReferenceSpace,
)

FEWEST_PHOTOS = 50
"""Fewer photos say nothing about how far look-alikes can be trusted."""
_TRIED = 300
_ELSEWHERE_KM = 25.0
_RIDGE = 0.01
_STEPS = 50
_LEAST_KM = 0.01


def fit_look_alikes(
    collection: ReferenceCollection, space: ReferenceSpace, bank: Bank
) -> LookAlikeTrust | None:
    """Fit P(the most alike reference was taken within 1 km) over its similarity.

    Both kinds of photos count the same: a photo that is asked about is as likely of another place
    as of one in the collection. None for a small collection, or where being more alike means
    nothing.
    """
    tried = list(tried_photos(collection, space, _TRIED))
    if len(tried) < FEWEST_PHOTOS:
        return None
    own = np.array([one.similarity for one in tried])
    distance = np.array([one.distance_km for one in tried])
    strangers = _stranger_similarities(collection, space, bank)
    similarity = np.concatenate([own, strangers])
    right = np.concatenate([distance <= NEAR_KM, np.zeros(len(strangers), np.bool_)])
    weights = np.concatenate(
        [np.full(len(own), 1.0 / len(own)), np.full(len(strangers), 1.0 / max(len(strangers), 1))]
    )
    bias, slope = _logistic_fit(similarity, right.astype(np.float64), weights)
    if slope <= 0 or not right.any():
        return None
    near = np.quantile(distance[distance <= NEAR_KM], DISTANCE_SHARES)
    return LookAlikeTrust(bias, slope, tuple(np.maximum(near, _LEAST_KM).tolist()))


def _stranger_similarities(
    collection: ReferenceCollection, space: ReferenceSpace, bank: Bank
) -> FloatArray:
    """Of bank photos far from every reference, how alike their most alike reference is."""
    spots = [photo.coordinate for photo in collection.photos()]
    places = unit_vectors(
        [spot.latitude_deg for spot in spots], [spot.longitude_deg for spot in spots]
    )
    limit = np.cos(_ELSEWHERE_KM / EARTH_RADIUS_KM)
    found = []
    for row in range(0, bank.size, max(1, bank.size // _TRIED)):
        if (places @ bank.vectors[row]).max() > limit:
            continue
        near = collection.nearest(space, bank.embeddings[row], 1)
        if near:
            found.append(near[0].similarity)
    return np.array(found)


def _logistic_fit(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Bias and slope by Newton's method; a little ridge keeps what separates cleanly finite."""
    columns = np.stack([np.ones(len(x)), x], axis=1)
    fitted = np.zeros(2)
    for _ in range(_STEPS):
        p = logistic(columns @ fitted)
        slope = columns.T @ (weights * (y - p)) - _RIDGE * np.array([0.0, 1e-2]) * fitted
        curvature = (columns * (weights * p * (1 - p))[:, None]).T @ columns
        curvature += _RIDGE * np.diag([1e-6, 1e-2]) + 1e-9 * np.eye(2)
        fitted = fitted + np.clip(np.linalg.solve(curvature, slope), -5.0, 5.0)
    return float(fitted[0]), float(fitted[1])
