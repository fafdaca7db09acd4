"""Logistic regression: on a few columns by Newton's method, on many by L-BFGS."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_softmax

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


def fit_many_classes(
    inputs: FloatArray, classes: np.ndarray, count: int, *, decay: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (count, d) and biases (count) of a multinomial logistic regression, float32.

    The mean cross-entropy of ``inputs`` (n, d) in ``classes`` (n), and ``decay``/2 times the sum
    of squared weights: convex, so that no seed is needed.
    """
    values = np.asarray(inputs, dtype=np.float64)
    rows = np.arange(len(values))

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weight, bias = _split(flat, count)
        logs = log_softmax(values @ weight.T + bias, axis=1)
        wrong = np.exp(logs)
        wrong[rows, classes] -= 1.0
        wrong /= len(values)
        gradient = wrong.T @ values + decay * weight
        total = -logs[rows, classes].mean() + 0.5 * decay * np.square(weight).sum()
        return float(total), np.concatenate([gradient.ravel(), wrong.sum(axis=0)])

    found = _least(loss, count * (values.shape[1] + 1), steps)
    weight, bias = _split(found, count)
    return weight.astype(np.float32), bias.astype(np.float32)


def fit_many_columns(
    inputs: FloatArray, hits: np.ndarray, counts: FloatArray, *, decay: float, steps: int
) -> tuple[FloatArray, float]:
    """Weight (d) and bias of a logistic regression of ``hits`` (n) on ``inputs`` (n, d).

    The sum of cross-entropies, each row ``counts`` (n) times, and ``decay``/2 times the sum of
    squared weights.
    """
    targets = np.asarray(hits, dtype=np.float64)

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        logits = inputs @ flat[:-1] + flat[-1]
        wrong = counts * (expit(logits) - targets)
        gradient = np.append(inputs.T @ wrong + decay * flat[:-1], wrong.sum())
        each = np.logaddexp(0.0, logits) - targets * logits
        total = float(counts @ each) + 0.5 * decay * float(np.square(flat[:-1]).sum())
        return total, gradient

    found = _least(loss, inputs.shape[1] + 1, steps)
    return found[:-1], float(found[-1])


def _split(flat: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    return flat[:-count].reshape(count, -1), flat[-count:]


def _least(
    loss: Callable[[FloatArray], tuple[float, FloatArray]], size: int, steps: int
) -> FloatArray:
    """The minimum of a convex function and its gradient, from zero on."""
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": steps})
    return np.asarray(found.x)
