"""Land and borders on a coarse grid, from the program's own map data."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from geoguess_app.paths import resource_dir

BASE_GRID = 1 << 14
"""Steps across the world that the base map keeps: one pixel at zoom 6, enough for errors."""


@cache
def base_map() -> dict[str, Any]:
    """Land and borders on a coarse grid; empty where the program's map data is missing.

    Same form as the data itself: flat lists x, y, dx, dy, … on a Web Mercator grid.
    """
    path = resource_dir() / "map" / "data" / "land-50m.json"
    if not path.is_file():
        return {"grid": BASE_GRID, "land": [], "borders": []}
    data = json.loads(path.read_text(encoding="utf-8"))
    step = data["grid"] / BASE_GRID
    land = [_coarser(ring, step) for ring in data["land"]]
    borders = [_coarser(line, step) for line in data["borders"]]
    return {
        "grid": BASE_GRID,
        "land": [ring for ring in land if len(ring) >= 8],
        "borders": [line for line in borders if len(line) >= 4],
    }


def _coarser(steps: list[int], step: float) -> list[int]:
    points = np.cumsum(np.array(steps, dtype=np.int64).reshape(-1, 2), axis=0)
    grid = np.rint(points / step).astype(np.int64)
    moved = np.concatenate([[True], np.any(np.diff(grid, axis=0) != 0, axis=1)])
    grid = grid[moved]
    grid[1:] = np.diff(grid, axis=0)
    return [int(value) for value in grid.ravel()]
