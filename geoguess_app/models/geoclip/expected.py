"""Expectations of a published model before it was tried on any photo here.

Nothing is known of how sure a model may be until its answers are compared with true positions.
Until then its curves are such that on average they say what was published: photos are imitated by
noise on the gallery's own embeddings, as much of it as makes the nearest point right within 25 km
as often as published, and for every radius one number is solved for. The curves rise with the mass
around the answer by half as much as that itself says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from geoguess_app.core.calibration.model import (
    CITY_KM,
    EARTH_HALF_ROUND_KM,
    Calibration,
    WithinPoint,
    logistic,
    logit,
)
from geoguess_app.core.decision.evidence import weigh
from geoguess_app.core.decision.posterior import distances_km, mass_within
from geoguess_app.core.decision.types import DecisionModel, RawOutputs
from geoguess_app.core.types import FloatArray
from geoguess_app.models.published import GEOCLIP_ACCURACY

PUBLISHED = GEOCLIP_ACCURACY
PHOTOS = 200
_SLOPE = 0.5
_STEPS = 12


def expected_calibration(
    model: DecisionModel,
    published: Mapping[float, float] = PUBLISHED,
    done: Callable[[int], None] = lambda _: None,
) -> Calibration:
    """The model's calibration with curves that on average reproduce ``published``.

    ``done`` is told how many imitated photos are answered; what it raises ends the work.
    """
    photos = _imitated(model, published[CITY_KM])
    masses = []
    for number, photo in enumerate(photos):
        done(number)
        evidence = weigh(RawOutputs({}, photo[None]), model)
        masses.append(mass_within(evidence.posterior, evidence.answer, np.array(list(published))))
    odds = logit(np.array(masses))
    points = [
        WithinPoint(radius, round(_bias(odds[:, index], share), 4), _SLOPE)
        for index, (radius, share) in enumerate(published.items())
    ]
    certain = WithinPoint(EARTH_HALF_ROUND_KM, 9.0, 0.0)
    return replace(model.calibration, within=(*points, certain), basis="published")


def _bias(odds: FloatArray, share: float) -> float:
    """The number b for which logistic(b + slope · odds) is ``share`` on average."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if logistic(middle + _SLOPE * odds).mean() < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _imitated(model: DecisionModel, share: float) -> FloatArray:
    """Embeddings (n, d) of length 1 whose most similar point is right within ``CITY_KM`` as often
    as ``share``."""
    gallery = model.gallery
    assert gallery is not None
    random = np.random.default_rng(0)
    true = random.integers(0, gallery.size, PHOTOS)
    points = gallery.embeddings
    noise = random.normal(size=(PHOTOS, points.shape[1])).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)

    def photos(strength: float) -> FloatArray:
        mixed = points[true] + strength * noise
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True))

    low, high = 0.0, 20.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        best = (photos(middle) @ points.T).argmax(axis=1)
        near = distances_km(gallery.vectors[best], gallery.vectors[true]) <= CITY_KM
        if near.mean() > share:
            low = middle
        else:
            high = middle
    return photos((low + high) / 2.0)
