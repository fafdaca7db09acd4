"""The build of a local model from a folder of photos, in one go: the stages in order."""

from __future__ import annotations

import errno
import json
import logging
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from geoguess_app.core.errors import TableError
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import IntArray
from geoguess_app.files.atomic import make_folder, replace_file
from trainer.common.progress import ProgressLog, ProgressStage
from trainer.data.training_photos import TrainingPhotos
from trainer.local import reporting
from trainer.local.calibrate import calibrate_local
from trainer.local.choose import ModelChoice, choose_setting, errors_m, refit
from trainer.local.contents import contents_of
from trainer.local.divide import PhotoDivision, assign_folds, divide_as_given, divide_photos
from trainer.local.feature_store import FeatureStore
from trainer.local.measure import measure_local, measure_negatives
from trainer.local.models import fit_middle
from trainer.local.negatives import NegativeExamples, photos_below
from trainer.local.recipe import LocalRecipe, SplitBy
from trainer.local.settings import Examples, Setting, candidate_settings
from trainer.local.spaces import FeatureMatrix, WorldBank
from trainer.local.trunk_features import LocalTrunk, features_key, features_of, load_local_trunk
from trainer.local.usable_photos import FEWEST_PHOTOS, PhotoOptions, UsablePhotos, gather_photos
from trainer.local.world_bank import load_world_bank

log = logging.getLogger(__name__)
OTHER: dict[SplitBy, SplitBy] = {"place": "random", "random": "place"}
_FEWEST_GROUPS = 2
STAGES = ("reading", "features", "candidates", "other-split", "calibrating", "measuring")
"""In this order, by the names that ``progress.jsonl`` calls them."""


@dataclass(frozen=True)
class LocalOptions:
    """Options that the command line adds to a recipe."""

    photos: PhotoOptions
    out: Path
    """The bundle."""
    work: Path
    """Table, split, report and figures of this build."""
    cache: Path
    """Measurements and features, kept between builds."""
    elsewhere: Path | None = None
    """A folder of photos of other places."""
    download: bool = False
    report: bool = True


@dataclass(frozen=True, eq=False)
class LocalInputs:
    """The inputs of all later stages; rows of everything run in step."""

    usable: UsablePhotos
    trunk: LocalTrunk
    examples: Examples
    world: WorldBank | None
    elsewhere: NegativeExamples


def build_local(recipe: LocalRecipe, options: LocalOptions) -> Path:
    """Run every stage and write the bundle; returns where it lies. Raises GeoGuessError.

    How far it is stands in ``progress.jsonl`` in the folder ``options.work``.
    """
    make_folder(options.work)
    progress = ProgressLog(options.work)
    with progress.outcome(), _room(options.work):
        progress.write("start", task=recipe.task, stages=list(STAGES))
        bundle = _build(recipe, options, progress)
        progress.write("done", model=str(bundle))
    return bundle


@contextmanager
def _room(work: Path) -> Iterator[None]:
    """A full disk as one sentence; raises TableError."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        if not full and "disk is full" not in str(error):
            raise
        raise TableError(
            f"The disk of {work} is full. Free some space and run the same command again: "
            "everything read and computed so far is kept.",
            code="disk-full",
        ) from error


def _build(recipe: LocalRecipe, options: LocalOptions, progress: ProgressLog) -> Path:
    # First, because without weights all reading of photos would be in vain.
    trunk = load_local_trunk(recipe, download=options.download)
    usable = gather_photos(options.photos, recipe.photos, options.work, options.cache)
    log.info("%s", reporting.photos_text(usable, options.work))
    for by in (None, OTHER[recipe.split.by]):
        check_division(divide_for_build(usable, recipe, by), options.photos.source)
    inputs = _inputs(recipe, options, trunk, usable, progress)
    division = divide_for_build(inputs.usable, recipe)
    _write_split(options.work, inputs.usable, division)
    split = reporting.division_facts(division, inputs.usable)
    log.info("%s", reporting.division_text(split))
    progress.write("division", **split)
    choice, fold = _choose(
        inputs, division, recipe, progress, "candidates", bars=options.photos.progress
    )
    log.info("%s", reporting.trials_table(choice))
    log.info("%s", choice.sentence())
    if not choice.beats_floor:
        log.warning("%s", reporting.NO_BETTER)
    log.info("Repeating the comparison with the photos divided the other way …")
    other = other_split(inputs, division, recipe, progress)
    return _write(recipe, options, inputs, division, choice, fold, other, progress)


def _inputs(
    recipe: LocalRecipe,
    options: LocalOptions,
    trunk: LocalTrunk,
    usable: UsablePhotos,
    progress: ProgressLog,
) -> LocalInputs:
    spec = recipe.pictures
    names = [*usable.photos.names, *usable.elsewhere]
    paths = [usable.root / name for name in names]
    own = photos_below(options.elsewhere) if options.elsewhere else []
    with (
        FeatureStore(options.cache / "features.sqlite", features_key(trunk, spec)) as store,
        tqdm(
            total=len(paths) + len(own),
            unit="photo",
            desc="features",
            disable=not options.photos.progress,
        ) as bar,
    ):
        stage = ProgressStage(progress, "features", bar, len(paths) + len(own))
        found = features_of(trunk, spec, [*paths, *own], store, stage)
    here = paths[: usable.size]
    readable = np.array([path in found for path in here])
    kept = keep_rows(usable, np.flatnonzero(readable))
    if kept.size < FEWEST_PHOTOS:
        raise TableError(
            f"{options.photos.source}: only {kept.size} photos can be decoded; at least "
            f"{FEWEST_PHOTOS} are needed.",
            code="too-few",
        )
    photos = kept.photos
    features = np.stack([found[path] for path in here if path in found])
    examples = Examples(FeatureMatrix(features), photos.latitude_deg, photos.longitude_deg)
    strangers = [found[path] for path in [*paths[usable.size :], *own] if path in found]
    world = load_world_bank(trunk, spec) if "world" in recipe.spaces.names else None
    middle = (float(np.median(photos.latitude_deg)), float(np.median(photos.longitude_deg)))
    elsewhere = NegativeExamples(
        FeatureMatrix(np.stack(strangers)) if strangers else None, world, *middle
    )
    return LocalInputs(kept, trunk, examples, world, elsewhere)


def keep_rows(usable: UsablePhotos, rows: IntArray) -> UsablePhotos:
    """Some of the photos."""
    if rows.size == usable.size:
        return usable

    def pick(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(values[row] for row in rows.tolist())

    return replace(
        usable,
        photos=usable.photos.take(rows),
        source=pick(usable.source),
        licence=pick(usable.licence),
        precision=pick(usable.precision),
        split=pick(usable.split),
    )


def divide_for_build(
    usable: UsablePhotos, recipe: LocalRecipe, by: SplitBy | None = None
) -> PhotoDivision:
    """Put test photos aside: those of the table's own column split, else as the recipe says."""
    given = np.array([text == "test" for text in usable.split])
    if by is None and given.any() and not given.all():
        return divide_as_given(usable.photos, recipe.split, given)
    return divide_photos(usable.photos, recipe.split, by)


def check_division(division: PhotoDivision, source: Path) -> None:
    """Refuse, before the work begins, what could not be chosen or measured; raises TableError."""
    learned = len(np.unique(division.group[~division.test]))
    if learned < _FEWEST_GROUPS or not division.test.any():
        raise TableError(
            f"{source}: divided {division.words}, its photos give {learned} groups to learn from "
            f"and {int(division.test.sum())} photos to test on, which is too few; add photos of "
            "other spots and days.",
            code="few-groups",
        )


def _choose(
    inputs: LocalInputs,
    division: PhotoDivision,
    recipe: LocalRecipe,
    progress: ProgressLog,
    name: str,
    *,
    bars: bool = False,
) -> tuple[ModelChoice, IntArray]:
    """Try all settings on the photos that are not put aside, and the folds used for that."""
    rows = np.flatnonzero(~division.test)
    names = tuple(inputs.usable.photos.names[row] for row in rows.tolist())
    count = min(recipe.split.folds, len(np.unique(division.group[rows])))
    fold = assign_folds(division.group[rows], names, count, recipe.split.seed)
    spaces = tuple(n for n in recipe.spaces.names if n != "world" or inputs.world is not None)
    tried = list(candidate_settings(recipe, spaces))
    with tqdm(total=len(tried) * count, desc="trying", unit="fit", disable=not bars) as bar:
        stage = ProgressStage(progress, name, bar, len(tried) * count)
        choice = choose_setting(
            inputs.examples.take(rows),
            fold,
            tried,
            recipe,
            inputs.world,
            stage.update,
            lambda answered: progress.write("tried", stage=name, **reporting.trial_facts(answered)),
        )
    return choice, fold


def other_split(
    inputs: LocalInputs, division: PhotoDivision, recipe: LocalRecipe, progress: ProgressLog
) -> dict[str, Any]:
    """The same questions with the photos divided the other way: chosen and measured anew."""
    apart = divide_for_build(inputs.usable, recipe, OTHER[division.by])
    choice, _ = _choose(inputs, apart, recipe, progress, "other-split")
    learned, asked = inputs.examples.take(~apart.test), inputs.examples.take(apart.test)
    model = refit(learned, choice.best.setting, recipe, inputs.world)
    return {
        "split": apart.words,
        "chosen": choice.best.setting.kind,
        **reporting.error_figures(errors_m(model.answers(asked.features), asked)),
        "floor_mean_point": reporting.error_figures(
            errors_m(fit_middle(learned).answers(asked.features), asked)
        ),
    }


def _write(
    recipe: LocalRecipe,
    options: LocalOptions,
    inputs: LocalInputs,
    division: PhotoDivision,
    choice: ModelChoice,
    fold: IntArray,
    other: dict[str, Any],
    progress: ProgressLog,
) -> Path:
    learned = inputs.examples.take(~division.test)
    setting = choice.best.setting
    model = refit(learned, setting, recipe, inputs.world)
    photos = training_photos_of(inputs.usable, division)
    facts = reporting.build_facts(recipe, inputs, division, choice)
    progress.write("stage", name="calibrating", photos=learned.size)
    group = division.group[~division.test]
    fitted = calibrate_local(learned, fold, setting, recipe, inputs.world, inputs.elsewhere, group)
    contents = contents_of(model, learned, photos, inputs.trunk, recipe, facts, fitted)
    log.info("Measuring on %d test photos …", int(division.test.sum()))
    progress.write("stage", name="measuring", photos=int(division.test.sum()))
    # A bundle appears only with its figures: one that cannot be measured is left nowhere.
    with tempfile.TemporaryDirectory(
        prefix=".unmeasured-", dir=options.work, ignore_cleanup_errors=True
    ) as folder:
        unmeasured = Path(folder) / options.out.name
        contents.write(unmeasured, recipe.model)
        predictor = load_predictor(unmeasured)
        figures = measure_local(predictor, photos, options.work, report=options.report)
    figures |= {"split": division.words, "other_split": other}
    figures["nearest_neighbour"] = _nearest(inputs, division, recipe)
    strangers = measure_negatives(fitted.area, learned, inputs.elsewhere)
    if strangers is not None:
        figures["elsewhere"] = strangers
    contents.measured(figures).write(options.out, recipe.model)
    replace_file(
        options.work / "figures.json", (json.dumps(figures, indent=1) + "\n").encode("utf-8")
    )
    log.info("%s", reporting.outcome_text(figures))
    return options.out


def _nearest(inputs: LocalInputs, division: PhotoDivision, recipe: LocalRecipe) -> dict[str, float]:
    """The error of the plainest model that learns: the place of the most similar photo."""
    learned, asked = inputs.examples.take(~division.test), inputs.examples.take(division.test)
    model = refit(learned, Setting("retrieval", neighbours=1, temperature=1.0), recipe, None)
    return reporting.error_figures(errors_m(model.answers(asked.features), asked))


def training_photos_of(usable: UsablePhotos, division: PhotoDivision) -> TrainingPhotos:
    """List the photos with their division, as bundles and figures need them."""
    return TrainingPhotos(
        names=usable.photos.names,
        latitude_deg=usable.photos.latitude_deg,
        longitude_deg=usable.photos.longitude_deg,
        split=np.where(division.test, "test", "train"),
        source=usable.source,
        licence=usable.licence,
        precision=usable.precision,
        root=usable.root,
    )


def _write_split(work: Path, usable: UsablePhotos, division: PhotoDivision) -> None:
    lines = ["file_name,latitude,longitude,group,split"]
    photos = training_photos_of(usable, division)
    for row, name in enumerate(photos.names):
        quoted = '"' + name.replace('"', '""') + '"'
        spot = f"{photos.latitude_deg[row]:.7f},{photos.longitude_deg[row]:.7f}"
        lines.append(f"{quoted},{spot},{division.group[row]},{photos.split[row]}")
    replace_file(work / "split.csv", ("\n".join(lines) + "\n").encode("utf-8"))
