"""Figures of more than one model or set: variants, two models, two sets, and the extremes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.format import distance, threshold
from geoguess_app.evaluation.figures.errors import curve
from geoguess_app.evaluation.figures.theme import (
    HALF,
    WIDE,
    FigureTheme,
    canvas,
    distance_axis,
    legend_above,
    percent_axis,
    plain,
    png,
)
from geoguess_app.evaluation.study.ablation import AblationRow
from geoguess_app.evaluation.study.comparison import Comparison
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.evaluation.study.types import SetStudy, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def ablation(found: SetStudy, theme: FigureTheme) -> bytes | None:
    """Accuracy of every variant at the five distances; lines mark the complete model."""
    rows = found.ablation
    if not rows:
        return None
    thresholds = found.evaluation.scale.thresholds_km
    places, names = _rows_by_section(rows)
    figure, (ax,) = canvas(theme, size=(WIDE[0], 1.1 + 0.27 * (places[-1] + 1)))
    complete = next(row for row in rows if row.complete)
    for number, km in enumerate(thresholds):
        colour, label = theme.ramp[number], f"within {threshold(km)}"
        shares = [row.summary.accuracy[km].value for row in rows]
        ax.axvline(complete.summary.accuracy[km].value, color=colour, lw=1, ls=":", zorder=1)
        ax.scatter(shares, places, s=42, color=colour, label=label, zorder=3)
    ax.set_yticks(places, [plain(name) for name in names])
    ax.invert_yaxis()
    ax.set_xlim(-0.02, 1.02)
    ax.grid(False, axis="y")
    percent_axis(ax, vertical=False)
    for tick, row in zip(ax.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if row.complete else "normal")
    # Centred on the whole figure: long names leave the axes too little room for it.
    figure.legend(
        loc="outside upper center",
        ncols=len(thresholds),
        frameon=False,
        labelcolor=theme.text,
        fontsize=9,
    )
    return png(figure)


def _rows_by_section(rows: tuple[AblationRow, ...]) -> tuple[list[float], list[str]]:
    """Where the rows stand, with a gap before each new section."""
    place, places = 0.0, []
    for before, row in zip((None, *rows), rows, strict=False):
        place += 1.7 if before is not None and before.section != row.section else 1.0
        places.append(place - 1.0)
    return places, [row.name for row in rows]


def comparison(pair: Comparison, theme: FigureTheme) -> bytes | None:
    """Left: what the second model gains at each distance. Right: both errors of each photo."""
    if not len(pair.pairs):
        return None
    figure, (left, right) = canvas(theme, columns=2)
    _gains(left, pair, theme)
    _both_errors(right, pair, theme)
    return png(figure)


def _gains(ax: Axes, pair: Comparison, theme: FigureTheme) -> None:
    thresholds = [km for km, share in pair.accuracy.items() if share.photos]
    places = np.arange(len(thresholds))
    shares = [pair.accuracy[km] for km in thresholds]
    values = np.array([share.difference for share in shares])
    ends = np.array([(s.difference - s.low, s.high - s.difference) for s in shares]).T
    ax.axvline(0, color=theme.muted, lw=1.2)
    ax.errorbar(
        values,
        places,
        xerr=np.clip(ends, 0, None),
        fmt="o",
        color=theme.accent,
        ecolor=theme.accent,
        capsize=4,
        ms=7,
    )
    ax.set_yticks(places, [f"within {threshold(km)}" for km in thresholds])
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    reach = max(0.02, 1.15 * float(np.max(np.abs([[s.low, s.high] for s in shares]))))
    ax.set_xlim(-reach, reach)
    percent_axis(ax, vertical=False)
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel("share of photos won (left: lost), 95% interval")
    ax.set_title(plain(pair.second.model.name), fontsize=10, color=theme.text)


def _both_errors(ax: Axes, pair: Comparison, theme: FigureTheme) -> None:
    scale = pair.first.scale
    ours, theirs = (np.clip(km, *scale.shown_km) for km in pair.distance_km)
    flipped = {"only the second correct": pair.gained, "only the first correct": pair.lost}
    same = np.setdiff1d(np.arange(len(ours)), [*pair.gained, *pair.lost])
    options: dict[str, Any] = {"s": 14, "alpha": 0.6, "edgecolors": "none", "zorder": 3}
    ax.plot(scale.shown_km, scale.shown_km, color=theme.muted, lw=1.2, ls=":")
    ax.scatter(ours[same], theirs[same], color=theme.muted, **options)
    for (name, rows), colour in zip(flipped.items(), (theme.accent, theme.second), strict=True):
        chosen = np.array(rows, dtype=np.int64)
        label = f"{name} within {threshold(scale.key_km)} ({len(rows)})"
        ax.scatter(ours[chosen], theirs[chosen], color=colour, label=label, **options)
    distance_axis(ax, scale, sparse=True)
    distance_axis(ax, scale, vertical=True, sparse=True)
    ax.set_xlabel(plain(f"error of {pair.first.model.name}"))
    ax.set_ylabel(plain(f"error of {pair.second.model.name}"))
    legend_above(ax, theme, columns=1)


def datasets_figure(study: Study, theme: FigureTheme) -> bytes | None:
    """The share of photos within any distance, on both sets and for every model."""
    lines = [
        (found.evaluation, plain(found.evaluation.table.path.name), number)
        for number, found in enumerate(study.sets)
    ]
    if len(lines) < 2 or not all(evaluation.answers for evaluation, *_ in lines):
        return None
    figure, (ax,) = canvas(theme, size=HALF)
    scale = study.main.evaluation.scale
    for km in scale.thresholds_km:
        ax.axvline(km, color=theme.grid, lw=1.2, zorder=0)
    for (evaluation, name, number), colour in zip(lines, (theme.accent, theme.second), strict=True):
        median = distance(evaluation.metrics.overall.median_km)
        label = f"{'external: ' if number else ''}{name}, median {median}"
        distances = evaluation.metrics.distance_km
        curve(ax, distances, scale.shown_km, color=colour, lw=2.4, label=label)
    distance_axis(ax, scale)
    ax.set_xlabel("distance from the true position")
    ax.set_ylabel("share of photos within this distance")
    ax.set_ylim(0, 1.02)
    percent_axis(ax)
    legend_above(ax, theme, columns=1)
    return png(figure)


def extremes(evaluation: Evaluation, theme: FigureTheme) -> bytes | None:
    """The best five and the worst five with their pictures."""
    from geoguess_app.evaluation.figures.thumbnails import picture

    rows = (("best", evaluation.metrics.best), ("worst", evaluation.metrics.worst))
    columns = len(evaluation.metrics.best)
    figure, axes = canvas(theme, columns=2 * columns, size=(1.9 * columns, 4.2))
    grid = figure.add_gridspec(2, columns)
    for number, ax in enumerate(axes):
        row, column = divmod(number, columns)
        ax.set_subplotspec(grid[row, column])
        ax.set_axis_off()
        index = rows[row][1][column]
        image = picture(evaluation.answers[index].path)
        if image is not None:
            ax.imshow(np.asarray(image))
        off = distance(float(evaluation.metrics.distance_km[index]))
        ax.set_title(f"{rows[row][0]} {column + 1}: {off} off", fontsize=9, color=theme.text)
    return png(figure)
