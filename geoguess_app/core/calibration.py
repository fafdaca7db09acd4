"""How sure the model may be: temperatures, retrieval weights and the curve "right within R km".

The numbers stand in the bundle's ``calibration`` object and are fitted by the trainer on photos
whose sources the fitted model never saw. A bundle without them gets neutral defaults, so that an
uncalibrated model still answers (its confidence then is the network's own).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geoguess_app.core.errors import BundleError
from geoguess_app.core.types import FloatArray, Level

EARTH_HALF_ROUND_KM = 20015.1
"""Half of a great circle: nothing is farther away than this."""
MASS_LIMIT = 1e-3
"""Probabilities are kept this far from 0 and 1 before a logarithm of their odds is taken."""
_BIGGEST_NUMBER = 1e6


@dataclass(frozen=True, slots=True)
class WithinPoint:
    """P(truth within ``radius_km``) = logistic(bias + mass·logit(m) + similarity·s).

    m is the share of the photo's own posterior within that radius of the answer, s the cosine
    similarity to the nearest bank photo (0 without a bank).
    """

    radius_km: float
    bias: float = 0.0
    mass: float = 1.0
    similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A level is trusted when P(within ``radius_km``) reaches ``probability``."""

    radius_km: float
    probability: float


@dataclass(frozen=True, slots=True)
class RetrievalWeights:
    """How look-alike training photos speak: softmax(similarity / temperature), and their say.

    Their share in the posterior is logistic(bias + similarity·s1 + margin·(s1 - s2)), where s1 is
    the highest similarity and s2 the highest one at another place (> 25 km from the first).
    ``inside_temperature`` ranks the photos inside one cell.
    """

    temperature: float = 0.05
    inside_temperature: float = 0.05
    bias: float = 0.0
    similarity: float = 0.0
    margin: float = 0.0


def _default_within() -> tuple[WithinPoint, ...]:
    return (WithinPoint(1.0), WithinPoint(2500.0))


def _default_levels() -> Mapping[Level, LevelRule]:
    return {
        Level.FINE: LevelRule(25.0, 0.6),
        Level.MIDDLE: LevelRule(200.0, 0.5),
        Level.COARSE: LevelRule(2500.0, 0.5),
    }


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything fitted after the networks; see the single fields."""

    temperatures: Mapping[str, float] = field(default_factory=dict)
    """Per partition: logits are divided by it before the softmax (1 where none is given)."""
    scene_temperature: float = 1.0
    hierarchy_exponent: float = 1.0
    """The combined log-probabilities are multiplied by it: below 1 undoes the over-confidence
    that comes from multiplying partitions which saw the same pixels."""
    retrieval: RetrievalWeights = field(default_factory=RetrievalWeights)
    answer: str = "cell"
    """"cell": the best point of the most probable cell. "score": the point with the largest mean
    posterior mass within 1, 25, 200, 750 and 2500 km (better when many cells are about equal)."""
    within: tuple[WithinPoint, ...] = field(default_factory=_default_within)
    levels: Mapping[Level, LevelRule] = field(default_factory=_default_levels)
    smallest_radius_km: float = 0.8
    """No radius is given below this: what a training coordinate (0.01°) can be worth."""
    regression_radii_km: tuple[float, float, float] | None = None
    """50, 80 and 95 % quantiles of the error of a regression model on photos it never saw."""

    def temperature(self, partition: str) -> float:
        """The softmax temperature of a partition."""
        return self.temperatures.get(partition, 1.0)


def logit(probability: FloatArray) -> FloatArray:
    """Log-odds, with probabilities kept within [MASS_LIMIT, 1 - MASS_LIMIT]."""
    kept = np.clip(probability, MASS_LIMIT, 1.0 - MASS_LIMIT)
    return np.asarray(np.log(kept) - np.log1p(-kept), dtype=np.float64)


def logistic(value: FloatArray) -> FloatArray:
    """1 / (1 + exp(-value)), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(value, dtype=np.float64))))


def within_curve(
    radii_km: FloatArray,
    mass: FloatArray,
    similarity: float,
    calibration: Calibration,
) -> FloatArray:
    """Calibrated P(truth within each radius), rising with the radius, from the raw mass there.

    Coefficients between two fitted radii are interpolated over the logarithm of the radius.
    """
    points = calibration.within
    log_fitted = np.log([p.radius_km for p in points])
    log_radii = np.log(np.maximum(radii_km, 1e-9))
    bias = np.interp(log_radii, log_fitted, [p.bias for p in points])
    slope = np.interp(log_radii, log_fitted, [p.mass for p in points])
    weight = np.interp(log_radii, log_fitted, [p.similarity for p in points])
    curve = logistic(bias + slope * logit(mass) + weight * similarity)
    # All of the Earth holds the truth; between the last fitted radius and there, fade to 1.
    last = points[-1].radius_km
    fade = np.clip(
        (log_radii - math.log(last)) / max(math.log(EARTH_HALF_ROUND_KM / last), 1e-9), 0.0, 1.0
    )
    return np.asarray(np.maximum.accumulate(curve + (1.0 - curve) * fade), dtype=np.float64)


def radius_grid() -> FloatArray:
    """The radii, 0.05 km to half round the Earth, at which curves are evaluated."""
    return np.geomspace(0.05, EARTH_HALF_ROUND_KM, 160)


def radius_holding(share: float, radii_km: FloatArray, curve: FloatArray) -> float:
    """The smallest radius whose (rising) curve reaches ``share``, interpolated over log radius."""
    if curve[0] >= share:
        return float(radii_km[0])
    index = int(np.searchsorted(curve, share, side="left"))
    if index >= len(curve):
        return EARTH_HALF_ROUND_KM
    low, high = curve[index - 1], curve[index]
    fraction = (share - low) / (high - low) if high > low else 1.0
    logs = np.log(radii_km[index - 1 : index + 1])
    return float(np.exp(logs[0] + fraction * (logs[1] - logs[0])))


def level_of(radii_km: FloatArray, curve: FloatArray, calibration: Calibration) -> Level:
    """The finest level whose rule holds."""
    for level in (Level.FINE, Level.MIDDLE, Level.COARSE):
        rule = calibration.levels.get(level)
        if rule is None:
            continue
        probability = np.interp(math.log(rule.radius_km), np.log(radii_km), curve)
        if probability >= rule.probability:
            return level
    return Level.CANNOT_TELL


# --- reading and writing -----------------------------------------------------------------------


def _number(value: object, where: str, low: float, high: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not math.isfinite(float(value)) or not low <= float(value) <= high:  # type: ignore[arg-type]
        raise BundleError(
            f'bundle.json: calibration "{where}" must be a number from {low:g} to {high:g}.',
            code="bad-calibration",
        )
    return float(value)  # type: ignore[arg-type]


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BundleError(
            f'bundle.json: calibration "{where}" must be an object.', code="bad-calibration"
        )
    return value


def _retrieval_from_json(value: object) -> RetrievalWeights:
    data = _object(value, "retrieval")
    known = RetrievalWeights()
    numbers = {}
    for name in ("temperature", "inside_temperature", "bias", "similarity", "margin"):
        low = 1e-4 if name.endswith("temperature") else -_BIGGEST_NUMBER
        default = getattr(known, name)
        numbers[name] = _number(data.get(name, default), f"retrieval.{name}", low, _BIGGEST_NUMBER)
    return RetrievalWeights(**numbers)


def _within_from_json(value: object) -> tuple[WithinPoint, ...]:
    if not isinstance(value, list) or not value:
        raise BundleError(
            'bundle.json: calibration "within" must be a list of radii.', code="bad-calibration"
        )
    points = []
    for entry in value:
        data = _object(entry, "within")
        points.append(
            WithinPoint(
                _number(data.get("radius_km"), "within.radius_km", 1e-3, EARTH_HALF_ROUND_KM),
                _number(data.get("bias", 0.0), "within.bias", -_BIGGEST_NUMBER, _BIGGEST_NUMBER),
                # A falling curve would turn more evidence into less confidence.
                _number(data.get("mass", 1.0), "within.mass", 0.0, _BIGGEST_NUMBER),
                _number(
                    data.get("similarity", 0.0),
                    "within.similarity",
                    -_BIGGEST_NUMBER,
                    _BIGGEST_NUMBER,
                ),
            )
        )
    radii = [point.radius_km for point in points]
    if any(low >= high for low, high in itertools.pairwise(radii)):
        raise BundleError(
            'bundle.json: calibration "within" must have rising radii.', code="bad-calibration"
        )
    return tuple(points)


def _levels_from_json(value: object) -> dict[Level, LevelRule]:
    rules = {}
    for name, entry in _object(value, "levels").items():
        if name not in (Level.FINE, Level.MIDDLE, Level.COARSE):
            raise BundleError(
                f'bundle.json: calibration "levels" has an unknown level "{name}".',
                code="bad-calibration",
            )
        data = _object(entry, f"levels.{name}")
        rules[Level(name)] = LevelRule(
            _number(data.get("radius_km"), f"levels.{name}.radius_km", 1e-3, EARTH_HALF_ROUND_KM),
            _number(data.get("probability"), f"levels.{name}.probability", 0.0, 1.0),
        )
    return rules


def calibration_from_json(value: Mapping[str, Any]) -> Calibration:
    """Read a bundle's ``calibration``; absent keys take the defaults, unknown ones are ignored.

    Raises BundleError for a value that is not a finite number in its range.
    """
    data = _object(dict(value), "calibration")
    fields: dict[str, Any] = {}
    if "temperatures" in data:
        fields["temperatures"] = {
            name: _number(number, f"temperatures.{name}", 1e-3, 1e3)
            for name, number in _object(data["temperatures"], "temperatures").items()
        }
    for name, low, high in (
        ("scene_temperature", 1e-3, 1e3),
        ("hierarchy_exponent", 1e-3, 1e3),
        ("smallest_radius_km", 1e-3, EARTH_HALF_ROUND_KM),
    ):
        if name in data:
            fields[name] = _number(data[name], name, low, high)
    if "retrieval" in data:
        fields["retrieval"] = _retrieval_from_json(data["retrieval"])
    if "within" in data:
        fields["within"] = _within_from_json(data["within"])
    if "levels" in data:
        fields["levels"] = _levels_from_json(data["levels"])
    if "answer" in data:
        if data["answer"] not in ("cell", "score"):
            raise BundleError(
                'bundle.json: calibration "answer" must be "cell" or "score".',
                code="bad-calibration",
            )
        fields["answer"] = data["answer"]
    if data.get("regression_radii_km") is not None:
        fields["regression_radii_km"] = _three_radii(data["regression_radii_km"])
    return Calibration(**fields)


def _three_radii(value: object) -> tuple[float, float, float]:
    if not isinstance(value, list) or len(value) != 3:
        raise BundleError(
            'bundle.json: calibration "regression_radii_km" must be three numbers.',
            code="bad-calibration",
        )
    r50, r80, r95 = (
        _number(number, "regression_radii_km", 1e-6, EARTH_HALF_ROUND_KM) for number in value
    )
    return (r50, r80, r95)


def calibration_to_json(calibration: Calibration) -> dict[str, Any]:
    """The inverse of ``calibration_from_json``."""
    retrieval = calibration.retrieval
    data: dict[str, Any] = {
        "temperatures": dict(calibration.temperatures),
        "scene_temperature": calibration.scene_temperature,
        "hierarchy_exponent": calibration.hierarchy_exponent,
        "retrieval": {
            "temperature": retrieval.temperature,
            "inside_temperature": retrieval.inside_temperature,
            "bias": retrieval.bias,
            "similarity": retrieval.similarity,
            "margin": retrieval.margin,
        },
        "answer": calibration.answer,
        "within": [
            {
                "radius_km": point.radius_km,
                "bias": point.bias,
                "mass": point.mass,
                "similarity": point.similarity,
            }
            for point in calibration.within
        ],
        "levels": {
            level.value: {"radius_km": rule.radius_km, "probability": rule.probability}
            for level, rule in calibration.levels.items()
        },
        "smallest_radius_km": calibration.smallest_radius_km,
    }
    if calibration.regression_radii_km is not None:
        data["regression_radii_km"] = list(calibration.regression_radii_km)
    return data
