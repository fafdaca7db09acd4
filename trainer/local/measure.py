"""The figures of a local model on photos that it never saw, through the program's own predictor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geoguess_app.core.predictor import Predictor
from geoguess_app.evaluation.run.evaluate import evaluate
from trainer.common.figures import area_figures, model_figures
from trainer.data.training_photos import TrainingPhotos, write_truth_table
from trainer.local.area_classifier import AreaClassifier, vectors_of
from trainer.local.negatives import NegativeExamples
from trainer.local.settings import Examples

TEST_FILE, EVALUATION_FOLDER = "test.csv", "evaluation"


def measure_local(
    predictor: Predictor, photos: TrainingPhotos, folder: Path, *, report: bool
) -> dict[str, Any]:
    """Errors in metres beside the floor, and how many truths lay inside the radii."""
    test = photos.take(photos.rows("test"))
    assert photos.root is not None
    table = folder / TEST_FILE
    write_truth_table(table, test, test.names)
    found = evaluate(predictor, table, photos.root, folder / EVALUATION_FOLDER, report=report)
    if not found.answers:
        return {}
    training = photos.positions("train")
    return model_figures(found, training) | area_figures(found, training)


def measure_negatives(
    area: AreaClassifier | None, learned: Examples, elsewhere: NegativeExamples
) -> dict[str, int] | None:
    """Return how many photos from elsewhere (kept apart from the fitting) are told "cannot
    tell"."""
    if area is None:
        return None
    vectors = elsewhere.mean_vectors(area.space, vectors_of(learned.features, area.space))[1]
    refused = int((area.probability_of(vectors) < area.threshold).sum())
    return {"photos": len(vectors), "cannot_tell": refused}
