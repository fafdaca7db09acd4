"""The tables of a partition report, ready to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geoguess_app.evaluation.names import distance, kilometres, percent
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
    """Kept, re-assigned and dropped photos of each partition."""
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
            _spread(CellSpread.of(figures.area_km2), area_text),
            _share(figures.earth_share),
            _share(land) if land is not None else TableCell("–"),
        ]
        rows.append(row[: len(columns)])
    return ReportTable(columns, rows)


def ceiling_table(account: PartitionStatistics) -> ReportTable:
    """What a perfect choice of cell would reach."""
    thresholds = account.scale.thresholds_km
    columns = ("Partition", *(f"within {distance(km)}" for km in thresholds), "median", "mean")
    rows = [
        [
            _name(figures),
            *(_share(figures.within[km]) for km in thresholds),
            TableCell(kilometres(figures.median_ceiling_km)),
            TableCell(kilometres(figures.mean_ceiling_km)),
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


def share_text(share: float) -> str:
    """A share in per cent that is 0 or 100 only where it is exactly that."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if 0.9995 <= share < 1 else percent(share)


def area_text(km2: float) -> str:
    """An area in words: "320 m²", "4.2 km²", "5,210,000 km²"."""
    if km2 < 1e-6:
        return f"{_digits(1e10 * km2)} cm²"
    if km2 < 0.1:
        return f"{_digits(1e6 * km2)} m²"
    return f"{_digits(km2)} km²"


def _digits(value: float) -> str:
    """Two digits that count, more only of whole numbers below a thousand."""
    if value >= 1000:
        size = 10 ** (len(str(int(value))) - 3)
        return f"{round(value / size) * size:,.0f}"
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _name(figures: CellFigures, *, note: bool = True) -> TableCell:
    report = figures.build.report
    return TableCell(f"{report.tau_min}:{report.tau_max}", f"{report.name}.csv" if note else "")


def _of(count: int, total: int) -> TableCell:
    share = count / total if total else 0.0
    return TableCell(f"{count:,}", share_text(share))


def _share(share: float) -> TableCell:
    return TableCell(share_text(share), bar=round(100 * share, 2))


def _spread(spread: CellSpread, say: Callable[[float], str]) -> TableCell:
    return TableCell(f"{say(spread.median)}", f"median; {say(spread.least)} to {say(spread.most)}")
