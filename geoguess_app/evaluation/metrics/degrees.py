"""Errors as Report B states them: mean absolute and root mean square error in degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.types import FloatArray


@dataclass(frozen=True, slots=True)
class AxisErrors:
    """Errors |answer − truth| in degrees: mean (the MAE), median, and root of the mean square."""

    mean_deg: float
    median_deg: float
    rmse_deg: float

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys."""
        return {
            "mean_deg": self.mean_deg,
            "median_deg": self.median_deg,
            "rmse_deg": self.rmse_deg,
        }


@dataclass(frozen=True, slots=True)
class DegreeErrors:
    """Errors of latitude and longitude, and of both numbers taken together.

    A degree of longitude is shorter than one of latitude by cos(latitude), so these compare
    models on one set, and sets not at all; metres do.
    """

    latitude: AxisErrors
    longitude: AxisErrors
    both: AxisErrors

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys."""
        return {
            "latitude": self.latitude.to_json(),
            "longitude": self.longitude.to_json(),
            "both": self.both.to_json(),
        }


def degree_errors(truth_deg: npt.ArrayLike, answer_deg: npt.ArrayLike) -> DegreeErrors | None:
    """Errors between pairs (n, 2) of latitude and longitude, degrees; None without a pair.

    Longitudes are compared the short way round.
    """
    difference = np.asarray(answer_deg, dtype=np.float64) - np.asarray(truth_deg, dtype=np.float64)
    difference = difference.reshape(-1, 2)
    if not len(difference):
        return None
    latitude = np.abs(difference[:, 0])
    longitude = np.abs((difference[:, 1] + 180.0) % 360.0 - 180.0)
    return DegreeErrors(
        _axis(latitude), _axis(longitude), _axis(np.concatenate([latitude, longitude]))
    )


def _axis(errors: FloatArray) -> AxisErrors:
    return AxisErrors(
        float(errors.mean()), float(np.median(errors)), float(np.sqrt(np.mean(errors**2)))
    )
