"""Logistic regression on a few columns, by Newton's method with a little shrinkage."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.calibration import logistic
from geoguess_app.core.types import FloatArray


def fit_logistic(
    columns: FloatArray,
    hits: np.ndarray,
    *,
    prior: FloatArray,
    shrinkage: float = 1.0,
    steps: int = 50,
) -> FloatArray:
    """Coefficients (k) so that P(hit) = logistic(columns · coefficients).

    ``columns`` (n, k); ``prior`` (k): what the coefficients are drawn to, as strongly as
    ``shrinkage`` observations would. Never diverges: separable data end at the prior's pull.
    """
    coefficients = np.array(prior, dtype=np.float64)
    targets = np.asarray(hits, dtype=np.float64)
    for _ in range(steps):
        probability = logistic(columns @ coefficients)
        gradient = columns.T @ (probability - targets) + shrinkage * (coefficients - prior)
        weight = probability * (1.0 - probability)
        hessian = (columns * weight[:, None]).T @ columns + shrinkage * np.eye(len(prior))
        step = np.linalg.solve(hessian, gradient)
        coefficients = coefficients - step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            break
    return coefficients
