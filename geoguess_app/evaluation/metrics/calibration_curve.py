"""Calibration: whether the model knows when it knows. Coverage of its radii, reliability of its
confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.types import CONFIDENCE_KM
from geoguess_app.evaluation.metrics.distances import Share, share

BINS = 10
StatedPlace = tuple[float, float]
"""A candidate's probability, and its distance from the truth in km."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers (or candidates) whose probability lies in [low, high): what was promised and kept."""

    low: float
    high: float
    photos: int
    mean_confidence: float
    right: int

    @property
    def share_right(self) -> float:
        """Share of the answers within 25 km."""
        return self.right / self.photos

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys."""
        return {
            "low": self.low,
            "high": self.high,
            "photos": self.photos,
            "mean_confidence": self.mean_confidence,
            "share_right": self.share_right,
        }


@dataclass(frozen=True)
class CalibrationCurve:
    """A measure of how far stated probabilities can be taken at their word.

    ``coverage`` maps 50, 80, 95 (%) to the share of photos whose truth lay within that radius;
    ``median_radius_km`` says how large those radii were, since a radius of the whole Earth
    covers everything. The rest is about the confidence: ``expected_calibration_error`` is the
    photo-weighted mean gap over the non-empty bins, ``brier`` the mean squared error. For a model
    of a town, where all answers lie within 25 km, there are no bins, and the rest is None.
    """

    photos: int
    coverage: Mapping[int, Share]
    median_radius_km: Mapping[int, float]
    bins: tuple[ReliabilityBin, ...]
    expected_calibration_error: float | None
    brier: float | None
    mean_confidence: float | None
    share_right: float | None
    candidate_bins: tuple[ReliabilityBin, ...] = ()
    """The same for all candidates but the first, which has the answer's confidence."""

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys."""
        return {
            "coverage": {str(percent): s.to_json() for percent, s in self.coverage.items()},
            "median_radius_km": {str(p): km for p, km in self.median_radius_km.items()},
            "confidence_means_within_km": CONFIDENCE_KM,
            "mean_confidence": self.mean_confidence,
            "share_right": self.share_right,
            "expected_calibration_error": self.expected_calibration_error,
            "brier": self.brier,
            "bins": [entry.to_json() for entry in self.bins],
            "candidate_bins": [entry.to_json() for entry in self.candidate_bins],
        }


def calibrate(
    distance_km: npt.ArrayLike,
    confidence: npt.ArrayLike | None,
    radii_km: npt.ArrayLike,
    *,
    candidates: Sequence[Sequence[StatedPlace]] = (),
    spot: npt.ArrayLike | None = None,
    seed: int = 0,
) -> CalibrationCurve | None:
    """Compare promises with what happened; None without a single photo.

    ``radii_km`` is (n, 3): the 50, 80 and 95% radii of each answer, km. Without ``confidence``
    only the radii are judged. ``candidates``: per answer its candidates in the order of their rank.
    """
    distances = np.asarray(distance_km, dtype=np.float64)
    radii = np.asarray(radii_km, dtype=np.float64).reshape(-1, 3)
    if not distances.size:
        return None
    percents = (50, 80, 95)
    covered = CalibrationCurve(
        photos=int(distances.size),
        coverage={
            percent: share(distances <= radii[:, column], spot=spot, seed=seed)
            for column, percent in enumerate(percents)
        },
        median_radius_km={
            percent: float(np.median(radii[:, column])) for column, percent in enumerate(percents)
        },
        bins=(),
        expected_calibration_error=None,
        brier=None,
        mean_confidence=None,
        share_right=None,
    )
    if confidence is None:
        return covered
    promised = np.asarray(confidence, dtype=np.float64)
    right = distances <= CONFIDENCE_KM
    bins = _bins(promised, right)
    gaps = [entry.photos * abs(entry.mean_confidence - entry.share_right) for entry in bins]
    return replace(
        covered,
        bins=bins,
        expected_calibration_error=sum(gaps) / distances.size,
        brier=float(np.mean((promised - right) ** 2)),
        mean_confidence=float(promised.mean()),
        share_right=float(right.mean()),
        candidate_bins=_candidate_bins(candidates),
    )


def _candidate_bins(candidates: Sequence[Sequence[StatedPlace]]) -> tuple[ReliabilityBin, ...]:
    """A candidate is right if it is the first within 25 km of the truth."""
    promised, right = [], []
    for listed in candidates:
        near = [km <= CONFIDENCE_KM for _, km in listed]
        first = near.index(True) if any(near) else -1
        promised += [probability for probability, _ in listed[1:]]
        right += [rank == first for rank in range(1, len(listed))]
    return _bins(np.array(promised, dtype=np.float64), np.array(right, dtype=bool))


def _bins(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> tuple[ReliabilityBin, ...]:
    """Ten bins of equal width, the empty ones left out; a confidence of 1 joins the last."""
    number = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    return tuple(
        ReliabilityBin(
            low=b / BINS,
            high=(b + 1) / BINS,
            photos=int(inside.sum()),
            mean_confidence=float(confidence[inside].mean()),
            right=int(right[inside].sum()),
        )
        for b in range(BINS)
        if (inside := number == b).any()
    )
