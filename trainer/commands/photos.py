"""`geoguess-train photos`: a checked table of photos from a folder or from anybody's table."""

from __future__ import annotations

import argparse
import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.core.errors import TableError

if TYPE_CHECKING:
    from trainer.data.filters import FilterSettings
    from trainer.data.photo_report import Account
    from trainer.data.source import Source

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "photos",
        help="make a checked table of photos and their positions",
        description="Reads a folder of photos (positions from EXIF), an image folder with "
        "metadata.csv, or a CSV or Parquet table with any column names; drops photos that would "
        "spoil training, says which and why, and draws where the rest lie.",
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="folder or table")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR_OR_TABLE",
        help="a table (.csv, .parquet), or a folder that becomes an image folder: metadata.csv "
        "and the photos",
    )
    _add_source_options(parser)
    _add_filter_options(parser)
    _add_run_options(parser)
    parser.set_defaults(run=run)


def _add_source_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--images", type=Path, metavar="DIR", help="where a table's photos lie (default: beside it)"
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=NAME",
        help="which column is the file_name, latitude, longitude, author or taken time, where "
        "the guess is wrong; repeat",
    )
    parser.add_argument(
        "--swapped", action="store_true", help="read latitudes as longitudes and vice versa"
    )
    parser.add_argument(
        "--pictures",
        choices=("link", "copy", "none"),
        default="link",
        help="how photos come into an image folder: hard links take no space (default)",
    )


def _add_filter_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("filters", "0 switches a filter off")
    group.add_argument("--min-side", type=int, default=128, metavar="PX", help="default 128")
    group.add_argument(
        "--min-sharpness",
        type=float,
        default=20.0,
        metavar="V",
        help="variance of the Laplacian with the short side at 256 px; default 20",
    )
    group.add_argument(
        "--duplicate-bits",
        type=int,
        default=6,
        metavar="N",
        help="copies differ in at most N of 64 hash bits (0 to 11; -1 switches off); default 6",
    )
    group.add_argument("--gps-tolerance", type=float, default=1.0, metavar="KM", help="default 1")
    group.add_argument(
        "--max-speed",
        type=float,
        default=1200.0,
        metavar="KMH",
        help="between photos of one person's camera (a folder, or one author); default 1200",
    )
    group.add_argument(
        "--max-fix-age", type=float, default=24.0, metavar="HOURS", help="default 24"
    )
    group.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="REASON",
        help="report photos of this reason but keep them: listed-twice, swapped, "
        "inconsistent-gps, small, blurred, duplicate; repeat",
    )


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", type=Path, metavar="DIR", help="default: OUT-report")
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FILE",
        help="measurements kept between runs (default: measurements.sqlite in the report)",
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="processes (default: one per core; 0: none)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(args: argparse.Namespace) -> int:
    """Read, judge, write, report. Raises a GeoGuessError for unusable input."""
    from trainer.data.column_names import parse_assignments
    from trainer.data.source import open_source

    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    settings = _settings(args)
    source = open_source(
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
        raise TableError(f"--keep {unknown[0]}: possible are {', '.join(KEEPABLE)}.", code="keep")
    if not -1 <= args.duplicate_bits <= MOST_BITS:
        raise TableError(f"--duplicate-bits must lie within -1…{MOST_BITS}.", code="bits")
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
    args: argparse.Namespace, source: Source, settings: FilterSettings, report: Path
) -> Account:
    from tqdm import tqdm

    from geoguess_app.files.atomic import make_folder
    from trainer.common.progress import Progress, Stage
    from trainer.data.filters import judge
    from trainer.data.measure_cache import MeasureCache
    from trainer.data.photo_report import Account, write_report
    from trainer.data.publish import write_kept
    from trainer.data.survey import survey, surveyed_schema
    from trainer.data.surveyed import Columns
    from trainer.data.table_files import spooled
    from trainer.data.workers import Crew, default_workers

    workers = default_workers() if args.workers is None else max(args.workers, 0)
    make_folder(report)
    with ExitStack() as stack:
        cache = None
        if source.root is not None:
            cache = stack.enter_context(MeasureCache(args.cache or report / "measurements.sqlite"))
        crew = stack.enter_context(Crew(workers))
        with tqdm(unit=" photos", disable=args.quiet, desc="measuring") as bar:
            batches = survey(source, cache, crew, Stage(Progress(report), "reading", bar))
            table = stack.enter_context(spooled(surveyed_schema(source), batches, report))
        if not table.num_rows:
            raise TableError(f"{args.source}: there is no photo in it.", code="no-rows")
        columns = Columns.of(table, one_owner=source.kind == "folder")
        doubt = _doubt(args, columns)
        verdict = judge(columns, settings)
        written = write_kept(columns, verdict.kept, args.out)
        _bring(args, source, columns, verdict.kept)
        account = Account(source, columns, verdict, settings, written, doubt)
        write_report(report, account)
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
            f"{args.source}: latitude and longitude look swapped: {evidence.reason}; {advice}, or "
            "--keep swapped if it is right as it is.",
            code="swapped-columns",
        )
    return evidence.reason


def _bring(args: argparse.Namespace, source: Source, columns: Any, kept: Any) -> None:
    from tqdm import tqdm

    from trainer.data.publish import bring_pictures, is_table

    if source.root is None or is_table(args.out):
        return
    photos = columns.table["_photo"].filter(kept)
    with tqdm(total=len(photos), unit=" photos", disable=args.quiet, desc="placing") as bar:
        names = (name for chunk in photos.chunks for name in chunk.to_pylist())
        bring_pictures(source.root, names, args.out, args.pictures, bar)


def _say(account: Account, report: Path) -> None:
    lines = [f"{account.kept:,} of {account.rows:,} photos kept: {account.written_to}"]
    lines += [f"  {count:>9,}  {reason}" for reason, count in account.verdict.counts().items()]
    if account.source.root is None:
        lines.append("No pictures found, only coordinates checked; pass --images DIR.")
    if account.source.malformed:
        lines.append(f"{len(account.source.malformed):,} malformed rows were left out.")
    if account.doubt:
        lines.append(f"Warning: latitude and longitude may be swapped: {account.doubt}.")
    lines.append(f"Report: {report / 'report.md'}")
    sys.stdout.write("\n".join(lines) + "\n")
