"""The whole evaluation: a model, a table of photos with known positions, a folder of results."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError, TableError
from geoguess_app.core.places import PlaceFinder
from geoguess_app.core.scenes import scene_table
from geoguess_app.core.types import Coordinate
from geoguess_app.evaluation.answers import Answer, Miss, collect
from geoguess_app.evaluation.evaluation import Bank, Evaluation, ModelFacts
from geoguess_app.evaluation.files import make_folder, replace_file
from geoguess_app.evaluation.judgement import judge
from geoguess_app.evaluation.table import read_table

if TYPE_CHECKING:
    from geoguess_app.core.predictor import Predictor

METRICS_FILE = "metrics.json"
PREDICTIONS_FILE = "predictions.csv"
REPORT_FILE = "report.html"

PREDICTION_COLUMNS = (
    "img_id",
    "pred_lat",
    "pred_lng",
    "true_lat",
    "true_lng",
    "distance_km",
    "r50_km",
    "r80_km",
    "r95_km",
    "confidence",
    "level",
    "network",
    "conflict",
    "scene",
    "country_code",
)

Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""


def evaluate(
    predictor: Predictor,
    table_path: Path,
    image_dir: Path,
    out_dir: Path,
    *,
    where: Sequence[str] | str | None = None,
    swapped: bool = False,
    batch_size: int | None = None,
    token: CancelToken | None = None,
    progress: Progress | None = None,
    report: bool = True,
    seed: int = 0,
) -> Evaluation:
    """Locate a table's photos, judge the answers, and write the results into ``out_dir``.

    Writes metrics.json and predictions.csv and, with ``report``, the figures (PNG) and
    report.html; each file replaces an older one only when it is complete. A photo that cannot be
    located is listed and does not stop the rest. ``where`` and ``swapped`` as in `read_table`.
    Raises TableError for an unusable table or folder, and GeoGuessError when cancelled (nothing
    is written then).
    """
    filters = (where,) if isinstance(where, str) else tuple(where or ())
    table = read_table(table_path, where=filters, swapped=swapped)
    if not image_dir.is_dir():
        raise TableError(f"{image_dir}: no such folder of photos.", code="missing-folder")
    make_folder(out_dir)
    places = PlaceFinder()
    answers: list[Answer] = []
    misses: list[Miss] = []
    outcomes = collect(
        predictor,
        table,
        image_dir,
        token=token,
        batch_size=batch_size,
        places=places,
    )
    for done, outcome in enumerate(outcomes, start=1):
        if isinstance(outcome, Answer):
            answers.append(outcome)
        else:
            misses.append(outcome)
        if progress is not None:
            progress(done, len(table))
    if token is not None and token.cancelled:
        raise GeoGuessError("The evaluation was cancelled; nothing was written.", code="cancelled")
    evaluation = judge(
        model_facts(predictor),
        table,
        answers,
        misses,
        where=filters,
        country_codes=_true_countries(answers, places),
        seed=seed,
    )
    write(evaluation, out_dir, report=report)
    return evaluation


def model_facts(predictor: Predictor) -> ModelFacts:
    """What the figures need to know of a model, with its bank's coordinates if it has one."""
    bundle = predictor.bundle
    manifest = bundle.manifest
    bank = None
    if manifest.retrieval is not None and bundle.partitions:
        tensors = bundle.tensors(manifest.retrieval.weights)
        bank = Bank(tensors["latitude_deg"], tensors["longitude_deg"], tensors["fine_class"])
    return ModelFacts(
        name=manifest.title,
        kind=manifest.kind,
        device=predictor.device_name,
        crops=predictor.crops,
        partitions=bundle.partitions,
        bank=bank,
    )


def write(evaluation: Evaluation, out_dir: Path, *, report: bool = True) -> None:
    """Write the results into an existing folder, each file whole or not at all."""
    text = json.dumps(evaluation.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
    replace_file(out_dir / METRICS_FILE, (text + "\n").encode())
    replace_file(out_dir / PREDICTIONS_FILE, predictions_csv(evaluation).encode())
    if not report:
        return
    from geoguess_app.evaluation import figures
    from geoguess_app.evaluation.figure_theme import DARK, LIGHT
    from geoguess_app.evaluation.report import build_report

    light, dark = figures.draw(evaluation, LIGHT), figures.draw(evaluation, DARK)
    for name, image in light.items():
        replace_file(out_dir / f"{name}.png", image)
    page = build_report(evaluation, light, dark, created=datetime.now().astimezone())
    replace_file(out_dir / REPORT_FILE, page.encode())


def predictions_csv(evaluation: Evaluation) -> str:
    """One line per located photo; the first three columns are the field's."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(PREDICTION_COLUMNS)
    for answer, km in zip(evaluation.answers, evaluation.metrics.distance_km, strict=True):
        writer.writerow(
            (
                answer.row.file,
                f"{answer.coordinate.latitude_deg:.7f}",
                f"{answer.coordinate.longitude_deg:.7f}",
                f"{answer.row.latitude_deg:.7f}",
                f"{answer.row.longitude_deg:.7f}",
                f"{km:.4f}",
                *(f"{r:.4f}" for r in (answer.radii.r50_km, answer.radii.r80_km)),
                f"{answer.radii.r95_km:.4f}",
                f"{answer.confidence:.6f}",
                str(answer.level),
                answer.network,
                "yes" if answer.conflict else "no",
                _scene_name(answer),
                answer.place.country_code,
            )
        )
    return buffer.getvalue()


def _scene_name(answer: Answer) -> str:
    if answer.s3_probabilities is None:
        return ""
    return scene_table().s3_names[int(answer.s3_probabilities.argmax())]


def _true_countries(answers: Sequence[Answer], places: PlaceFinder) -> list[str]:
    """Country of each true position: the table's word, or else what the gazetteer says."""
    codes = [answer.row.country_code for answer in answers]
    unknown = [index for index, code in enumerate(codes) if not code]
    positions = [
        Coordinate(answers[index].row.latitude_deg, answers[index].row.longitude_deg)
        for index in unknown
    ]
    for index, place in zip(unknown, places.at_many(positions), strict=True):
        codes[index] = place.country_code
    return codes
