"""All figures of a study by name, drawn with matplotlib (imported only when one is drawn)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from geoguess_app.evaluation.figures import confidence, errors, groups, maps
from geoguess_app.evaluation.figures import study as study_figures
from geoguess_app.evaluation.figures.theme import LIGHT, FigureTheme
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.evaluation.study.file_names import compare_name
from geoguess_app.evaluation.study.types import SetStudy, Study

_FIGURES: Mapping[str, Callable[[Evaluation, FigureTheme], bytes | None]] = {
    "accuracy": errors.accuracy_bars,
    "error_map": maps.error_map,
    "positions": maps.positions,
    "best_and_worst": study_figures.extremes,
    "calibration": confidence.calibration,
    "accuracy_by_confidence": confidence.accuracy_by_confidence,
    "confidence_and_error": confidence.confidence_and_error,
    "cumulative": errors.cumulative_curve,
    "error_histogram": errors.error_histogram,
    "error_boxes": errors.error_boxes,
    "cumulative_by_group": errors.cumulative_curves,
    "accuracy_by_scene": groups.by_scene,
    "accuracy_by_continent": groups.by_continent,
    "accuracy_by_level": groups.by_level,
    "accuracy_by_partition": groups.by_partition,
    "scene_confusion": groups.scene_confusion,
}


def draw(found: SetStudy, theme: FigureTheme = LIGHT) -> dict[str, bytes]:
    """All figures that this set has data for, PNG files by name, in reading order."""
    if not found.evaluation.answers:
        return {}
    drawn = {name: function(found.evaluation, theme) for name, function in _FIGURES.items()}
    drawn["ablation"] = study_figures.ablation(found, theme)
    for number, pair in enumerate(found.comparisons, start=1):
        drawn[compare_name(number)] = study_figures.comparison(pair, theme)
    return {name: image for name, image in drawn.items() if image is not None}


def draw_beside(study: Study, theme: FigureTheme = LIGHT) -> bytes | None:
    """The main set and the external one in one figure; None without an external set."""
    return study_figures.datasets_figure(study, theme)
