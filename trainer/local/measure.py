"""The figures of a local model on photos that it never saw, through the program's own predictor."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from geoguess_app.core.predictor import Predictor
from geoguess_app.evaluation.run import evaluate
from geoguess_app.files.atomic import replacing
from trainer.engine.finish import figures_of, figures_of_area
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
    return figures_of(found, photos) | figures_of_area(found, photos)


def write_test(path: Path, test: Photos) -> None:
    """The test photos as a table that ``geoguess evaluate`` reads."""
    with replacing(path) as stream:
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
