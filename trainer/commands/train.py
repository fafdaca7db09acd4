"""`geoguess-train train`: train a model from a recipe and photos."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import TableError

if TYPE_CHECKING:
    from trainer.engine.run import Options

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
--resume goes on from the last checkpoint, with the same result as if nothing had happened.
A table without a column split is divided 80/10/10 at random; geoguess-train split knows better
ways."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "train",
        help="train a model from a recipe and photos",
        description="Trains the networks of a recipe, keeps the best by validation, calibrates "
        "it, measures it on the test photos and writes a model that the program opens.",
        epilog=_EPILOG,
    )
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml")
    parser.add_argument("--photos", type=Path, metavar="TABLE", help="photo table or image folder")
    parser.add_argument("--images", type=Path, metavar="DIR", help="where the table's photos lie")
    parser.add_argument("--shards", type=Path, metavar="DIR", help="shards instead of a table")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: runs/RECIPE")
    parser.add_argument(
        "--partitions", type=Path, metavar="DIR", help="cells tables NAME.csv (default: make them)"
    )
    parser.add_argument(
        "--base", type=Path, metavar="MODEL", help="csn: the multi-scale model to start from"
    )
    parser.add_argument(
        "--scenes", type=Path, metavar="MODEL", help="csn: a model that labels scenes"
    )
    parser.add_argument(
        "--elsewhere",
        type=Path,
        metavar="FOLDER",
        help="of a town: photos of other places, to learn when to say that it cannot tell",
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be trained, how big and how long"
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's")
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
    parser.add_argument("--devices", type=int, default=1, metavar="N", help="per machine")
    parser.add_argument("--machines", type=int, default=1, metavar="N")
    parser.add_argument("--no-report", action="store_true", help="no HTML report of the test")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train; prints where the model lies."""
    # Torch and Lightning take seconds to import: not for --help or another command.
    from trainer.common.errors import TrainError
    from trainer.engine.errors import INTERRUPTED, TOGETHER
    from trainer.engine.ranks import end_with_the_first, is_first_rank
    from trainer.engine.recipe import read_train_recipe
    from trainer.engine.run import prepare, train

    # Helping processes have nothing to say that the first one does not.
    level = logging.INFO if os.environ.get("LOCAL_RANK", "0") == "0" else logging.ERROR
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    end_with_the_first()
    recipe = read_train_recipe(args.recipe, _changes(args))
    options = _options(args)
    if args.dry_run:
        from trainer.engine.dry_run import dry_run

        sys.stdout.write(dry_run(recipe, options))
        return 0
    prepared = prepare(recipe, options)
    try:
        bundle = train(prepared)
    except TrainError as error:
        if error.code in TOGETHER and not is_first_rank():
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


def _options(args: argparse.Namespace) -> Options:
    from trainer.engine.fit import Machine
    from trainer.engine.run import Options
    from trainer.local.elsewhere import photos_below

    if args.photos is not None and args.shards is not None:
        raise TableError("Give either --photos or --shards.", code="option")
    for name, value in (("--devices", args.devices), ("--machines", args.machines)):
        if value < 1:
            raise TableError(f"{name} {value}: at least 1.", code="option")
    return Options(
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
