"""The highest of many values, without sorting the others."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.types import FloatArray, IntArray


def highest(values: FloatArray, count: int) -> IntArray:
    """Indices of the ``count`` highest values (n), highest first; equal ones by their index."""
    chosen = np.arange(len(values))
    if count < len(values):
        least = np.partition(values, len(values) - count)[len(values) - count]
        chosen = np.flatnonzero(values >= least)
    order = chosen[np.argsort(-values[chosen], kind="stable")]
    return np.asarray(order[:count], dtype=np.int64)
