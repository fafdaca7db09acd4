"""All figures of a study by name, drawn with matplotlib (imported only when one is drawn)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from geoguess_app.evaluation import (
    figures_confidence,
    figures_errors,
    figures_groups,
    figures_maps,
    figures_study,
)
from geoguess_app.evaluation.evaluation import Evaluation
from geoguess_app.evaluation.figure_theme import LIGHT, FigureTheme
from geoguess_app.evaluation.output_names import compare_name
from geoguess_app.evaluation.study import SetStudy, Study

_FIGURES: Mapping[str, Callable[[Evaluation, FigureTheme], bytes | None]] = {
    "accuracy": figures_errors.accuracy_bars,
    "error_map": figures_maps.error_map,
    "positions": figures_maps.positions,
    "best_and_worst": figures_study.extremes,
    "calibration": figures_confidence.calibration,
    "accuracy_by_confidence": figures_confidence.accuracy_by_confidence,
    "confidence_and_error": figures_confidence.confidence_and_error,
    "cumulative": figures_errors.cumulative_curve,
    "error_histogram": figures_errors.error_histogram,
    "error_boxes": figures_errors.error_boxes,
    "cumulative_by_group": figures_errors.cumulative_curves,
    "accuracy_by_scene": figures_groups.by_scene,
    "accuracy_by_continent": figures_groups.by_continent,
    "accuracy_by_level": figures_groups.by_level,
    "accuracy_by_partition": figures_groups.by_partition,
    "scene_confusion": figures_groups.scene_confusion,
}


def draw(found: SetStudy, theme: FigureTheme = LIGHT) -> dict[str, bytes]:
    """All figures that this set has data for, PNG files by name, in reading order."""
    if not found.evaluation.answers:
        return {}
    drawn = {name: function(found.evaluation, theme) for name, function in _FIGURES.items()}
    drawn["ablation"] = figures_study.ablation(found, theme)
    for number, pair in enumerate(found.comparisons, start=1):
        drawn[compare_name(number)] = figures_study.comparison(pair, theme)
    return {name: image for name, image in drawn.items() if image is not None}


def draw_beside(study: Study, theme: FigureTheme = LIGHT) -> bytes | None:
    """The main set and the external one in one figure; None without an external set."""
    return figures_study.datasets_figure(study, theme)
