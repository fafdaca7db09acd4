"""``geoguess-train partition``: cells tables from photos' coordinates, and the report of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.format import distance, plain_spaces, precise_percent, threshold
from geoguess_app.core.partition import (
    DEFAULT_REASSIGN_KM,
    PartitionBuild,
    PartitionRules,
    PhotoPlaces,
    build_partitions,
    cells_csv_text,
)

if TYPE_CHECKING:
    from trainer.partitions.statistics import PartitionStatistics
    from trainer.partitions.suggest import TauChoice, TauSuggestion

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_MOST_FLAGGED = 5
_COLUMNS = (
    "table",
    "cells",
    "levels",
    "photos kept",
    "re-assigned",
    "dropped",
    "flagged",
    "orphans",
)


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``partition`` and its options."""
    parser = subparsers.add_parser(
        "partition",
        help="divide the Earth into cells according to where photos were taken",
        description="Writes one cells table (CSV) for each --tau pair and report.html with counts, "
        "charts and a map of the cells. Prints how many photos each partition keeps, re-assigns "
        "from dropped cells to a neighbouring cell, and drops. Without --tau, suggests pairs that "
        "suit the photos.",
    )
    parser.add_argument(
        "points",
        type=Path,
        metavar="TABLE",
        help="CSV, Parquet or JSON lines file with latitude and longitude, or an image folder",
    )
    parser.add_argument(
        "--tau",
        type=_tau,
        action="append",
        metavar="MIN:MAX",
        help="keep cells of at least MIN photos and divide cells of more than MAX; repeat for more "
        "partitions",
    )
    parser.add_argument(
        "--suggest", action="store_true", help="only show which --tau pairs suit these photos"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for cells and report")
    parser.add_argument(
        "--split",
        metavar="NAME",
        help="rows to use from a table with a split column (default: train; all: every row)",
    )
    parser.add_argument(
        "--start-level",
        type=int,
        default=2,
        metavar="L",
        help="S2 level of the largest cells (default: %(default)s)",
    )
    parser.add_argument(
        "--stop-level",
        type=int,
        default=30,
        metavar="L",
        help="S2 level below which no cell is divided (default: %(default)s)",
    )
    parser.add_argument(
        "--reassign-km",
        type=float,
        default=DEFAULT_REASSIGN_KM,
        metavar="KM",
        help="photos of dropped cells move to the cell of the nearest kept photo within this "
        "distance (default: %(default)g; 0: drop them)",
    )
    parser.set_defaults(run=run)


def _tau(text: str) -> tuple[int, int]:
    try:
        tau_min, tau_max = (int(part) for part in text.split(":"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not MIN:MAX, such as 50:5000") from None
    if not 1 <= tau_min <= tau_max:
        raise argparse.ArgumentTypeError(f"“{text}” must have 1 ≤ MIN ≤ MAX")
    return tau_min, tau_max


def run(args: argparse.Namespace) -> int:
    """Suggest, or build, write and report the partitions. GeoGuessError for unusable input."""
    from trainer.partitions.points import read_points
    from trainer.partitions.suggest import suggest_for

    if args.out is None and not args.suggest and args.tau:
        raise GeoGuessError("Give the folder to write the cells to: --out DIR.", code="usage")
    points = read_points(args.points, args.split)
    places = PhotoPlaces(points.latitude_deg, points.longitude_deg)
    pairs = args.tau
    part = f" of split {points.split} (of {points.rows:,})" if points.split else ""
    photos = f"{places.photos:,} photos{part} in {points.path}"
    if args.suggest or not pairs:
        suggestion = suggest_for(places)
        _say(photos)
        _say_suggestion(suggestion, args)
        if args.suggest or args.out is None:
            return 0
        pairs = list(suggestion.taus)
    builds = _built(places, pairs, args)
    from trainer.partitions.report import REPORT_NAME
    from trainer.partitions.statistics import partition_statistics

    account = partition_statistics(points, places, builds)
    _write(args.out, account)
    if args.tau:
        _say(photos)
    _say_account(account)
    _say(f"Charts, ceilings and a map of the cells: {args.out / REPORT_NAME}")
    return 0


def _built(
    places: PhotoPlaces, pairs: Sequence[tuple[int, int]], args: argparse.Namespace
) -> list[PartitionBuild]:
    """The partitions, coarse to fine."""
    # The fewer photos a cell may hold, the more cells.
    rules = [
        PartitionRules(f"cells_{low}_{high}", low, high, args.start_level, args.stop_level)
        for low, high in sorted(set(pairs), key=lambda pair: (-pair[1], -pair[0]))
    ]
    builds = build_partitions(places, rules, reassign_within_km=args.reassign_km or None)
    return sorted(builds, key=lambda build: build.partition.size)


def _write(folder: Path, account: PartitionStatistics) -> None:
    from datetime import datetime

    from geoguess_app.files.atomic import make_folder, replace_file
    from trainer.partitions.report import write_partition_report

    make_folder(folder)
    for figures in account.partitions:
        partition = figures.build.partition
        replace_file(folder / f"{partition.name}.csv", cells_csv_text(partition).encode())
    write_partition_report(folder, account, created=datetime.now())


def _say_account(account: PartitionStatistics) -> None:
    rows = [
        _line(figures.build, figures.orphans, f"{figures.build.report.name}.csv")
        for figures in account.partitions
    ]
    _say_table([_COLUMNS, *rows])
    for figures in account.partitions:
        _say_flagged(figures.build)
    within = account.finest.build.report.reassign_within_km
    _say(
        f"Photos of dropped cells are re-assigned within {threshold(within or 0)}. Orphans: cells "
        f"of {account.finest.build.report.name} that no cell of the row's partition contains; the "
        "one with the nearest mean location is taken as their ancestor."
    )


def _line(build: PartitionBuild, orphans: int, name: str) -> tuple[str, ...]:
    report = build.report
    levels = list(report.cells_per_level)
    counts = (report.kept, report.reassigned, report.dropped, len(report.flagged), orphans)
    return (
        name,
        f"{report.cells:,}",
        f"{levels[0]}–{levels[-1]}",
        *(f"{count:,}" for count in counts),
    )


def _say_suggestion(suggestion: TauSuggestion, args: argparse.Namespace) -> None:
    thresholds = suggestion.scale.thresholds_km
    names = ("cells", "photos in cells", *(f"≤ {threshold(km)}" for km in thresholds), "median")
    finest = len(suggestion.chosen) - 1
    beside = [("a step coarser", suggestion.coarser), ("a step finer", suggestion.finer)]
    rows = [
        *((f"--tau {c.tau_min}:{c.tau_max}", c) for c in suggestion.chosen),
        *((f"{name}, {c.tau_min}:{c.tau_max}", c) for name, c in beside if c is not None),
    ]
    _say(f"Suggested {'partition' if not finest else 'partitions, coarse to fine'}:")
    _say_table(
        [("", *names), *((name, *_choice_line(choice, thresholds)) for name, choice in rows)],
    )
    _say(suggestion.reason)
    if args.suggest or args.out is None:
        taus = " ".join(f"--tau {low}:{high}" for low, high in suggestion.taus)
        _say(f"To make them: geoguess-train partition {args.points} {taus} --out DIR")


def _choice_line(choice: TauChoice, thresholds_km: Sequence[float]) -> tuple[str, ...]:
    return (
        f"{choice.cells:,}",
        precise_percent(choice.in_cells),
        *(precise_percent(choice.ceiling[km]) for km in thresholds_km),
        distance(choice.ceiling_median_km),
    )


def _say_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = row
        texts = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        _say("  ".join([first.ljust(widths[0]), *texts]))


def _say_flagged(build: PartitionBuild) -> None:
    flagged = sorted(build.report.flagged, key=lambda cell: -cell.photos)
    for cell in flagged[:_MOST_FLAGGED]:
        _say(
            f"{build.report.name}: cell {cell.token} keeps {cell.photos:,} photos, which share "
            f"{cell.distinct_coordinates:,} coordinate(s) near {cell.latitude_deg:.5f}, "
            f"{cell.longitude_deg:.5f} and cannot be divided further."
        )
    if len(flagged) > _MOST_FLAGGED:
        _say(f"{build.report.name}: and {len(flagged) - _MOST_FLAGGED:,} more such cells.")


def _say(text: str) -> None:
    sys.stdout.write(f"{plain_spaces(text)}\n")
