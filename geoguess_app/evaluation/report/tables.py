"""The tables of a report as texts, ready to be laid out: one set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from geoguess_app.core.format import distance, percent, percent_range, precise_percent, threshold
from geoguess_app.core.types import CONFIDENCE_KM
from geoguess_app.evaluation.metrics.distances import ErrorSummary, Share
from geoguess_app.evaluation.metrics.names import in_order, label_title, value_name
from geoguess_app.evaluation.metrics.scale import Scale
from geoguess_app.evaluation.metrics.summary import Group
from geoguess_app.evaluation.report.published import PublishedResult
from geoguess_app.evaluation.study.evaluation import Evaluation

MOST_GROUPS = 24
FEWEST_SUREST = 5
"""A share of fewer most confident answers is not worth a line."""


@dataclass(frozen=True)
class AccuracyCell:
    """A share as text, the small lines below it and the length of its bar, 0…100."""

    text: str
    notes: tuple[str, ...] = ()
    bar: str = "0"
    style: str = ""


@dataclass(frozen=True)
class AccuracyRow:
    """A line of an accuracy table: shares first, then plain texts."""

    name: str
    cells: tuple[AccuracyCell, ...]
    extra: tuple[str, ...] = ()
    note: str = ""
    style: str = ""


@dataclass(frozen=True)
class AccuracyTableData:
    """An accuracy table; ``columns`` names everything right of the first column."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[AccuracyRow, ...] = field(default_factory=tuple)
    more: int = 0
    """Rows left out for length."""


def distance_columns(scale: Scale) -> tuple[str, ...]:
    """The five distances as headings."""
    return tuple(threshold(km) for km in scale.thresholds_km)


def accuracy_table(evaluation: Evaluation, *, every_photo: bool) -> AccuracyTableData:
    """The model, its most confident answers, the ceilings and the floors at the five distances."""
    metrics = evaluation.metrics
    scale = evaluation.scale
    whole = metrics.overall
    rows = [
        summary_row(evaluation.model.name, whole, scale, every_photo=every_photo, style="strong")
    ]
    rows += [
        summary_row(f"its most confident {name}", group.summary, scale, every_photo=every_photo)
        for name, group in sorted(metrics.most_confident.items())
        if group.summary.photos >= FEWEST_SUREST
    ]
    best = "Ceiling (best look-alike in the correct cell)"
    ceilings = (
        (
            best if evaluation.ceiling else "Ceiling (nearest training photo)",
            evaluation.bank_ceiling,
        ),
        ("Ceiling (mean of the correct cell)", evaluation.ceiling),
    )
    limits = [(name, ceiling.summary) for name, ceiling in ceilings if ceiling is not None]
    if evaluation.nearest_alone is not None:
        limits.append(("Nearest look-alike alone", evaluation.nearest_alone))
    if evaluation.mean_point is not None and evaluation.scale.local:
        limits.append(("Floor (mean of the training photos)", evaluation.mean_point))
    rows += [
        summary_row(name, summary, scale, every_photo=every_photo, style="limit", intervals=False)
        for name, summary in limits
    ]
    floor = evaluation.floor
    if floor is not None:
        shares = floor.accuracy_every_photo if every_photo else floor.accuracy
        cells = tuple(
            AccuracyCell(precise_percent(shares[km]), bar=f"{100 * (shares[km] or 0):.1f}")
            if floor.photos[km] or every_photo
            else AccuracyCell("–")
            for km in evaluation.scale.thresholds_km
        )
        score = "" if scale.local else f"{floor.geoguessr_score:,.0f}"
        extra = (distance(floor.median_km), distance(floor.mean_km), score)
        rows.append(AccuracyRow("Floor (random draw)", cells, extra, style="limit"))
    columns = (*distance_columns(scale), *summary_columns(scale))
    return AccuracyTableData("", columns, tuple(rows))


def published_table(
    evaluation: Evaluation, published: Sequence[PublishedResult]
) -> AccuracyTableData:
    """The model's accuracy with every photo counted, below what papers state."""
    rows = [
        AccuracyRow(
            row.method,
            tuple(
                AccuracyCell(precise_percent(value / 100), bar=f"{value:.1f}")
                for value in row.percent
            ),
        )
        for row in published
    ]
    shares = evaluation.metrics.overall.accuracy_every_photo
    rows.append(AccuracyRow(evaluation.model.name, _cells(shares), style="strong"))
    return AccuracyTableData("Method", distance_columns(evaluation.scale), tuple(rows))


def group_tables(evaluation: Evaluation) -> list[AccuracyTableData]:
    """One table per label; labels that all photos share would only repeat the whole."""
    columns = ("photos", *distance_columns(evaluation.scale), "median", "80% radius coverage")
    return [
        AccuracyTableData(
            label_title(label),
            columns,
            tuple(
                _group_row(value_name(label, value), group)
                for value, group in in_order(label, groups, MOST_GROUPS)
            ),
            more=max(0, len(groups) - MOST_GROUPS),
        )
        for label, groups in evaluation.metrics.by.items()
        if len(groups) > 1
        or any(group.summary.photos < len(evaluation.answers) for group in groups.values())
    ]


def partition_table(evaluation: Evaluation) -> AccuracyTableData | None:
    """Return how each partition alone would do; None for models without cells."""
    if not evaluation.by_partition:
        return None
    rows = tuple(
        AccuracyRow(
            name,
            (
                _cell(figures.top1),
                _cell(figures.top5),
                *_cells(figures.summary.accuracy, all_photos=figures.summary.photos),
            ),
            (distance(figures.summary.median_km),),
            note=f"{figures.cells:,} cells",
        )
        for name, figures in evaluation.by_partition.items()
    )
    columns = ("correct cell", "in the top 5", *distance_columns(evaluation.scale), "median")
    return AccuracyTableData("Partition", columns, rows)


def metre_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    """Mean, median, quartiles and root mean square of the errors in metres, beside the floors."""
    named = [(evaluation.model.name, evaluation.metrics.overall)]
    if evaluation.mean_point is not None:
        named.append(("always the mean of the training photos", evaluation.mean_point))
    return [
        (
            name,
            *(
                distance(km)
                for km in (
                    summary.mean_km,
                    summary.median_km,
                    summary.quartile_1_km,
                    summary.quartile_3_km,
                    summary.rmse_km,
                )
            ),
        )
        for name, summary in named
    ]


def degree_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    """Mean absolute, median and root mean square errors in degrees."""
    errors = evaluation.degrees
    if errors is None:
        return []
    named = (("latitude", errors.latitude), ("longitude", errors.longitude), ("both", errors.both))
    return [
        (name, f"{axis.mean_deg:.6f}°", f"{axis.median_deg:.6f}°", f"{axis.rmse_deg:.6f}°")
        for name, axis in named
    ]


def coverage_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    """Promised and kept radii, and the confidence in one line."""
    calibration = evaluation.metrics.calibration
    if calibration is None:
        return []
    rows: list[tuple[str, ...]] = [
        (
            f"true position inside the {percents}% radius",
            precise_percent(share.value),
            interval_text(share),
            distance(calibration.median_radius_km[percents]),
        )
        for percents, share in calibration.coverage.items()
    ]
    stated, right = calibration.mean_confidence, calibration.share_right
    gap = calibration.expected_calibration_error
    if stated is not None and right is not None and gap is not None:
        name = f"within {threshold(CONFIDENCE_KM)} in {precise_percent(stated)} (mean confidence)"
        rows.append((name, precise_percent(right), f"mean gap {precise_percent(gap)}", ""))
    return rows


def scene_rows(evaluation: Evaluation, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Give for each labelled group how often each group was said, and the share of right ones."""
    scene = evaluation.scene
    if scene is None:
        return []
    rows: list[tuple[str, ...]] = []
    for name, counts in zip(names, scene.confusion, strict=True):
        if sum(counts):
            right = scene.by_group[name]
            rows.append(
                (name, *map(str, counts), f"{precise_percent(right.value)} of {right.photos}")
            )
    return rows


def summary_columns(scale: Scale) -> tuple[str, ...]:
    """Return what stands behind the five distances: in a town the game's score would say
    nothing."""
    return ("median", "mean", "RMSE" if scale.local else "score")


def summary_row(
    name: str,
    summary: ErrorSummary,
    scale: Scale,
    *,
    every_photo: bool = False,
    style: str = "",
    intervals: bool = True,
) -> AccuracyRow:
    """Shares at the five distances, then the ``summary_columns``."""
    shares = summary.accuracy_every_photo if every_photo else summary.accuracy
    extra = (
        distance(summary.median_km),
        distance(summary.mean_km),
        distance(summary.rmse_km) if scale.local else f"{summary.geoguessr_score:,.0f}",
    )
    return AccuracyRow(name, _cells(shares, intervals=intervals), extra, style=style)


def _group_row(name: str, group: Group) -> AccuracyRow:
    summary = group.summary
    covered = group.within_80_radius
    cells = _cells(summary.accuracy, all_photos=summary.photos)
    count = AccuracyCell(f"{summary.photos:,}")
    extra = (
        distance(summary.median_km),
        percent(covered.value) if covered is not None else "–",
    )
    return AccuracyRow(name, (count, *cells), extra)


def _cells(
    shares: Mapping[float, Share], *, intervals: bool = True, all_photos: int | None = None
) -> tuple[AccuracyCell, ...]:
    return tuple(
        _cell(share, interval=intervals, all_photos=all_photos) for share in shares.values()
    )


def _cell(share: Share, *, interval: bool = True, all_photos: int | None = None) -> AccuracyCell:
    """``all_photos``: the count that stands elsewhere in the row, so need not be repeated."""
    if not share.photos:
        return AccuracyCell("–", ("not assessed",))
    notes = [interval_text(share)] if interval else []
    if share.photos != all_photos:
        notes.append(f"of {share.photos:,}")
    return AccuracyCell(precise_percent(share.value), tuple(notes), f"{100 * share.value:.1f}")


def interval_text(share: Share) -> str:
    """Write an interval of shares: "12–18%"."""
    return percent_range(share.low, share.high)
