"""A finished evaluation: every figure about a model on one table of photos, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.answers.collect import EvaluatedAnswer, MissingAnswer
from geoguess_app.evaluation.answers.table import PhotoTable
from geoguess_app.evaluation.metrics.baselines import Floor
from geoguess_app.evaluation.metrics.degrees import DegreeErrors
from geoguess_app.evaluation.metrics.distances import ErrorSummary, Share, spots
from geoguess_app.evaluation.metrics.scale import Scale
from geoguess_app.evaluation.metrics.scene_accuracy import GroupAccuracy
from geoguess_app.evaluation.metrics.summary import Metrics
from geoguess_app.evaluation.study.model_facts import ModelFacts

FORMAT = "geoguess-evaluation"
FORMAT_VERSION = 1
SEEN_SIMILARITY = 0.97
"""A photo this similar to a training photo is most likely that photo, or one of the same burst."""


@dataclass(frozen=True)
class CeilingFigures:
    """A ceiling's figures, its distances (n,) in km, and how many truths lie in no cell."""

    summary: ErrorSummary
    outside_cells: int
    distance_km: FloatArray

    def to_json(self) -> dict[str, Any]:
        """The summary's keys and ``outside_cells``."""
        return {**self.summary.to_json(), "outside_cells": self.outside_cells}


@dataclass(frozen=True)
class PartitionFigures:
    """One partition by itself: how often its likeliest cell is the true one, and how far off.

    Photos whose truth lies in no cell of it are left out of ``top1`` and ``top5``; ``summary``
    judges the likeliest cell's mean location, for all photos.
    """

    cells: int
    top1: Share
    top5: Share
    summary: ErrorSummary

    def to_json(self) -> dict[str, Any]:
        """The summary's keys with ``cells``, ``cell_top1`` and ``cell_top5``."""
        return {
            "cells": self.cells,
            "cell_top1": self.top1.to_json(),
            "cell_top5": self.top5.to_json(),
            **self.summary.to_json(),
        }


@dataclass(frozen=True)
class Evaluation:
    """The results of one measurement. ``answers`` and ``metrics.distance_km`` run in step."""

    model: ModelFacts
    table: PhotoTable
    where: tuple[str, ...]
    answers: tuple[EvaluatedAnswer, ...]
    misses: tuple[MissingAnswer, ...]
    metrics: Metrics
    labels: Mapping[str, Sequence[str]]
    """Per label the text of each answer, as the groups of ``metrics.by`` were made."""
    floor: Floor | None
    mean_point: ErrorSummary | None
    """Of always answering the mean point of the training photos; None where that is unknown."""
    ceiling: CeilingFigures | None
    bank_ceiling: CeilingFigures | None
    """Without cells: the nearest photo of the bank, wherever it is."""
    nearest_alone: ErrorSummary | None
    """Of always answering the place of the most similar training photo; None without a bank."""
    degrees: DegreeErrors | None
    near_training: int | None
    """Photos taken within the scale's first distance of a bank photo; None without a bank."""
    by_partition: Mapping[str, PartitionFigures]
    right_country: Share | None
    scene: GroupAccuracy | None

    @property
    def likely_seen(self) -> int | None:
        """Return how many photos the model was probably built from; None if it cannot be known.

        Being right on those proves nothing.
        """
        known = [a.nearest_similarity for a in self.answers if a.nearest_similarity is not None]
        return sum(value >= SEEN_SIMILARITY for value in known) if known else None

    @property
    def scale(self) -> Scale:
        """The distances that accuracy is counted at."""
        return self.model.scale

    @property
    def finest_km(self) -> FloatArray:
        """(n,) the finest distance that each answer's true position can judge; 0 = any."""
        finest = [answer.row.finest_scorable_km for answer in self.answers]
        return np.array(finest, dtype=np.float64)

    @property
    def sureness(self) -> FloatArray:
        """(n,) what the answers are ranked by, the surest highest."""
        return sureness(self.answers, self.scale)

    @property
    def spot(self) -> IntArray:
        """(n,) number of the spot that each located photo comes from."""
        rows = [answer.row for answer in self.answers]
        latitudes = [row.latitude_deg for row in rows]
        longitudes = [row.longitude_deg for row in rows]
        return spots(latitudes, longitudes, self.scale.spot_deg)

    @property
    def spots(self) -> int:
        """Count the spots that the located photos come from."""
        return len(set(self.spot.tolist())) if self.answers else 0

    def to_json(self) -> dict[str, Any]:
        """The contents of ``metrics.json``; its keys are stable within a format version."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "model": {
                "name": self.model.name,
                "kind": self.model.kind,
                "device": self.model.device,
                "crops": self.model.crops,
                "cells": {p.name: p.size for p in self.model.partitions},
                "local": self.scale.local,
            },
            "table": {
                "name": self.table.path.name,
                "where": list(self.where),
                "rows": len(self.table),
                "bad_rows": [
                    {"line": bad.line, "file": bad.file, "reason": bad.reason}
                    for bad in self.table.bad_rows
                ],
            },
            "counting": {
                "accuracy": (
                    "distance ≤ threshold; a photo counts at a threshold only if its true "
                    "position is exact enough to judge it (city: from 25 km, area: from 200 km, "
                    "country: from 2500 km); 'photos' is the denominator"
                ),
                "accuracy_every_photo": "the same over all located photos at every threshold",
                "intervals": f"95%, bootstrap over {self.scale.spot_deg:.2g}° spots, seeded",
                "distance": "great circle, R = 6371 km",
                "not_located": "left out of every figure and listed under 'failed'",
            },
            "located": len(self.answers),
            "spots": self.spots,
            "likely_seen_in_training": {
                "photos": self.likely_seen,
                "similarity_at_least": SEEN_SIMILARITY,
                "taken_beside_a_training_photo": self.near_training,
                "beside_means_within_km": self.scale.thresholds_km[0],
            },
            **self.metrics.to_json(),
            "degrees": self.degrees.to_json() if self.degrees else None,
            "floor": self.floor.to_json() if self.floor else None,
            "mean_point": self.mean_point.to_json() if self.mean_point else None,
            "nearest_look_alike": self.nearest_alone.to_json() if self.nearest_alone else None,
            "ceiling": {
                "cell_mean": self.ceiling.to_json() if self.ceiling else None,
                "bank_best_in_cell": self.bank_ceiling.to_json() if self.bank_ceiling else None,
            },
            "by_partition": {name: f.to_json() for name, f in self.by_partition.items()},
            "right_country": self.right_country.to_json() if self.right_country else None,
            "scene_s3": self.scene.to_json() if self.scene else None,
            "best": [self.photo_json(index) for index in self.metrics.best],
            "worst": [self.photo_json(index) for index in self.metrics.worst],
            "failed": [
                {"line": miss.line, "file": miss.file, "code": miss.code, "reason": miss.reason}
                for miss in self.misses
            ],
        }

    def photo_json(self, index: int) -> dict[str, Any]:
        """One answer beside its truth."""
        answer = self.answers[index]
        return {
            "file": answer.row.file,
            "line": answer.row.line,
            "distance_km": float(self.metrics.distance_km[index]),
            "true_latitude": answer.row.latitude_deg,
            "true_longitude": answer.row.longitude_deg,
            "latitude": answer.coordinate.latitude_deg,
            "longitude": answer.coordinate.longitude_deg,
            "r80_km": answer.radii.r80_km,
            "confidence": answer.confidence,
            "level": str(answer.level),
        }


def sureness(answers: Sequence[EvaluatedAnswer], scale: Scale) -> FloatArray:
    """(n,) the confidence; at town scale, where 25 km hold everything, the small 80% radius."""
    if scale.local:
        return np.array([-answer.radii.r80_km for answer in answers], dtype=np.float64)
    return np.array([answer.confidence for answer in answers], dtype=np.float64)
