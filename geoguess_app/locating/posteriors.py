"""Probabilities of remembered answers, for whoever weighs the photos of a folder together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from geoguess_app.core.types import COMBINED, FloatArray
from geoguess_app.locating.answer_store import AnswerStore

Posteriors = Callable[[Path], FloatArray | None]
"""A photo's probabilities over the finest cells; None where they are not remembered."""


def remembered_posteriors(store: AnswerStore, model: str) -> Posteriors:
    """Look probabilities up in the store of answers, by a model's ``locating.memory.model_key``."""

    def look_up(path: Path) -> FloatArray | None:
        prediction = store.prediction(path, model)
        return None if prediction is None else prediction.cell_probabilities.get(COMBINED)

    return look_up
