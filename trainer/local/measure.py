"""The figures of a local model on photos that it never saw, through the program's own predictor."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import Level
from geoguess_app.evaluation.run import evaluate
from trainer.engine.finish import figures_of
from trainer.engine.photos import Photos
from trainer.local.area import Area, vectors_of
from trainer.local.elsewhere import Elsewhere
from trainer.local.kinds import Examples

TEST_FILE, EVALUATION_FOLDER = "test.csv", "evaluation"


def measure(predictor: Predictor, photos: Photos, folder: Path, *, report: bool) -> dict[str, Any]:
    """Errors in metres beside the floor, and how many truths lay inside the radii."""
    test = photos.take(photos.rows("test"))
    assert photos.root is not None
    table = folder / TEST_FILE
    write_test(table, test)
    found = evaluate(predictor, table, photos.root, folder / EVALUATION_FOLDER, report=report)
    if not found.answers:
        return {}
    errors_km = np.asarray(found.metrics.distance_km)
    radii = [(a.radii.r50_km, a.radii.r80_km, a.radii.r95_km) for a in found.answers]
    inside = (errors_km[:, None] <= np.array(radii)).sum(axis=0)
    unsure = sum(answer.level is Level.CANNOT_TELL for answer in found.answers)
    return figures_of(found, photos) | {
        "inside_50_80_95": [int(number) for number in inside],
        "cannot_tell": int(unsure),
        "quarters_m": [
            round(float(value), 1) for value in np.quantile(1000.0 * errors_km, (0.25, 0.75))
        ],
    }


def write_test(path: Path, test: Photos) -> None:
    """The test photos as a table that ``geoguess evaluate`` reads."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["file", "latitude", "longitude", "precision"])
        for row, name in enumerate(test.names):
            spot = (test.latitude_deg[row], test.longitude_deg[row])
            writer.writerow([name, *spot, test.precision[row]])


def measure_elsewhere(
    area: Area | None, learned: Examples, elsewhere: Elsewhere
) -> dict[str, int] | None:
    """How many photos from elsewhere (kept apart from the fitting) are told "cannot tell"."""
    if area is None:
        return None
    vectors = elsewhere.unlike(area.space, vectors_of(learned.seen, area.space))[1]
    refused = int((area.probability_of(vectors) < area.answered_from).sum())
    return {"photos": len(vectors), "cannot_tell": refused}
