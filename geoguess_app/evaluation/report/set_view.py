"""The view of one set on the page: sentences, warnings, tiles, tables and photos as plain
values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.format import distance, percent, precise_percent, threshold
from geoguess_app.core.types import Level
from geoguess_app.evaluation.figures.thumbnails import thumbnail
from geoguess_app.evaluation.metrics.distances import FEW_SPOTS
from geoguess_app.evaluation.report import study_view, tables
from geoguess_app.evaluation.report.published import published_for
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.evaluation.study.types import SetStudy

SHOWN_FAILURES = 50

_CAPTIONS = {
    "accuracy": "Bars: this model, with 95% intervals. A model with a bank may exceed the ceiling "
    "of cell means because it can answer with a look-alike's position.",
    "cumulative": "Every photo is counted, however precise its true position is.",
    "cumulative_by_group": "The same for each scene and continent of at least 5 photos.",
    "accuracy_by_confidence": "Right: all photos. Further left: only the more confident answers.",
    "confidence_and_error": "Each dot is an answer. In a well-calibrated model the line falls "
    "from upper left to lower right.",
    "calibration": "On the dotted line, confidence matches accuracy; below it, the model is "
    "overconfident. Right: how often the true position was inside each radius.",
    "error_histogram": "Number of photos by distance (logarithmic).",
    "error_boxes": "Boxes: the middle half, with the median as a line; whiskers: 5 to 95%. Groups "
    "of fewer than 5 photos are left out.",
    "error_map": "The same as an image: larger, warmer markers mean larger errors.",
    "positions": "Left: true positions; right: answers. This shows whether a model favours a few "
    "places.",
    "accuracy_by_scene": "By scene, with 95% intervals (number of photos in brackets).",
    "accuracy_by_continent": "By continent.",
    "accuracy_by_level": "By the level at which the model states its answer.",
    "accuracy_by_partition": "Each partition's most likely cell alone, all partitions combined, "
    "and the final answers.",
    "scene_confusion": "Rows: labels; columns: predictions of the model.",
    "ablation": "Each row is a variant of the model, with one dot per distance; the dotted lines "
    "show the complete model.",
}
_LOCAL_CAPTIONS = {
    "accuracy": "Bars: this model, with 95% intervals.",
    "calibration": "How often the true position was inside each radius.",
    "confidence_and_error": "Each dot is an answer; the most confident are on the left.",
    "error_map": "Lines lead from the true position to the model's answer.",
}


def set_view(
    key: str, found: SetStudy, pictures: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Compile everything that the page shows of one set; ``key`` makes its element names unique."""
    evaluation = found.evaluation
    failed = _failures(evaluation)
    names = scene_table().s3_names
    return {
        "key": key,
        "local": evaluation.scale.local,
        "facts": _facts(evaluation),
        "headline": _headline(evaluation),
        "notices": _notices(evaluation),
        "tiles": _tiles(evaluation),
        "accuracy": tables.accuracy_table(evaluation, every_photo=False),
        "every_photo": tables.accuracy_table(evaluation, every_photo=True),
        "inexact": bool((evaluation.finest_km > 0).any()) if evaluation.answers else False,
        "metres": tables.metre_rows(evaluation),
        "degrees": tables.degree_rows(evaluation),
        "published": _published_view(evaluation),
        "ablation": study_view.ablation_table(found),
        "comparisons": [
            study_view.comparison_view(number, pair)
            for number, pair in enumerate(found.comparisons, start=1)
        ],
        "figures": _figures(evaluation, pictures),
        "best": [_photo(evaluation, index) for index in evaluation.metrics.best],
        "worst": [_photo(evaluation, index) for index in evaluation.metrics.worst],
        "coverage": tables.coverage_rows(evaluation),
        "groups": tables.group_tables(evaluation),
        "partitions": tables.partition_table(evaluation),
        "scenes": _scenes(evaluation, names),
        "failed": failed[:SHOWN_FAILURES],
        "more_failed": max(0, len(failed) - SHOWN_FAILURES),
    }


def _figures(
    evaluation: Evaluation, pictures: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str] | None]:
    captions = _CAPTIONS | (_LOCAL_CAPTIONS if evaluation.scale.local else {})
    return {
        **dict.fromkeys(_CAPTIONS),
        **{
            name: {**addresses, "caption": captions.get(name, ""), "name": name.replace("_", " ")}
            for name, addresses in pictures.items()
        },
    }


def _facts(evaluation: Evaluation) -> str:
    model, table = evaluation.model, evaluation.table
    chosen = f" where {' and '.join(evaluation.where)}" if evaluation.where else ""
    crops = "1 crop" if model.crops == 1 else f"{model.crops} crops"
    parts = [
        f"{table.path.name}{chosen}",
        f"{len(evaluation.answers):,} photos located",
        f"{crops} per photo on {model.device}",
    ]
    if model.partitions:
        cells = " / ".join(f"{partition.size:,}" for partition in model.partitions)
        parts.append(f"{cells} cells")
    if model.bank is not None:
        parts.append(f"{len(model.bank.latitude_deg):,} photos in the bank")
    return " · ".join(parts)


def _headline(evaluation: Evaluation) -> list[str]:
    if not evaluation.answers:
        return ["No photo could be located, so there is nothing to measure."]
    overall = evaluation.metrics.overall
    sentences = [f"The median error is {distance(overall.median_km)}."]
    if evaluation.scale.local and evaluation.mean_point is not None:
        sentences[0] += (
            f" The mean error is {distance(overall.mean_km)}; always answering the mean of the "
            f"training photos would be {distance(evaluation.mean_point.mean_km)} off."
        )
    elif overall.accuracy[evaluation.scale.key_km].photos:
        sentences[0] += _right_within(evaluation)
    silent = evaluation.metrics.by.get("level", {}).get(str(Level.CANNOT_TELL))
    if silent is not None:
        share = silent.summary.photos / len(evaluation.answers)
        sentences.append(f"For {percent(share)} of the photos the model answers “cannot tell”.")
    return sentences


def _right_within(evaluation: Evaluation) -> str:
    key = evaluation.scale.key_km
    share = evaluation.metrics.overall.accuracy[key]
    text = (
        f" {precise_percent(share.value)} of the {share.photos:,} photos whose position is precise "
        f"enough are located within {threshold(key)}"
    )
    if evaluation.floor is not None and evaluation.ceiling is not None:
        best = evaluation.ceiling.summary.accuracy[key].value
        text += (
            f"; a random draw would reach {precise_percent(evaluation.floor.accuracy[key])}, "
            f"a perfect choice of cell {precise_percent(best)}"
        )
    return f"{text}."


def _notices(evaluation: Evaluation) -> list[str]:
    notices = _seen_notices(evaluation)
    lost = len(evaluation.misses) + len(evaluation.table.bad_rows)
    if lost:
        rows = "row has" if lost == 1 else "rows have"
        notices.append(
            f"{lost:,} {rows} no answer (unreadable or missing photo, or no usable position) and "
            "are not counted; see “Not located”."
        )
    if 0 < len(evaluation.answers) < 100:
        notices.append("Fewer than 100 photos: the intervals are wide and single photos matter.")
    spots = evaluation.spots
    if 0 < spots < FEW_SPOTS:
        size = f"{evaluation.scale.spot_deg:.2g}°"
        notices.append(
            f"All photos come from {spots} {'spot' if spots == 1 else 'spots'} of {size}: this "
            "measures accuracy there, not elsewhere."
        )
    outside = evaluation.ceiling.outside_cells if evaluation.ceiling is not None else 0
    if outside:
        notices.append(
            f"{outside:,} of the true positions are outside all cells of the model, so no choice "
            "of cell can be correct."
        )
    return notices


def _seen_notices(evaluation: Evaluation) -> list[str]:
    """Warnings of photos, or places, that the model was built from."""
    notices = []
    located, near = len(evaluation.answers), evaluation.near_training
    if evaluation.likely_seen:
        notices.append(
            f"{evaluation.likely_seen:,} of the {located:,} photos look identical to training "
            "photos of the model. Correct answers for these prove nothing; measure with photos "
            "that the model has never seen."
        )
    if near and not evaluation.scale.local and near > located / 2:
        notices.append(
            f"{near:,} of the {located:,} photos were taken within "
            f"{threshold(evaluation.scale.thresholds_km[0])} of a training photo: this measures "
            "how well the model remembers places, not its accuracy elsewhere."
        )
    return notices


def _tiles(evaluation: Evaluation) -> list[dict[str, str]]:
    if not evaluation.answers:
        return []
    overall, scale = evaluation.metrics.overall, evaluation.scale
    tiles = [("median error", distance(overall.median_km))]
    if scale.local:
        tiles.append(("mean error", distance(overall.mean_km)))
    for km in (scale.key_km, scale.wide_km):
        if overall.accuracy[km].photos:
            tiles.append((f"within {threshold(km)}", precise_percent(overall.accuracy[km].value)))
    if evaluation.right_country is not None and not scale.local:
        tiles.append(("in the correct country", precise_percent(evaluation.right_country.value)))
    calibration = evaluation.metrics.calibration
    if calibration is not None:
        covered = calibration.coverage[80]
        tiles.append(("of 80% radii contain the true position", precise_percent(covered.value)))
    fine = evaluation.metrics.by.get("level", {}).get(str(Level.FINE))
    if fine is not None and fine.summary.accuracy[scale.key_km].photos and not scale.local:
        judged = fine.summary.accuracy[scale.key_km]
        text = f"of the {judged.photos:,} answers at level “fine” are within "
        tiles.append((text + threshold(scale.key_km), precise_percent(judged.value)))
    return [{"text": text, "value": value} for text, value in tiles]


def _published_view(evaluation: Evaluation) -> dict[str, Any] | None:
    rows = len(evaluation.table) + len(evaluation.table.bad_rows)
    known = published_for(evaluation.table.path, rows)
    if known is None or evaluation.where or evaluation.scale.local or not evaluation.answers:
        return None
    return {
        "name": known.name,
        "photos": known.photos,
        "table": tables.published_table(evaluation, known.rows),
    }


def _photo(evaluation: Evaluation, index: int) -> dict[str, Any]:
    answer = evaluation.answers[index]
    place = ", ".join(part for part in (answer.place.city, answer.place.country) if part)
    where = f"placed near {place}" if place else "placed in an unnamed area"
    sure = f"confidence {percent(answer.confidence)}"
    if evaluation.scale.local:
        sure = f"80% radius {distance(answer.radii.r80_km)}"
    return {
        "index": index,
        "file": answer.row.file,
        "error": f"{distance(float(evaluation.metrics.distance_km[index]))} off",
        "said": f"{where}, {sure}",
        "thumbnail": thumbnail(answer.path),
    }


def _scenes(evaluation: Evaluation, names: tuple[str, ...]) -> dict[str, Any] | None:
    if evaluation.scene is None:
        return None
    right = evaluation.scene.accuracy
    return {
        "text": (
            f"{precise_percent(right.value)} of the {right.photos:,} labelled photos were assigned "
            "the correct one of the three scene types."
        ),
        "columns": ["Label", *(f"predicted {name}" for name in names), "correct"],
        "rows": tables.scene_rows(evaluation, names),
    }


def _failures(evaluation: Evaluation) -> list[dict[str, Any]]:
    bad = [{"line": b.line, "file": b.file, "reason": b.reason} for b in evaluation.table.bad_rows]
    missed = [{"line": m.line, "file": m.file, "reason": m.reason} for m in evaluation.misses]
    return sorted(bad + missed, key=lambda row: int(str(row["line"])))
