"""The tables of a report that set models or sets side by side: variants, pairs, two sets."""

from __future__ import annotations

from typing import Any

from geoguess_app.core.format import distance, precise_percent, threshold
from geoguess_app.evaluation.figures.thumbnails import thumbnail
from geoguess_app.evaluation.metrics.paired import PairedShare
from geoguess_app.evaluation.metrics.scale import Scale
from geoguess_app.evaluation.report.tables import (
    AccuracyCell,
    AccuracyRow,
    AccuracyTableData,
    distance_columns,
    summary_columns,
    summary_row,
)
from geoguess_app.evaluation.study.ablation import AblationRow
from geoguess_app.evaluation.study.comparison import Comparison
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.evaluation.study.file_names import compare_name
from geoguess_app.evaluation.study.types import SetStudy, Study

SHOWN_FLIPS = 5
"""Photos shown each way."""


def ablation_table(found: SetStudy) -> AccuracyTableData | None:
    """All variants by section; small figures are differences from the complete model."""
    if not found.ablation:
        return None
    scale = found.evaluation.scale
    columns = ("crops", *distance_columns(scale), *summary_columns(scale))
    rows: list[AccuracyRow] = []
    section = ""
    for row in found.ablation:
        if row.section != section:
            section = row.section
            rows.append(AccuracyRow(section, (), style="section"))
        rows.append(_variant(row, scale))
    return AccuracyTableData("Variant", columns, tuple(rows))


def _variant(row: AblationRow, scale: Scale) -> AccuracyRow:
    cells = tuple(
        AccuracyCell(
            precise_percent(share.value),
            () if row.complete or not share.photos else _difference(row.difference[km]),
            f"{100 * share.value:.1f}" if share.photos else "0",
            _mark(row.difference[km]) if not row.complete else "",
        )
        for km, share in row.summary.accuracy.items()
    )
    extra = summary_row(row.name, row.summary, scale).extra
    style = "strong" if row.complete else ""
    return AccuracyRow(row.name, (AccuracyCell(str(row.crops)), *cells), extra, style=style)


def _difference(paired: PairedShare) -> tuple[str, ...]:
    """ "−2.1" and "−4.0 to −0.3", in percentage points."""
    if not paired.photos:
        return ("–",)
    return (_points(paired.difference), _ends(paired))


def _ends(paired: PairedShare) -> str:
    return f"{_points(paired.low)} to {_points(paired.high)}".replace("±", "")


def _points(share: float) -> str:
    text = f"{100 * share:+.1f}"
    return ("±0.0" if text in ("+0.0", "-0.0") else text).replace("-", "−")


def _mark(paired: PairedShare) -> str:
    if not paired.photos or not paired.clear:
        return ""
    return "better" if paired.low > 0 else "worse"


def comparison_view(number: int, pair: Comparison) -> dict[str, Any]:
    """Return what the page shows of one comparison."""
    first, second = pair.first, pair.second
    key = threshold(first.scale.key_km)
    return {
        "figure": compare_name(number),
        "first": first.model.name,
        "second": second.model.name,
        "sentence": _verdict(pair),
        "table": _pair_table(pair),
        "key": key,
        "gained": [_flip(pair, row) for row in pair.gained[:SHOWN_FLIPS]],
        "lost": [_flip(pair, row) for row in pair.lost[:SHOWN_FLIPS]],
        "gained_count": len(pair.gained),
        "lost_count": len(pair.lost),
    }


def _verdict(pair: Comparison) -> str:
    first, second = pair.first.model.name, pair.second.model.name
    clear = [(km, share) for km, share in pair.accuracy.items() if share.photos and share.clear]
    if not len(pair.pairs):
        return "No photo was located by both models."
    if not clear:
        return (
            f"On these {len(pair.pairs):,} photos there is no clear difference between {second} "
            f"and {first}: every 95% interval includes zero."
        )
    better = [threshold(km) for km, share in clear if share.low > 0]
    worse = [threshold(km) for km, share in clear if share.high < 0]
    parts = [f"more often right within {', '.join(better)}"] if better else []
    parts += [f"less often right within {', '.join(worse)}"] if worse else []
    return f"{second} is {' and '.join(parts)} than {first}, on the same photos."


def _pair_table(pair: Comparison) -> AccuracyTableData:
    scale = pair.first.scale
    rows = [
        summary_row(pair.first.model.name, pair.first.metrics.overall, scale),
        summary_row(pair.second.model.name, pair.second.metrics.overall, scale),
    ]
    shares = pair.accuracy.values()
    cells = tuple(
        AccuracyCell(
            _points(share.difference) if share.photos else "–",
            (_ends(share),) if share.photos else (),
            style=_mark(share),
        )
        for share in shares
    )
    median = pair.median
    shift = signed_kilometres(median.difference) if median else ""
    rows.append(AccuracyRow("difference, points", cells, (shift, "", ""), style="strong"))
    flips = tuple(
        AccuracyCell(f"+{share.second_only} −{share.first_only}", (_chance(share.p_value),))
        if share.photos
        else AccuracyCell("–")
        for share in shares
    )
    rows.append(AccuracyRow("photos won and lost", flips, ("", "", "")))
    columns = (*distance_columns(scale), *summary_columns(scale))
    return AccuracyTableData("Model", columns, tuple(rows))


def _chance(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def signed_kilometres(km: float) -> str:
    """ "+120 m", "−3.4 km"."""
    sign = "−" if km < 0 else "+"
    return f"{sign}{distance(abs(km))}"


def _flip(pair: Comparison, row: int) -> dict[str, Any]:
    answer = pair.first.answers[int(pair.pairs[row, 0])]
    ours, theirs = (distance(float(km[row])) for km in pair.distance_km)
    return {
        "thumbnail": thumbnail(answer.path),
        "error": f"{ours} → {theirs}",
        "file": answer.row.file,
    }


def beside_table(study: Study) -> AccuracyTableData:
    """Every model on both sets."""
    rows = []
    for found in study.sets:
        evaluations = [found.evaluation, *(pair.second for pair in found.comparisons)]
        rows += [_beside_row(evaluation) for evaluation in evaluations]
    scale = study.main.evaluation.scale
    columns = ("photos", *distance_columns(scale), *summary_columns(scale))
    return AccuracyTableData("Set and model", columns, tuple(rows))


def _beside_row(evaluation: Evaluation) -> AccuracyRow:
    overall = evaluation.metrics.overall
    row = summary_row(_set_name(evaluation), overall, evaluation.scale)
    count = AccuracyCell(f"{overall.photos:,}")
    return AccuracyRow(row.name, (count, *row.cells), row.extra, note=evaluation.model.name)


def _set_name(evaluation: Evaluation) -> str:
    chosen = f" where {' and '.join(evaluation.where)}" if evaluation.where else ""
    return f"{evaluation.table.path.name}{chosen}"
