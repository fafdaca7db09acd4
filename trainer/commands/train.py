"""``geoguess-train train``: train a model from a recipe and photos."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import TableError
from trainer.commands.options import (
    add_device,
    add_dry_run,
    add_no_report,
    add_quiet,
    add_recipe_changes,
    add_training_photos,
    recipe_file,
)

if TYPE_CHECKING:
    from trainer.engine.run import RunOptions

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
With --resume the result is the same as that of a run that was never stopped. A table without a
split column is divided 80/10/10 at random; geoguess-train split offers better ways."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``train`` and its options."""
    parser = subparsers.add_parser(
        "train",
        help="train a model from a recipe and a table of photos",
        description="Trains the networks of a recipe, keeps the epoch with the best validation "
        "result, calibrates it, measures it on the test photos and writes a model that GeoGuess "
        "opens.",
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
        "--out", type=Path, metavar="DIR", help="folder of the run (default: runs/RECIPE)"
    )
    parser.add_argument(
        "--partitions",
        type=Path,
        metavar="DIR",
        help="folder with a cells table NAME.csv for each partition of the recipe (default: build "
        "them from the training photos)",
    )
    _add_other_models(parser)
    parser.add_argument(
        "--resume", action="store_true", help="continue from the last checkpoint of the run"
    )
    add_dry_run(parser)
    parser.add_argument(
        "--epochs", type=int, metavar="N", help="number of epochs, instead of the recipe's"
    )
    add_recipe_changes(parser)
    add_device(parser)
    parser.add_argument(
        "--devices", type=int, default=1, metavar="N", help="devices per machine (default: 1)"
    )
    parser.add_argument(
        "--machines", type=int, default=1, metavar="N", help="number of machines (default: 1)"
    )
    add_no_report(parser)
    add_quiet(parser)
    parser.set_defaults(run=run)


def _add_other_models(parser: argparse.ArgumentParser) -> None:
    """What scene networks start from, and what a town's model must not recognise."""
    parser.add_argument(
        "--base",
        type=Path,
        metavar="MODEL",
        help="for scene networks (csn.toml): the multi-scale model to start from",
    )
    parser.add_argument(
        "--scenes",
        type=Path,
        metavar="MODEL",
        help="for scene networks (csn.toml): a model that labels scenes",
    )
    parser.add_argument(
        "--elsewhere",
        type=Path,
        metavar="FOLDER",
        help="for a town: photos of other places, from which the model learns to answer "
        '"cannot tell"',
    )


def run(args: argparse.Namespace) -> int:
    """Train; prints where the model lies."""
    # Torch and Lightning take seconds to import: not for --help or another command.
    from trainer.common.errors import TrainError
    from trainer.common.ranks import exit_with_first_rank, is_first_rank
    from trainer.engine.errors import ALL_RANKS, INTERRUPTED
    from trainer.engine.recipe import read_train_recipe
    from trainer.engine.run import prepare_run, train_model

    # Helping processes have nothing to say that the first one does not.
    level = logging.INFO if os.environ.get("LOCAL_RANK", "0") == "0" else logging.ERROR
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    exit_with_first_rank()
    recipe = read_train_recipe(args.recipe, _changes(args))
    options = _options(args)
    if args.dry_run:
        from trainer.engine.dry_run import describe_training

        sys.stdout.write(describe_training(recipe, options))
        return 0
    prepared = prepare_run(recipe, options)
    try:
        bundle = train_model(prepared)
    except TrainError as error:
        if error.code in ALL_RANKS and not is_first_rank():
            return 0  # the first process says it
        if error.code != INTERRUPTED:
            raise
        sys.stderr.write(f"{error}\n")
        return 130
    if bundle is not None:
        sys.stdout.write(f"{bundle}\n")
    return 0


def _changes(args: argparse.Namespace) -> list[str]:
    changes = list(args.set)
    if args.epochs is not None:
        changes.append(f"training.epochs={args.epochs}")
    if args.weights is not None:
        changes.append(f"trunk.weights={args.weights}")
    return changes


def _options(args: argparse.Namespace) -> RunOptions:
    from trainer.engine.fit import Machine
    from trainer.engine.run import RunOptions
    from trainer.local.negatives import photos_below

    if args.photos is not None and args.shards is not None:
        raise TableError("Give either --photos or --shards, not both.", code="option")
    for name, value in (("--devices", args.devices), ("--machines", args.machines)):
        if value < 1:
            raise TableError(f"{name} {value}: must be at least 1.", code="option")
    return RunOptions(
        out=args.out or Path("runs") / args.recipe.stem,
        photos=args.photos,
        images=args.images,
        shards=args.shards,
        partitions=args.partitions,
        base=args.base,
        scenes=args.scenes,
        machine=Machine(
            args.device, args.devices, args.machines, not args.quiet and sys.stderr.isatty()
        ),
        resume=args.resume,
        download=args.download,
        report=not args.no_report,
        elsewhere=tuple(photos_below(args.elsewhere)) if args.elsewhere else (),
    )
