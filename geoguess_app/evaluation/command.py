"""`geoguess evaluate`: arguments, progress and the summary in the terminal."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TextIO

from geoguess_app.evaluation.evaluation import Evaluation
from geoguess_app.evaluation.metrics import THRESHOLDS_KM, Share
from geoguess_app.evaluation.names import kilometres, percent
from geoguess_app.evaluation.run import REPORT_FILE, evaluate
from geoguess_app.evaluation.scene_run import SceneEvaluation, evaluate_scenes, is_scene_table

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


def run_from_args(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Run with parsed arguments; returns the exit code. Raises GeoGuessError for bad input."""
    from geoguess_app.core.predictor import load_predictor

    # Looked at first: a mistyped table should not cost the loading of a model.
    scenes = is_scene_table(args.photos)
    predictor = load_predictor(
        getattr(args, "model", None),
        getattr(args, "device", None) or "auto",
        getattr(args, "crops", None),
        for_scenes=scenes,
    )
    images = args.images or args.photos.parent
    progress = ProgressLine(stderr) if stderr.isatty() else None
    if scenes:
        judged = evaluate_scenes(
            predictor, args.photos, images, args.out, where=args.where, progress=progress
        )
        stdout.write(scene_text(judged))
        return 1 if judged.misses else 0
    evaluation = evaluate(
        predictor,
        args.photos,
        images,
        args.out,
        where=args.where,
        swapped=args.swapped,
        progress=progress,
    )
    stdout.write(summary_text(evaluation))
    stdout.write(f"report: {args.out / REPORT_FILE}\n")
    return 1 if evaluation.misses or evaluation.table.bad_rows else 0


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


def summary_text(evaluation: Evaluation) -> str:
    """The accuracies between floor and ceiling as a small table, and the calibration."""
    metrics = evaluation.metrics
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
    lines.append(_line("within km", [f"{km:g}" for km in THRESHOLDS_KM]))
    overall = metrics.overall.accuracy
    lines.append(_line("this model", [percent(overall[km].value) for km in THRESHOLDS_KM]))
    lines.append(_line("  95 % interval", [_interval(overall[km]) for km in THRESHOLDS_KM]))
    lines.append(_line("  photos judged", [f"{overall[km].photos}" for km in THRESHOLDS_KM]))
    for name, group in sorted(metrics.most_confident.items()):
        shares = group.summary.accuracy
        cells = [percent(shares[km].value) for km in THRESHOLDS_KM]
        lines.append(_line(f"  surest {name}", cells))
    if evaluation.ceiling is not None:
        best = evaluation.ceiling.summary.accuracy
        lines.append(_line("ceiling", [percent(best[km].value) for km in THRESHOLDS_KM]))
    if evaluation.floor is not None:
        worst = evaluation.floor.accuracy
        lines.append(_line("floor", [percent(worst[km]) for km in THRESHOLDS_KM]))
    lines.append(
        f"median {kilometres(metrics.overall.median_km)}, mean "
        f"{kilometres(metrics.overall.mean_km)}"
    )
    if metrics.calibration is not None:
        kept = ", ".join(
            f"{percents} %: {percent(share.value, digits=0)}"
            for percents, share in metrics.calibration.coverage.items()
        )
        lines.append(f"truth inside the radius for {kept}")
    return "\n".join(lines) + "\n"


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


def _line(name: str, cells: list[str]) -> str:
    return f"{name:<18}" + "".join(f"{cell:>10}" for cell in cells)


def _interval(share: Share) -> str:
    return f"{100 * share.low:.0f}–{100 * share.high:.0f}" if share.photos else "–"
