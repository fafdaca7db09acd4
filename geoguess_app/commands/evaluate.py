"""``geoguess evaluate``: how accurate a model is on photos with known positions."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from geoguess_app.commands.common import (
    OK,
    SOME_FAILED,
    UsageError,
    add_logging_option,
    add_units_option,
    print_line,
    use_utf8,
)
from geoguess_app.commands.model_options import add_model_options, apply_settings
from geoguess_app.commands.progress import ProgressCounter, progress
from geoguess_app.commands.reference_option import refinement
from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.format import plain_spaces
from geoguess_app.core.predictor import Predictor, load_predictor
from geoguess_app.evaluation.answers.answered import AnsweredModel, open_answered
from geoguess_app.evaluation.metrics.scale import parse_thresholds, scale_of_thresholds
from geoguess_app.evaluation.run.evaluate import REPORT_FILE, run_study
from geoguess_app.evaluation.run.scenes import evaluate_scenes, is_scene_table
from geoguess_app.evaluation.run.text import scene_text, study_text
from geoguess_app.evaluation.study.types import PhotoSet, StudyRequest
from geoguess_app.paths import starter_bundle_dir

DESCRIPTION = """\
Measure a model on photos with known positions. The output folder receives metrics.json,
predictions.csv, figures, and report.html with a map of the errors."""

EPILOG = """\
The table (CSV, JSON lines, Parquet) has columns such as file, latitude, longitude; the column
names of the IM2GPS, YFCC, OSV-5M and Hugging Face tables are recognised. The columns precision,
scene, continent, country_code and source are used if present. A table with the columns file and
category (names as in Places365) and no positions measures the scene labels instead; only
scenes.json is written then.

exit status: 0 every row has an answer, 1 some have none, 2 usage error."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess evaluate``."""
    parser.epilog = EPILOG
    parser.add_argument(
        "--photos",
        type=Path,
        required=True,
        metavar="TABLE",
        help="table of photos with known positions (CSV, JSON lines, Parquet)",
    )
    parser.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="folder that the table's file names are relative to (default: the table's folder)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the results"
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="use only rows with this value, or one of VALUE,VALUE; may be repeated",
    )
    parser.add_argument(
        "--swapped",
        action="store_true",
        help="the latitude and longitude columns of the table are swapped",
    )
    parser.add_argument(
        "--no-report",
        action="store_true",
        help="write only metrics.json and the tables: no figures and no report.html",
    )
    parser.add_argument(
        "--answered",
        type=Path,
        metavar="FILE",
        help="take the answers from FILE, which geoguess-train parts merge wrote, instead of "
        "locating the photos; the figures are the same",
    )
    _add_study_arguments(parser)
    add_model_options(parser)
    add_units_option(parser)
    add_logging_option(parser)


def _add_study_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured beside the model on its set."""
    parser.add_argument(
        "--ablation",
        action="store_true",
        help="also measure variants of the model with one part left out or replaced",
    )
    parser.add_argument(
        "--references",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="let your reference photos refine the answers (default: measure the model alone)",
    )
    parser.add_argument(
        "--compare",
        type=Path,
        action="append",
        default=[],
        metavar="BUNDLE",
        help="another model to compare photo by photo on the same photos; may be repeated",
    )
    parser.add_argument(
        "--external", type=Path, metavar="TABLE", help="second table, reported beside the first"
    )
    parser.add_argument(
        "--external-images",
        type=Path,
        metavar="DIR",
        help="folder of the second table's photos (default: the table's folder)",
    )
    parser.add_argument(
        "--external-where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="as --where, for the second table",
    )
    parser.add_argument(
        "--thresholds",
        metavar="LIST",
        help="five increasing distances such as 50m,100m,200m,500m,1km (default: 1, 25, 200, 750 "
        "and 2,500 km; for a model of a town, suitable metres)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; returns the exit status. A table or model that cannot be used is wrong usage."""
    apply_settings(arguments)
    use_utf8(sys.stdout)
    try:
        return _run(arguments)
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem


def _run(arguments: argparse.Namespace) -> int:
    # Looked at first: mistyped options and tables should not cost the loading of a model.
    request = _request(arguments)
    scenes = is_scene_table(arguments.photos)
    if scenes and (request.compare or request.external or request.ablation):
        raise UsageError(
            f"{arguments.photos} has scene labels but no positions: --ablation, --compare and "
            "--external need a table with positions."
        )
    device, crops = arguments.device, arguments.crops
    if arguments.answered is not None:
        if scenes or request.external or request.ablation or arguments.references:
            raise UsageError(
                "--answered is for one table with positions, without --ablation, --references and "
                "--external."
            )
        bundle = open_bundle(arguments.model or starter_bundle_dir())
        predictor: Predictor | AnsweredModel = open_answered(arguments.answered, bundle)
    else:
        predictor = load_predictor(arguments.model, device, crops, for_scenes=scenes)
    with progress() as counter:
        if scenes and isinstance(predictor, Predictor):
            return _judge_scenes(predictor, request, arguments.out, counter)
        with refinement(predictor.bundle, wanted=arguments.references) as refine:
            study = run_study(
                predictor,
                request,
                arguments.out,
                load=lambda path: load_predictor(path, device, crops),
                progress=counter.update,
                report=not arguments.no_report,
                refine=refine,
            )
    sys.stdout.write(plain_spaces(study_text(study)))
    if arguments.no_report:
        print_line(f"results: {arguments.out}")
    else:
        print_line(f"report: {arguments.out / REPORT_FILE}")
    missing = any(f.evaluation.misses or f.evaluation.table.bad_rows for f in study.sets)
    return SOME_FAILED if missing else OK


def _judge_scenes(
    predictor: Predictor, request: StudyRequest, folder: Path, counter: ProgressCounter
) -> int:
    judged = evaluate_scenes(
        predictor,
        request.main.table,
        request.main.images,
        folder,
        where=request.main.where,
        progress=counter.update,
    )
    counter.end()
    sys.stdout.write(plain_spaces(scene_text(judged)))
    return SOME_FAILED if judged.misses else OK


def _request(arguments: argparse.Namespace) -> StudyRequest:
    """What the options ask for; raises UsageError or GeoGuessError for what cannot be."""
    for path in arguments.compare:
        if not path.exists():
            raise UsageError(
                f"--compare {path}: no such model; give a bundle folder or a .geomodel file."
            )
    external = None
    if arguments.external is not None:
        images = arguments.external_images or arguments.external.parent
        external = PhotoSet(arguments.external, images, tuple(arguments.external_where))
    elif arguments.external_images or arguments.external_where:
        raise UsageError("--external-images and --external-where need --external TABLE.")
    images = arguments.images or arguments.photos.parent
    thresholds = parse_thresholds(arguments.thresholds) if arguments.thresholds else None
    return StudyRequest(
        main=PhotoSet(arguments.photos, images, tuple(arguments.where), arguments.swapped),
        external=external,
        compare=tuple(arguments.compare),
        ablation=arguments.ablation,
        scale=scale_of_thresholds(thresholds) if thresholds else None,
    )
