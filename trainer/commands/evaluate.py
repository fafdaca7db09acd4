"""``geoguess-train evaluate``: the program's own ``geoguess evaluate``, option for option."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from geoguess_app.commands import evaluate

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``evaluate`` and its options."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure a model on photos whose positions are known",
        description=evaluate.DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    evaluate.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate a bundle as ``geoguess evaluate``: 0 all rows answered, 1 some not, 2 wrong
    usage."""
    from geoguess_app.commands.common import WRONG_USAGE, UsageError, set_up_logging

    set_up_logging(args.verbose)
    try:
        return evaluate.run(args)
    except UsageError as problem:
        sys.stderr.write(f"{problem}\n")
        return WRONG_USAGE
