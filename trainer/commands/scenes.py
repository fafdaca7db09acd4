"""``geoguess-train scenes``: label a whole photo set with the scenes it shows."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.core.errors import TableError
from geoguess_app.core.format import percent
from trainer.commands.options import add_column, add_images, add_inference_device, add_quiet

if TYPE_CHECKING:
    from trainer.scenes.labelled import LabelFiles, LabelSummary
    from trainer.scenes.labelling import Portion
    from trainer.scenes.pictures import Pictures

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """\
Written beside OUT: OUT-probabilities.parquet (file_name and 365 probabilities, float16, in the
order of Places365) and OUT-skipped.csv (photos without a label, and why). A run that was stopped
continues where it was: finished portions are kept in OUT-parts."""


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``scenes`` and its options."""
    parser = subparsers.add_parser(
        "scenes",
        help="label photos with the scenes they show",
        description="Writes the table again with what each photo shows: s3_… and s16_… "
        "(probabilities of the 3 and the 16 groups), scene_category, scene_category_probability "
        "(the likeliest of 365 categories) and scene_model.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "table", type=Path, metavar="TABLE", help="table, image folder, folder of photos, or shards"
    )
    add_images(parser)
    parser.add_argument(
        "--model",
        type=Path,
        metavar="MODEL",
        help="a model that labels scenes (default: the starter model)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="OUT", help="table to write, .csv or .parquet"
    )
    add_column(parser)
    parser.add_argument(
        "--crops",
        type=int,
        choices=(1, 3, 5, 10),
        help="crops per photo (default: what the model asks for)",
    )
    add_inference_device(parser)
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="threads that decode photos (default: 2; one per core with a graphics card)",
    )
    parser.add_argument(
        "--portion",
        type=int,
        default=1000,
        metavar="N",
        help="photos that are labelled and saved at a time (default: 1000)",
    )
    parser.add_argument(
        "--restart", action="store_true", help="discard the labels of a run that was stopped"
    )
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Label. Raises a GeoGuessError for unusable input, a model without scenes, a full disk."""
    from trainer.scenes.labelled import LabelFiles

    for name, value in (("--portion", args.portion), ("--threads", args.threads)):
        if value is not None and not 1 <= value <= 1_000_000:
            raise TableError(f"{name} {value}: must be at least 1.", code="option")
    if args.out.suffix.lower() not in (".csv", ".parquet"):
        raise TableError(f"--out {args.out}: must end in .csv or .parquet.", code="option")
    places = LabelFiles(args.out)
    if args.restart:
        shutil.rmtree(places.parts, ignore_errors=True)
    start_s = time.monotonic()
    model, summary = _label(args, places)
    _say(args, model, summary, places, time.monotonic() - start_s)
    return 0


def _label(args: argparse.Namespace, places: LabelFiles) -> tuple[str, LabelSummary]:
    from geoguess_app.core.predictor import load_predictor
    from geoguess_app.files.atomic import make_folder
    from trainer.scenes.labelled import write_labelled
    from trainer.scenes.labelling import LabellingTask

    # Before the table is read: a mistyped model should not cost that.
    predictor = load_predictor(args.model, args.device, args.crops, for_scenes=True)
    make_folder(places.parts)
    with ExitStack() as stack:
        table, pictures = _photos(args, places, stack)
        portions = _portions(table, args.portion)
        if not portions:
            raise TableError(f"{args.table}: no photos to label.", code="no-rows")
        labelling = LabellingTask(predictor, pictures, places.parts, args.threads)
        _work(args, labelling, portions)
        summary = write_labelled(table, portions, places)
    shutil.rmtree(places.parts, ignore_errors=True)
    if not summary.labelled:
        raise TableError(
            f"{args.table}: none of its {summary.photos:,} photos could be labelled "
            f"({summary.skipped[0][1].rstrip('.')}); is --images right?",
            code="no-photos",
        )
    return predictor.model_name, summary


def _photos(args: argparse.Namespace, places: LabelFiles, stack: ExitStack) -> tuple[Any, Pictures]:
    """The rows as an Arrow table, on disk while ``stack`` is open, and where the pictures are."""
    from trainer.data.column_names import parse_assignments
    from trainer.data.source import open_photo_source
    from trainer.data.table_files import spool_to_disk
    from trainer.scenes.pictures import file_pictures, is_shards, shard_pictures, shard_table

    if is_shards(args.table):
        table = shard_table(args.table)
        return table, shard_pictures(args.table, table["split"].to_pylist())
    chosen = parse_assignments(args.column)
    source = open_photo_source(args.table, images=args.images, chosen=chosen, positions=False)
    if source.root is None:
        raise TableError(
            f"{args.table}: there are no photos next to the table; name their folder with "
            "--images DIR.",
            code="missing",
        )
    table = stack.enter_context(spool_to_disk(source.schema, source.batches, places.parts))
    unknown = [role for role in ("latitude", "longitude") if role not in source.roles]
    return table.drop_columns(unknown), file_pictures(source.root)


def _portions(table: Any, size: int) -> list[Portion]:
    from trainer.scenes.labelling import Portion

    names = table["file_name"]
    return [
        Portion(number, start, tuple(name or "" for name in names.slice(start, size).to_pylist()))
        for number, start in enumerate(range(0, table.num_rows, size))
    ]


def _work(args: argparse.Namespace, labelling: Any, portions: list[Portion]) -> None:
    from tqdm import tqdm

    total = sum(len(portion.names) for portion in portions)
    with tqdm(total=total, unit=" photos", disable=args.quiet, desc="labelling") as bar:
        labelling.run(portions, bar.update)


def _say(
    args: argparse.Namespace, model: str, summary: LabelSummary, places: LabelFiles, took_s: float
) -> None:
    from geoguess_app.core.decision.scenes import S3_NAMES

    shares = summary.likeliest / summary.labelled
    mix = ", ".join(f"{percent(float(s))} {n}" for s, n in zip(shares, S3_NAMES, strict=True))
    lines = [
        f"{summary.labelled:,} photos labelled by {model} in {took_s:,.0f} s: {places.table}",
        f"  {mix}",
        f"  all 365 probabilities: {places.probabilities}",
    ]
    if summary.skipped:
        lines.append(f"{len(summary.skipped):,} photos have no label: {places.skipped}")
    sys.stdout.write("\n".join(lines) + "\n")
