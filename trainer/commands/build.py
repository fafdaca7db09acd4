"""`geoguess-train build`: a bundle from a recipe and a folder of photos, in one go."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import TableError
from geoguess_app.paths import resource_dir

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
campus-auto.toml makes a model of your own town or campus from a folder of photos that know where
they were taken (or a table of them): it tries three kinds of model, keeps the best, and says how
far off it is. The recipes of geoguess-train train are taken, too: the photos are read, checked and
divided first. starter.toml builds the model that comes with the program."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "build",
        help="build a model from a recipe and photos, in one go",
        description="From photos to a model that the window opens: reads and checks the photos, "
        "divides them, trains, calibrates, measures, and writes bundle and model card.",
        epilog=_EPILOG,
    )
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml")
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="FOLDER",
        help="folder of photos, or a table of them (starter: the folder of the recipe's tables; "
        "default: shared/photos beside the project)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="BUNDLE",
        help="the model: a .geomodel file or a folder (default: runs/RECIPE/NAME.geomodel; "
        "starter: resources/models/RECIPE)",
    )
    parser.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        help="table, split, report and figures of the build (default: BUNDLE-build)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where measurements and features are kept between runs (default: cache in --work; "
        "starter: .cache/train beside the project)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with a run that was stopped (starter: use the features in the cache)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, how big and how long"
    )
    _add_photo_options(parser)
    parser.set_defaults(run=run)


def _add_photo_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("all recipes but starter")
    group.add_argument(
        "--images", type=Path, metavar="DIR", help="where a table's photos lie (default: beside it)"
    )
    group.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=NAME",
        help="which column is the file_name, latitude, longitude, author or taken time, where "
        "the guess is wrong; repeat",
    )
    group.add_argument(
        "--swapped", action="store_true", help="read latitudes as longitudes and vice versa"
    )
    group.add_argument(
        "--within", type=float, metavar="KM", help="only photos this near to the middle one"
    )
    group.add_argument(
        "--split-by",
        choices=("place", "random"),
        help="what the test photos ask: new spots (default), or spots that training photos show",
    )
    group.add_argument(
        "--elsewhere",
        type=Path,
        metavar="FOLDER",
        help="photos of other places, to learn when to say that it cannot tell",
    )
    group.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a key of the recipe"
    )
    group.add_argument(
        "--weights", metavar="FILE", help="what the trunk starts from: a file, imagenet or scratch"
    )
    group.add_argument(
        "--download", action="store_true", help="allow the download of the trunk's weights"
    )
    group.add_argument("--no-report", action="store_true", help="no HTML report of the test")
    group.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that read photos (default: one per core)",
    )
    group.add_argument("--quiet", action="store_true", help="no progress bars")


def run(args: argparse.Namespace) -> int:
    """Build; prints where the bundle lies."""
    # Torch takes a second to import: not for --help or another command.
    from trainer.common.fields import read_toml

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    task = read_toml(args.recipe).get("task")
    if task is None:
        return _run_starter(args)
    if args.photos is None:
        raise TableError("Say which photos to learn from: --photos FOLDER.", code="option")
    if task == "context":
        raise TableError(
            f"{args.recipe}: it starts from two other models; use geoguess-train train with --base "
            "and --scenes.",
            code="option",
        )
    from trainer.commands.build_local import run_engine, run_local

    return run_local(args) if task == "local" else run_engine(args)


def _run_starter(args: argparse.Namespace) -> int:
    from trainer.starter.pipeline import build
    from trainer.starter.recipe import read_recipe

    project = resource_dir().parent
    recipe = read_recipe(args.recipe)
    photos = args.photos or project.parent / "shared" / "photos"
    if args.dry_run:
        from trainer.starter.dry_run import describe_starter

        sys.stdout.write(describe_starter(recipe, photos))
        return 0
    out = args.out or resource_dir() / "models" / args.recipe.stem
    cache = args.cache or project / ".cache" / "train"
    if not args.resume and cache.is_dir():
        for path in cache.glob("features-*.npz"):
            path.unlink()
    sys.stdout.write(f"{build(recipe, photos, out, cache)}\n")
    return 0
