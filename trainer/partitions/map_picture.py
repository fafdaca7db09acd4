"""The cells as one picture: every partition's, coloured by the photos that they hold."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.geo.sphere import lat_lon
from geoguess_app.core.types import FloatArray
from geoguess_app.evaluation.figures.base_map import base_map
from geoguess_app.evaluation.figures.theme import LIGHT, FigureTheme, canvas, png
from geoguess_app.paths import resource_dir
from trainer.partitions.charts import partition_label
from trainer.partitions.statistics import CellFigures, PartitionStatistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE_DEG = 60.0
"""A set wider than this is shown on the whole world."""
_WORLD = (-180.0, 180.0, -58.0, 78.0)
_WIDTH_IN = 9.0
_OUTERMOST = (0.5, 99.5)
"""Percentiles of the photos between which the map looks."""


@cache
def ramp_colours() -> tuple[str, ...]:
    """The map's colours from light to dark, the same as in the window."""
    path = resource_dir() / "map" / "data" / "ramp.json"
    return tuple(json.loads(path.read_text(encoding="utf-8"))["colors"])


def map_picture(account: PartitionStatistics, theme: FigureTheme = LIGHT) -> bytes:
    """A PNG: one map per partition, coarse to fine, with one scale of colours."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, LogNorm

    window = frame(account)
    west, east, north, south = _edges(window)
    tall = min(max((south - north) / (east - west), 0.3), 1.0)
    count = len(account.partitions)
    figure, axes = canvas(theme, size=(_WIDTH_IN, count * (_WIDTH_IN * 0.88 * tall + 0.4)))
    figure.clear()
    axes = list(figure.subplots(count, 1, squeeze=False)[:, 0])
    counts = np.concatenate([f.build.partition.photo_counts for f in account.partitions])
    least, most = max(int(counts.min()), 1), int(counts.max())
    colours = ramp_colours() if theme is LIGHT else ramp_colours()[::-1]
    scale = ScalarMappable(
        LogNorm(least, max(most, least + 1)),
        LinearSegmentedColormap.from_list("photos", colours),
    )
    dots = None
    if account.scale.local:  # its land is too coarse for a town; the photos show the streets
        places, middle = account.places, 180 * (west + east) - 180
        from_middle = (places.longitude_deg - middle + 180.0) % 360.0 - 180.0
        dots = world_points(places.latitude_deg, from_middle + middle)
    for ax, figures in zip(axes, account.partitions, strict=True):
        _draw(ax, figures, window, scale, theme, dots)
    _legend(figure, axes, scale, theme)
    return png(figure)


Frame = tuple[float, float, float, float]
"""West, east, south, north in degrees."""


def frame(account: PartitionStatistics) -> Frame:
    """Return what to show first: where all but a few of the photos lie, or the world."""
    places = account.places
    south, north = np.percentile(places.latitude_deg, _OUTERMOST).tolist()
    # Counted from the middle, so that a place on both sides of 180° stays one place.
    _, middle = lat_lon(places.points.mean(axis=0))
    from_middle = (places.longitude_deg - middle + 180.0) % 360.0 - 180.0
    west, east = (np.percentile(from_middle, _OUTERMOST) + middle).tolist()
    size = max(east - west, north - south)
    if size > _WIDE_DEG:
        return _WORLD
    margin = max(0.12 * size, 0.001)
    return west - margin, east + margin, max(south - margin, -85.0), min(north + margin, 85.0)


def _edges(window: Frame) -> tuple[float, float, float, float]:
    """A frame in world coordinates: west, east, north, south (y runs downwards)."""
    west, east, south, north = window
    (left, bottom), (right, top) = world_points([south, north], [west, east])
    return float(left), float(right), float(top), float(bottom)


def _draw(
    ax: Axes,
    figures: CellFigures,
    window: Frame,
    scale: Any,
    theme: FigureTheme,
    dots: FloatArray | None,
) -> None:
    from matplotlib.collections import PolyCollection

    west, east, north, south = _edges(window)
    ax.set_facecolor("#e8eef4" if theme is LIGHT else "#121920")
    land = [
        ring + np.array([shift, 0.0])
        for shift in (-1.0, 0.0, 1.0)
        for ring in _land()
        if dots is None and _is_seen(ring[:, 0] + shift, west, east)
    ]
    ax.add_collection(
        PolyCollection(land, facecolors=theme.land, edgecolors=theme.coast, linewidths=0.4)
    )
    partition = figures.build.partition
    order = np.argsort(partition.photo_counts, kind="stable")
    rings = cell_rings(partition.cell_ids[order])
    colours = scale.to_rgba(np.maximum(partition.photo_counts[order], 1))
    for shift in (-1.0, 0.0, 1.0):  # a cell across 180° is seen at both edges
        seen = [k for k, ring in enumerate(rings) if _is_seen(ring[:, 0] + shift, west, east)]
        ax.add_collection(
            PolyCollection(
                [rings[k] + np.array([shift, 0.0]) for k in seen],
                facecolors=colours[seen],
                edgecolors=theme.background,
                linewidths=0.15,
                alpha=0.9,
            )
        )
    ax.add_collection(
        PolyCollection(land, facecolors="none", edgecolors=theme.text, linewidths=0.3, alpha=0.6)
    )
    if dots is not None:
        ax.scatter(dots[:, 0], dots[:, 1], s=5, color=theme.text, edgecolors="none", zorder=5)
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(partition_label(figures), fontsize=10.5, color=theme.text, loc="left")


def _is_seen(x: FloatArray, west: float, east: float) -> bool:
    return bool(x.max() > west and x.min() < east)


@cache
def _land() -> list[FloatArray]:
    base = base_map()
    return [
        np.cumsum(np.array(flat, dtype=np.int64).reshape(-1, 2), axis=0) / base["grid"]
        for flat in base["land"]
    ]


def _legend(figure: Any, axes: list[Axes], scale: Any, theme: FigureTheme) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    bar = figure.colorbar(scale, ax=axes, orientation="horizontal", shrink=0.6, aspect=45, pad=0.02)
    low, high = scale.get_clim()
    steps = [m * 10**power for power in range(8) for m in (1, 2, 5) if low <= m * 10**power <= high]
    if not steps or steps[0] > 1.25 * low:
        steps.insert(0, low)
    bar.ax.xaxis.set_major_locator(FixedLocator(steps))
    bar.ax.xaxis.set_minor_locator(NullLocator())
    bar.ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    bar.ax.tick_params(colors=theme.muted, labelsize=9, length=0)
    bar.set_label("photos in a cell", color=theme.text, fontsize=9.5)
    bar.outline.set_visible(False)
