"""``geoguess-train build`` for a folder of photos: its options, and what is done about a stop."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from trainer.data.column_names import parse_assignments
from trainer.local.build import LocalOptions, build_local
from trainer.local.recipe import read_local_recipe
from trainer.local.usable_photos import PhotoOptions


def run_local(args: argparse.Namespace) -> int:
    """Build a local model."""
    recipe = read_local_recipe(args.recipe, changes_of(args, local=True)).settled()
    options = local_options(args, recipe.model.name)
    if args.dry_run:
        from trainer.local.dry_run import describe_local

        sys.stdout.write(describe_local(recipe, options))
        return 0
    try:
        sys.stdout.write(f"{build_local(recipe, options)}\n")
    except KeyboardInterrupt:
        return _stop_code()
    return 0


def run_engine(args: argparse.Namespace) -> int:
    """Photos, split, and a training run of the engine."""
    from trainer.commands.build_engine import build_with_engine

    try:
        return build_with_engine(args)
    except KeyboardInterrupt:
        return _stop_code()


def _stop_code() -> int:
    sys.stderr.write(
        "\nStopped. Everything read and computed so far is kept; run the same command with "
        "--resume to continue.\n"
    )
    return 130


def local_options(args: argparse.Namespace, name: str) -> LocalOptions:
    """Return where everything lies."""
    file = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "model"
    out = args.out or Path("runs") / args.recipe.stem / f"{file}.geomodel"
    work = args.work or out.with_name(f"{out.stem}-build")
    progress = not args.quiet and sys.stderr.isatty()
    photos = PhotoOptions(
        args.photos,
        args.images,
        parse_assignments(args.column),
        args.swapped,
        progress,
        args.workers,
    )
    return LocalOptions(
        photos=photos,
        out=out,
        work=work,
        cache=args.cache or work / "cache",
        elsewhere=args.elsewhere,
        download=args.download,
        report=not args.no_report,
    )


def changes_of(args: argparse.Namespace, *, local: bool) -> list[str]:
    """Return what the command line changes in a recipe; of local models also how photos are
    taken."""
    changes = list(args.set)
    if args.weights is not None:
        changes.append(f"trunk.weights={args.weights}")
    if local and args.within is not None:
        changes.append(f"photos.within_km={args.within}")
    if local and args.split_by is not None:
        changes.append(f"split.by={args.split_by}")
    return changes
