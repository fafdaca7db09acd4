"""The table of photos: one line per answer, its truth, and all that maps and filters want."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.evaluation.answers.collect import EvaluatedAnswer
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.files.csv_text import csv_text

PREDICTION_COLUMNS = (
    "img_id",
    "pred_lat",
    "pred_lng",
    "true_lat",
    "true_lng",
    "distance_km",
    "r50_km",
    "r80_km",
    "r95_km",
    "confidence",
    "level",
    "network",
    "conflict",
    "scene",
    "country_code",
    "place",
    "scene_labels",
    "true_scene",
    "true_continent",
    "precision",
    "source",
    "judged_from_km",
    "similarity",
    "ceiling_km",
    "floor",
)
"""``country_code`` and ``place`` name where the answer lies; ``true_…`` is what the table says."""


def predictions_csv(evaluation: Evaluation) -> str:
    """One line per located photo; the first three columns are the field's.

    ``scene_labels`` are ``label=probability`` joined by ``|``; ``judged_from_km`` the finest
    distance that the true position can judge (0: any); ``similarity`` that of the most alike
    training photo; ``ceiling_km`` what naming the right cell would leave; ``floor`` the shares of
    blind answers within each distance of the evaluation, joined by blanks. Empty: not known.
    """
    return csv_text(PREDICTION_COLUMNS, _rows(evaluation))


def _rows(evaluation: Evaluation) -> Iterator[tuple[Any, ...]]:
    labels, ceiling, floor = evaluation.labels, evaluation.ceiling, evaluation.floor
    for index, answer in enumerate(evaluation.answers):
        yield (
            *_answer_cells(answer, float(evaluation.metrics.distance_km[index])),
            *(labels[name][index] if name in labels else "" for name in ("scene", "continent")),
            *(answer.row.precision, answer.row.values.get("source", "")),
            f"{answer.row.finest_scorable_km:g}",
            _number(answer.nearest_similarity, 5),
            _number(float(ceiling.distance_km[index]) if ceiling else None, 4),
            " ".join(f"{share:.6g}" for share in floor.by_photo[index]) if floor else "",
        )


def _answer_cells(answer: EvaluatedAnswer, km: float) -> tuple[Any, ...]:
    place = answer.place
    return (
        answer.row.file,
        *degrees(answer.coordinate.latitude_deg, answer.coordinate.longitude_deg),
        *degrees(answer.row.latitude_deg, answer.row.longitude_deg),
        f"{km:.4f}",
        *(f"{r:.4f}" for r in (answer.radii.r50_km, answer.radii.r80_km, answer.radii.r95_km)),
        f"{answer.confidence:.6f}",
        str(answer.level),
        answer.network,
        "yes" if answer.conflict else "no",
        _scene_name(answer),
        place.country_code,
        ", ".join(part for part in (place.city, place.country) if part),
        "|".join(f"{label}={share:.3f}" for label, share in answer.scene_labels),
    )


def degrees(latitude_deg: float, longitude_deg: float) -> tuple[str, str]:
    """A position in a table."""
    return f"{latitude_deg:.7f}", f"{longitude_deg:.7f}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _scene_name(answer: EvaluatedAnswer) -> str:
    if answer.s3_probabilities is None:
        return ""
    return scene_table().s3_names[int(answer.s3_probabilities.argmax())]
