"""`geoguess-train partition`: cells tables from photos' coordinates, and the account of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import TableError
from geoguess_app.core.hierarchy import build_hierarchy
from geoguess_app.core.partition import (
    DEFAULT_REASSIGN_KM,
    PartitionBuild,
    build_partition,
    write_cells_csv,
)
from trainer.points_csv import read_points

if TYPE_CHECKING:
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
    """Register the command."""
    parser = subparsers.add_parser(
        "partition",
        help="divide the Earth into cells by where photos were taken",
        description="Writes one cells table (CSV) per --tau pair and prints what became of the "
        "photos: kept in cells, re-assigned from dropped cells to a neighbour, or dropped.",
    )
    parser.add_argument("points", type=Path, metavar="POINTS.csv", help="table with lat and lon")
    parser.add_argument(
        "--tau",
        type=_tau,
        action="append",
        required=True,
        metavar="MIN:MAX",
        help="keep cells of at least MIN photos, divide above MAX; repeat for more partitions",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument(
        "--start-level", type=int, default=2, metavar="L", help="default %(default)s"
    )
    parser.add_argument(
        "--stop-level", type=int, default=30, metavar="L", help="default %(default)s"
    )
    parser.add_argument(
        "--reassign-km",
        type=float,
        default=DEFAULT_REASSIGN_KM,
        metavar="KM",
        help="photos of dropped cells join the cell of the nearest kept photo within this distance "
        "(default %(default)g; 0: drop them)",
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
    """Build, write and report the partitions. Raises a GeoGuessError for unusable input."""
    latitude, longitude = read_points(args.points)
    # Coarse to fine: the fewer photos a cell may hold, the more cells.
    pairs = sorted(set(args.tau), key=lambda pair: (-pair[1], -pair[0]))
    builds = [
        build_partition(
            latitude,
            longitude,
            name=f"cells_{tau_min}_{tau_max}",
            tau_min=tau_min,
            tau_max=tau_max,
            start_level=args.start_level,
            stop_level=args.stop_level,
            reassign_within_km=args.reassign_km or None,
        )
        for tau_min, tau_max in pairs
    ]
    builds.sort(key=lambda build: build.partition.size)
    orphans = [lost.size for lost in build_hierarchy([b.partition for b in builds]).orphans]
    _make_folder(args.out)
    for build in builds:
        write_cells_csv(build.partition, args.out / f"{build.partition.name}.csv")
    _say(f"{latitude.size:,} photos in {args.points}")
    _say_table([_COLUMNS, *(_line(b, lost) for b, lost in zip(builds, orphans, strict=True))])
    for build in builds:
        _say_flagged(build)
    _say(
        f"Photos of dropped cells are re-assigned within {args.reassign_km:g} km. Orphans: cells "
        f"of {builds[-1].partition.name} that no cell of the row's partition contains; the one "
        "with the nearest mean location is taken as their ancestor."
    )
    return 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TableError(
            f"{folder}: the folder cannot be made ({error.strerror}).", code="unwritable"
        ) from error


def _line(build: PartitionBuild, orphans: int) -> tuple[str, ...]:
    report = build.report
    levels = list(report.cells_per_level)
    counts = (report.kept, report.reassigned, report.dropped, len(report.flagged), orphans)
    return (
        f"{report.name}.csv",
        f"{report.cells:,}",
        f"{levels[0]}–{levels[-1]}",
        *(f"{count:,}" for count in counts),
    )


def _say_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (text.rjust(width) for text, width in zip(row, widths, strict=True))
        _say("  ".join([first.strip().ljust(widths[0]), *others]))


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
    sys.stdout.write(f"{text}\n")
