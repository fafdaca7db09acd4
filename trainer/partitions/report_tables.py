"""The tables of a partition report, ready to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geoguess_app.core.format import area, distance, precise_percent, threshold
from trainer.partitions.statistics import CellFigures, CellSpread, PartitionStatistics

SHOWN_FLAGGED = 12


@dataclass(frozen=True, slots=True)
class TableCell:
    """One cell of a table; ``bar`` is a share in per cent to draw under the text."""

    text: str
    note: str = ""
    bar: float | None = None


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Columns, and rows of as many cells."""

    columns: Sequence[str]
    rows: Sequence[Sequence[TableCell]]


def photos_table(account: PartitionStatistics) -> ReportTable:
    """Tabulate the kept, re-assigned and dropped photos of each partition."""
    columns = ("Partition", "in their own cell", "re-assigned", "dropped", "photos in a cell")
    rows = []
    for figures in account.partitions:
        report = figures.build.report
        rows.append(
            [
                _name(figures),
                *(_of(n, report.photos) for n in (report.kept, report.reassigned, report.dropped)),
                _spread(CellSpread.of(figures.build.partition.photo_counts), "{:,.0f}".format),
            ]
        )
    return ReportTable(columns, rows)


def cells_table(account: PartitionStatistics) -> ReportTable:
    """Numbers, levels, areas and, of the world, coverage of each partition's cells."""
    columns = ["Partition", "cells", "too sparse", "levels", "area of a cell"]
    if not account.scale.local:
        columns += ["of the Earth", "of its land"]
    rows = []
    for figures in account.partitions:
        report = figures.build.report
        levels = sorted(report.cells_per_level)
        land = figures.land_share
        row = [
            _name(figures),
            TableCell(f"{report.cells:,}"),
            TableCell(f"{report.sparse_cells:,}"),
            TableCell(f"{levels[0]}–{levels[-1]}" if len(levels) > 1 else f"{levels[0]}"),
            _spread(CellSpread.of(figures.area_km2), area),
            _share(figures.earth_share),
            _share(land) if land is not None else TableCell("–"),
        ]
        rows.append(row[: len(columns)])
    return ReportTable(columns, rows)


def ceiling_table(account: PartitionStatistics) -> ReportTable:
    """Return what a perfect choice of cell would reach."""
    thresholds = account.scale.thresholds_km
    columns = ("Partition", *(f"within {threshold(km)}" for km in thresholds), "median", "mean")
    rows = [
        [
            _name(figures),
            *(_share(figures.within[km]) for km in thresholds),
            TableCell(distance(figures.median_ceiling_km)),
            TableCell(distance(figures.mean_ceiling_km)),
        ]
        for figures in account.partitions
    ]
    return ReportTable(columns, rows)


def orphans_table(account: PartitionStatistics) -> ReportTable | None:
    """Cells of the finest partition without an ancestor; None for a single partition."""
    if len(account.partitions) < 2:
        return None
    finest = account.finest.build
    rows = [
        [
            _name(figures),
            _of(figures.orphans, finest.report.cells),
            _of(figures.orphan_photos, int(finest.partition.photo_counts.sum())),
        ]
        for figures in account.partitions[:-1]
    ]
    return ReportTable(
        ("Partition", "finest cells without an ancestor in it", "their photos"), rows
    )


def flagged_table(account: PartitionStatistics) -> ReportTable | None:
    """The most crowded cells that could not be divided, of all partitions."""
    found = sorted(
        (
            (cell, figures)
            for figures in account.partitions
            for cell in figures.build.report.flagged
        ),
        key=lambda pair: (-pair[0].photos, pair[0].token),
    )
    if not found:
        return None
    rows = [
        [
            _name(figures, note=False),
            TableCell(cell.token),
            TableCell(f"{cell.photos:,}"),
            TableCell(f"{cell.distinct_coordinates:,}"),
            TableCell(f"{cell.latitude_deg:.5f}, {cell.longitude_deg:.5f}"),
        ]
        for cell, figures in found[:SHOWN_FLAGGED]
    ]
    return ReportTable(("Partition", "cell", "photos", "distinct coordinates", "near"), rows)


def _name(figures: CellFigures, *, note: bool = True) -> TableCell:
    report = figures.build.report
    return TableCell(f"{report.tau_min}:{report.tau_max}", f"{report.name}.csv" if note else "")


def _of(count: int, total: int) -> TableCell:
    share = count / total if total else 0.0
    return TableCell(f"{count:,}", precise_percent(share))


def _share(share: float) -> TableCell:
    return TableCell(precise_percent(share), bar=round(100 * share, 2))


def _spread(spread: CellSpread, say: Callable[[float], str]) -> TableCell:
    return TableCell(f"{say(spread.median)}", f"median; {say(spread.least)} to {say(spread.most)}")
