"""The end of a training: calibrate on validation photos, measure on test photos, write the
bundle."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import IntArray
from geoguess_app.evaluation.run.evaluate import evaluate
from trainer.common.bundle_contents import BundleContents
from trainer.common.figures import area_figures, model_figures
from trainer.data.training_photos import TrainingPhotos, write_truth_table
from trainer.engine.area_gate import gate_by_area, is_local
from trainer.engine.calibration import MOST_PHOTOS, calibrate_bundle
from trainer.engine.progress import ProgressLog
from trainer.engine.recipe import TrainRecipe

log = logging.getLogger(__name__)


def bundle_path(recipe: TrainRecipe, folder: Path) -> Path:
    """Return where a run's bundle lies: its name in letters that every system takes."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", recipe.model.name).strip("-.") or "model"
    return folder / f"{name}.geomodel"


def finish(
    contents: BundleContents,
    recipe: TrainRecipe,
    photos: TrainingPhotos,
    folder: Path,
    *,
    report: bool,
    progress: ProgressLog | None = None,
    elsewhere: Sequence[Path] = (),
) -> Path:
    """Write the bundle with calibration and figures; returns where it lies.

    The bundle answers through the program's own predictor at every stage, so what is calibrated
    and measured is what users get; it appears when it has its figures. ``elsewhere``: photos that
    do not show a local model's area.
    """
    progress = progress or ProgressLog(folder)
    target = bundle_path(recipe, folder)
    with tempfile.TemporaryDirectory(
        prefix=".unmeasured-", dir=folder, ignore_cleanup_errors=True
    ) as draft:
        unmeasured = Path(draft) / target.name
        finished = _finished(
            contents, recipe, photos, folder, unmeasured, progress, elsewhere, report=report
        )
    finished.write(target, recipe.model)
    return target


def _finished(
    contents: BundleContents,
    recipe: TrainRecipe,
    photos: TrainingPhotos,
    folder: Path,
    target: Path,
    progress: ProgressLog,
    elsewhere: Sequence[Path],
    *,
    report: bool,
) -> BundleContents:
    """The contents with calibration and figures; ``target`` is where a bundle may lie meanwhile."""
    contents.write(target, recipe.model)
    strangers, local = None, is_local(photos)
    rows = _some(photos.rows("val"), MOST_PHOTOS, recipe)
    if rows.size or local:
        log.info("Calibrating on %d validation photos …", rows.size)
        progress.write("stage", name="calibrating", photos=int(rows.size))
        predictor, threads = load_predictor(target), recipe.training.workers
        calibration = calibrate_bundle(predictor, photos.take(rows), threads, local=local)
        if local:
            fitted = calibration or predictor.decision_model.calibration
            decimals = recipe.retrieval.decimals
            gated = gate_by_area(contents, fitted, predictor, photos, elsewhere, threads, decimals)
            contents, calibration, strangers = gated.contents, gated.calibration, gated.elsewhere
        if calibration is not None:
            contents = contents.calibrated(calibration)
            contents.write(target, recipe.model)
    rows = _some(photos.rows("test"), recipe.training.test_photos, recipe)
    if rows.size:
        log.info("Measuring on %d test photos …", rows.size)
        progress.write("stage", name="measuring", photos=int(rows.size))
        figures = _measure(target, photos, rows, folder, report=report)
    else:
        log.warning("There are no test photos, so the model's error is unknown.")
        figures = {}
    if strangers is not None:
        figures["elsewhere"] = strangers
    return contents.measured(figures)


def _some(rows: IntArray, most: int, recipe: TrainRecipe) -> IntArray:
    """At most so many of some rows, drawn by the recipe's seed."""
    if rows.size <= most:
        return rows
    random = np.random.default_rng(recipe.training.seed)
    return np.sort(random.permutation(rows)[:most])


@contextmanager
def photo_files(photos: TrainingPhotos, split: str, folder: Path) -> Iterator[list[Path]]:
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
    target: Path, photos: TrainingPhotos, rows: IntArray, folder: Path, *, report: bool
) -> dict[str, Any]:
    test = photos.take(rows)
    with photo_files(test, "test", folder) as paths:
        root = photos.root or paths[0].parent
        table = folder / "test.csv"
        names = [path.relative_to(root).as_posix() for path in paths]
        write_truth_table(table, test, names)
        evaluation = evaluate(
            load_predictor(target), table, root, folder / "evaluation", report=report
        )
    if not evaluation.answers:
        log.warning("No test photo could be located, so the model's error is unknown.")
        return {}
    training = photos.positions("train")
    figures = model_figures(evaluation, training)
    return figures | area_figures(evaluation, training) if is_local(photos) else figures
