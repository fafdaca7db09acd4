"""`geoguess-train search`: train with many settings and tell which is best by validation."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.engine.run import Options

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
Keys are those of the recipe; lr, weight_decay, decay (schedule.gamma), step, dropout, batch, epochs
and seed are short for theirs. A recipe may have the grid in a section [search] (lr = [1e-3, 3e-4]).
Test photos are not touched."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "search",
        help="try learning rates and other settings, and tell the best",
        description="Trains a recipe once per combination of settings, with the same seed and "
        "photos, and lists them by the recipe's validation figure (training.monitor).",
        epilog=_EPILOG,
    )
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml")
    parser.add_argument("--photos", type=Path, metavar="TABLE", help="photo table or image folder")
    parser.add_argument("--images", type=Path, metavar="DIR", help="where the table's photos lie")
    parser.add_argument("--shards", type=Path, metavar="DIR", help="shards instead of a table")
    parser.add_argument(
        "--grid", action="append", default=[], metavar="KEY=V,V…", help="values to try; repeat"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: runs/RECIPE-search")
    parser.add_argument(
        "--resume", action="store_true", help="keep finished runs, go on with the others"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a key of the recipe"
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="what the trunk starts from: a file, imagenet or scratch"
    )
    parser.add_argument(
        "--download", action="store_true", help="allow the download of the trunk's weights"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "gpu", "mps"), default="auto")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Search; prints the table. 0 if any run was finished."""
    # Torch and Lightning take seconds to import: not for --help or another command.
    from trainer.common.errors import TrainError
    from trainer.engine import search
    from trainer.engine.errors import INTERRUPTED

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    changes = list(args.set)
    if args.weights is not None:
        changes.append(f"trunk.weights={args.weights}")
    grid, options = search.grid_of(args.recipe, args.grid), _options(args)
    try:
        results = search.search(args.recipe, changes, grid, options)
    except TrainError as error:
        if error.code != INTERRUPTED:
            raise
        sys.stderr.write(f"{error}\n")
        return 130
    monitor = search.recipe_with(args.recipe, changes, ()).training.monitor
    lines = [search.text_table(results, monitor), f"{options.out / search.TABLE_FILE}"]
    best = results[0]
    if best.value is None:
        sys.stdout.write("\n".join([*lines, "No run could be finished."]) + "\n")
        return 1
    sets = " ".join(f"--set {key}={value}" for key, value in best.setting)
    lines.append(f"Best by {monitor}: geoguess-train train {args.recipe} … {sets}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _options(args: argparse.Namespace) -> Options:
    from trainer.engine.fit import Machine
    from trainer.engine.run import Options

    progress = not args.quiet and sys.stderr.isatty()
    return Options(
        out=args.out or Path("runs") / f"{args.recipe.stem}-search",
        photos=args.photos,
        images=args.images,
        shards=args.shards,
        machine=Machine(args.device, progress=progress),
        resume=args.resume,
        download=args.download,
    )
