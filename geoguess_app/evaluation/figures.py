"""The figures of an evaluation, drawn with matplotlib (which is only imported when one is drawn).

Each function takes the finished evaluation and a theme and gives a PNG; `draw` gives them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.types import FloatArray
from geoguess_app.evaluation.calibration_curve import Calibration
from geoguess_app.evaluation.evaluation import Evaluation
from geoguess_app.evaluation.figure_theme import (
    HALF,
    LIGHT,
    WIDE,
    Theme,
    canvas,
    kilometre_axis,
    legend,
    percent_axis,
    png,
)
from geoguess_app.evaluation.metrics import THRESHOLDS_KM, Share
from geoguess_app.evaluation.names import in_order, value_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NEAREST_SHOWN_KM = 0.1
FARTHEST_KM = 20_037.0
MOST_BOXES = 8
"""Per label."""
LEAST_BOXED = 5
"""Quartiles of fewer photos would pretend to more than there is."""


def draw(evaluation: Evaluation, theme: Theme = LIGHT) -> dict[str, bytes]:
    """All figures that this evaluation has data for, PNG files by name, in reading order."""
    if not evaluation.answers:
        return {}
    drawn = {name: function(evaluation, theme) for name, function in _FIGURES.items()}
    return {name: image for name, image in drawn.items() if image is not None}


def accuracy_bars(evaluation: Evaluation, theme: Theme) -> bytes:
    """Accuracy at the five distances between floor and ceiling, with 95 % intervals."""
    figure, (ax,) = canvas(theme)
    places = np.arange(len(THRESHOLDS_KM))
    shares = [evaluation.metrics.overall.accuracy[km] for km in THRESHOLDS_KM]
    values = np.nan_to_num([share.value for share in shares])
    ax.bar(places, values, width=0.56, color=theme.accent, label="this model", zorder=2)
    ax.errorbar(
        places, values, yerr=_whiskers(shares), fmt="none", ecolor=theme.text, capsize=3, zorder=4
    )
    if evaluation.ceiling is not None:
        ceiling = [evaluation.ceiling.summary.accuracy[km].value for km in THRESHOLDS_KM]
        label = "ceiling: perfect choice of cell, its mean location"
        ax.hlines(ceiling, places - 0.4, places + 0.4, color=theme.second, lw=2.2, label=label)
    if evaluation.bank_ceiling is not None:
        best = [evaluation.bank_ceiling.summary.accuracy[km].value for km in THRESHOLDS_KM]
        label = "ceiling: perfect choice of cell, best look-alike in it"
        ax.hlines(
            best, places - 0.4, places + 0.4, color=theme.second, lw=2.2, ls="--", label=label
        )
    if evaluation.floor is not None:
        floor = [evaluation.floor.accuracy[km] for km in THRESHOLDS_KM]
        label = "floor: drawn from the training photos"
        ax.hlines(floor, places - 0.4, places + 0.4, color=theme.muted, lw=2.2, ls=":", label=label)
    for place, share, value in zip(places, shares, values, strict=True):
        text = f"{100 * value:.1f} %" if share.photos else "not judged"
        high = share.high if share.photos else 0.0
        ax.annotate(
            text,
            (place, high),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            color=theme.text,
            fontsize=9,
            zorder=5,
        )
    ax.set_xticks(places, [f"within {km:,g} km" for km in THRESHOLDS_KM])
    ax.set_ylim(0, 1.3)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.grid(False, axis="x")
    percent_axis(ax)
    legend(ax, theme, loc="upper left")
    return png(figure)


def cumulative(evaluation: Evaluation, theme: Theme) -> bytes:
    """Share of answers within any distance, beside floor, ceiling and the surest quarter."""
    figure, (ax,) = canvas(theme, size=HALF)
    distances = evaluation.metrics.distance_km
    if evaluation.ceiling is not None:
        _curve(ax, evaluation.ceiling.distance_km, color=theme.second, lw=1.6, label="ceiling")
    confidence = np.array([answer.confidence for answer in evaluation.answers])
    surest = np.argsort(-confidence, kind="stable")[: max(1, len(confidence) // 4)]
    _curve(
        ax, distances[surest], color=theme.accent, lw=1.6, ls="--", label="most confident quarter"
    )
    _curve(ax, distances, color=theme.accent, lw=2.6, label="all answers")
    if evaluation.floor is not None:
        curve = evaluation.floor.cumulative
        km = np.arange(1, len(curve) + 1)
        ax.plot(km, curve, color=theme.muted, lw=1.6, ls=":", label="floor")
    for km_line in THRESHOLDS_KM:
        ax.axvline(km_line, color=theme.grid, lw=1.2, zorder=0)
    kilometre_axis(ax, low=NEAREST_SHOWN_KM, high=FARTHEST_KM)
    ax.set_xlabel("distance from the true position")
    ax.set_ylabel("share of photos within it")
    ax.set_ylim(0, 1.02)
    percent_axis(ax)
    legend(ax, theme, loc="upper left")
    return png(figure)


def error_histogram(evaluation: Evaluation, theme: Theme) -> bytes:
    """How many answers lie how far off, on a logarithmic axis."""
    figure, (ax,) = canvas(theme, size=HALF)
    distances = np.clip(evaluation.metrics.distance_km, NEAREST_SHOWN_KM, FARTHEST_KM)
    edges = np.geomspace(NEAREST_SHOWN_KM, FARTHEST_KM, 43)
    ax.hist(distances, bins=edges.tolist(), color=theme.accent, edgecolor=theme.background, lw=0.6)
    median = evaluation.metrics.overall.median_km
    ax.axvline(
        max(median, NEAREST_SHOWN_KM), color=theme.second, lw=2, label=f"median {median:,.4g} km"
    )
    kilometre_axis(ax, low=NEAREST_SHOWN_KM, high=FARTHEST_KM)
    ax.set_xlabel("distance from the true position (nearer than 100 m in the first bar)")
    ax.set_ylabel("photos")
    legend(ax, theme, loc="upper left")
    return png(figure)


def error_boxes(evaluation: Evaluation, theme: Theme) -> bytes:
    """Errors by level, scene and continent: quartiles as boxes, 5 to 95 % as whiskers."""
    boxes = _boxes(evaluation)
    figure, (ax,) = canvas(theme, size=(WIDE[0], 1.0 + 0.3 * len(boxes)))
    drawn = ax.boxplot(
        [np.clip(values, NEAREST_SHOWN_KM, FARTHEST_KM) for values in boxes.values()],
        orientation="horizontal",
        whis=(5, 95),
        widths=0.56,
        patch_artist=True,
        showfliers=False,
        medianprops={"color": theme.second, "linewidth": 2},
        whiskerprops={"color": theme.muted},
        capprops={"color": theme.muted},
    )
    for box in drawn["boxes"]:
        box.set(facecolor=theme.accent, alpha=0.55, edgecolor=theme.accent)
    # A dollar sign in a name would start a formula.
    names = [f"{name} ({len(values)})".replace("$", r"\$") for name, values in boxes.items()]
    ax.set_yticks(range(1, len(names) + 1), names)
    ax.invert_yaxis()
    kilometre_axis(ax, low=NEAREST_SHOWN_KM, high=FARTHEST_KM)
    ax.set_xlabel("distance from the true position (in brackets: photos)")
    ax.grid(False, axis="y")
    return png(figure)


def calibration(evaluation: Evaluation, theme: Theme) -> bytes | None:
    """Promised against kept: the confidence in bins, and the three radii."""
    figures = evaluation.metrics.calibration
    if figures is None:
        return None
    figure, (left, right) = canvas(theme, columns=2)
    _reliability(left, figures, theme)
    _coverage(right, figures, theme)
    return png(figure)


def accuracy_by_confidence(evaluation: Evaluation, theme: Theme) -> bytes:
    """Accuracy when only the most confident part of the answers is kept."""
    figure, (ax,) = canvas(theme)
    confidence = np.array([answer.confidence for answer in evaluation.answers])
    order = np.argsort(-confidence, kind="stable")
    distances = evaluation.metrics.distance_km[order]
    finest = np.array([answer.row.finest_scorable_km for answer in evaluation.answers])[order]
    answered = np.arange(1, len(distances) + 1) / len(distances)
    for km, colour in zip(reversed(THRESHOLDS_KM), reversed(theme.ramp), strict=True):
        judged = finest <= km
        counted = np.cumsum(judged)
        share = np.cumsum(judged & (distances <= km)) / np.maximum(counted, 1)
        # The first few answers say nothing: a share of three photos jumps between 0 and 1.
        shown = counted >= max(5, len(distances) // 50)
        label = f"within {km:,g} km"
        ax.plot(answered[shown], share[shown], color=colour, lw=2, label=label)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    percent_axis(ax)
    percent_axis(ax, vertical=False)
    ax.set_xlabel("share of photos answered, the most confident first")
    ax.set_ylabel("right among those")
    legend(ax, theme, loc="upper right")
    return png(figure)


_FIGURES: Mapping[str, Callable[[Evaluation, Theme], bytes | None]] = {
    "accuracy": accuracy_bars,
    "cumulative": cumulative,
    "accuracy_by_confidence": accuracy_by_confidence,
    "calibration": calibration,
    "error_histogram": error_histogram,
    "error_boxes": error_boxes,
}


def _whiskers(shares: list[Share]) -> FloatArray:
    """(2, n) lengths below and above, zero where nothing is judged."""
    ends = [(s.value - s.low, s.high - s.value) if s.photos else (0.0, 0.0) for s in shares]
    return np.clip(np.array(ends, dtype=np.float64).T, 0.0, None)


def _curve(ax: Axes, distances: FloatArray, **options: Any) -> None:
    """Share of distances within x, as steps from the left edge to the right."""
    ordered = np.sort(np.minimum(distances, FARTHEST_KM))
    share = np.arange(1, len(ordered) + 1) / len(ordered)
    shown = ordered > NEAREST_SHOWN_KM
    x = np.concatenate([[NEAREST_SHOWN_KM], ordered[shown], [FARTHEST_KM]])
    y = np.concatenate([[1.0 - shown.mean()], share[shown], [1.0]])
    ax.step(x, y, where="post", **options)


def _boxes(evaluation: Evaluation) -> dict[str, FloatArray]:
    """Distances of all photos and of each group, the groups named as in the tables."""
    boxes = {"all": evaluation.metrics.distance_km}
    for label in ("level", "scene", "continent"):
        texts = np.array(evaluation.labels.get(label, ()), dtype=str)
        for value, group in in_order(label, evaluation.metrics.by.get(label, {}), MOST_BOXES):
            if group.summary.photos >= LEAST_BOXED:
                name = value_name(label, value)
                boxes[name] = evaluation.metrics.distance_km[texts == value]
    return boxes


def _reliability(ax: Axes, figures: Calibration, theme: Theme) -> None:
    ax.plot([0, 1], [0, 1], color=theme.muted, lw=1.4, ls=":")
    x = [entry.mean_confidence for entry in figures.bins]
    y = [entry.share_right for entry in figures.bins]
    sizes = [18 + 900 * entry.photos / figures.photos for entry in figures.bins]
    ax.plot(x, y, color=theme.accent, lw=1.4)
    ax.scatter(x, y, s=sizes, color=theme.accent, alpha=0.75, zorder=3, edgecolors="none")
    ax.set_xlim(0, 1.02)
    ax.set_ylim(-0.02, 1.02)
    percent_axis(ax)
    percent_axis(ax, vertical=False)
    ax.set_xlabel("confidence stated")
    ax.set_ylabel("share within 25 km")
    ax.set_title("Confidence (larger dot: more photos)", fontsize=10, color=theme.text)


def _coverage(ax: Axes, figures: Calibration, theme: Theme) -> None:
    places = np.arange(3)
    shares = list(figures.coverage.values())
    values = [share.value for share in shares]
    ax.bar(places, values, width=0.5, color=theme.accent)
    ax.errorbar(places, values, yerr=_whiskers(shares), fmt="none", ecolor=theme.text, capsize=3)
    promised = [percent / 100 for percent in figures.coverage]
    ax.hlines(promised, places - 0.36, places + 0.36, color=theme.second, lw=2.4, label="promised")
    ax.set_xticks(places, [f"{percent} % radius" for percent in figures.coverage])
    ax.set_ylim(0, 1.02)
    ax.grid(False, axis="x")
    percent_axis(ax)
    ax.set_ylabel("share inside the radius")
    ax.set_title("Radii", fontsize=10, color=theme.text)
    legend(ax, theme, loc="upper left")
