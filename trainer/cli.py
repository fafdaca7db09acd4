"""`geoguess-train`: builds what the program loads. One module per command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.openmp import wait_politely
from trainer import (
    build_command,
    evaluate_command,
    import_command,
    partition_command,
    photos_command,
    recipes_command,
    scenes_command,
    search_command,
    shards_command,
    split_command,
    steering,
    train_command,
)

_COMMANDS = (
    photos_command,
    split_command,
    scenes_command,
    shards_command,
    partition_command,
    build_command,
    recipes_command,
    train_command,
    search_command,
    evaluate_command,
    import_command,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 failed with one sentence on stderr, 2 wrong usage, 130
    interrupted."""
    wait_politely()
    parser = argparse.ArgumentParser(prog="geoguess-train", description=__doc__)
    parser.add_argument(
        "--steered",
        action="store_true",
        help="for other programs: obey the lines pause, continue and stop on standard input, and "
        "stop at its end",
    )
    subparsers = parser.add_subparsers(title="commands", required=True)
    for command in _COMMANDS:
        command.add_parser(subparsers)
    args = parser.parse_args(argv)
    if args.steered:
        steering.begin()
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        sys.stderr.write("geoguess-train: stopped; what was finished is kept.\n")
        return 130
    except GeoGuessError as error:
        sys.stderr.write(f"{error}\n")
        return 1
