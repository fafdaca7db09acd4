"""``geoguess-train import-places365``: a published scene network as a model of ours."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``import-places365`` and its options."""
    parser = subparsers.add_parser(
        "import-places365",
        help="turn a network published by the Places365 project into a scene model",
        description="Reads a ResNet of the Places365 project (resnet50_places365.pth.tar, "
        "resnet18_places365.pth.tar) and writes a model that labels scenes. Nothing in the file is "
        "executed.",
    )
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="the published file")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="MODEL",
        help="model to write: a .geomodel file or a folder",
    )
    parser.add_argument(
        "--categories",
        type=Path,
        metavar="FILE",
        help="the list of categories published with it, to check its order against ours",
    )
    parser.add_argument(
        "--name", metavar="TEXT", help="name of the model (default: Places365 ResNet-N)"
    )
    parser.add_argument(
        "--licence",
        metavar="TEXT",
        help="licence of the network (default: CC BY, as the project states)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import. Raises a GeoGuessError for a file that is not such a network, or would run code."""
    from trainer.scenes.places365 import LICENCE, import_places365

    path, manifest = import_places365(
        args.checkpoint,
        args.out,
        name=args.name,
        licence=args.licence or LICENCE,
        categories=args.categories,
    )
    sys.stdout.write(
        f"{manifest.title} labels scenes: {path}\n"
        f"To measure it: geoguess evaluate --model {path} --photos TABLE --images DIR --out DIR\n"
    )
    return 0
