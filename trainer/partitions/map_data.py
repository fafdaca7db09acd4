"""Data for the report's map page about the cells, as small as it can be said in JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.core.format import area, count, distance
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.types import Coordinate, FloatArray, IntArray
from geoguess_app.evaluation.figures.base_map import base_map
from trainer.partitions.charts import partition_label
from trainer.partitions.map_picture import frame, ramp_colours
from trainer.partitions.statistics import CellFigures, PartitionStatistics

GRID = 1 << 28
"""Steps across the world of the outlines: a pixel at zoom 20."""
MOST_DOTS = 4000
"""Photos drawn as dots; of more, a fixed random choice."""
_SEED = 4
_MEASURES: dict[str, Callable[[float], str]] = {
    "photos": lambda photos: f"{photos:,.0f}",
    "km": distance,
    "area": area,
}
"""What colours can show of a cell, and how its values are written."""


def map_data(account: PartitionStatistics) -> dict[str, Any]:
    """Partitions with outlines, dots of photos, base map, colours and where to look first."""
    local = account.scale.local
    west, east, south, north = frame(account)
    lost = np.flatnonzero(account.finest.build.labels < 0)
    partitions = [partition_data(figures) for figures in account.partitions]
    return {
        "grid": GRID,
        "base": {"grid": 1, "land": [], "borders": []} if local else base_map(),
        "ramp": list(ramp_colours()),
        "local": local,
        "view": [west, south, east, north],
        "partitions": partitions,
        "scales": {
            name: _scale([value for p in partitions for value in p[name]], text)
            for name, text in _MEASURES.items()
        },
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
        "photos": partition.photo_counts.tolist(),
        "area": _round(figures.area_km2),
        "km": _round(figures.mean_km),
        "points": [len(ring) for ring in rings],
        "steps": _steps(np.concatenate(rings)),
        "facts": [_cell_facts(figures, cell) for cell in range(partition.cell_ids.size)],
        "flagged": [partition.tokens.index(cell.token) for cell in figures.build.report.flagged],
    }


def _cell_facts(figures: CellFigures, cell: int) -> list[str]:
    """What the page says of the cell under the pointer, in parts."""
    partition = figures.build.partition
    mean = Coordinate(
        float(partition.mean_latitude_deg[cell]), float(partition.mean_longitude_deg[cell])
    )
    return [
        count(int(partition.photo_counts[cell]), "photo", "photos"),
        f"cell {partition.tokens[cell]}, level {partition.levels[cell]}",
        area(float(figures.area_km2[cell])),
        f"on average {distance(float(figures.mean_km[cell]))} from {decimal(mean, 4)}",
    ]


def _scale(values: Sequence[float], text: Callable[[float], str]) -> dict[str, Any]:
    """Ends of a logarithmic scale of colours, and the numbers beside it."""
    positive = [value for value in values if value > 0] or [1.0]
    low, high = min(positive), max(positive)
    return {
        "low": low,
        "high": high,
        "marks": [[value, text(value)] for value in round_values(low, high)],
    }


def round_values(low: float, high: float) -> list[float]:
    """List at most seven numbers of a scale: 1, 2, 5, 10, … or, on a long one, fewer of them.

    The first is ``low`` itself where no round number is near it.
    """
    if high <= low:
        return [low]
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits, every in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3)):
        values = [digit * 10.0**power for power in powers[::every] for digit in digits]
        inside = [value for value in values if 0.999 * low <= value <= 1.001 * high]
        if len(inside) <= 7:
            return inside if inside and inside[0] < 1.25 * low else [low, *inside]
    return [low]


def _dots(account: PartitionStatistics, rows: IntArray) -> dict[str, Any]:
    chosen = rows
    if rows.size > MOST_DOTS:
        chosen = np.sort(np.random.default_rng(_SEED).choice(rows, MOST_DOTS, replace=False))
    places = account.places
    points = world_points(places.latitude_deg[chosen], places.longitude_deg[chosen])
    shown, total = int(chosen.size), int(rows.size)
    text = f"{shown:,} of {total:,}" if shown < total else f"{total:,}"
    return {"count": total, "shown": shown, "text": text, "steps": _steps(points)}


def _steps(points: FloatArray) -> list[int]:
    """x, y, dx, dy, dx, dy, … in grid steps."""
    grid = np.rint(points * GRID).astype(np.int64)
    grid[1:] = np.diff(grid, axis=0)
    return [int(value) for value in grid.ravel().tolist()]


def _round(values: FloatArray) -> list[float]:
    """To three digits that count."""
    return [float(f"{value:.3g}") for value in values.tolist()]
