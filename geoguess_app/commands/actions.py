"""Commands of several actions: ``geoguess models list``, ``geoguess references add``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from geoguess_app.commands.common import UsageError, add_logging_option, use_utf8
from geoguess_app.core.errors import GeoGuessError

Work = Callable[[argparse.Namespace], int]
"""Does an action; returns the exit status."""


def add_action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str, work: Work
) -> argparse.ArgumentParser:
    """Add an action that ``run`` does by calling ``work``."""
    parser = actions.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    parser.set_defaults(work=work)
    add_logging_option(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Do the action that was asked for; returns the exit status. Raises UsageError."""
    use_utf8(sys.stdout)
    work: Work = arguments.work
    try:
        return work(arguments)
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem
