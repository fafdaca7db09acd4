"""The tables of a report as texts, ready to be laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from geoguess_app.evaluation.evaluation import Evaluation
from geoguess_app.evaluation.metrics import THRESHOLDS_KM, Share, Summary
from geoguess_app.evaluation.names import in_order, kilometres, label_title, percent, value_name
from geoguess_app.evaluation.summary import Group

MOST_GROUPS = 24
DISTANCE_COLUMNS = tuple(f"{km:,g} km" for km in THRESHOLDS_KM)


@dataclass(frozen=True)
class Cell:
    """A share as text, the small lines below it and the length of its bar, 0…100."""

    text: str
    notes: tuple[str, ...] = ()
    bar: str = "0"


@dataclass(frozen=True)
class Row:
    """A line of an accuracy table: shares first, then plain texts."""

    name: str
    cells: tuple[Cell, ...]
    extra: tuple[str, ...] = ()
    note: str = ""
    style: str = ""


@dataclass(frozen=True)
class Table:
    """An accuracy table; ``columns`` names everything right of the first column."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = field(default_factory=tuple)
    more: int = 0
    """Rows left out for length."""


def accuracy_table(evaluation: Evaluation, *, every_photo: bool) -> Table:
    """The model, its most confident answers, the ceilings and the floor at the five distances."""
    metrics = evaluation.metrics
    rows = [_summary_row(evaluation.model.name, metrics.overall, every_photo, style="strong")]
    rows += [
        _summary_row(f"its most confident {name}", group.summary, every_photo)
        for name, group in sorted(metrics.most_confident.items())
    ]
    ceilings = (
        ("Ceiling, best look-alike in the right cell", evaluation.bank_ceiling),
        ("Ceiling, mean of the right cell", evaluation.ceiling),
    )
    for name, ceiling in ceilings:
        if ceiling is not None:
            rows.append(
                _summary_row(name, ceiling.summary, every_photo, style="limit", intervals=False)
            )
    floor = evaluation.floor
    if floor is not None:
        shares = floor.accuracy_every_photo if every_photo else floor.accuracy
        cells = tuple(
            Cell(percent(shares[km]), bar=f"{100 * (shares[km] or 0):.1f}")
            if floor.photos[km] or every_photo
            else Cell("–")
            for km in THRESHOLDS_KM
        )
        extra = (kilometres(floor.median_km), f"{floor.geoguessr_score:,.0f}")
        rows.append(Row("Floor, a blind draw", cells, extra, style="limit"))
    return Table("", (*DISTANCE_COLUMNS, "median", "score"), tuple(rows))


def group_tables(evaluation: Evaluation) -> list[Table]:
    """One table per label that at least one photo has."""
    columns = ("photos", *DISTANCE_COLUMNS, "median", "80 % radius held")
    return [
        Table(
            label_title(label),
            columns,
            tuple(
                _group_row(value_name(label, value), group)
                for value, group in in_order(label, groups, MOST_GROUPS)
            ),
            more=max(0, len(groups) - MOST_GROUPS),
        )
        for label, groups in evaluation.metrics.by.items()
        if groups
    ]


def partition_table(evaluation: Evaluation) -> Table | None:
    """How each partition alone would do; None for models without cells."""
    if not evaluation.by_partition:
        return None
    rows = tuple(
        Row(
            name,
            (
                _cell(figures.top1),
                _cell(figures.top5),
                *_cells(figures.summary.accuracy, all_photos=figures.summary.photos),
            ),
            (kilometres(figures.summary.median_km),),
            note=f"{figures.cells:,} cells",
        )
        for name, figures in evaluation.by_partition.items()
    )
    columns = ("right cell", "in the best 5", *DISTANCE_COLUMNS, "median")
    return Table("Partition", columns, rows)


def coverage_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    """Promised and kept radii, and the confidence in one line."""
    calibration = evaluation.metrics.calibration
    if calibration is None:
        return []
    rows: list[tuple[str, ...]] = [
        (
            f"truth inside the {percents} % radius",
            percent(share.value),
            _interval(share),
            kilometres(calibration.median_radius_km[percents]),
        )
        for percents, share in calibration.coverage.items()
    ]
    rows.append(
        (
            f"within 25 km in {percent(calibration.mean_confidence)} (mean confidence)",
            percent(calibration.share_right),
            f"mean gap {percent(calibration.expected_calibration_error)}",
            "",
        )
    )
    return rows


def scene_rows(evaluation: Evaluation, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Per labelled group: how often each group was said, and the share of right ones."""
    scene = evaluation.scene
    if scene is None:
        return []
    rows: list[tuple[str, ...]] = []
    for name, counts in zip(names, scene.confusion, strict=True):
        if sum(counts):
            right = scene.by_group[name]
            rows.append((name, *map(str, counts), f"{percent(right.value)} of {right.photos}"))
    return rows


def _summary_row(
    name: str, summary: Summary, every_photo: bool, *, style: str = "", intervals: bool = True
) -> Row:
    shares = summary.accuracy_every_photo if every_photo else summary.accuracy
    extra = (kilometres(summary.median_km), f"{summary.geoguessr_score:,.0f}")
    return Row(name, _cells(shares, intervals=intervals), extra, style=style)


def _group_row(name: str, group: Group) -> Row:
    summary = group.summary
    covered = group.within_80_radius
    cells = _cells(summary.accuracy, all_photos=summary.photos)
    count = Cell(f"{summary.photos:,}")
    extra = (
        kilometres(summary.median_km),
        percent(covered.value, digits=0) if covered is not None else "–",
    )
    return Row(name, (count, *cells), extra)


def _cells(
    shares: Mapping[float, Share], *, intervals: bool = True, all_photos: int | None = None
) -> tuple[Cell, ...]:
    return tuple(
        _cell(shares[km], interval=intervals, all_photos=all_photos) for km in THRESHOLDS_KM
    )


def _cell(share: Share, *, interval: bool = True, all_photos: int | None = None) -> Cell:
    """``all_photos``: the count that stands elsewhere in the row, so need not be repeated."""
    if not share.photos:
        return Cell("–", ("not judged",))
    notes = [_interval(share)] if interval else []
    if share.photos != all_photos:
        notes.append(f"of {share.photos:,}")
    return Cell(percent(share.value), tuple(notes), f"{100 * share.value:.1f}")


def _interval(share: Share) -> str:
    return f"{100 * share.low:.0f}–{100 * share.high:.0f} %"
