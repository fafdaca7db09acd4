"""``geoguess-train search``: train with many settings and rank them by validation."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.commands.options import (
    add_device,
    add_quiet,
    add_recipe_changes,
    add_training_photos,
    recipe_file,
)

if TYPE_CHECKING:
    from trainer.engine.run import RunOptions

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
KEY is a key of the recipe or one of these short names: lr, weight_decay, decay (schedule.gamma),
step, dropout, batch, epochs, seed. A recipe may hold the grid in a section [search], such as
lr = [1e-3, 3e-4]. Test photos are never used."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``search`` and its options."""
    parser = subparsers.add_parser(
        "search",
        help="train with many combinations of settings and show the best",
        description="Trains a recipe once for each combination of settings, with the same seed "
        "and photos, and ranks the runs by the recipe's validation figure (training.monitor).",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "recipe",
        type=recipe_file,
        metavar="RECIPE",
        help="the recipe to train: a file, or a name that geoguess-train recipes lists",
    )
    add_training_photos(parser)
    parser.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="KEY=V,V…",
        help="values to try for a key; may be repeated",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the runs (default: runs/RECIPE-search)"
    )
    parser.add_argument(
        "--resume", action="store_true", help="keep finished runs and continue with the others"
    )
    add_recipe_changes(parser)
    add_device(parser)
    add_quiet(parser)
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
        results = search.grid_search(args.recipe, changes, grid, options)
    except TrainError as error:
        if error.code != INTERRUPTED:
            raise
        sys.stderr.write(f"{error}\n")
        return 130
    monitor = search.recipe_with(args.recipe, changes, ()).training.monitor
    lines = [search.text_table(results, monitor), f"{options.out / search.TABLE_FILE}"]
    best = results[0]
    if best.value is None:
        sys.stdout.write("\n".join([*lines, "No run finished."]) + "\n")
        return 1
    sets = " ".join(f"--set {key}={value}" for key, value in best.setting)
    lines.append(f"Best by {monitor}: geoguess-train train {args.recipe} … {sets}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _options(args: argparse.Namespace) -> RunOptions:
    from trainer.engine.fit import Machine
    from trainer.engine.run import RunOptions

    progress = not args.quiet and sys.stderr.isatty()
    return RunOptions(
        out=args.out or Path("runs") / f"{args.recipe.stem}-search",
        photos=args.photos,
        images=args.images,
        shards=args.shards,
        machine=Machine(args.device, progress=progress),
        resume=args.resume,
        download=args.download,
    )
