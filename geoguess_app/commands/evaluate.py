"""`geoguess evaluate`: how good is a model on photos whose position is known?"""

from __future__ import annotations

import argparse
from pathlib import Path

from geoguess_app.commands.common import (
    OK,
    SOME_FAILED,
    Progress,
    UsageError,
    add_logging_option,
    add_model_options,
    load_model,
    say,
)
from geoguess_app.core.errors import GeoGuessError

DESCRIPTION = """\
Measure a model on photos whose position is known. TABLE is a CSV with file name, latitude and
longitude (many column names are understood); the photos lie in DIR. Written to the output folder:
metrics.json, predictions.csv, figures and report.html with a map of the errors."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `geoguess evaluate`."""
    parser.add_argument("--photos", metavar="TABLE", required=True, help="CSV of known positions")
    parser.add_argument("--images", metavar="DIR", required=True, help="folder of the photos")
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for the results")
    add_model_options(parser)
    parser.add_argument(
        "--where",
        metavar="COLUMN=VALUE",
        action="append",
        help="use only rows of the table with this value; may be repeated",
    )
    parser.add_argument(
        "--swapped",
        action="store_true",
        help="the table's latitude and longitude columns are named the wrong way round",
    )
    add_logging_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; returns the exit status (1 when some photos could not be located)."""
    for name in (arguments.photos, arguments.images):
        if not name or not Path(name).exists():
            raise UsageError(f"there is no {name!r}; check --photos and --images.")
    predictor = load_model(arguments)
    from geoguess_app.evaluation.run import evaluate

    progress = Progress(shown=True)
    try:
        evaluation = evaluate(
            predictor,
            Path(arguments.photos),
            Path(arguments.images),
            Path(arguments.out),
            where=arguments.where,
            swapped=arguments.swapped,
            progress=progress.update,
        )
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem
    finally:
        progress.end()
    say(f"{len(evaluation.answers):,} photos judged; see {Path(arguments.out) / 'report.html'}.")
    if evaluation.misses:
        say(f"{len(evaluation.misses):,} photos could not be located.")
    return SOME_FAILED if evaluation.misses else OK
