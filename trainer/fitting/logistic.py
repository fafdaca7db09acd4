"""Logistic regression on a few columns, by Newton's method with a little shrinkage."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.calibration.model import logistic
from geoguess_app.core.types import FloatArray


def fit_logistic(
    columns: FloatArray,
    hits: np.ndarray,
    *,
    prior: FloatArray,
    shrinkage: float = 1.0,
    steps: int = 50,
    weights: FloatArray | None = None,
) -> FloatArray:
    """Coefficients (k) so that P(hit) = logistic(columns · coefficients).

    ``columns`` (n, k); ``prior`` (k): what the coefficients are drawn to, as strongly as
    ``shrinkage`` observations would; ``weights`` (n): how many observations each row stands for.
    Never diverges: separable data end at the prior's pull.
    """
    coefficients = np.array(prior, dtype=np.float64)
    targets = np.asarray(hits, dtype=np.float64)
    counts = np.ones(len(targets)) if weights is None else weights
    for _ in range(steps):
        probability = logistic(columns @ coefficients)
        gradient = columns.T @ (counts * (probability - targets)) + shrinkage * (
            coefficients - prior
        )
        weight = counts * probability * (1.0 - probability)
        hessian = (columns * weight[:, None]).T @ columns + shrinkage * np.eye(len(prior))
        step = np.linalg.solve(hessian, gradient)
        coefficients = coefficients - step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            break
    return coefficients
