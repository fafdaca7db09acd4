"""``geoguess-train``: builds what the program loads. One module per command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.garbage import collect_rarely
from trainer.commands import (
    build,
    calibrate,
    ensemble,
    evaluate,
    import_places365,
    index_tars,
    matching,
    partition,
    parts,
    photos,
    recipes,
    scenes,
    search,
    shards,
    split,
    train,
)
from trainer.common import steering

_COMMANDS = (
    photos,
    split,
    scenes,
    shards,
    index_tars,
    parts,
    partition,
    build,
    recipes,
    train,
    search,
    evaluate,
    matching,
    calibrate,
    ensemble,
    import_places365,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 failed with one sentence on stderr, 2 wrong usage, 130
    interrupted."""
    collect_rarely()
    parser = argparse.ArgumentParser(
        prog="geoguess-train",
        description="Builds models for GeoGuess from photos whose positions are known.",
    )
    parser.add_argument(
        "--steered",
        action="store_true",
        help="for other programs: read pause, continue and stop from standard input, a word a "
        "line, and stop when it closes",
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_parser(subparsers)
    args = parser.parse_args(argv)
    if args.steered:
        steering.begin()
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        sys.stderr.write("geoguess-train: stopped. Everything finished so far is kept.\n")
        return 130
    except GeoGuessError as error:
        sys.stderr.write(f"{error}\n")
        return 1
