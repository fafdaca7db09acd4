"""Conversion between a full prediction and what a session keeps of it."""

from __future__ import annotations

from geoguess_app.core.types import COMBINED, FloatArray, LocatedPhoto, Prediction
from geoguess_app.photos.requests import scene_keywords
from geoguess_app.review.values import AnswerSummary, LocatingResult, pack


def locating_result(result: LocatedPhoto) -> LocatingResult:
    """A result as a session takes it; made in a worker it spares the session's thread the work."""
    return LocatingResult(result.path, summary(result), result.known)


def summary(result: LocatedPhoto) -> AnswerSummary:
    """The answer without its distributions."""
    prediction = result.prediction
    alike = prediction.neighbours[0].similarity if prediction.neighbours else 0.0
    return AnswerSummary(
        prediction.coordinate,
        prediction.radii,
        prediction.confidence,
        prediction.level,
        result.place,
        prediction.model,
        scene_keywords(prediction.scene),
        alike,
        pack(prediction.candidates),
        reference=result.reference,
    )


def prediction_of(answer: AnswerSummary, cells: FloatArray | None) -> Prediction:
    """Rebuild a prediction from its summary and remembered probabilities over the finest cells.

    Scenes and neighbours are not kept and stay empty.
    """
    return Prediction(
        coordinate=answer.coordinate,
        radii=answer.radii,
        confidence=answer.confidence,
        level=answer.level,
        candidates=answer.candidates,
        conflict=None,
        scene=None,
        network="",
        cell_probabilities={} if cells is None else {COMBINED: cells},
        neighbours=(),
        model=answer.model,
    )
