"""A reader that takes a finished evaluation back: the folder that was written, or its table of
photos alone."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.errors import GeoGuessError, TableError
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.evaluation.accuracy.photos import (
    EvaluationOrigin,
    JudgedPhotos,
    JudgedRow,
    judged_photos,
)
from geoguess_app.evaluation.metrics.scale import WORLD, Scale, scale_of_thresholds
from geoguess_app.evaluation.study.evaluation import FORMAT, FORMAT_VERSION
from geoguess_app.evaluation.study.file_names import METRICS_FILE, PREDICTIONS_FILE
from geoguess_app.evaluation.study.run_facts import read_run_facts
from geoguess_app.files import columns
from geoguess_app.files.csv_rows import read_lines

MOST_PHOTOS = 500_000
_MAX_BYTES = 300_000_000
_TOLERANCE_KM = 0.05
"""A distance in the table may differ so much from its positions, which are rounded to 1 cm."""
_ENDS = ("truth", "answer")
_NEEDED = {
    "file": columns.FILE_NAMES,
    "answered latitude (pred_lat)": ("pred_lat", "pred_latitude"),
    "answered longitude (pred_lng)": ("pred_lng", "pred_lon", "pred_longitude"),
    "true latitude (true_lat)": ("true_lat", "true_latitude"),
    "true longitude (true_lng)": ("true_lng", "true_lon", "true_longitude"),
}


def open_evaluation(path: Path) -> JudgedPhotos:
    """The evaluation in a folder, or that a ``predictions.csv`` or ``metrics.json`` is part of.

    Any other CSV with file, pred_lat, pred_lng, true_lat, true_lng is understood too. Raises
    GeoGuessError with one sentence for anything else.
    """
    table = _table_of(path)
    about = _about(table)
    rows = _rows(table)
    located = _metrics(table).get("located", len(rows))
    if located != len(rows):
        raise TableError(
            f"{table.parent}: {METRICS_FILE} lists {located} photos but {PREDICTIONS_FILE} "
            f"has {len(rows)}, so they are from different evaluations; run the evaluation again.",
            code="disagree",
        )
    return judged_photos(about, rows)


def _table_of(path: Path) -> Path:
    table = path
    if path.is_dir():
        table = path / PREDICTIONS_FILE
    elif path.name == METRICS_FILE:
        table = path.with_name(PREDICTIONS_FILE)
    if table.is_file():
        return table
    if (table.parent / "scenes.json").is_file():
        raise TableError(
            f"{path}: this evaluation covers scene labels only, so there are no positions to show.",
            code="scene-table",
        )
    raise TableError(
        f"{path}: no evaluation found (a folder written by “geoguess evaluate” holds "
        f"{PREDICTIONS_FILE}).",
        code="no-evaluation",
    )


def _about(table: Path) -> EvaluationOrigin:
    metrics = _metrics(table)
    if not metrics:
        alone = table.name != PREDICTIONS_FILE
        return EvaluationOrigin(table.name if alone else table.parent.name, images=table.parent)
    run = read_run_facts(table.parent)
    model, of_table = _part(metrics, "model"), _part(metrics, "table")
    beside = _part(metrics, "likely_seen_in_training").get("taken_beside_a_training_photo")
    failed, where = metrics.get("failed"), of_table.get("where")
    conditions = where if isinstance(where, list) else []
    return EvaluationOrigin(
        set_name=str(of_table.get("name") or table.parent.name),
        model=str(model.get("name") or ""),
        where=tuple(str(condition) for condition in conditions),
        finished=run.finished,
        images=run.images or table.parent,
        failed=len(failed) if isinstance(failed, list) else 0,
        scale=_scale(metrics, table),
        beside_training=beside if isinstance(beside, int) else None,
    )


def _metrics(table: Path) -> Mapping[str, Any]:
    """What stands in metrics.json beside the table; empty without it or for a table of its own."""
    path = table.with_name(METRICS_FILE)
    if table.name != PREDICTIONS_FILE or not path.is_file():
        return {}
    try:
        with path.open("rb") as stream:
            found = json.loads(stream.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise TableError(
            f"{path}: cannot be read as JSON; run the evaluation again.", code="unreadable"
        ) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise TableError(f"{path}: not the figures of an evaluation.", code="foreign")
    if found.get("format_version") != FORMAT_VERSION:
        raise TableError(
            f"{path}: written by another version of the program (format "
            f"{found.get('format_version')}); run the evaluation again.",
            code="version",
        )
    return found


def _part(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = metrics.get(name)
    return found if isinstance(found, dict) else {}


def _scale(metrics: Mapping[str, Any], table: Path) -> Scale:
    accuracy = _part(_part(metrics, "overall"), "accuracy")
    try:
        distances = [float(km) for km in accuracy]
    except ValueError:
        distances = []
    rising = distances == sorted(set(distances)) and all(0 < km < math.inf for km in distances)
    if len(distances) != len(WORLD.thresholds_km) or not rising:
        raise TableError(
            f"{table.with_name(METRICS_FILE)}: the five distances are missing; "
            "run the evaluation again.",
            code="foreign",
        )
    return scale_of_thresholds(distances)


def _rows(table: Path) -> list[JudgedRow]:
    if table.stat().st_size > _MAX_BYTES:
        raise TableError(f"{table}: the table is too large.", code="too-large")
    header, lines = read_lines(table)
    found = {what: columns.find_column(header, names) for what, names in _NEEDED.items()}
    missing = [what for what, index in found.items() if index is None]
    if missing:
        raise TableError(
            f"{table}: no column for {', '.join(missing)}, so answers cannot be compared "
            "with true positions.",
            code="missing-column",
        )
    reader = _Reader(table, header, [index for index in found.values() if index is not None])
    rows: list[JudgedRow] = []
    for line, cells in lines:
        if len(rows) == MOST_PHOTOS:
            raise TableError(f"{table}: more than {MOST_PHOTOS:,} photos.", code="too-large")
        rows.append(reader.row(line, cells))
    if not rows:
        raise TableError(f"{table}: contains no photos.", code="no-rows")
    reader.check_distances(rows)
    return rows


class _Reader:
    """Makes rows of cells; names the line where one is wrong."""

    def __init__(self, table: Path, header: Sequence[str], needed: Sequence[int]) -> None:
        self._table = table
        self._width = len(header)
        self._needed = needed
        self._columns = {columns.normalise(name): i for i, name in enumerate(header)}
        self._stated: list[tuple[int, float]] = []

    def row(self, line: int, cells: Sequence[str]) -> JudgedRow:
        if len(cells) != self._width:
            raise self._wrong(line, f"{len(cells)} cells where the header has {self._width}")
        file, *degrees = (cells[index].strip() for index in self._needed)
        if not file:
            raise self._wrong(line, "no file name")
        numbers = [self._number(line, text) for text in degrees]
        for latitude, longitude in (numbers[:2], numbers[2:]):
            if not (abs(latitude) <= 90 and abs(longitude) <= 180):
                raise self._wrong(line, f"{latitude:g}, {longitude:g} is not a valid position")
        text = {name: cells[i].strip() for name, i in self._columns.items()}
        r50, r80, r95 = (self._known(line, text, f"r{n}_km") for n in (50, 80, 95))
        row = JudgedRow(
            file=file,
            truth=(numbers[2], numbers[3]),
            answer=(numbers[0], numbers[1]),
            radii_km=(r50, r80, r95),
            confidence=self._known(line, text, "confidence"),
            similarity=self._known(line, text, "similarity"),
            judged_from_km=np.nan_to_num(self._known(line, text, "judged_from_km")),
            ceiling_km=self._known(line, text, "ceiling_km"),
            floor=tuple(self._number(line, part) for part in text.get("floor", "").split()),
            level=text.get("level", ""),
            place=text.get("place", ""),
            true_scene=columns.scene_word(text.get("true_scene", "")).lower(),
            said_scene=text.get("scene", ""),
            scene_labels=_labels(text.get("scene_labels", "")),
            continent=text.get("true_continent", "").upper(),
        )
        self._stated.append((line, self._known(line, text, "distance_km")))
        return row

    def check_distances(self, rows: Sequence[JudgedRow]) -> None:
        """Raise where the table's own distance is not that between its positions."""
        truth, answer = (np.array([getattr(row, name) for row in rows]) for name in _ENDS)
        km = np.atleast_1d(great_circle_km(*truth.T, *answer.T))
        stated = np.array([found for _, found in self._stated])
        # Of a distance that is not stated every comparison is false.
        wrong = np.flatnonzero(np.abs(km - stated) > _TOLERANCE_KM + 0.001 * km)
        if len(wrong):
            line, stated_km = self._stated[int(wrong[0])]
            raise self._wrong(
                line,
                f"the stated distance is {stated_km:g} km, but the positions "
                f"are {km[wrong[0]]:.4g} km apart",
            )

    def _known(self, line: int, text: Mapping[str, str], name: str) -> float:
        """NaN for an empty or absent cell."""
        return self._number(line, text[name]) if text.get(name) else math.nan

    def _number(self, line: int, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            raise self._wrong(line, f"{text!r} is not a number") from None
        if not math.isfinite(number):
            raise self._wrong(line, f"{text!r} is not a number")
        return number

    def _wrong(self, line: int, what: str) -> GeoGuessError:
        return TableError(f"{self._table}: line {line}: {what}.", code="bad-row")


def _labels(text: str) -> tuple[tuple[str, float], ...]:
    """ "tower=0.412|plaza=0.1" as pairs; what is no such pair is left out."""
    pairs = []
    for part in text.split("|"):
        label, equals, share = part.rpartition("=")
        try:
            value = float(share)
        except ValueError:
            continue
        if equals and label and 0.0 <= value <= 1.0:
            pairs.append((label, value))
    return tuple(pairs)
