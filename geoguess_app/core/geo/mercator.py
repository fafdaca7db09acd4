"""Degrees → the flat square world of map pages: Web Mercator, 0…1 both ways, y downwards."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geoguess_app.core.types import FloatArray

LATITUDE_LIMIT_DEG = 85.3
"""A little beyond the edge of the square world (85.05°), so that no outline shows along it."""


def world_points(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """(…, 2) world coordinates; longitudes beyond ±180 lead beyond 0…1 and stay unwrapped."""
    latitude = np.radians(np.clip(latitude_deg, -LATITUDE_LIMIT_DEG, LATITUDE_LIMIT_DEG))
    x = np.asarray(longitude_deg, dtype=np.float64) / 360.0 + 0.5
    y = 0.5 - np.log(np.tan(np.pi / 4 + latitude / 2)) / (2 * np.pi)
    return np.stack(np.broadcast_arrays(x, y), axis=-1)
