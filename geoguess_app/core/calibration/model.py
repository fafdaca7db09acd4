"""How sure the model may be: temperatures, retrieval weights and the curve "right within R km".

The numbers stand in the bundle's ``calibration`` object and are fitted by the trainer on photos
whose sources the fitted model never saw. A bundle without them gets neutral defaults, so that an
uncalibrated model still answers (its confidence then is the network's own). The type hints say what
each number may be; `json_form` reads and writes them.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np

from geoguess_app.core.records.marks import Count, OmitDefault, Range
from geoguess_app.core.types import FloatArray, Level

RADIUS_SHARES = (0.5, 0.8, 0.95)
"""How often the truth shall lie within each of the three radii of an answer."""
EARTH_HALF_ROUND_KM = 20015.1
"""Half of a great circle: nothing is farther away than this."""
MASS_LIMIT = 1e-3
"""Probabilities are kept this far from 0 and 1 before a logarithm of their odds is taken."""

Weight = Annotated[float, Range(-1e6, 1e6)]
RisingWeight = Annotated[float, Range(0.0, 1e6)]
Temperature = Annotated[float, Range(1e-3, 1e3)]
RadiusKm = Annotated[float, Range(1e-3, EARTH_HALF_ROUND_KM)]
ErrorKm = Annotated[float, Range(1e-6, EARTH_HALF_ROUND_KM)]
Share = Annotated[float, Range(1e-3, 1.0)]


@dataclass(frozen=True, slots=True)
class WithinPoint:
    """P(truth within ``radius_km``) = logistic(bias + mass·logit(m) + similarity·s).

    m is the share of the photo's own posterior within that radius of the answer, s the cosine
    similarity to the nearest bank photo (0 without a bank).
    """

    radius_km: RadiusKm
    bias: Weight = 0.0
    mass: RisingWeight = 1.0
    """A falling curve would turn more evidence into less confidence."""
    similarity: Weight = 0.0


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A level is trusted when P(within ``radius_km``) reaches ``probability``."""

    radius_km: RadiusKm
    probability: Annotated[float, Range(0.0, 1.0)]


@dataclass(frozen=True, slots=True)
class RetrievalWeights:
    """How look-alike training photos speak: softmax(similarity / temperature), and their say.

    Their share in the posterior is logistic(bias + similarity·s1 + margin·(s1 - s2)), where s1 is
    the highest similarity and s2 the highest one at another place (> 25 km from the first).
    ``inside_temperature`` ranks the photos inside one cell.
    """

    temperature: Annotated[float, Range(1e-4, 1e6)] = 0.05
    inside_temperature: Annotated[float, Range(1e-4, 1e6)] = 0.05
    bias: Weight = 0.0
    similarity: Weight = 0.0
    margin: Weight = 0.0


@dataclass(frozen=True, slots=True)
class Recognition:
    """P(the photo shows the model's area at all) = logistic(bias + similarity·s + area·a).

    For local models: a photo from elsewhere resembles no training photo much (s as above), and a
    network ``area`` that has learned to tell the area from elsewhere gives a low number a.
    """

    bias: Weight
    similarity: RisingWeight
    area: RisingWeight = 0.0

    def probability(self, similarity: float, area: float | None) -> float:
        """P(here); 1 where the network was not asked, because somebody else has said so."""
        if self.area and area is None:
            return 1.0
        value = self.bias + self.similarity * similarity + self.area * (area or 0.0)
        return float(logistic(np.asarray(value)))


def _default_levels() -> Mapping[Level, LevelRule]:
    return {
        Level.FINE: LevelRule(25.0, 0.6),
        Level.MIDDLE: LevelRule(200.0, 0.5),
        Level.COARSE: LevelRule(2500.0, 0.5),
    }


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything fitted after the networks; see the single fields."""

    temperatures: Mapping[str, Temperature] = field(default_factory=dict)
    """Per partition: logits are divided by it before the softmax (1 where none is given)."""
    scene_temperature: Temperature = 1.0
    hierarchy_exponent: Annotated[float, Range(1e-3, 1e3)] = 1.0
    """The combined log-probabilities are multiplied by it: below 1 undoes the over-confidence
    that comes from multiplying partitions which saw the same pixels."""
    retrieval: RetrievalWeights = field(default_factory=RetrievalWeights)
    answer: Literal["cell", "score"] = "cell"
    """"cell": the best point of the most probable cell. "score": the point with the largest mean
    posterior mass within 1, 25, 200, 750 and 2500 km (better when many cells are about equal)."""
    within: Annotated[tuple[WithinPoint, ...], Count(10_000, least=1)] = (
        WithinPoint(1.0),
        WithinPoint(2500.0),
    )
    """If the model has a ``recognition``, on condition that the photo shows its area."""
    recognition: Annotated[Recognition | None, OmitDefault()] = None
    radius_shares: tuple[Share, Share, Share] = RADIUS_SHARES
    """Where on that curve the 50, 80 and 95 % radii are read: higher than these shares if radii
    read at them held the truth less often than that on photos that the curve was not fitted to."""
    levels: Mapping[Level, LevelRule] = field(default_factory=_default_levels)
    smallest_radius_km: RadiusKm = 0.8
    """No radius is given below this: what a training coordinate (0.01°) can be worth."""
    regression_radii_km: Annotated[tuple[ErrorKm, ErrorKm, ErrorKm] | None, OmitDefault()] = None
    """50, 80 and 95 % quantiles of the error of a regression model on photos it never saw."""

    def __post_init__(self) -> None:
        radii_km = [point.radius_km for point in self.within]
        for correct, problem in (
            (_rising(radii_km), "within must have rising radii"),
            (list(self.radius_shares) == sorted(self.radius_shares), "radius_shares must not fall"),
            (Level.CANNOT_TELL not in self.levels, f"levels must not hold {Level.CANNOT_TELL}"),
        ):
            if not correct:
                raise ValueError(problem)

    def temperature(self, partition: str) -> float:
        """The softmax temperature of a partition."""
        return self.temperatures.get(partition, 1.0)


def _rising(values: list[float]) -> bool:
    return all(low < high for low, high in itertools.pairwise(values))


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
    area: float | None = None,
) -> FloatArray:
    """Calibrated P(truth within each radius), rising with the radius, from the raw mass there.

    Coefficients between two fitted radii are interpolated over the logarithm of the radius.
    ``area``: see ``Recognition``.
    """
    points = calibration.within
    log_fitted = np.log([p.radius_km for p in points])
    log_radii = np.log(np.maximum(radii_km, 1e-9))
    bias = np.interp(log_radii, log_fitted, [p.bias for p in points])
    slope = np.interp(log_radii, log_fitted, [p.mass for p in points])
    weight = np.interp(log_radii, log_fitted, [p.similarity for p in points])
    curve = logistic(bias + slope * logit(mass) + weight * similarity)
    if calibration.recognition is not None:
        curve = curve * calibration.recognition.probability(similarity, area)
    return faded(radii_km, curve, points[-1].radius_km)


def faded(radii_km: FloatArray, curve: FloatArray, last_km: float) -> FloatArray:
    """A curve that rises to 1 between the last radius that anything is known of and half round the
    Earth, because all of the Earth holds the truth."""
    logs = np.log(np.maximum(radii_km, 1e-9)) - math.log(last_km)
    fade = np.clip(logs / max(math.log(EARTH_HALF_ROUND_KM / last_km), 1e-9), 0.0, 1.0)
    return np.asarray(np.maximum.accumulate(curve + (1.0 - curve) * fade), dtype=np.float64)


@functools.cache
def radius_grid() -> FloatArray:
    """The radii, 0.05 km to half round the Earth, at which curves are evaluated; read-only."""
    grid = np.geomspace(0.05, EARTH_HALF_ROUND_KM, 160)
    grid.setflags(write=False)
    return grid


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


def radii_of(
    radii_km: FloatArray, curve: FloatArray, calibration: Calibration, smallest_km: float
) -> tuple[float, float, float]:
    """The 50, 80 and 95 % radii in km of a (rising) curve, none below ``smallest_km``."""
    r50, r80, r95 = (
        max(smallest_km, radius_holding(share, radii_km, curve))
        for share in calibration.radius_shares
    )
    return (r50, r80, r95)


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
