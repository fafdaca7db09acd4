"""The charts of a partition report, drawn with matplotlib (imported when one is drawn)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.format import threshold
from geoguess_app.core.types import FloatArray
from geoguess_app.evaluation.figures.theme import (
    HALF,
    LIGHT,
    WIDE,
    FigureTheme,
    canvas,
    legend,
    percent_axis,
    png,
)
from trainer.partitions.statistics import CURVE_KM, CellFigures, PartitionStatistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DASHES = ("-", "--", "-.", ":")
"""Finest first."""
_CURVE_TOP = 0.999
_BINS = 15
_HEADROOM = 1.35
"""Room above bars for the legend."""


def partition_charts(account: PartitionStatistics, theme: FigureTheme = LIGHT) -> dict[str, bytes]:
    """All charts as PNG files by name."""
    return {
        "cells_per_level": cells_per_level(account, theme),
        "photos_per_cell": photos_per_cell(account, theme),
        "ceiling": ceiling(account, theme),
    }


def colours(theme: FigureTheme, count: int) -> list[str]:
    """Pick that many colours of the theme's ramp, coarse to fine, apart for colour-blind eyes."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    if count == 1:
        return [theme.accent]
    ramp = LinearSegmentedColormap.from_list("ramp", theme.ramp)
    return [to_hex(ramp(place)) for place in np.linspace(0, 1, count)]


def partition_label(figures: CellFigures) -> str:
    """A partition's name for a legend: "50:5000, 3,298 cells"."""
    report = figures.build.report
    cells = "cell" if report.cells == 1 else "cells"
    return f"{report.tau_min}:{report.tau_max}, {report.cells:,} {cells}"


def cells_per_level(account: PartitionStatistics, theme: FigureTheme) -> bytes:
    """Number of cells by S2 level, one group of bars per level."""
    figure, (ax,) = canvas(theme, size=HALF)
    count = len(account.partitions)
    per_level = [figures.build.report.cells_per_level for figures in account.partitions]
    low = min(min(levels) for levels in per_level)
    high = max(max(levels) for levels in per_level)
    width = 0.84 / count
    for number, (figures, colour) in enumerate(_colour(account, theme)):
        levels = figures.build.report.cells_per_level
        ax.bar(
            [level + (number - (count - 1) / 2) * width for level in levels],
            list(levels.values()),
            width=width,
            color=colour,
            label=partition_label(figures),
        )
    ax.set_xlim(low - 0.7, high + 0.7)
    ax.set_ylim(0, _HEADROOM * ax.get_ylim()[1])
    ax.set_xticks(range(low, high + 1, 1 if high - low < 16 else 2))
    ax.grid(False, axis="x")
    ax.set_xlabel("S2 level (one level finer: a quarter of the area)")
    ax.set_ylabel("cells")
    _thousands(ax)
    legend(ax, theme, loc="upper right")
    return png(figure)


def photos_per_cell(account: PartitionStatistics, theme: FigureTheme) -> bytes:
    """Return which share of the cells holds how many photos, logarithmic along the photos."""
    figure, (ax,) = canvas(theme, size=HALF)
    counts = [figures.build.partition.photo_counts for figures in account.partitions]
    edges = _whole_edges(min(int(c.min()) for c in counts), max(int(c.max()) for c in counts))
    for number, (figures, colour) in enumerate(_colour(account, theme)):
        heights, _ = np.histogram(figures.build.partition.photo_counts, bins=edges)
        held = np.flatnonzero(heights)
        first, last = int(held[0]), int(held[-1]) + 1
        ax.stairs(
            heights[first:last] / heights.sum(),
            edges[first : last + 1],
            color=colour,
            linewidth=2,
            linestyle=_dashes(account, number),
            label=partition_label(figures),
        )
    ax.set_xscale("log")
    ax.set_ylim(0, _HEADROOM * ax.get_ylim()[1])
    ax.set_xlabel("photos in a cell")
    ax.set_ylabel("share of the cells")
    _plain_log(ax, edges[0], edges[-1])
    percent_axis(ax)
    legend(ax, theme, loc="upper right")
    return png(figure)


def _whole_edges(least: int, most: int) -> FloatArray:
    """Edges between whole numbers, about evenly spread on a logarithmic axis."""
    spread = np.geomspace(max(least, 1), most + 1, _BINS + 1)
    return np.unique(np.round(spread)) - 0.5


def ceiling(account: PartitionStatistics, theme: FigureTheme) -> bytes:
    """Share of the photos within any distance of the location that their cell answers with."""
    figure, (ax,) = canvas(theme, size=WIDE)
    nearest, farthest = _curve_range(account)
    for number, (figures, colour) in enumerate(_colour(account, theme)):
        ax.plot(
            CURVE_KM,
            figures.curve,
            color=colour,
            lw=2.2,
            linestyle=_dashes(account, number),
            label=partition_label(figures),
        )
    ax.set_xscale("log")
    ax.set_xlim(nearest, farthest)
    ax.set_ylim(0, 1.02)
    lower = [km for km in (0.001, 0.01, 0.1) if nearest <= km < account.scale.thresholds_km[0] / 2]
    ticks = [*lower, *account.scale.thresholds_km]
    ax.set_xticks(ticks, [threshold(km) for km in ticks])
    ax.minorticks_off()
    ax.set_xlabel("distance from the photo's place to the location of its cell")
    ax.set_ylabel("share of photos within it")
    percent_axis(ax)
    legend(ax, theme, loc="upper left")
    return png(figure)


def _curve_range(account: PartitionStatistics) -> tuple[float, float]:
    """Where the curves leave 0 and reach 1, and the distances that count."""
    curves = [figures.curve for figures in account.partitions]
    risen = min(int(np.argmax(curve > 1 - _CURVE_TOP)) for curve in curves)
    arrived = max(int(np.argmax(curve >= _CURVE_TOP)) for curve in curves)
    last = min(arrived + 6, CURVE_KM.size - 1)
    steps = account.scale.thresholds_km
    near = min(max(CURVE_KM[max(risen - 6, 0)], steps[0] / 100), steps[0] / 2)
    return float(near), float(max(CURVE_KM[last], 1.05 * steps[-1]))


def _dashes(account: PartitionStatistics, number: int) -> str:
    return _DASHES[(len(account.partitions) - 1 - number) % len(_DASHES)]


def _colour(account: PartitionStatistics, theme: FigureTheme) -> list[tuple[CellFigures, str]]:
    palette = colours(theme, len(account.partitions))
    return list(zip(account.partitions, palette, strict=True))


def _thousands(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _plain_log(ax: Axes, low: float, high: float) -> None:
    steps = [m * 10**power for power in range(8) for m in (1, 2, 5)]
    ticks = [step for step in steps if low <= step <= high]
    if len(ticks) > 9:
        ticks = [tick for tick in ticks if str(tick)[0] != "2"]
    if not ticks:
        ticks = [round(low + 0.5)]
    ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    ax.minorticks_off()
