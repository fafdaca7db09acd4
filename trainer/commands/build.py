"""``geoguess-train build``: a bundle from a recipe and a folder of photos, in one go."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import TableError
from trainer.commands.options import (
    add_column,
    add_dry_run,
    add_images,
    add_no_report,
    add_quiet,
    add_recipe_changes,
    add_swapped,
    add_workers,
    recipe_file,
)

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
campus-auto.toml makes a model of your own town or campus from a folder of photos with positions in
their EXIF, or from a table: it tries three kinds of model, keeps the best and measures its error.
The recipes of geoguess-train train work too; the photos are then read, checked and divided first.
starter.toml builds the model that comes with GeoGuess; its --photos is the folder of the recipe's
tables."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``build`` and its options."""
    parser = subparsers.add_parser(
        "build",
        help="build a model from a recipe and a folder of photos in one step",
        description="Turns photos into a model that GeoGuess opens: reads and checks the photos, "
        "divides them, trains, calibrates, measures, and writes the model and its card.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "recipe",
        type=recipe_file,
        metavar="RECIPE",
        help="the recipe to build: a file, or a name that geoguess-train recipes lists",
    )
    parser.add_argument(
        "--photos", type=Path, metavar="FOLDER", help="folder of photos, or a table of photos"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="BUNDLE",
        help="model to write: a .geomodel file or a folder (default: runs/RECIPE/NAME.geomodel)",
    )
    parser.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        help="folder for the table, the split, the report and the figures of the build (default: "
        "BUNDLE-build)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="folder for measurements and features that later builds use again (default: cache in "
        "--work)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue a build that was stopped (starter.toml: use the features in the cache)",
    )
    add_dry_run(parser)
    _add_photo_options(parser)
    parser.set_defaults(run=run)


def _add_photo_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("options of all recipes but starter.toml")
    add_images(group)
    add_column(group)
    add_swapped(group)
    group.add_argument(
        "--within",
        type=float,
        metavar="KM",
        help="use only photos within KM of the middle photo",
    )
    group.add_argument(
        "--split-by",
        choices=("place", "random"),
        help="how test photos are chosen: from places without a training photo (place, the "
        "default) or from anywhere (random)",
    )
    group.add_argument(
        "--elsewhere",
        type=Path,
        metavar="FOLDER",
        help='photos of other places, from which the model learns to answer "cannot tell"',
    )
    add_recipe_changes(group)
    add_no_report(group)
    add_workers(group, "read photos")
    add_quiet(group)


def run(args: argparse.Namespace) -> int:
    """Build; prints where the bundle lies."""
    # Torch takes a second to import: not for --help or another command.
    from trainer.common.fields import read_toml

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    task = read_toml(args.recipe).get("task")
    if args.photos is None:
        raise TableError("Give the photos to train on: --photos FOLDER.", code="option")
    if task is None:
        return _run_starter(args)
    if task == "context":
        raise TableError(
            f"{args.recipe}: this recipe starts from two other models; use geoguess-train train "
            "with --base and --scenes.",
            code="option",
        )
    from trainer.commands.build_local import run_engine, run_local

    return run_local(args) if task == "local" else run_engine(args)


def _run_starter(args: argparse.Namespace) -> int:
    from trainer.starter.pipeline import build_starter
    from trainer.starter.recipe import read_starter_recipe

    recipe = read_starter_recipe(args.recipe)
    if args.dry_run:
        from trainer.starter.dry_run import describe_starter

        sys.stdout.write(describe_starter(recipe, args.photos))
        return 0
    out = args.out or Path("runs") / args.recipe.stem / "model"
    work = args.work or out.with_name(f"{out.stem}-build")
    cache = args.cache or work / "cache"
    if not args.resume and cache.is_dir():
        for path in cache.glob("features-*.npz"):
            path.unlink()
    sys.stdout.write(f"{build_starter(recipe, args.photos, out, cache)}\n")
    return 0
