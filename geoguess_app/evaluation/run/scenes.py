"""Scene labels judged on photos sorted by category (no positions needed), as in Places365."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError, TableError
from geoguess_app.core.types import FailedPhoto, FloatArray
from geoguess_app.evaluation.answers.collect import MissingAnswer
from geoguess_app.evaluation.answers.photo_files import PhotoFiles
from geoguess_app.evaluation.metrics.scene_accuracy import SceneAccuracy, scene_accuracy
from geoguess_app.evaluation.run.evaluate import Progress
from geoguess_app.files import columns
from geoguess_app.files.atomic import make_folder, replace_file
from geoguess_app.files.csv_rows import matches_filters, parse_filters, read_lines, row_values
from geoguess_app.files.json_text import json_text
from geoguess_app.locating.scenes import label_scenes

if TYPE_CHECKING:
    from geoguess_app.core.predictor import Predictor

SCENES_FILE = "scenes.json"
CATEGORY_NAMES = ("category", "scene365", "places365")


@dataclass(frozen=True, slots=True)
class SceneRow:
    """One labelled photo; texts are empty where the table has none."""

    line: int
    file: str
    category: str
    s3: str
    ambiguous: bool


@dataclass(frozen=True)
class SceneEvaluation:
    """Scene accuracy of a model on a labelled set, and the photos without an answer."""

    model: str
    table: Path
    where: tuple[str, ...]
    accuracy: SceneAccuracy
    misses: tuple[MissingAnswer, ...]
    photos: int

    def to_json(self) -> dict[str, Any]:
        """The contents of ``scenes.json``."""
        return {
            "format": "geoguess-scene-evaluation",
            "format_version": 1,
            "model": self.model,
            "table": {"name": self.table.name, "where": list(self.where)},
            "labelled": self.photos,
            "accuracy": self.accuracy.to_json(),
            "failed": [
                {"line": miss.line, "file": miss.file, "code": miss.code, "reason": miss.reason}
                for miss in self.misses
            ],
        }


def is_scene_table(path: Path) -> bool:
    """Tell whether a table labels scenes but has no positions; raises TableError if unreadable."""
    header, _ = read_lines(path)
    return (
        columns.guess_column(header, columns.LATITUDE_NAMES) is None
        and columns.find_column(header, CATEGORY_NAMES) is not None
    )


def read_scene_rows(path: Path, where: Sequence[str] | str | None = None) -> list[SceneRow]:
    """Rows of a table with columns file, category, and perhaps s3 and ambiguous (0 or 1)."""
    header, lines = read_lines(path)
    names = [columns.normalise(column) for column in header]
    file = columns.guess_column(header, columns.FILE_NAMES)
    category = columns.find_column(header, CATEGORY_NAMES)
    if file is None or category is None:
        raise TableError(
            f"{path}: a table of scenes needs the columns file and category; its columns are "
            f"{', '.join(header[:12])}.",
            code="missing-column",
        )
    filters = parse_filters(where, names, path)
    rows = []
    for line, cells in lines:
        values = row_values(names, cells)
        if matches_filters(values, filters) and values[names[file]]:
            rows.append(
                SceneRow(
                    line,
                    values[names[file]],
                    values[names[category]],
                    values.get("s3", "").lower(),
                    values.get("ambiguous", "") in {"1", "true", "yes"},
                )
            )
    if not rows:
        raise TableError(f"{path}: no rows are left to evaluate.", code="no-rows")
    return rows


def evaluate_scenes(
    predictor: Predictor,
    table_path: Path,
    image_dir: Path,
    out_dir: Path | None = None,
    *,
    where: Sequence[str] | str | None = None,
    token: CancelToken | None = None,
    progress: Progress | None = None,
    seed: int = 0,
) -> SceneEvaluation:
    """Judge a model's scene labels; writes scenes.json into ``out_dir`` if given.

    Raises TableError for an unusable table and GeoGuessError for a model without scenes or when
    cancelled.
    """
    filters = (where,) if isinstance(where, str) else tuple(where or ())
    rows = read_scene_rows(table_path, filters)
    if predictor.bundle.manifest.scene_network is None:
        name = predictor.bundle.manifest.title
        raise GeoGuessError(f"{name} has no scene labels to evaluate.", code="no-scenes")
    if out_dir is not None:
        make_folder(out_dir)
    judged: list[SceneRow] = []
    probabilities: list[FloatArray] = []
    misses: list[MissingAnswer] = []
    for done, (row, answer) in enumerate(_answers(predictor, rows, image_dir, token), start=1):
        if isinstance(answer, MissingAnswer):
            misses.append(answer)
        else:
            judged.append(row)
            probabilities.append(answer)
        if progress is not None:
            progress(done, len(rows))
    if token is not None and token.cancelled:
        raise GeoGuessError("The evaluation was cancelled; nothing was written.", code="cancelled")
    evaluation = SceneEvaluation(
        model=predictor.bundle.manifest.title,
        table=table_path,
        where=filters,
        accuracy=scene_accuracy(
            np.array(probabilities).reshape(-1, 365),
            categories=[row.category for row in judged],
            s3=[row.s3 for row in judged],
            ambiguous=[row.ambiguous for row in judged],
            seed=seed,
        ),
        misses=tuple(misses),
        photos=len(judged),
    )
    if out_dir is not None:
        text = json_text(evaluation.to_json(), indent=1)
        replace_file(out_dir / SCENES_FILE, (text + "\n").encode())
    return evaluation


def _answers(
    predictor: Predictor, rows: Sequence[SceneRow], image_dir: Path, token: CancelToken | None
) -> Iterator[tuple[SceneRow, FloatArray | MissingAnswer]]:
    """Each row with its probabilities (365,) or why there are none; missing photos first."""
    files = PhotoFiles(image_dir)
    found: list[tuple[SceneRow, Path]] = []
    for row in rows:
        path = files.find(row.file)
        if path is None:
            yield row, MissingAnswer(row.line, row.file, "missing", files.why_missing(row.file))
        else:
            found.append((row, path))
    outcomes = label_scenes([path for _, path in found], predictor, token=token)
    for (row, _), outcome in zip(found, outcomes, strict=False):
        if isinstance(outcome, FailedPhoto):
            yield row, MissingAnswer(row.line, row.file, outcome.code, outcome.message)
        else:
            yield row, outcome.s365
