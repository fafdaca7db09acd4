"""Points that crowd, as photos do."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.types import FloatArray


def crowded_points(count: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Points around few towns, the poles and the date line, a tenth of them identical."""
    rng = np.random.default_rng(seed)
    towns = np.array([[48.8, 2.3], [89.9, 10], [-16.8, 179.95], [0, 0], [35.2644, 45], [52, 13]])
    town = towns[rng.integers(len(towns), size=count)]
    points = town + rng.normal(0, 1, (count, 2)) * rng.exponential(0.5, (count, 1))
    points[: count // 10] = [48.85, 2.35]
    return np.clip(points[:, 0], -90, 90), (points[:, 1] + 180) % 360 - 180
