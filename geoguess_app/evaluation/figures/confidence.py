"""Figures of whether the model knows when it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.format import threshold
from geoguess_app.core.types import CONFIDENCE_KM
from geoguess_app.evaluation.figures.theme import (
    HALF,
    WIDE,
    FigureTheme,
    canvas,
    distance_axis,
    legend,
    legend_above,
    percent_axis,
    png,
    whiskers,
)
from geoguess_app.evaluation.metrics.calibration_curve import CalibrationCurve
from geoguess_app.evaluation.study.evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST_FOR_MEDIAN = 10


def calibration(evaluation: Evaluation, theme: FigureTheme) -> bytes | None:
    """Promised against kept: the confidence in bins, and the three radii."""
    figures = evaluation.metrics.calibration
    if figures is None:
        return None
    if not figures.bins:
        figure, (ax,) = canvas(theme, size=HALF)
        _coverage(ax, figures, theme)
        return png(figure)
    figure, (left, right) = canvas(theme, columns=2)
    _reliability(left, figures, theme)
    _coverage(right, figures, theme)
    return png(figure)


def accuracy_by_confidence(evaluation: Evaluation, theme: FigureTheme) -> bytes:
    """Accuracy when only the most confident part of the answers is kept."""
    figure, (ax,) = canvas(theme)
    order = np.argsort(-evaluation.sureness, kind="stable")
    distances = evaluation.metrics.distance_km[order]
    finest = evaluation.finest_km[order]
    answered = np.arange(1, len(distances) + 1) / len(distances)
    thresholds = evaluation.scale.thresholds_km
    for km, colour in zip(reversed(thresholds), reversed(theme.ramp), strict=True):
        judged = finest <= km
        counted = np.cumsum(judged)
        share = np.cumsum(judged & (distances <= km)) / np.maximum(counted, 1)
        # The first few answers say nothing: a share of three photos jumps between 0 and 1.
        shown = counted >= max(5, len(distances) // 50)
        label = f"within {threshold(km)}"
        ax.plot(answered[shown], share[shown], color=colour, lw=2, label=label)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    percent_axis(ax)
    percent_axis(ax, vertical=False)
    ax.set_xlabel("share of photos, most confident first")
    ax.set_ylabel("share of those correct")
    legend(ax, theme, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return png(figure)


def confidence_and_error(evaluation: Evaluation, theme: FigureTheme) -> bytes:
    """Every answer: how sure it was and how far off, with the running median."""
    figure, (ax,) = canvas(theme, size=WIDE)
    low, high = evaluation.scale.shown_km
    errors = np.clip(evaluation.metrics.distance_km, low, high)
    if evaluation.scale.local:
        stated = np.array([answer.radii.r80_km for answer in evaluation.answers])
        stated = np.clip(stated, low, high)
        distance_axis(ax, evaluation.scale)
        ax.plot([low, high], [low, high], color=theme.muted, lw=1.4, ls=":")
        ax.set_xlabel("stated 80% radius (80% of the dots should lie below the dotted line)")
    else:
        stated = np.array([answer.confidence for answer in evaluation.answers])
        ax.axhline(25.0, color=theme.muted, lw=1.4, ls=":")
        ax.set_xlim(-0.01, 1.01)
        percent_axis(ax, vertical=False)
        ax.set_xlabel(
            f"stated confidence that the answer is within {threshold(CONFIDENCE_KM)} (dotted)"
        )
    ax.scatter(stated, errors, s=14, color=theme.accent, alpha=0.5, edgecolors="none", zorder=3)
    width = max(FEWEST_FOR_MEDIAN, len(errors) // 12)
    if len(errors) >= 2 * width:
        order = np.argsort(stated, kind="stable")
        windows = np.lib.stride_tricks.sliding_window_view(errors[order], width)
        middle = stated[order][width // 2 : width // 2 + len(windows)]
        label = f"median of {width} answers"
        ax.plot(middle, np.median(windows, axis=1), color=theme.second, lw=2, label=label)
        legend_above(ax, theme, columns=1)
    distance_axis(ax, evaluation.scale, vertical=True)
    ax.set_ylabel("distance from the true position")
    return png(figure)


def _reliability(ax: Axes, figures: CalibrationCurve, theme: FigureTheme) -> None:
    ax.plot([0, 1], [0, 1], color=theme.muted, lw=1.4, ls=":")
    both = [(figures.bins, theme.accent, "answer")]
    if figures.candidate_bins:
        both.append((figures.candidate_bins, theme.second, "other candidates"))
    for bins, colour, label in both:
        x = [entry.mean_confidence for entry in bins]
        y = [entry.share_right for entry in bins]
        whole = sum(entry.photos for entry in bins)
        sizes = [18 + 900 * entry.photos / whole for entry in bins]
        ax.plot(x, y, color=colour, lw=1.4, label=label)
        ax.scatter(
            x, y, s=sizes, color=colour, alpha=0.75, zorder=3, edgecolors="none", clip_on=False
        )
    if len(both) > 1:
        legend(ax, theme, loc="upper left")
    ax.set_xlim(0, 1.02)
    ax.set_ylim(-0.02, 1.02)
    percent_axis(ax)
    percent_axis(ax, vertical=False)
    ax.set_xlabel("stated probability")
    ax.set_ylabel(f"share within {threshold(CONFIDENCE_KM)}")
    ax.set_title("Confidence (larger dot: more photos)", fontsize=10, color=theme.text)


def _coverage(ax: Axes, figures: CalibrationCurve, theme: FigureTheme) -> None:
    places = np.arange(3)
    shares = list(figures.coverage.values())
    values = [share.value for share in shares]
    ax.bar(places, values, width=0.5, color=theme.accent)
    ax.errorbar(places, values, yerr=whiskers(shares), fmt="none", ecolor=theme.text, capsize=3)
    promised = [percent / 100 for percent in figures.coverage]
    ax.hlines(promised, places - 0.36, places + 0.36, color=theme.second, lw=2.4, label="promised")
    ax.set_xticks(places, [f"{percent}% radius" for percent in figures.coverage])
    ax.set_ylim(0, 1.22)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.grid(False, axis="x")
    percent_axis(ax)
    ax.set_ylabel("share inside the radius")
    ax.set_title("Radii", fontsize=10, color=theme.text)
    legend(ax, theme, loc="upper left")
