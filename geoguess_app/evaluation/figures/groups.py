"""Figures of groups: accuracy by scene, continent, level and partition; scene confusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.format import percent, threshold
from geoguess_app.evaluation.figures.theme import (
    HALF,
    WIDE,
    FigureTheme,
    canvas,
    legend_above,
    percent_axis,
    plain,
    png,
    whiskers,
)
from geoguess_app.evaluation.metrics.distances import Share
from geoguess_app.evaluation.metrics.names import in_order, value_name
from geoguess_app.evaluation.study.evaluation import Evaluation

MOST_GROUPS = 7
FEW_GROUPS = 4


def by_scene(evaluation: Evaluation, theme: FigureTheme) -> bytes | None:
    """Accuracy at the five distances for each scene."""
    return _by_label(evaluation, "scene", theme)


def by_continent(evaluation: Evaluation, theme: FigureTheme) -> bytes | None:
    """Accuracy at the five distances for each continent."""
    return _by_label(evaluation, "continent", theme)


def by_level(evaluation: Evaluation, theme: FigureTheme) -> bytes | None:
    """Accuracy at the five distances for each level that the model itself gave its answers."""
    return _by_label(evaluation, "level", theme)


def _by_label(evaluation: Evaluation, label: str, theme: FigureTheme) -> bytes | None:
    groups = in_order(label, evaluation.metrics.by.get(label, {}), MOST_GROUPS)
    if len(groups) < 2:
        return None
    bars = {
        f"{value_name(label, value)}\n({group.summary.photos})": group.summary.accuracy
        for value, group in groups
    }
    return _bars(bars, evaluation.scale.thresholds_km, theme)


def by_partition(evaluation: Evaluation, theme: FigureTheme) -> bytes | None:
    """Accuracy of each partition's likeliest cell alone, of all together, and of the answers."""
    if not evaluation.by_partition:
        return None
    bars: dict[str, Mapping[float, Share]] = {
        f"{name}\n({figures.cells:,} cells)": figures.summary.accuracy
        for name, figures in evaluation.by_partition.items()
    }
    bars["final\nanswers"] = evaluation.metrics.overall.accuracy
    return _bars(bars, evaluation.scale.thresholds_km, theme)


def _bars(
    bars: Mapping[str, Mapping[float, Share]], thresholds_km: Sequence[float], theme: FigureTheme
) -> bytes:
    """Groups side by side, in each a bar per distance with its 95% interval."""
    figure, (ax,) = canvas(theme, size=(WIDE[0], 3.4))
    places = np.arange(len(bars))
    for number, km in enumerate(thresholds_km):
        shares = [accuracy[km] for accuracy in bars.values()]
        values = np.nan_to_num([share.value for share in shares])
        x = places + 0.16 * (number - (len(thresholds_km) - 1) / 2)
        label = f"within {threshold(km)}"
        ax.bar(x, values, width=0.15, color=theme.ramp[number], label=label)
        ax.errorbar(x, values, yerr=whiskers(shares), fmt="none", ecolor=theme.text, lw=1)
    ax.set_xticks(places, [plain(name) for name in bars])
    # A few groups stand in the middle instead of growing as wide as the page.
    spare = max(0, FEW_GROUPS - len(bars)) / 2
    ax.set_xlim(-0.6 - spare, len(bars) - 0.4 + spare)
    ax.set_ylim(0, 1.02)
    ax.grid(False, axis="x")
    percent_axis(ax)
    legend_above(ax, theme, columns=len(thresholds_km))
    return png(figure)


def scene_confusion(evaluation: Evaluation, theme: FigureTheme) -> bytes | None:
    """Labelled scene against the one that the model said, in photos."""
    if evaluation.scene is None:
        return None
    names = scene_table().s3_names
    counts = np.array(evaluation.scene.confusion, dtype=np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, (ax,) = canvas(theme, size=(HALF[0], 3.6))
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list("shades", [theme.background, theme.accent])
    ax.imshow(shares, cmap=shades, vmin=0, vmax=1.15, aspect="auto")
    for row in range(3):
        for column in range(3):
            text = f"{counts[row, column]:.0f}\n{percent(float(shares[row, column]))}"
            ax.text(column, row, text, ha="center", va="center", color=theme.text, fontsize=9)
    ax.set_xticks(range(3), [f"predicted {name}" for name in names])
    ax.set_yticks(range(3), [f"labelled {name}" for name in names])
    ax.grid(False)
    return png(figure)
