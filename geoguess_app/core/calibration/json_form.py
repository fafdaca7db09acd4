"""Reading and writing the ``calibration`` object of a bundle, strictly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

from geoguess_app.core.calibration.model import (
    EARTH_HALF_ROUND_KM,
    Calibration,
    LevelRule,
    Recognition,
    RetrievalWeights,
    WithinPoint,
)
from geoguess_app.core.errors import BundleError
from geoguess_app.core.types import Level

_BIGGEST_NUMBER = 1e6


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


def _recognition_from_json(value: object) -> Recognition:
    data = _object(value, "recognition")
    limits = {"bias": -_BIGGEST_NUMBER, "similarity": 0.0, "area": 0.0}
    given = {"area": 0.0, **data}
    bias, similarity, area = (
        _number(given.get(name), f"recognition.{name}", low, _BIGGEST_NUMBER)
        for name, low in limits.items()
    )
    return Recognition(bias, similarity, area)


def _shares_from_json(value: object) -> tuple[float, float, float]:
    if not isinstance(value, list) or len(value) != 3:
        raise BundleError(
            'bundle.json: calibration "radius_shares" must be three numbers.',
            code="bad-calibration",
        )
    s50, s80, s95 = (_number(number, "radius_shares", 1e-3, 1.0) for number in value)
    if not s50 <= s80 <= s95:
        raise BundleError(
            'bundle.json: calibration "radius_shares" must not fall.', code="bad-calibration"
        )
    return (s50, s80, s95)


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
    if data.get("recognition") is not None:
        fields["recognition"] = _recognition_from_json(data["recognition"])
    if "radius_shares" in data:
        fields["radius_shares"] = _shares_from_json(data["radius_shares"])
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
        "radius_shares": list(calibration.radius_shares),
        "levels": {
            level.value: {"radius_km": rule.radius_km, "probability": rule.probability}
            for level, rule in calibration.levels.items()
        },
        "smallest_radius_km": calibration.smallest_radius_km,
    }
    if calibration.recognition is not None:
        data["recognition"] = {
            "bias": calibration.recognition.bias,
            "similarity": calibration.recognition.similarity,
            "area": calibration.recognition.area,
        }
    if calibration.regression_radii_km is not None:
        data["regression_radii_km"] = list(calibration.regression_radii_km)
    return data
