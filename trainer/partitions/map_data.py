"""What the report's map page needs to know of the cells, as small as it can be said in JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.base_map import base_map
from trainer.partitions.charts import partition_label
from trainer.partitions.map_picture import frame, ramp_colours
from trainer.partitions.statistics import CellFigures, PartitionStatistics

GRID = 1 << 28
"""Steps across the world of the outlines: a pixel at zoom 20."""
MOST_DOTS = 4000
"""Photos drawn as dots; of more, a fixed random choice."""
_SEED = 4


def map_data(account: PartitionStatistics) -> dict[str, Any]:
    """Partitions with outlines, dots of photos, base map, colours and where to look first."""
    local = account.scale.local
    west, east, south, north = frame(account)
    lost = np.flatnonzero(account.finest.build.labels < 0)
    return {
        "grid": GRID,
        "base": {"grid": 1, "land": [], "borders": []} if local else base_map(),
        "ramp": list(ramp_colours()),
        "local": local,
        "view": [west, south, east, north],
        "partitions": [partition_data(figures) for figures in account.partitions],
        "photos": _dots(account, np.arange(account.places.photos)),
        "dropped": _dots(account, lost),
    }


def partition_data(figures: CellFigures) -> dict[str, Any]:
    """One partition: facts per cell, and outlines as steps from point to point."""
    partition = figures.build.partition
    rings = cell_rings(partition.cell_ids)
    return {
        "name": partition_label(figures),
        "tokens": list(partition.tokens),
        "levels": partition.levels.tolist(),
        "photos": partition.photo_counts.tolist(),
        "area": _rounded(figures.area_km2),
        "km": _rounded(figures.mean_km),
        "points": [len(ring) for ring in rings],
        "steps": _steps(np.concatenate(rings)),
        "at": [
            [round(lat, 5), round(lon, 5)]
            for lat, lon in zip(
                partition.mean_latitude_deg.tolist(),
                partition.mean_longitude_deg.tolist(),
                strict=True,
            )
        ],
        "flagged": [partition.tokens.index(cell.token) for cell in figures.build.report.flagged],
    }


def _dots(account: PartitionStatistics, rows: IntArray) -> dict[str, Any]:
    chosen = rows
    if rows.size > MOST_DOTS:
        chosen = np.sort(np.random.default_rng(_SEED).choice(rows, MOST_DOTS, replace=False))
    places = account.places
    points = world_points(places.latitude_deg[chosen], places.longitude_deg[chosen])
    return {"count": int(rows.size), "shown": int(chosen.size), "steps": _steps(points)}


def _steps(points: FloatArray) -> list[int]:
    """x, y, dx, dy, dx, dy, … in grid steps."""
    grid = np.rint(points * GRID).astype(np.int64)
    grid[1:] = np.diff(grid, axis=0)
    return [int(value) for value in grid.ravel().tolist()]


def _rounded(values: FloatArray) -> list[float]:
    """To three digits that count."""
    return [float(f"{value:.3g}") for value in values.tolist()]
