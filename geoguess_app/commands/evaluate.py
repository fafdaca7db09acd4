"""`geoguess evaluate`: how good is a model on photos whose position is known?"""

from __future__ import annotations

import argparse
import sys
import textwrap

from geoguess_app.commands.common import (
    UsageError,
    add_logging_option,
    use_utf8,
)
from geoguess_app.commands.model_options import add_model_options, apply_settings
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.evaluation import command

DESCRIPTION = """\
Measure a model on photos whose position is known. Written to the output folder: metrics.json,
predictions.csv, figures, and report.html with a map of the errors."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `geoguess evaluate`."""
    command.add_arguments(parser)
    parser.epilog = textwrap.fill(parser.epilog or "", 96)
    add_model_options(parser)
    add_logging_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; returns the exit status. A table or model that cannot be used is wrong usage."""
    apply_settings(arguments)
    use_utf8(sys.stdout)
    try:
        return command.run_from_args(arguments, sys.stdout, sys.stderr)
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem
