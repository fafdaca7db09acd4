"""`geoguess evaluate`: arguments, progress and the summary in the terminal."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.evaluation.comparison import Comparison
from geoguess_app.evaluation.evaluation import Evaluation
from geoguess_app.evaluation.metrics import Share
from geoguess_app.evaluation.names import distance, kilometres, percent
from geoguess_app.evaluation.paired import PairedShare
from geoguess_app.evaluation.run import REPORT_FILE, run_study
from geoguess_app.evaluation.scale import of_thresholds, parse_thresholds
from geoguess_app.evaluation.scene_run import SceneEvaluation, evaluate_scenes, is_scene_table
from geoguess_app.evaluation.study import PhotoSet, Request, SetStudy, Study

EPILOG = """\
The table is a CSV with columns such as file, latitude, longitude; the names of IM2GPS, YFCC,
OSV-5M and Hugging Face tables are understood. precision, scene, continent, country_code and
source are used where present. A table of file and category without positions (Places365's names)
judges the scene labels instead, and only scenes.json is written.
Exit code: 0 every row has its answer, 1 some have none, 2 wrong usage."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `evaluate` needs; --model, --device and --crops are the command line's own."""
    parser.epilog = EPILOG
    parser.add_argument(
        "--photos", type=Path, required=True, metavar="TABLE", help="table of known positions"
    )
    parser.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="folder that the table's file names start from (default: the table's folder)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the results"
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="only rows with that value, or one of VALUE,VALUE; may be repeated",
    )
    parser.add_argument(
        "--swapped",
        action="store_true",
        help="the table's latitude and longitude columns are exchanged",
    )
    _add_study_arguments(parser)


def _add_study_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured beside the model on its set."""
    parser.add_argument(
        "--ablation",
        action="store_true",
        help="also measure the model with each part left out or done otherwise",
    )
    parser.add_argument(
        "--compare",
        type=Path,
        action="append",
        default=[],
        metavar="BUNDLE",
        help="another model on the same photos, compared photo by photo; may be repeated",
    )
    parser.add_argument(
        "--external", type=Path, metavar="TABLE", help="a second set, reported beside the first"
    )
    parser.add_argument(
        "--external-images",
        type=Path,
        metavar="DIR",
        help="folder of the second set's photos (default: its table's folder)",
    )
    parser.add_argument(
        "--external-where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="only such rows of the second set; may be repeated",
    )
    parser.add_argument(
        "--thresholds",
        metavar="LIST",
        help="five rising distances such as 50m,100m,200m,500m,1km (default: 1, 25, 200, 750 and "
        "2,500 km; for a model of a town, metres that fit it)",
    )


def run_from_args(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Run with parsed arguments; returns the exit code. Raises GeoGuessError for bad input."""
    from geoguess_app.core.predictor import load_predictor

    # Looked at first: mistyped options and tables should not cost the loading of a model.
    request = _request(args)
    scenes = is_scene_table(args.photos)
    if scenes and (request.compare or request.external or request.ablation):
        raise GeoGuessError(
            f"{args.photos} has scene labels and no positions: --ablation, --compare and "
            "--external are for tables with positions.",
            code="scene-table",
        )
    device, crops = getattr(args, "device", None) or "auto", getattr(args, "crops", None)
    predictor = load_predictor(getattr(args, "model", None), device, crops, for_scenes=scenes)
    progress = ProgressLine(stderr) if stderr.isatty() else None
    if scenes:
        judged = evaluate_scenes(
            predictor,
            args.photos,
            request.main.images,
            args.out,
            where=args.where,
            progress=progress,
        )
        stdout.write(scene_text(judged))
        return 1 if judged.misses else 0
    study = run_study(
        predictor,
        request,
        args.out,
        load=lambda path: load_predictor(path, device, crops),
        progress=progress,
    )
    stdout.write(study_text(study))
    stdout.write(f"report: {args.out / REPORT_FILE}\n")
    missing = any(f.evaluation.misses or f.evaluation.table.bad_rows for f in study.sets)
    return 1 if missing else 0


def _request(args: argparse.Namespace) -> Request:
    """What the options ask for; raises GeoGuessError for bundles or distances that cannot be."""
    for path in args.compare:
        if not path.exists():
            raise GeoGuessError(
                f"--compare {path}: no such model; give a bundle folder or .geomodel file.",
                code="missing-model",
            )
    external = None
    if args.external is not None:
        images = args.external_images or args.external.parent
        external = PhotoSet(args.external, images, tuple(args.external_where))
    elif args.external_images or args.external_where:
        raise GeoGuessError(
            "--external-images and --external-where need --external TABLE.", code="usage"
        )
    images = args.images or args.photos.parent
    thresholds = parse_thresholds(args.thresholds) if args.thresholds else None
    return Request(
        main=PhotoSet(args.photos, images, tuple(args.where), args.swapped),
        external=external,
        compare=tuple(args.compare),
        ablation=args.ablation,
        scale=of_thresholds(thresholds) if thresholds else None,
    )


class ProgressLine:
    """One line in the terminal that counts, at most five times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._start = time.monotonic()
        self._shown = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._shown < 0.2:
            return
        self._shown = now
        left = (now - self._start) / done * (total - done)
        end = "\n" if done >= total else ""
        self._stream.write(f"\r{done:,} of {total:,} photos, {left:,.0f} s left  {end}")
        self._stream.flush()


def study_text(study: Study) -> str:
    """All sets, then what was set side by side, as small tables."""
    parts = [summary_text(study.main.evaluation)]
    parts += [_ablation_text(study.main)] if study.main.ablation else []
    parts += [_pair_text(pair) for pair in study.main.comparisons]
    if study.external is not None:
        table = study.external.evaluation.table.path.name
        parts.append(f"external set {table}\n{summary_text(study.external.evaluation)}")
        parts += [_pair_text(pair) for pair in study.external.comparisons]
    return "\n".join(parts)


def summary_text(evaluation: Evaluation) -> str:
    """The accuracies between floor and ceiling as a small table, and the calibration."""
    metrics, thresholds = evaluation.metrics, evaluation.scale.thresholds_km
    located, rows = len(evaluation.answers), len(evaluation.table)
    bad = len(evaluation.table.bad_rows)
    lines = [
        f"{evaluation.model.name}: {located:,} of {rows:,} photos located"
        + (f", {bad:,} rows unusable" if bad else "")
    ]
    if not located:
        return lines[0] + "\n"
    if evaluation.likely_seen:
        lines.append(
            f"caution: {evaluation.likely_seen:,} of them look identical to photos that the model "
            "was built from; being right on those proves nothing"
        )
    overall = metrics.overall.accuracy
    lines.append(_line("within", [distance(km) for km in thresholds]))
    lines.append(_shares("this model", overall))
    lines.append(_line("  95 % interval", [_interval(share) for share in overall.values()]))
    lines.append(_line("  photos judged", [f"{share.photos}" for share in overall.values()]))
    for name, group in sorted(metrics.most_confident.items()):
        lines.append(_shares(f"  surest {name}", group.summary.accuracy))
    if evaluation.ceiling is not None:
        lines.append(_shares("ceiling", evaluation.ceiling.summary.accuracy))
    if evaluation.floor is not None:
        worst = evaluation.floor.accuracy
        lines.append(_line("floor", [percent(worst[km]) for km in thresholds]))
    lines.append(
        f"median {kilometres(metrics.overall.median_km)}, mean "
        f"{kilometres(metrics.overall.mean_km)}, RMSE {kilometres(metrics.overall.rmse_km)}"
    )
    lines += _local_lines(evaluation)
    if metrics.calibration is not None:
        kept = ", ".join(
            f"{percents} %: {percent(share.value, digits=0)}"
            for percents, share in metrics.calibration.coverage.items()
        )
        lines.append(f"truth inside the radius for {kept}")
    return "\n".join(lines) + "\n"


def _local_lines(evaluation: Evaluation) -> list[str]:
    """The plainest floor and the errors in degrees, for a model of a town."""
    lines: list[str] = []
    floor, degrees = evaluation.mean_point, evaluation.degrees
    if not evaluation.scale.local:
        return lines
    if floor is not None:
        lines.append(
            f"always the mean of the training photos: median {kilometres(floor.median_km)}, "
            f"mean {kilometres(floor.mean_km)}"
        )
    if degrees is not None:
        both = degrees.both
        lines.append(f"degrees: MAE {both.mean_deg:.6f}, RMSE {both.rmse_deg:.6f}")
    return lines


def _ablation_text(found: SetStudy) -> str:
    lines = [_line("variant", [distance(km) for km in found.evaluation.scale.thresholds_km], 42)]
    for row in found.ablation:
        shares = [percent(share.value) for share in row.summary.accuracy.values()]
        lines.append(_line(row.name, shares, 42))
    return "\n".join(lines) + "\n"


def _pair_text(pair: Comparison) -> str:
    first, second = pair.first, pair.second
    columns = [distance(km) for km in pair.accuracy]
    lines = [
        _line(f"on {len(pair.pairs):,} photos, within", columns, 34),
        _shares(f"{first.model.name[:32]}", first.metrics.overall.accuracy, 34),
        _shares(f"{second.model.name[:32]}", second.metrics.overall.accuracy, 34),
        _line("difference, points", [_points(share) for share in pair.accuracy.values()], 34),
    ]
    for name, end in (("  95 %: from", "low"), ("  to", "high")):
        cells = [f"{100 * getattr(share, end):+.1f}" for share in pair.accuracy.values()]
        lines.append(_line(name, cells, 34))
    flips = [f"+{share.second_only} −{share.first_only}" for share in pair.accuracy.values()]
    lines.append(_line("photos won and lost", flips, 34))
    return "\n".join(lines) + "\n"


def _points(share: PairedShare) -> str:
    return f"{100 * share.difference:+.1f}" if share.photos else "–"


def _shares(name: str, shares: Mapping[float, Share], width: int = 18) -> str:
    return _line(name, [percent(share.value) for share in shares.values()], width)


def scene_text(evaluation: SceneEvaluation) -> str:
    """What could be judged of the scene labels, a line each."""
    accuracy = evaluation.accuracy
    lines = [f"{evaluation.model}: scenes of {evaluation.photos:,} labelled photos"]
    labelled = accuracy.labelled_categories
    for name, share in (
        ("3 groups", accuracy.s3.accuracy if accuracy.s3 else None),
        ("  unambiguous", accuracy.s3_unambiguous.accuracy if accuracy.s3_unambiguous else None),
        ("16 groups", accuracy.s16),
        ("top 1 of 365", accuracy.top1),
        ("top 5 of 365", accuracy.top5),
        (f"top 1 of {labelled}", accuracy.top1_labelled),
        (f"top 5 of {labelled}", accuracy.top5_labelled),
    ):
        if share is not None:
            lines.append(
                f"{name:<18}{percent(share.value):>10}   ({_interval(share)} %) of {share.photos:,}"
            )
    return "\n".join(lines) + "\n"


def _line(name: str, cells: list[str], width: int = 18) -> str:
    return f"{name:<{width}}" + "".join(f"{cell:>10}" for cell in cells)


def _interval(share: Share) -> str:
    return f"{100 * share.low:.0f}–{100 * share.high:.0f}" if share.photos else "–"
