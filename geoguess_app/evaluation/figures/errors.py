"""Figures of how far off the answers are: accuracy, cumulative shares, histogram, boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.format import distance, precise_percent, threshold
from geoguess_app.core.types import FloatArray
from geoguess_app.evaluation.figures.theme import (
    HALF,
    WIDE,
    FigureTheme,
    canvas,
    distance_axis,
    legend,
    legend_above,
    percent_axis,
    plain,
    png,
    whiskers,
)
from geoguess_app.evaluation.metrics.baselines import Floor
from geoguess_app.evaluation.metrics.names import in_order, value_name
from geoguess_app.evaluation.study.evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BOXES = 8
"""Per label."""
LEAST_BOXED = 5
"""Quartiles of fewer photos would pretend to more than there is."""


def accuracy_bars(evaluation: Evaluation, theme: FigureTheme) -> bytes:
    """Accuracy at the five distances between floor and ceiling, with 95% intervals."""
    figure, (ax,) = canvas(theme)
    thresholds = evaluation.scale.thresholds_km
    places = np.arange(len(thresholds))
    shares = [evaluation.metrics.overall.accuracy[km] for km in thresholds]
    values = np.nan_to_num([share.value for share in shares])
    ax.bar(places, values, width=0.56, color=theme.accent, label="this model", zorder=2)
    ax.errorbar(
        places, values, yerr=whiskers(shares), fmt="none", ecolor=theme.text, capsize=3, zorder=4
    )
    for limits, label, options in _limits(evaluation, theme):
        ax.hlines(limits, places - 0.4, places + 0.4, lw=2.2, label=label, **options)
    for place, share in zip(places, shares, strict=True):
        ax.annotate(
            precise_percent(share.value) if share.photos else "not assessed",
            (place, share.high if share.photos else 0.0),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            color=theme.text,
            fontsize=9,
            zorder=5,
        )
    ax.set_xticks(places, [f"within {threshold(km)}" for km in thresholds])
    ax.set_ylim(0, 1.42)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.grid(False, axis="x")
    percent_axis(ax)
    legend(ax, theme, loc="upper left")
    return png(figure)


def _limits(
    evaluation: Evaluation, theme: FigureTheme
) -> list[tuple[list[float], str, dict[str, Any]]]:
    """Ceilings and floors at the five distances, how they are called and drawn."""
    thresholds = evaluation.scale.thresholds_km
    found: list[tuple[list[float], str, dict[str, Any]]] = []
    above = {"color": theme.second}
    if evaluation.ceiling is not None:
        ceiling = [evaluation.ceiling.summary.accuracy[km].value for km in thresholds]
        found.append((ceiling, "ceiling: correct cell, mean location", above))
    if evaluation.bank_ceiling is not None:
        best = [evaluation.bank_ceiling.summary.accuracy[km].value for km in thresholds]
        where = "ceiling: correct cell, best look-alike"
        if evaluation.ceiling is None:
            where = "ceiling: nearest training photo"
        found.append((best, where, {**above, "linestyles": "--"}))
    if evaluation.mean_point is not None and evaluation.scale.local:
        mean = [evaluation.mean_point.accuracy[km].value for km in thresholds]
        found.append((mean, "floor: mean of the training photos", _below(theme, "-.")))
    if evaluation.floor is not None:
        floor = [evaluation.floor.accuracy[km] for km in thresholds]
        found.append((floor, "floor: random training photo", _below(theme, ":")))
    return found


def _below(theme: FigureTheme, line: str) -> dict[str, Any]:
    return {"color": theme.muted, "linestyles": line}


def cumulative_curve(evaluation: Evaluation, theme: FigureTheme) -> bytes:
    """Share of answers within any distance, beside floor, ceiling and the surest quarter."""
    figure, (ax,) = canvas(theme, size=HALF)
    distances, scale = evaluation.metrics.distance_km, evaluation.scale
    limit = evaluation.ceiling or evaluation.bank_ceiling
    if limit is not None:
        curve(ax, limit.distance_km, scale.shown_km, color=theme.second, lw=1.6, label="ceiling")
    order = np.argsort(-evaluation.sureness, kind="stable")
    surest = distances[order[: max(1, len(order) // 4)]]
    options = {"color": theme.accent, "lw": 1.6, "ls": "--", "label": "most confident quarter"}
    curve(ax, surest, scale.shown_km, **options)
    curve(ax, distances, scale.shown_km, color=theme.accent, lw=2.6, label="all answers")
    if evaluation.floor is not None:
        x, share = _floor_curve(evaluation.floor)
        ax.plot(x, share, color=theme.muted, lw=1.6, ls=":", label="floor")
    _distances_marked(ax, evaluation, theme)
    legend_above(ax, theme, columns=2)
    return png(figure)


def _floor_curve(floor: Floor) -> tuple[FloatArray, FloatArray]:
    """Distances (km) and shares of a floor: in metres below 100 km, in kilometres beyond."""
    metres = np.unique(np.geomspace(1, len(floor.cumulative_metres), 400).astype(int))
    km = np.unique(np.geomspace(101, len(floor.cumulative), 200).astype(int))
    return (
        np.concatenate([metres / 1000.0, km.astype(np.float64)]),
        np.concatenate([floor.cumulative_metres[metres - 1], floor.cumulative[km - 1]]),
    )


def cumulative_curves(evaluation: Evaluation, theme: FigureTheme) -> bytes | None:
    """Share of answers within any distance, a curve for each scene and each continent."""
    by = evaluation.metrics.by
    labels = [name for name in ("scene", "continent") if len(by.get(name, {})) > 1]
    if not labels:
        return None
    figure, axes = canvas(theme, columns=len(labels))
    for ax, label in zip(axes, labels, strict=True):
        texts = np.array(evaluation.labels[label], dtype=str)
        groups = in_order(label, evaluation.metrics.by[label], MOST_BOXES)
        for number, (value, group) in enumerate(groups):
            if group.summary.photos < LEAST_BOXED:
                continue
            chosen = evaluation.metrics.distance_km[texts == value]
            name = plain(f"{value_name(label, value)} ({len(chosen)})")
            style = theme.line(number)
            curve(ax, chosen, evaluation.scale.shown_km, lw=2, label=name, **style)
        _distances_marked(ax, evaluation, theme, sparse=len(labels) > 1)
        if ax.get_legend_handles_labels()[1]:
            legend_above(ax, theme, columns=2, title=f"by {label}")
    return png(figure)


def _distances_marked(
    ax: Axes, evaluation: Evaluation, theme: FigureTheme, *, sparse: bool = False
) -> None:
    for km in evaluation.scale.thresholds_km:
        ax.axvline(km, color=theme.grid, lw=1.2, zorder=0)
    distance_axis(ax, evaluation.scale, sparse=sparse)
    ax.set_xlabel("distance from the true position")
    ax.set_ylabel("share of photos within this distance")
    ax.set_ylim(0, 1.02)
    percent_axis(ax)


def error_histogram(evaluation: Evaluation, theme: FigureTheme) -> bytes:
    """Return how many answers lie how far off, on a logarithmic axis."""
    figure, (ax,) = canvas(theme, size=HALF)
    low, high = evaluation.scale.shown_km
    distances = np.clip(evaluation.metrics.distance_km, low, high)
    edges = np.geomspace(low, high, 43)
    ax.hist(distances, bins=edges.tolist(), color=theme.accent, edgecolor=theme.background, lw=0.6)
    overall = evaluation.metrics.overall
    for value, name, line in (
        (overall.median_km, "median", "-"),
        (overall.mean_km, "mean", "--"),
    ):
        label = f"{name} {distance(value)}"
        ax.axvline(max(value, low), color=theme.second, lw=2, ls=line, label=label)
    distance_axis(ax, evaluation.scale)
    first_bar = f"nearer than {threshold(low)} in the first bar"
    ax.set_xlabel(f"distance from the true position ({first_bar})")
    ax.set_ylabel("photos")
    legend_above(ax, theme, columns=2)
    return png(figure)


def error_boxes(evaluation: Evaluation, theme: FigureTheme) -> bytes:
    """Errors by level, scene and continent: quartiles as boxes, 5 to 95% as whiskers."""
    boxes = _boxes(evaluation)
    figure, (ax,) = canvas(theme, size=(WIDE[0], 1.0 + 0.3 * len(boxes)))
    drawn = ax.boxplot(
        [np.clip(values, *evaluation.scale.shown_km) for values in boxes.values()],
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
    names = [plain(f"{name} ({len(values)})") for name, values in boxes.items()]
    ax.set_yticks(range(1, len(names) + 1), names)
    ax.invert_yaxis()
    distance_axis(ax, evaluation.scale)
    ax.set_xlabel("distance from the true position (number of photos in brackets)")
    ax.grid(False, axis="y")
    return png(figure)


def curve(ax: Axes, distances: FloatArray, shown_km: tuple[float, float], **options: Any) -> None:
    """Share of distances within x, as steps from the left edge to the right."""
    low, high = shown_km
    ordered = np.sort(distances)
    share = np.arange(1, len(ordered) + 1) / len(ordered)
    shown = (ordered > low) & (ordered <= high)
    beyond = float((ordered <= high).mean())
    x = np.concatenate([[low], ordered[shown], [high]])
    y = np.concatenate([[float((ordered <= low).mean())], share[shown], [beyond]])
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
