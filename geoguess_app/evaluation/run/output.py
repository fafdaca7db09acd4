"""Writing what an evaluation found: metrics, tables, figures, the report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from geoguess_app.evaluation.metrics.baselines import Floor
from geoguess_app.evaluation.metrics.distances import ErrorSummary
from geoguess_app.evaluation.run.prediction_rows import degrees, predictions_csv
from geoguess_app.evaluation.study.comparison import Comparison
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.evaluation.study.file_names import (
    ABLATION_FILE,
    EXTERNAL_FOLDER,
    METRICS_FILE,
    PREDICTIONS_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
    compare_name,
)
from geoguess_app.evaluation.study.types import SetStudy, Study
from geoguess_app.files.atomic import make_folder, replace_file
from geoguess_app.files.csv_text import csv_text
from geoguess_app.files.json_text import json_text

_COMPARED_COLUMNS = (
    "img_id",
    "true_lat",
    "true_lng",
    "first_lat",
    "first_lng",
    "first_distance_km",
    "second_lat",
    "second_lng",
    "second_distance_km",
    "flip",
)

_NO_TEXT = "backslashreplace"
"""How a byte of a file name that is no text is shown."""


def write(study: Study, out_dir: Path, *, report: bool = True) -> None:
    """Write the results into an existing folder, each file whole or not at all."""
    folders = (out_dir, out_dir / EXTERNAL_FOLDER)
    for found, folder in zip(study.sets, folders, strict=False):
        make_folder(folder)
        _write_tables(found, folder)
    if not report:
        return
    from geoguess_app.evaluation.figures.draw import draw, draw_beside
    from geoguess_app.evaluation.figures.theme import DARK, LIGHT
    from geoguess_app.evaluation.report.build import DrawnFigures, build_report

    light, dark = draw_beside(study, LIGHT), draw_beside(study, DARK)
    beside = DrawnFigures({"beside": light}, {"beside": dark}) if light and dark else None
    if light:
        replace_file(out_dir / "beside.png", light)
    drawn = [DrawnFigures(draw(found, LIGHT), draw(found, DARK)) for found in study.sets]
    for pictures, folder in zip(drawn, folders, strict=False):
        for name, image in pictures.light.items():
            replace_file(folder / f"{name}.png", image)
    page = build_report(study, drawn, beside, created=datetime.now().astimezone())
    replace_file(out_dir / REPORT_FILE, page.encode(errors=_NO_TEXT))


def _write_tables(found: SetStudy, folder: Path) -> None:
    text = json_text(found.to_json(), indent=1)
    replace_file(folder / METRICS_FILE, (text + "\n").encode())
    evaluation = found.evaluation
    replace_file(folder / PREDICTIONS_FILE, predictions_csv(evaluation).encode(errors=_NO_TEXT))
    replace_file(folder / SUMMARY_FILE, summary_csv(evaluation).encode())
    if found.ablation:
        header = ("section", "variant", "crops", *summary_columns(evaluation))
        rows = (
            (row.section, row.name, row.crops, *_summary_cells(row.summary))
            for row in found.ablation
        )
        replace_file(folder / ABLATION_FILE, csv_text(header, rows).encode(errors=_NO_TEXT))
    for number, comparison in enumerate(found.comparisons, start=1):
        text = csv_text(_COMPARED_COLUMNS, _compared_rows(comparison))
        replace_file(folder / f"{compare_name(number)}.csv", text.encode(errors=_NO_TEXT))


def summary_columns(evaluation: Evaluation) -> tuple[str, ...]:
    """The columns of a summary at this evaluation's distances."""
    return (
        "photos",
        *(f"within_{km:g}_km" for km in evaluation.scale.thresholds_km),
        *(f"every_photo_within_{km:g}_km" for km in evaluation.scale.thresholds_km),
        *("mean_km", "median_km", "quartile_1_km", "quartile_3_km", "rmse_km", "score"),
    )


def summary_csv(evaluation: Evaluation) -> str:
    """One line for the model, its baselines and every group: the tables of the report."""
    rows = [
        (table, name, *_summary_cells(summary)) for table, name, summary in _summaries(evaluation)
    ]
    if evaluation.floor is not None:
        rows.append(("overall", "floor (random draw)", *_floor_cells(evaluation.floor)))
    return csv_text(("table", "row", *summary_columns(evaluation)), rows)


def _summaries(evaluation: Evaluation) -> Iterator[tuple[str, str, ErrorSummary]]:
    metrics = evaluation.metrics
    yield "overall", evaluation.model.name, metrics.overall
    for name, group in metrics.most_confident.items():
        yield "overall", f"most confident {name}", group.summary
    if evaluation.ceiling is not None:
        yield "overall", "ceiling (mean of the correct cell)", evaluation.ceiling.summary
    if evaluation.bank_ceiling is not None:
        yield "overall", "ceiling (best look-alike)", evaluation.bank_ceiling.summary
    if evaluation.nearest_alone is not None:
        yield "overall", "nearest look-alike alone", evaluation.nearest_alone
    if evaluation.mean_point is not None:
        yield "overall", "mean point of the training photos", evaluation.mean_point
    for name, figures in evaluation.by_partition.items():
        yield "partition", name, figures.summary
    for label, groups in metrics.by.items():
        for value, group in groups.items():
            yield label, value, group.summary


def _summary_cells(summary: ErrorSummary) -> tuple[Any, ...]:
    shares = [*summary.accuracy.values(), *summary.accuracy_every_photo.values()]
    numbers = (
        summary.mean_km,
        summary.median_km,
        summary.quartile_1_km,
        summary.quartile_3_km,
        summary.rmse_km,
    )
    return (
        summary.photos,
        *(f"{share.value:.6f}" if share.photos else "" for share in shares),
        *(f"{number:.6f}" for number in numbers),
        f"{summary.geoguessr_score:.2f}",
    )


def _floor_cells(floor: Floor) -> tuple[Any, ...]:
    """A floor is an expectation: it has no quartiles and no root mean square."""
    return (
        max(floor.photos.values(), default=0),
        *(f"{v:.6f}" if floor.photos[km] else "" for km, v in floor.accuracy.items()),
        *(f"{value:.6f}" for value in floor.accuracy_every_photo.values()),
        *(f"{floor.mean_km:.6f}", f"{floor.median_km:.6f}", "", "", ""),
        f"{floor.geoguessr_score:.2f}",
    )


def _compared_rows(comparison: Comparison) -> Iterator[tuple[Any, ...]]:
    flips = dict.fromkeys(comparison.gained, "gained") | dict.fromkeys(comparison.lost, "lost")
    ours, theirs = comparison.distance_km
    for row, (i, j) in enumerate(comparison.pairs.tolist()):
        first, second = comparison.first.answers[i], comparison.second.answers[j]
        yield (
            first.row.file,
            *degrees(first.row.latitude_deg, first.row.longitude_deg),
            *degrees(first.coordinate.latitude_deg, first.coordinate.longitude_deg),
            f"{ours[row]:.4f}",
            *degrees(second.coordinate.latitude_deg, second.coordinate.longitude_deg),
            f"{theirs[row]:.4f}",
            flips.get(row, ""),
        )
