"""``build`` with a recipe of the engine: photos, split, then a training run."""

from __future__ import annotations

import argparse
import csv
import io
import logging
import shutil
import sys
from dataclasses import replace

import numpy as np

from geoguess_app.core.errors import TableError
from geoguess_app.files.atomic import make_folder, replace_file
from trainer.commands.build_local import changes_of, local_options
from trainer.common.progress import ProgressLog
from trainer.engine.fit import Machine
from trainer.engine.recipe import TrainRecipe, read_train_recipe
from trainer.engine.run import RunOptions, prepare_run, train_model
from trainer.local import reporting
from trainer.local.build import LocalOptions, training_photos_of
from trainer.local.divide import PhotoDivision, assign_folds, divide_photos
from trainer.local.negatives import photos_below
from trainer.local.recipe import PhotoFilters, SplitBy, SplitChoice
from trainer.local.usable_photos import UsablePhotos, gather_photos

log = logging.getLogger(__name__)
STAGES = ("reading", "training", "calibrating", "measuring")
BANK_STAGES = ("reading", "bank", "calibrating", "measuring")
"""In this order, by the names that ``progress.jsonl`` calls them."""
TABLE_FILE = "photos-split.csv"
_TEST_SHARE, _FOLDS = 0.1, 9
"""80/10/10, Report B's shares: a tenth to measure on, a ninth of the rest to choose by."""


def build_with_engine(args: argparse.Namespace) -> int:
    """Photos to model; prints where it lies."""
    recipe = read_train_recipe(args.recipe, changes_of(args, local=False))
    options = local_options(args, recipe.model.name)
    if options.out.suffix != ".geomodel":
        raise TableError(f"--out {options.out}: the file must end in .geomodel.", code="option")
    filters = PhotoFilters(within_km=args.within or 0.0)
    progress = ProgressLog(None if args.dry_run else options.work)
    with progress.outcome():
        stages = BANK_STAGES if recipe.task == "retrieval" else STAGES
        progress.write("start", task=recipe.task, stages=list(stages))
        by: SplitBy = args.split_by or "place"
        run = run_options(recipe, options, filters, by, progress, resume=args.resume)
    if args.dry_run:
        from trainer.engine.dry_run import describe_training

        sys.stdout.write(describe_training(recipe, run))
        return 0
    bundle = train_model(prepare_run(recipe, run))
    if bundle is not None and bundle.resolve() != options.out.resolve():
        make_folder(options.out.parent)
        shutil.copyfile(bundle, options.out)
    sys.stdout.write(f"{options.out}\n")
    return 0


def run_options(
    recipe: TrainRecipe,
    options: LocalOptions,
    filters: PhotoFilters,
    by: SplitBy,
    progress: ProgressLog,
    *,
    resume: bool,
) -> RunOptions:
    """Read, check and divide the photos, and say where the engine finds them."""
    make_folder(options.work)
    found = gather_photos(options.photos, filters, options.work, options.cache)
    log.info("%s", reporting.photos_text(found, options.work))
    choice = SplitChoice(by=by, test_share=_TEST_SHARE, seed=recipe.training.seed)
    division = divide_photos(found.photos, choice)
    facts = reporting.division_facts(division, found)
    log.info("%s", reporting.division_text(facts))
    progress.write("division", **facts)
    table = options.work / TABLE_FILE
    replace_file(table, _table(found, division, choice).encode("utf-8"))
    return RunOptions(
        out=options.work / "run",
        photos=table,
        images=found.root,
        machine=Machine(progress=options.photos.progress),
        resume=resume,
        download=options.download,
        report=options.report,
        split=division.words,
        elsewhere=(
            *(found.root / name for name in found.elsewhere),
            *(photos_below(options.elsewhere) if options.elsewhere else ()),
        ),
    )


def _table(found: UsablePhotos, division: PhotoDivision, choice: SplitChoice) -> str:
    photos = training_photos_of(found, division)
    rows = np.flatnonzero(~division.test)
    names = tuple(photos.names[row] for row in rows.tolist())
    split = photos.split.astype("<U5")
    split[rows[assign_folds(division.group[rows], names, _FOLDS, choice.seed) == 0]] = "val"
    photos = replace(photos, split=split)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = "file_name latitude longitude split source licence precision"
    writer.writerow(header.split())
    for row, name in enumerate(photos.names):
        spot = (f"{photos.latitude_deg[row]:.7f}", f"{photos.longitude_deg[row]:.7f}")
        remarks = (photos.source[row], photos.licence[row], photos.precision[row])
        writer.writerow([name, *spot, split[row], *remarks])
    return out.getvalue()
