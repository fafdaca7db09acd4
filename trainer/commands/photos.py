"""``geoguess-train photos``: a checked table of photos from a folder or from anybody's table."""

from __future__ import annotations

import argparse
import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.core.errors import TableError
from trainer.commands.options import (
    add_column,
    add_images,
    add_quiet,
    add_swapped,
    add_workers,
)

if TYPE_CHECKING:
    from trainer.data.filters import FilterSettings
    from trainer.data.photo_report import PhotoSurvey
    from trainer.data.source import PhotoSource

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``photos`` and its options."""
    parser = subparsers.add_parser(
        "photos",
        help="check photos and their positions and write a table of the usable ones",
        description="Reads a folder of photos (positions from their EXIF), an image folder with "
        "metadata.csv, or a CSV or Parquet table with any column names. Drops photos that would "
        "spoil training, reports which and why, and maps the others.",
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="folder or table of photos")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR_OR_TABLE",
        help="what to write: a table (.csv, .parquet), or an image folder (metadata.csv and the "
        "photos)",
    )
    _add_source_options(parser)
    _add_filter_options(parser)
    _add_run_options(parser)
    parser.set_defaults(run=run)


def _add_source_options(parser: argparse.ArgumentParser) -> None:
    add_images(parser)
    add_column(parser)
    add_swapped(parser)
    parser.add_argument(
        "--pictures",
        choices=("link", "copy", "none"),
        default="link",
        help="how photos get into an image folder (default: link; hard links take no space)",
    )


def _add_filter_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("filters", "A value of 0 switches a filter off.")
    group.add_argument(
        "--min-side",
        type=int,
        default=128,
        metavar="PX",
        help="smallest short side in pixels (default: 128)",
    )
    group.add_argument(
        "--min-sharpness",
        type=float,
        default=20.0,
        metavar="V",
        help="smallest variance of the Laplacian with the short side at 256 px (default: 20)",
    )
    group.add_argument(
        "--duplicate-bits",
        type=int,
        default=6,
        metavar="N",
        help="photos whose hashes differ in at most N of 64 bits are copies (0 to 11, default: 6; "
        "-1 switches the filter off)",
    )
    group.add_argument(
        "--gps-tolerance",
        type=float,
        default=1.0,
        metavar="KM",
        help="largest distance between the table's position and the photo's own (default: 1)",
    )
    group.add_argument(
        "--max-speed",
        type=float,
        default=1200.0,
        metavar="KMH",
        help="highest speed between two photos of one person's camera (default: 1200)",
    )
    group.add_argument(
        "--max-fix-age",
        type=float,
        default=24.0,
        metavar="HOURS",
        help="greatest age of a GPS position when the photo was taken (default: 24)",
    )
    group.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="REASON",
        help="report photos with this reason but keep them: listed-twice, swapped, "
        "inconsistent-gps, small, blurred, duplicate; may be repeated",
    )


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="folder of the report (default: OUT-report)"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FILE",
        help="measurements to keep between runs (default: measurements.sqlite in the report)",
    )
    add_workers(parser, "measure photos")
    add_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Read, judge, write, report. Raises a GeoGuessError for unusable input."""
    from trainer.data.column_names import parse_assignments
    from trainer.data.source import open_photo_source

    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    settings = _settings(args)
    source = open_photo_source(
        args.source,
        images=args.images,
        chosen=parse_assignments(args.column),
        swapped=args.swapped,
    )
    out = args.out.resolve()
    report = args.report or out.with_name(f"{out.stem}-report")
    account = _survey_and_write(args, source, settings, report)
    _say(account, report)
    if not account.kept:
        raise TableError(
            f"{args.source}: none of the {account.rows:,} photos can be used; "
            f"{report / 'report.md'} says why.",
            code="no-rows",
        )
    return 0


def _settings(args: argparse.Namespace) -> FilterSettings:
    from trainer.data.filters import KEEPABLE, FilterSettings
    from trainer.data.near_hashes import MOST_BITS

    unknown = [reason for reason in args.keep if reason not in KEEPABLE]
    if unknown:
        raise TableError(
            f"--keep {unknown[0]}: the reasons are {', '.join(KEEPABLE)}.", code="keep"
        )
    if not -1 <= args.duplicate_bits <= MOST_BITS:
        raise TableError(f"--duplicate-bits must be within -1…{MOST_BITS}.", code="bits")
    return FilterSettings(
        min_side_px=args.min_side,
        min_sharpness=args.min_sharpness,
        duplicate_bits=args.duplicate_bits,
        gps_tolerance_km=args.gps_tolerance,
        max_speed_kmh=args.max_speed,
        max_fix_age_hours=args.max_fix_age,
        keep=frozenset(args.keep),
    )


def _survey_and_write(
    args: argparse.Namespace, source: PhotoSource, settings: FilterSettings, report: Path
) -> PhotoSurvey:
    from tqdm import tqdm

    from geoguess_app.files.atomic import make_folder
    from trainer.common.progress import ProgressLog, ProgressStage
    from trainer.data.filters import judge_photos
    from trainer.data.kept_photos import write_kept
    from trainer.data.measure_cache import MeasureCache
    from trainer.data.photo_report import PhotoSurvey, write_photo_report
    from trainer.data.survey import survey, surveyed_schema
    from trainer.data.surveyed import SurveyedColumns
    from trainer.data.table_files import spool_to_disk
    from trainer.data.workers import WorkerPool, default_workers

    workers = default_workers() if args.workers is None else max(args.workers, 0)
    make_folder(report)
    with ExitStack() as stack:
        cache = None
        if source.root is not None:
            cache = stack.enter_context(MeasureCache(args.cache or report / "measurements.sqlite"))
        pool = stack.enter_context(WorkerPool(workers))
        with tqdm(unit=" photos", disable=args.quiet, desc="measuring") as bar:
            batches = survey(
                source, cache, pool, ProgressStage(ProgressLog(report), "reading", bar)
            )
            table = stack.enter_context(spool_to_disk(surveyed_schema(source), batches, report))
        if not table.num_rows:
            raise TableError(f"{args.source}: it contains no photos.", code="no-rows")
        columns = SurveyedColumns.of(table, one_owner=source.kind == "folder")
        doubt = _doubt(args, columns)
        verdict = judge_photos(columns, settings)
        written = write_kept(columns, verdict.kept, args.out)
        _bring(args, source, columns, verdict.kept)
        account = PhotoSurvey(source, columns, verdict, settings, written, doubt)
        write_photo_report(report, account)
        return account


def _doubt(args: argparse.Namespace, columns: Any) -> str | None:
    """Refuse a table that is swapped as a whole; a lesser doubt is reported."""
    from trainer.data.positions import swap_evidence

    names = ("country_code", "country", "cc")
    country = next((name for name in names if name in columns.table.column_names), None)
    said = columns.table[country].cast("string").to_pylist() if country else None
    evidence = swap_evidence(
        columns.latitude_deg,
        columns.longitude_deg,
        [text or "" for text in said] if said else None,
    )
    if evidence is None:
        return None
    if evidence.certain and "swapped" not in args.keep:
        advice = "leave out --swapped" if args.swapped else "pass --swapped"
        raise TableError(
            f"{args.source}: latitude and longitude seem to be swapped: {evidence.reason}; "
            f"{advice}, or "
            "--keep swapped if they are correct.",
            code="swapped-columns",
        )
    return evidence.reason


def _bring(args: argparse.Namespace, source: PhotoSource, columns: Any, kept: Any) -> None:
    from tqdm import tqdm

    from trainer.data.kept_photos import is_table, place_pictures

    if source.root is None or is_table(args.out):
        return
    photos = columns.table["_photo"].filter(kept)
    with tqdm(total=len(photos), unit=" photos", disable=args.quiet, desc="placing") as bar:
        names = (name for chunk in photos.chunks for name in chunk.to_pylist())
        place_pictures(source.root, names, args.out, args.pictures, bar)


def _say(account: PhotoSurvey, report: Path) -> None:
    lines = [f"{account.kept:,} of {account.rows:,} photos kept: {account.written_to}"]
    lines += [f"  {count:>9,}  {reason}" for reason, count in account.verdict.counts().items()]
    if account.source.root is None:
        lines.append(
            "No pictures were found, so only the coordinates were checked; name their folder with "
            "--images DIR."
        )
    lines += account.source.left_out.sentences()
    if account.source.malformed:
        lines.append(f"{len(account.source.malformed):,} malformed rows were skipped.")
    if account.doubt:
        lines.append(f"Warning: latitude and longitude may be swapped: {account.doubt}.")
    lines.append(f"Report: {report / 'report.md'}")
    sys.stdout.write("\n".join(lines) + "\n")
