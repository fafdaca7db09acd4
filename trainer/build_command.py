"""`geoguess-train build`: a bundle from a recipe and a folder of photos, in one go."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.paths import resource_dir

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "build",
        help="build a model bundle from a recipe",
        description="Runs every stage of a recipe: tables, partitions, scene labels, trunk "
        "features, heads, calibration, bank, evaluation, bundle and model card.",
    )
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml")
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="DIR",
        help="folder of the recipe's tables and photos (default: shared/photos beside the project)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the bundle (default: resources/models/RECIPE)"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where features are kept between runs (default: .cache/train beside the project)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="use what an earlier run left in the cache; otherwise everything is made anew",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build; prints where the bundle lies."""
    # Torch takes a second to import: not for --help or another command.
    from trainer.pipeline import build
    from trainer.recipe import read_recipe

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    project = resource_dir().parent
    recipe = read_recipe(args.recipe)
    photos = args.photos or project.parent / "shared" / "photos"
    out = args.out or resource_dir() / "models" / args.recipe.stem
    cache = args.cache or project / ".cache" / "train"
    if not args.resume and cache.is_dir():
        for path in cache.glob("features-*.npz"):
            path.unlink()
    sys.stdout.write(f"{build(recipe, photos, out, cache)}\n")
    return 0
