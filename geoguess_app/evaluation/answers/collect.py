"""A run of a model over a table's photos and keeps of each answer what the figures need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import (
    COMBINED,
    Coordinate,
    FailedPhoto,
    FloatArray,
    Level,
    LocatedPhoto,
    Place,
    Prediction,
    Radii,
    SceneProbabilities,
)
from geoguess_app.evaluation.answers.photo_files import PhotoFiles
from geoguess_app.evaluation.answers.table import PhotoTable, TableRow
from geoguess_app.locating.preparation import PhotoPredictor
from geoguess_app.locating.stream import Refine, locate

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.partition import Partition

SCENES_KEPT = 3
"""Of the 365 scene labels, so many go into the table of photos."""


@dataclass(frozen=True, slots=True)
class PredictionWithVariants(Prediction):
    """An answer, and by name where each variant of the model would have put the photo."""

    variants: Mapping[str, Coordinate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartitionAnswer:
    """The answer of one partition: its likeliest cell, and the true cell's rank.

    ``true_rank`` counts from 0 and is -1 where the truth lies in no cell.
    """

    cell_index: int
    true_rank: int


@dataclass(frozen=True, slots=True)
class EvaluatedAnswer:
    """One located photo beside its truth (the row)."""

    row: TableRow
    path: Path
    coordinate: Coordinate
    radii: Radii
    confidence: float
    level: Level
    network: str
    conflict: bool
    place: Place
    s3_probabilities: FloatArray | None
    """(3,), None when the model has no scenes."""
    scene_labels: tuple[tuple[str, float], ...]
    """The likeliest of the 365 scenes with their probabilities; empty without scenes."""
    nearest_similarity: float | None
    """Cosine similarity of the most similar training photo; None without a bank."""
    partitions: dict[str, PartitionAnswer]
    nearest: Coordinate | None = None
    """Where that training photo was taken."""
    candidates: tuple[tuple[float, float], ...] = ()
    """By rank: probability, and distance from the truth in km."""
    variants: Mapping[str, Coordinate] = field(default_factory=dict)
    """What the model would have said with a part less or decided otherwise, by variant."""


class EvaluatedModel(Protocol):
    """A model that is judged, at work or by answers that it gave."""

    @property
    def device_name(self) -> str:
        """ "CPU", or the name of the accelerator."""

    @property
    def bundle(self) -> Bundle:
        """The bundle whose model is judged."""

    @property
    def crops(self) -> int:
        """The number of crops that each photo is seen in."""


class EvaluatedPredictor(PhotoPredictor, EvaluatedModel, Protocol):
    """The predictor that is judged, or one that also answers in variants."""


@dataclass(frozen=True, slots=True)
class MissingAnswer:
    """A row without an answer, and why."""

    line: int
    file: str
    code: str
    reason: str


def collect(
    predictor: EvaluatedPredictor,
    table: PhotoTable,
    image_dir: Path,
    *,
    token: CancelToken | None = None,
    batch_size: int | None = None,
    places: PlaceFinder | None = None,
    refine: Refine | None = None,
) -> Iterator[EvaluatedAnswer | MissingAnswer]:
    """Answers and misses, one per row; missing files first, then the photos in table order.

    ``refine`` may change each answer, as reference photos do.
    """
    files = PhotoFiles(image_dir)
    found: list[tuple[TableRow, Path]] = []
    for row in table.rows:
        path = files.find(row.file)
        if path is None:
            yield MissingAnswer(row.line, row.file, "missing", files.why_missing(row.file))
        else:
            found.append((row, path))
    outcomes = locate(
        [path for _, path in found],
        predictor,
        token=token,
        batch_size=batch_size,
        places=places,
        refine=refine,
    )
    partitions = predictor.bundle.partitions
    for (row, _), outcome in zip(found, outcomes, strict=False):
        yield evaluated(row, outcome, partitions)


def evaluated(
    row: TableRow, located: LocatedPhoto | FailedPhoto, partitions: Sequence[Partition]
) -> EvaluatedAnswer | MissingAnswer:
    """Put what became of a photo beside its truth."""
    if isinstance(located, FailedPhoto):
        return MissingAnswer(row.line, row.file, located.code, located.message)
    prediction = located.prediction
    nearest = max(prediction.neighbours, key=lambda n: n.similarity, default=None)
    return EvaluatedAnswer(
        row=row,
        path=located.path,
        coordinate=prediction.coordinate,
        radii=prediction.radii,
        confidence=prediction.confidence,
        level=prediction.level,
        network=prediction.network,
        conflict=prediction.conflict is not None,
        place=located.place,
        s3_probabilities=None if prediction.scene is None else prediction.scene.s3,
        scene_labels=likeliest_scenes(prediction.scene),
        nearest_similarity=None if nearest is None else nearest.similarity,
        nearest=None if nearest is None else nearest.coordinate,
        partitions=_partition_answers(row, prediction, partitions),
        candidates=stated_places(prediction, row.latitude_deg, row.longitude_deg),
        variants=prediction.variants if isinstance(prediction, PredictionWithVariants) else {},
    )


def stated_places(
    prediction: Prediction, latitude_deg: float, longitude_deg: float
) -> tuple[tuple[float, float], ...]:
    """Each candidate's probability and distance (km) from where the photo was taken; the first is
    the answer itself."""
    spots = [prediction.coordinate, *(c.coordinate for c in prediction.candidates[1:])]
    latitudes = np.array([spot.latitude_deg for spot in spots])
    longitudes = np.array([spot.longitude_deg for spot in spots])
    distances = great_circle_km(latitudes, longitudes, latitude_deg, longitude_deg).tolist()
    stated = [candidate.probability for candidate in prediction.candidates]
    return tuple(zip(stated, distances, strict=False))


def likeliest_scenes(scene: SceneProbabilities | None) -> tuple[tuple[str, float], ...]:
    """The first few of the 365 labels, likeliest first; empty without scenes."""
    if scene is None:
        return ()
    labels = scene_table().labels
    best = np.argsort(-scene.s365, kind="stable")[:SCENES_KEPT]
    return tuple((labels[i], float(scene.s365[i])) for i in best.tolist())


def _partition_answers(
    row: TableRow, prediction: Prediction, partitions: Sequence[Partition]
) -> dict[str, PartitionAnswer]:
    cells = {partition.name: partition for partition in partitions}
    if partitions:
        cells[COMBINED] = partitions[-1]
    answers = {}
    for name, partition in cells.items():
        probabilities = prediction.cell_probabilities.get(name)
        if probabilities is None:
            continue
        truth = int(np.atleast_1d(partition.class_at(row.latitude_deg, row.longitude_deg))[0])
        rank = int((probabilities > probabilities[truth]).sum()) if truth >= 0 else -1
        answers[name] = PartitionAnswer(int(np.argmax(probabilities)), rank)
    return answers
