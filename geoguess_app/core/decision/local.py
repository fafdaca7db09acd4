"""Answers of Report B's local models: regressed coordinates, or a mean of the nearest photos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.bundle.checks import COORDINATES_HEAD
from geoguess_app.core.bundle.manifest import RegressionConfig
from geoguess_app.core.calibration.curve import (
    ConfidenceCurve,
    fade_curve,
    radius_grid,
    within_curve,
)
from geoguess_app.core.decision.decide import BASE, CANDIDATES, DecisionModel, RawOutputs
from geoguess_app.core.decision.posterior import PointPosterior, mass_within
from geoguess_app.core.decision.retrieval import Bank, kernel_weights, similarities
from geoguess_app.core.errors import BundleError
from geoguess_app.core.geo.sphere import great_circle_km, lat_lon
from geoguess_app.core.ranking import highest
from geoguess_app.core.types import (
    Coordinate,
    FloatArray,
    Neighbour,
    Prediction,
    SceneProbabilities,
)

_NORMAL_QUANTILES = (1.1774, 1.7941, 2.4477)
"""Radii, in standard deviations, that hold 50, 80 and 95% of a round normal distribution."""


@dataclass(frozen=True, eq=False)
class LocalModel:
    """A bundle of kind "regression" or "retrieval", and the photo's scene if there is one."""

    decision: DecisionModel
    regression: RegressionConfig | None
    temperature: float
    scene: SceneProbabilities | None


def _prediction(
    coordinate: Coordinate,
    curve: ConfidenceCurve,
    neighbours: tuple[Neighbour, ...],
    model: LocalModel,
) -> Prediction:
    calibration = model.decision.calibration
    return Prediction(
        coordinate=coordinate,
        radii=curve.radii(float(curve.radii_km[0])),
        confidence=curve.confidence,
        level=curve.level(calibration),
        candidates=(),
        conflict=None,
        scene=model.scene,
        network=BASE,
        cell_probabilities={},
        neighbours=neighbours,
        model=model.decision.name,
    )


def decide_by_regression(raw: RawOutputs, model: LocalModel) -> Prediction:
    """Mean over crops of head "coordinates", de-standardised to degrees.

    The radii are the calibration's error quantiles, times P(the photo shows the area) where the
    model knows that. Without them, those of a round normal distribution as wide as the training
    photos: all that an unmeasured model can promise.
    """
    config = model.regression
    if config is None:
        raise BundleError("bundle.json: regression is missing.", code="regression")
    latitude, longitude = raw.logits[BASE][COORDINATES_HEAD].mean(axis=0) * config.std + config.mean
    coordinate = Coordinate(float(np.clip(latitude, -90.0, 90.0)), float(longitude))
    given = model.decision.calibration.regression_radii_km
    knots = np.maximum.accumulate(given if given else _unmeasured_radii(config))
    radii = radius_grid_from(float(knots[0]) / 10.0)
    # Half of the photos lie within the first knot, and so on; straight lines in log radius.
    curve = np.interp(
        np.log(radii),
        np.log([knots[0] / 10.0, *_make_rising(knots), knots[-1] * 10.0]),
        [0.0, 0.5, 0.8, 0.95, 1.0],
    )
    known = model.decision.calibration.recognition
    if known is not None:
        similarity, neighbours = _alike(raw, model)
        curve = curve * known.probability(similarity, raw.area)
        curve = fade_curve(radii, curve, max(_FAR_KM, 10.0 * float(knots[-1])))
        return _prediction(coordinate, ConfidenceCurve(radii, curve), neighbours, model)
    return _prediction(coordinate, ConfidenceCurve(radii, curve), (), model)


_FAR_KM = 2500.0
"""Up to here, a photo from elsewhere is missed by an answer inside the area."""


def _alike(raw: RawOutputs, model: LocalModel) -> tuple[float, tuple[Neighbour, ...]]:
    """The highest similarity to a bank photo, and the most alike ones; 0 without a bank."""
    bank = model.decision.bank
    if bank is None or raw.embedding is None or not bank.size:
        return 0.0, ()
    similarity = similarities(bank, raw.embedding)
    chosen = highest(similarity, CANDIDATES)
    return float(similarity[chosen[0]]), _neighbours(bank, similarity, chosen)


def _neighbours(bank: Bank, similarity: FloatArray, chosen: np.ndarray) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(
            int(index),
            Coordinate(float(bank.latitude_deg[index]), float(bank.longitude_deg[index])),
            float(similarity[index]),
        )
        for index in chosen[:CANDIDATES]
    )


def radius_grid_from(smallest_km: float) -> FloatArray:
    """Radii (km) from a smallest one to half round the Earth: local models need metres."""
    return np.geomspace(max(smallest_km, 1e-4), radius_grid()[-1], 240)


def _make_rising(knots: np.ndarray) -> FloatArray:
    return np.asarray(knots * (1.0 + 1e-9 * np.arange(len(knots))))


def _unmeasured_radii(config: RegressionConfig) -> tuple[float, float, float]:
    corner = (config.mean[0] + config.std[0], config.mean[1] + config.std[1])
    spread = float(great_circle_km(*config.mean, *corner)) / np.sqrt(2.0)
    r50, r80, r95 = (float(max(q * spread, 1e-3)) for q in _NORMAL_QUANTILES)
    return (r50, r80, r95)


def decide_by_neighbours(raw: RawOutputs, model: LocalModel) -> Prediction:
    """Unit-vector mean of the nearest bank photos, weighted by softmax(similarity / T)."""
    bank = model.decision.bank
    if bank is None or raw.embedding is None:
        raise BundleError("bundle.json: retrieval is missing.", code="retrieval")
    similarity = similarities(bank, raw.embedding)
    chosen = highest(similarity, model.decision.neighbours)
    weights = kernel_weights(similarity[chosen], model.temperature)
    answer = _mean_vector(bank.vectors[chosen], weights)
    latitude, longitude = lat_lon(answer)
    posterior = _neighbour_posterior(bank, chosen, weights)
    radii = radius_grid_from(_NEIGHBOUR_SPREAD_KM)
    mass = mass_within(posterior, answer, radii)
    calibration = model.decision.calibration
    curve = within_curve(radii, mass, float(similarity[chosen[0]]), calibration, raw.area)
    neighbours = _neighbours(bank, similarity, chosen)
    coordinate = Coordinate(float(latitude), float(longitude))
    return _prediction(coordinate, ConfidenceCurve(radii, curve), neighbours, model)


_NEIGHBOUR_SPREAD_KM = 0.01
"""Photos of one spot are some metres apart."""


def _mean_vector(vectors: FloatArray, weights: FloatArray) -> FloatArray:
    """The direction of the weighted sum; the heaviest point where the points cancel out."""
    mean = weights @ vectors
    length = float(np.linalg.norm(mean))
    if length < 1e-9:
        return np.asarray(vectors[int(weights.argmax())])
    return np.asarray(mean / length)


def _neighbour_posterior(bank: Bank, chosen: np.ndarray, weights: FloatArray) -> PointPosterior:
    return PointPosterior(
        vectors=bank.vectors[chosen],
        weights=weights,
        spread_km=np.full(len(chosen), _NEIGHBOUR_SPREAD_KM),
        fine_class=bank.fine_class[chosen],
    )
