"""A whole run: photos, partitions, training, bundle. The stages in order, nothing else."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.bundle.manifest import RegressionConfig
from geoguess_app.core.errors import GeoGuessError, TableError
from geoguess_app.core.partition import cells_csv_text
from geoguess_app.files.atomic import make_folder, replace_file
from trainer.common.bundle_contents import BundleContents
from trainer.common.errors import TrainError
from trainer.common.fields import decode_table
from trainer.common.initial_weights import InitialWeights, find_initial_weights, load_initial
from trainer.common.ranks import is_first_rank
from trainer.data.training_photos import TrainingPhotos, read_photo_shards, read_photo_table
from trainer.engine import context
from trainer.engine.bank import bank_contents
from trainer.engine.context import ParentModels
from trainer.engine.data_module import PhotoData
from trainer.engine.errors import INTERRUPTED, explain_failure
from trainer.engine.export import load_best, trained_contents
from trainer.engine.finish import finish
from trainer.engine.fit import Machine, fit_module
from trainer.engine.modules import CellsModule, GeoModule, RegressionModule
from trainer.engine.progress import ProgressLog
from trainer.engine.recipe import TrainRecipe
from trainer.engine.targets import Targets, make_targets

log = logging.getLogger(__name__)
RUN_FILE = "run.json"
_FREE = {
    "training": (
        "epochs",
        "accumulate",
        "workers",
        "precision",
        "checkpoint_steps",
        "log_steps",
        "test_photos",
    ),
    "optimizer": ("learning_rate",),
}
"""Keys that may change when a run is resumed."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options that the command line adds to a recipe."""

    out: Path
    photos: Path | None = None
    images: Path | None = None
    shards: Path | None = None
    partitions: Path | None = None
    base: Path | None = None
    scenes: Path | None = None
    machine: Machine = field(default_factory=Machine)
    resume: bool = False
    download: bool = False
    report: bool = True
    elsewhere: tuple[Path, ...] = ()
    """Photos that do not show the area of a local model."""
    split: str = ""
    """How the photos were divided before, in words."""


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A run and all that is known before its first step."""

    recipe: TrainRecipe
    options: RunOptions
    photos: TrainingPhotos
    targets: Targets
    start: InitialWeights
    parents: ParentModels | None = None
    """Of Context-Specific Networks."""

    @property
    def facts(self) -> dict[str, Any]:
        """Give the facts for bundle and card."""
        training = self.recipe.training
        facts: dict[str, Any] = {
            "task": self.recipe.task,
            "trunk": self.recipe.trunk.architecture,
            "trunk_started_from": self.start.origin,
            "training_photos": int(self.photos.rows("train").size),
            "validation_photos": int(self.photos.rows("val").size),
            "seed": training.seed,
        }
        if self.recipe.task != "retrieval":
            facts |= {"epochs": training.epochs, "batch": training.batch}
        if self.options.split:
            facts["split"] = self.options.split
        if self.photos.split_at_random:
            facts["split"] = "at random 80/10/10: photos of one spot may be in more than one part"
        return facts


def prepare_run(recipe: TrainRecipe, options: RunOptions) -> TrainingRun:
    """Read photos, make partitions, find the trunk's first weights. Raises GeoGuessError."""
    photos = load_photos(recipe, options)
    if recipe.task == "context":
        parents = context.open_parents(recipe, options)
        targets, start = context.targets_of(parents, recipe), context.start_of(parents)
        return TrainingRun(recipe, options, photos, targets, start, parents)
    train = photos.rows("train")
    targets = make_targets(
        recipe, photos.latitude_deg[train], photos.longitude_deg[train], options.partitions
    )
    start = find_initial_weights(recipe.trunk, download=options.download)
    return TrainingRun(recipe, options, photos, targets, start)


def load_photos(recipe: TrainRecipe, options: RunOptions) -> TrainingPhotos:
    """The photos of the table or of the shards."""
    if options.shards is not None:
        return read_photo_shards(options.shards)
    if options.photos is None:
        raise TrainError(
            "Give the photos to train on: --photos TABLE or --shards DIR.", code="option"
        )
    photos = read_photo_table(options.photos, options.images, recipe.training.seed)
    if photos.split_at_random:
        log.info("The table has no split column, so it is divided 80/10/10 at random.")
    return photos


def make_module(prepared: TrainingRun) -> GeoModule:
    """The module with the trunk's first weights."""
    module: GeoModule
    if prepared.recipe.task == "regression":
        config = regression_config(prepared.photos)
        module = RegressionModule(prepared.recipe, config.mean, config.std)
    else:
        module = CellsModule(prepared.recipe, prepared.targets)
    load_initial(prepared.start, module.trunk)
    return module


def regression_config(photos: TrainingPhotos) -> RegressionConfig:
    """Mean and standard deviation of the training photos' degrees."""
    rows = photos.rows("train")
    degrees = np.stack([photos.latitude_deg[rows], photos.longitude_deg[rows]], axis=1)
    mean, std = degrees.mean(axis=0), np.maximum(degrees.std(axis=0), 1e-6)
    return RegressionConfig((float(mean[0]), float(mean[1])), (float(std[0]), float(std[1])))


def make_data(prepared: TrainingRun) -> PhotoData:
    """The loaders; raises TrainError for a batch that does not go round."""
    training, ranks = prepared.recipe.training, prepared.options.machine.ranks
    if training.batch % (training.accumulate * ranks):
        raise TrainError(
            f"A batch of {training.batch} cannot be divided into {training.accumulate} parts on "
            f"{ranks} devices; change training.batch or training.accumulate.",
            code="batch",
        )
    data = PhotoData(prepared.recipe, prepared.photos, prepared.targets, ranks=ranks)
    if data.portions.photos < training.accumulate * ranks:
        raise TrainError(
            f"{data.portions.photos} training photos are too few for {ranks} devices and "
            f"{training.accumulate} parts.",
            code="no-photos",
        )
    return data


def claim_folder(prepared: TrainingRun) -> None:
    """Make the run's folder, or check that it is this run's. Raises TrainError."""
    folder, options = prepared.options.out, prepared.options
    path = folder / RUN_FILE
    now = {"recipe": prepared.recipe.to_json(), "photos": prepared.photos.fingerprint()}
    if path.is_file():
        if not options.resume:
            raise TrainError(
                f"{folder} already contains a run; continue it with --resume, or choose another "
                "--out.",
                code="exists",
            )
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = _difference(before, json.loads(json.dumps(now)))
        if changed:
            raise TrainError(
                f"{folder}: the run was started with a different {changed}, so it cannot be "
                "resumed; choose another --out.",
                code="other-run",
            )
    make_folder(folder)
    replace_file(path, (json.dumps(now, indent=1, ensure_ascii=False) + "\n").encode())
    for partition in prepared.targets.partitions:
        make_folder(folder / "partitions")
        table = folder / "partitions" / f"{partition.name}.csv"
        replace_file(table, cells_csv_text(partition).encode())


def _difference(before: Any, now: Any) -> str | None:
    """The first thing that differs and must not."""
    if before.get("photos") != now["photos"]:
        return "set of photos"
    try:
        # A key that the program has learned since then had its default value.
        recipe = decode_table(TrainRecipe, before.get("recipe"), RUN_FILE).to_json()
    except TableError:
        return "recipe"
    recipe = json.loads(json.dumps(recipe))
    for section, values in now["recipe"].items():
        old = recipe[section]
        if section in _FREE:
            old = {**old, **{key: values[key] for key in _FREE[section]}}
        if old != values:
            return f"recipe ({section})"
    return None


def train_model(prepared: TrainingRun) -> Path | None:
    """Train, calibrate, measure, write; returns the bundle's path, or None on a helping rank.

    Raises GeoGuessError for what a user can mend; the run can then be resumed.
    """
    if is_first_rank():
        claim_folder(prepared)
    progress = ProgressLog(prepared.options.out) if is_first_rank() else None
    try:
        bundle = _train(prepared, progress)
    except KeyboardInterrupt:
        _say(progress, "stopped")
        raise
    except Exception as error:
        explanation = _explanation(error, prepared.recipe)
        stopped = getattr(explanation, "code", "") == INTERRUPTED
        _say(progress, "stopped" if stopped else "failed", message=str(explanation or error))
        if explanation is None or explanation is error:
            raise
        raise explanation from error
    _say(progress, "done", model=str(bundle))
    return bundle


def _say(progress: ProgressLog | None, event: str, **values: Any) -> None:
    if progress is not None:
        progress.write(event, **values)


def _explanation(error: Exception, recipe: TrainRecipe) -> GeoGuessError | None:
    """The sentence for the user; None for a fault of the program's own."""
    if isinstance(error, GeoGuessError):
        return error
    return explain_failure(error, recipe.training.accumulate)


def _train(prepared: TrainingRun, progress: ProgressLog | None) -> Path | None:
    recipe, options = prepared.recipe, prepared.options
    if recipe.task == "retrieval":
        contents = bank_contents(prepared)
    elif recipe.task == "context":
        contents = context.context_contents(prepared)
    else:
        contents = _train_network(prepared, progress)
    if not is_first_rank():
        return None
    return finish(
        contents,
        recipe,
        prepared.photos,
        options.out,
        report=options.report,
        progress=progress,
        elsewhere=options.elsewhere,
    )


def _train_network(prepared: TrainingRun, progress: ProgressLog | None) -> BundleContents:
    """Train the one network of a cells or regression bundle."""
    options = prepared.options
    module, data = make_module(prepared), make_data(prepared)
    best = fit_module(
        module, data, options.out, options.machine, resume=options.resume, progress=progress
    )
    if is_first_rank():
        load_best(module, best)
    regression = None
    if prepared.recipe.task == "regression":
        regression = regression_config(prepared.photos)
    return trained_contents(
        module, prepared.photos, prepared.targets.partitions, regression, prepared.facts
    )
