"""The curve "P(truth within R km of the answer)", and all that is read from it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.calibration.model import (
    CITY_KM,
    EARTH_HALF_ROUND_KM,
    RADIUS_SHARES,
    Calibration,
    logistic,
    logit,
)
from geoguess_app.core.types import FloatArray, Level, Radii


def within_curve(
    radii_km: FloatArray,
    mass: FloatArray,
    similarity: float | FloatArray,
    calibration: Calibration,
    area: float | FloatArray | None = None,
) -> FloatArray:
    """Calibrated P(truth within each radius), rising with the radius, from the raw mass there;
    both (…, r).

    Coefficients between two fitted radii are interpolated over the logarithm of the radius.
    ``similarity`` (…), and ``area`` (…): see ``Recognition``.
    """
    points = calibration.within
    log_fitted = np.log([p.radius_km for p in points])
    log_radii = np.log(np.maximum(radii_km, 1e-9))
    bias = np.interp(log_radii, log_fitted, [p.bias for p in points])
    slope = np.interp(log_radii, log_fitted, [p.mass for p in points])
    weight = np.interp(log_radii, log_fitted, [p.similarity for p in points])
    alike = weight * np.asarray(similarity)[..., None]
    curve = correct_curve(logistic(bias + slope * logit(mass) + alike), calibration)
    known = calibration.recognition
    if known is not None:
        shown = np.asarray(known.probability(similarity, area))[..., None]
        curve = shown * curve + (1.0 - shown) * known.right_otherwise(radii_km)
    return fade_curve(radii_km, curve, points[-1].radius_km)


def correct_curve(curve: FloatArray, calibration: Calibration) -> FloatArray:
    """A fitted curve set right by what it held on photos that it was not fitted to.

    Straight lines through (0, 0), the points (``radius_shares``, 0.5, 0.8, 0.95) and (1, 1), so
    that all that is read from the curve (confidence, radii, level) rests on the same correction.
    """
    return np.asarray(
        np.interp(curve, (0.0, *calibration.radius_shares, 1.0), (0.0, *RADIUS_SHARES, 1.0))
    )


def fade_curve(radii_km: FloatArray, curve: FloatArray, last_km: float) -> FloatArray:
    """A curve that rises to 1 between the last radius that anything is known of and half round the
    Earth, because all of the Earth holds the truth."""
    logs = np.log(np.maximum(radii_km, 1e-9)) - math.log(last_km)
    fade = np.clip(logs / max(math.log(EARTH_HALF_ROUND_KM / last_km), 1e-9), 0.0, 1.0)
    return np.asarray(
        np.maximum.accumulate(curve + (1.0 - curve) * fade, axis=-1), dtype=np.float64
    )


@functools.cache
def radius_grid() -> FloatArray:
    """The radii, 0.05 km to half round the Earth, at which curves are evaluated; read-only."""
    grid = np.geomspace(0.05, EARTH_HALF_ROUND_KM, 160)
    grid.setflags(write=False)
    return grid


@dataclass(frozen=True, eq=False)
class ConfidenceCurve:
    """P(the truth lies within a radius of the answer), for every radius: all that is said about an
    answer's reliability is read from this one curve, so that no two numbers contradict each other.

    ``radii_km`` (r) rise, ``probability`` (r) never falls; between them lines over log radius.
    """

    radii_km: FloatArray
    probability: FloatArray

    def within(self, radius_km: float) -> float:
        """P(the truth lies within this radius)."""
        return float(np.interp(math.log(radius_km), np.log(self.radii_km), self.probability))

    @property
    def confidence(self) -> float:
        """P(right at city scale): within ``CITY_KM``."""
        return self.within(CITY_KM)

    def radius_km(self, share: float) -> float:
        """The smallest radius that holds the truth with this probability."""
        return radius_holding(share, self.radii_km, self.probability)

    def radii(self, smallest_km: float) -> Radii:
        """The radii of 50, 80 and 95%, none below ``smallest_km``."""
        return Radii(*(max(smallest_km, self.radius_km(share)) for share in RADIUS_SHARES))

    def level(self, calibration: Calibration) -> Level:
        """The finest level whose rule holds."""
        for level in (Level.FINE, Level.MIDDLE, Level.COARSE):
            rule = calibration.levels.get(level)
            if rule is not None and self.within(rule.radius_km) >= rule.probability:
                return level
        return Level.CANNOT_TELL


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
