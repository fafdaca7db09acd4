"""Two models on the same photos: which is better, by how much, and on which photos they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.metrics.paired import (
    PairedShare,
    PairedValue,
    paired_median,
    paired_share,
)
from geoguess_app.evaluation.study.evaluation import Evaluation


@dataclass(frozen=True)
class Comparison:
    """``pairs`` (n, 2): indices of the answers of first and second to the photos that both located.

    ``accuracy`` holds the paired difference at each distance, second − first; ``gained`` and
    ``lost`` are rows of ``pairs`` that only the second, only the first got right within the
    scale's key distance, the largest change first.
    """

    first: Evaluation
    second: Evaluation
    pairs: IntArray
    accuracy: Mapping[float, PairedShare]
    median: PairedValue | None
    gained: tuple[int, ...]
    lost: tuple[int, ...]

    @property
    def distance_km(self) -> tuple[FloatArray, FloatArray]:
        """Errors (n) of the first and of the second on the common photos."""
        return (
            self.first.metrics.distance_km[self.pairs[:, 0]],
            self.second.metrics.distance_km[self.pairs[:, 1]],
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys; the second model's own figures included."""
        names = [self.first.answers[int(i)].row.file for i in self.pairs[:, 0]]
        return {
            "first": self.first.model.name,
            "second": self.second.model.name,
            "photos": len(self.pairs),
            "right_within_km": self.first.scale.key_km,
            "difference_in_accuracy": {
                f"{km:g}": value.to_json() for km, value in self.accuracy.items()
            },
            "difference_in_median_km": self.median.to_json() if self.median else None,
            "only_second_right": [names[row] for row in self.gained],
            "only_first_right": [names[row] for row in self.lost],
            "second_model": self.second.to_json(),
        }


def compare(first: Evaluation, second: Evaluation, *, seed: int = 0) -> Comparison:
    """Pair two evaluations of one table; both must have been judged at the same distances."""
    numbers = {answer.row.line: number for number, answer in enumerate(second.answers)}
    pairs = np.array(
        [
            (number, numbers[answer.row.line])
            for number, answer in enumerate(first.answers)
            if answer.row.line in numbers
        ],
        dtype=np.int64,
    ).reshape(-1, 2)
    ours, theirs = first.metrics.distance_km[pairs[:, 0]], second.metrics.distance_km[pairs[:, 1]]
    spot, finest = first.spot[pairs[:, 0]], first.finest_km[pairs[:, 0]]
    key = first.scale.key_km
    judged = finest <= key
    return Comparison(
        first=first,
        second=second,
        pairs=pairs,
        accuracy={
            km: paired_share(
                ours[finest <= km] <= km,
                theirs[finest <= km] <= km,
                spot=spot[finest <= km],
                seed=seed,
            )
            for km in first.scale.thresholds_km
        },
        median=paired_median(ours, theirs, spot=spot, seed=seed) if len(pairs) else None,
        gained=_flips(judged & (theirs <= key) & (ours > key), ours),
        lost=_flips(judged & (ours <= key) & (theirs > key), theirs),
    )


def _flips(flipped: np.ndarray, wrong_by_km: FloatArray) -> tuple[int, ...]:
    rows = np.flatnonzero(flipped)
    return tuple(int(row) for row in rows[np.argsort(-wrong_by_km[rows], kind="stable")])
