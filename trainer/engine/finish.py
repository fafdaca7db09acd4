"""After training: calibrate on validation photos, measure on test photos, write the bundle."""

from __future__ import annotations

import csv
import logging
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geoguess_app.core.geo.sphere import (
    EARTH_RADIUS_KM,
    great_circle_km,
    spherical_mean,
    unit_vectors,
)
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import FloatArray, IntArray, Level
from geoguess_app.evaluation.evaluation import Evaluation
from geoguess_app.evaluation.run import evaluate
from trainer.engine.calibration import MOST_PHOTOS, calibrate_bundle
from trainer.engine.export import Contents
from trainer.engine.photos import Photos
from trainer.engine.progress import Progress
from trainer.engine.recipe import TrainRecipe
from trainer.engine.telling import is_local, told
from trainer.starter.measure import metrics_json

LOG = logging.getLogger(__name__)


def bundle_path(recipe: TrainRecipe, folder: Path) -> Path:
    """Where a run's bundle lies: its name in letters that every system takes."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", recipe.model.name).strip("-.") or "model"
    return folder / f"{name}.geomodel"


def finish(
    contents: Contents,
    recipe: TrainRecipe,
    photos: Photos,
    folder: Path,
    *,
    report: bool,
    progress: Progress | None = None,
    elsewhere: Sequence[Path] = (),
) -> Path:
    """Write the bundle with calibration and figures; returns where it lies.

    The bundle answers through the program's own predictor at every stage, so what is calibrated
    and measured is what users get. ``elsewhere``: photos that do not show a local model's area.
    """
    progress = progress or Progress(folder)
    target = bundle_path(recipe, folder)
    contents.write(target, recipe)
    strangers, local = None, is_local(photos)
    rows = _some(photos.rows("val"), MOST_PHOTOS, recipe)
    if rows.size or local:
        LOG.info("calibrating on %d validation photos …", rows.size)
        progress.write("stage", name="calibrating", photos=int(rows.size))
        predictor, threads = load_predictor(target), recipe.training.workers
        calibration = calibrate_bundle(predictor, photos.take(rows), threads, local=local)
        if local:
            fitted = calibration or predictor.decision_model.calibration
            decimals = recipe.retrieval.decimals
            found = told(contents, fitted, predictor, photos, elsewhere, threads, decimals)
            contents, calibration, strangers = found.contents, found.calibration, found.elsewhere
        if calibration is not None:
            contents = contents.calibrated(calibration)
            contents.write(target, recipe)
    rows = _some(photos.rows("test"), recipe.training.test_photos, recipe)
    if rows.size:
        LOG.info("measuring on %d test photos …", rows.size)
        progress.write("stage", name="measuring", photos=int(rows.size))
        figures = _measure(target, photos, rows, folder, report=report)
    else:
        LOG.warning("There are no test photos: the model cannot say how good it is.")
        figures = {}
    if strangers is not None:
        figures["elsewhere"] = strangers
    contents.measured(figures).write(target, recipe)
    return target


def _some(rows: IntArray, most: int, recipe: TrainRecipe) -> IntArray:
    """At most so many of some rows, drawn by the recipe's seed."""
    if rows.size <= most:
        return rows
    random = np.random.default_rng(recipe.training.seed)
    return np.sort(random.permutation(rows)[:most])


@contextmanager
def unpacked(photos: Photos, split: str, folder: Path) -> Iterator[list[Path]]:
    """Files of photos of one split; those in shards are unpacked into ``folder`` for the while."""
    if photos.shards is None:
        yield photos.paths()
        return
    # Not the system's folder for such things, which may be small or lie in memory.
    with tempfile.TemporaryDirectory(prefix=f".{split}-", dir=folder) as name:
        paths = []
        for row, picture in photos.pictures(split):
            path = Path(name) / f"{row:08d}.jpg"
            path.write_bytes(picture if isinstance(picture, bytes) else picture.read_bytes())
            paths.append(path)
        yield paths


def _measure(
    target: Path, photos: Photos, rows: IntArray, folder: Path, *, report: bool
) -> dict[str, Any]:
    test = photos.take(rows)
    with unpacked(test, "test", folder) as paths:
        root = photos.root or paths[0].parent
        table = folder / "test.csv"
        _write_table(table, test, [path.relative_to(root) for path in paths])
        evaluation = evaluate(
            load_predictor(target), table, root, folder / "evaluation", report=report
        )
    if not evaluation.answers:
        LOG.warning("No test photo could be located: the model cannot say how good it is.")
        return {}
    figures = figures_of(evaluation, photos)
    return figures | figures_of_area(evaluation, photos) if is_local(photos) else figures


def _write_table(path: Path, photos: Photos, files: list[Path]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["file", "latitude", "longitude", "precision"])
        for row, file in enumerate(files):
            latitude, longitude = photos.latitude_deg[row], photos.longitude_deg[row]
            writer.writerow([file.as_posix(), latitude, longitude, photos.precision[row]])


def figures_of(evaluation: Evaluation, photos: Photos) -> dict[str, Any]:
    """What stands in the bundle under ``evaluation``: also in metres, beside the plainest floor."""
    errors_m = evaluation.metrics.distance_km * 1000.0
    train = photos.take(photos.rows("train"))
    middle = spherical_mean(train.latitude_deg, train.longitude_deg)
    rows = [answer.row for answer in evaluation.answers]
    floor_m = 1000.0 * great_circle_km(
        middle.latitude_deg,
        middle.longitude_deg,
        np.array([row.latitude_deg for row in rows]),
        np.array([row.longitude_deg for row in rows]),
    )
    return metrics_json(evaluation.metrics) | {
        **_middles(errors_m),
        "rmse_m": round(float(np.sqrt((errors_m**2).mean())), 2),
        "floor_mean_point": _middles(floor_m),
    }


def figures_of_area(evaluation: Evaluation, photos: Photos) -> dict[str, Any]:
    """What counts for a model of one area: how many truths lay inside the radii, how many answers
    were refused, and the ceiling of remembering: each photo placed at the nearest training photo,
    wherever it was taken."""
    errors_km = np.asarray(evaluation.metrics.distance_km)
    radii = [(a.radii.r50_km, a.radii.r80_km, a.radii.r95_km) for a in evaluation.answers]
    inside = (errors_km[:, None] <= np.array(radii)).sum(axis=0)
    unsure = sum(answer.level is Level.CANNOT_TELL for answer in evaluation.answers)
    quarters_m = 1000.0 * np.quantile(errors_km, (0.25, 0.75))
    return {
        "inside_50_80_95": [int(number) for number in inside],
        "cannot_tell": int(unsure),
        "quarters_m": [round(float(value), 1) for value in quarters_m],
        "ceiling_nearest_photo": _middles(_nearest_m(evaluation, photos)),
    }


def _nearest_m(evaluation: Evaluation, photos: Photos) -> FloatArray:
    """(n) metres from each answered photo to the nearest training photo."""
    train = photos.take(photos.rows("train"))
    rows = [answer.row for answer in evaluation.answers]
    asked = unit_vectors(
        np.array([row.latitude_deg for row in rows]), np.array([row.longitude_deg for row in rows])
    )
    tree = cKDTree(unit_vectors(train.latitude_deg, train.longitude_deg))
    chords = np.asarray(tree.query(asked)[0])
    return np.asarray(2000.0 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chords / 2.0, 1.0)))


def _middles(errors_m: FloatArray) -> dict[str, float]:
    return {
        "mean_m": round(float(errors_m.mean()), 2),
        "median_m": round(float(np.median(errors_m)), 2),
    }
