"""The results of an evaluation as text for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from geoguess_app.core.format import (
    NO_VALUE,
    count,
    distance,
    percent,
    percent_range,
    precise_percent,
    threshold,
)
from geoguess_app.evaluation.answers.collect import MissingAnswer
from geoguess_app.evaluation.answers.table import BadRow
from geoguess_app.evaluation.metrics.distances import Share
from geoguess_app.evaluation.metrics.paired import PairedShare
from geoguess_app.evaluation.run.scenes import SceneEvaluation
from geoguess_app.evaluation.study.comparison import Comparison
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.evaluation.study.types import SetStudy, Study

_MOST_REASONS = 4


def study_text(study: Study) -> str:
    """All sets, then what was set side by side, as small tables."""
    parts = [summary_text(study.main.evaluation)]
    parts += [_ablation_text(study.main)] if study.main.ablation else []
    parts += [_pair_text(pair) for pair in study.main.comparisons]
    if study.external is not None:
        table = study.external.evaluation.table.path.name
        parts.append(f"external set {table}\n{summary_text(study.external.evaluation)}")
        parts += [_pair_text(pair) for pair in study.external.comparisons]
    return "\n".join(parts)


def summary_text(evaluation: Evaluation) -> str:
    """The accuracies between floor and ceiling as a small table, and the calibration."""
    metrics, thresholds = evaluation.metrics, evaluation.scale.thresholds_km
    located, rows = len(evaluation.answers), len(evaluation.table)
    bad = len(evaluation.table.bad_rows)
    lines = [
        f"{evaluation.model.name}: {located:,} of {rows:,} photos located"
        + (f", {count(bad, 'row', 'rows')} unusable" if bad else "")
    ]
    lines += _reasons((*evaluation.misses, *evaluation.table.bad_rows))
    if not located:
        return "\n".join(lines) + "\n"
    if evaluation.likely_seen:
        lines.append(
            f"caution: {evaluation.likely_seen:,} of them look identical to training photos of "
            "the model; correct answers for these prove nothing"
        )
    overall = metrics.overall.accuracy
    lines.append(_line("within", [threshold(km) for km in thresholds]))
    lines.append(_shares("this model", overall))
    lines.append(_line("  95% interval", [_interval(share) for share in overall.values()]))
    lines.append(_line("  photos assessed", [f"{share.photos}" for share in overall.values()]))
    for name, group in sorted(metrics.most_confident.items()):
        lines.append(_shares(f"  top {name}", group.summary.accuracy))
    lines += _limit_lines(evaluation)
    lines.append(
        f"median {distance(metrics.overall.median_km)}, mean "
        f"{distance(metrics.overall.mean_km)}, RMSE {distance(metrics.overall.rmse_km)}"
    )
    lines += _local_lines(evaluation)
    if metrics.calibration is not None:
        kept = ", ".join(
            f"{percents}%: {percent(share.value)}"
            for percents, share in metrics.calibration.coverage.items()
        )
        lines.append(f"true position inside the radius for {kept}")
    return "\n".join(lines) + "\n"


def _limit_lines(evaluation: Evaluation, width: int = 26) -> list[str]:
    """The ceilings, the plainest rival and the floor at the five distances."""
    best = "best look-alike in it" if evaluation.ceiling else "nearest photo"
    known = (
        ("ceiling: correct cell", evaluation.ceiling and evaluation.ceiling.summary),
        (f"  {best}", evaluation.bank_ceiling and evaluation.bank_ceiling.summary),
        ("nearest look-alike alone", evaluation.nearest_alone),
    )
    lines = [_shares(name, summary.accuracy, width) for name, summary in known if summary]
    if evaluation.floor is not None:
        shares = evaluation.floor.accuracy
        lines.append(_line("floor", [precise_percent(share) for share in shares.values()], width))
    return lines


def _reasons(unanswered: Sequence[MissingAnswer | BadRow]) -> list[str]:
    """Why rows have no answer, most frequent first, each with its first photo."""
    first: dict[str, MissingAnswer | BadRow] = {}
    for row in unanswered:
        first.setdefault(row.reason, row)
    counts = Counter(row.reason for row in unanswered).most_common()
    lines = [
        f"  {number:,} × {reason} (line {first[reason].line}: {first[reason].file or 'no name'})"
        for reason, number in counts[:_MOST_REASONS]
    ]
    others = sum(number for _, number in counts[_MOST_REASONS:])
    return [*lines, f"  {others:,} for other reasons"] if others else lines


def _local_lines(evaluation: Evaluation) -> list[str]:
    """The plainest floor and the errors in degrees, for a model of a town."""
    lines: list[str] = []
    floor, degrees = evaluation.mean_point, evaluation.degrees
    if not evaluation.scale.local:
        return lines
    if floor is not None:
        lines.append(
            f"always the mean of the training photos: median {distance(floor.median_km)}, "
            f"mean {distance(floor.mean_km)}"
        )
    if degrees is not None:
        both = degrees.both
        lines.append(f"degrees: MAE {both.mean_deg:.6f}, RMSE {both.rmse_deg:.6f}")
    return lines


def _ablation_text(found: SetStudy) -> str:
    lines = [_line("variant", [threshold(km) for km in found.evaluation.scale.thresholds_km], 42)]
    for row in found.ablation:
        shares = [precise_percent(share.value) for share in row.summary.accuracy.values()]
        lines.append(_line(row.name, shares, 42))
    return "\n".join(lines) + "\n"


def _pair_text(pair: Comparison) -> str:
    first, second = pair.first, pair.second
    columns = [threshold(km) for km in pair.accuracy]
    lines = [
        _line(f"on {len(pair.pairs):,} photos, within", columns, 34),
        _shares(f"{first.model.name[:32]}", first.metrics.overall.accuracy, 34),
        _shares(f"{second.model.name[:32]}", second.metrics.overall.accuracy, 34),
        _line("difference, points", [_points(share) for share in pair.accuracy.values()], 34),
    ]
    for name, end in (("  95%: from", "low"), ("  to", "high")):
        cells = [f"{100 * getattr(share, end):+.1f}" for share in pair.accuracy.values()]
        lines.append(_line(name, cells, 34))
    flips = [f"+{share.second_only} −{share.first_only}" for share in pair.accuracy.values()]
    lines.append(_line("photos won and lost", flips, 34))
    lines.append(f"for {second.model.name}, on the same photos:")
    lines += _limit_lines(second, 34)
    return "\n".join(lines) + "\n"


def _points(share: PairedShare) -> str:
    return f"{100 * share.difference:+.1f}" if share.photos else "–"


def _shares(name: str, shares: Mapping[float, Share], width: int = 26) -> str:
    return _line(name, [precise_percent(share.value) for share in shares.values()], width)


def scene_text(evaluation: SceneEvaluation) -> str:
    """Return what could be judged of the scene labels, a line each."""
    accuracy = evaluation.accuracy
    lines = [f"{evaluation.model}: scenes of {evaluation.photos:,} labelled photos"]
    lines += _reasons(evaluation.misses)
    labelled = accuracy.labelled_categories
    for name, share in (
        ("3 groups", accuracy.s3.accuracy if accuracy.s3 else None),
        ("  unambiguous", accuracy.s3_unambiguous.accuracy if accuracy.s3_unambiguous else None),
        ("16 groups", accuracy.s16),
        ("top 1 of 365", accuracy.top1),
        ("top 5 of 365", accuracy.top5),
        (f"top 1 of {labelled}", accuracy.top1_labelled),
        (f"top 5 of {labelled}", accuracy.top5_labelled),
    ):
        if share is not None:
            lines.append(
                f"{name:<18}{precise_percent(share.value):>10}   ({_interval(share)}) "
                f"of {share.photos:,}"
            )
    return "\n".join(lines) + "\n"


def _line(name: str, cells: list[str], width: int = 26) -> str:
    return f"{name:<{width}}" + "".join(f"{cell:>10}" for cell in cells)


def _interval(share: Share) -> str:
    return percent_range(share.low, share.high) if share.photos else NO_VALUE
