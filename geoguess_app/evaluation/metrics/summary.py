"""The whole of an evaluation in figures, from plain arrays: overall, by confidence, by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.geo import sphere
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.metrics.calibration_curve import (
    CalibrationCurve,
    StatedPlace,
    calibrate,
)
from geoguess_app.evaluation.metrics.distances import (
    THRESHOLDS_KM,
    ErrorSummary,
    Share,
    most_confident,
    share,
    spots,
    summarise_distances,
)

SHOWN_EXTREMES = 5


@dataclass(frozen=True)
class Group:
    """The figures of one value of a label, and how often its 80% radius held the truth."""

    summary: ErrorSummary
    within_80_radius: Share | None

    def to_json(self) -> dict[str, Any]:
        """The summary's keys and ``within_80_radius``."""
        covered = self.within_80_radius
        return {
            **self.summary.to_json(),
            "within_80_radius": covered.to_json() if covered is not None else None,
        }


@dataclass(frozen=True)
class Metrics:
    """The figures that follow from truths and answers alone.

    ``by`` maps a label ("scene", "continent", "level", "network", …) to its values' figures;
    ``most_confident`` has "tenth" and "quarter". ``best`` and ``worst`` are photo indices, the
    nearest first and the farthest first. ``distance_km`` is (n,).
    """

    overall: ErrorSummary
    calibration: CalibrationCurve | None
    most_confident: Mapping[str, Group]
    by: Mapping[str, Mapping[str, Group]]
    best: tuple[int, ...]
    worst: tuple[int, ...]
    distance_km: FloatArray

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys (without the single photos)."""
        return {
            "overall": self.overall.to_json(),
            "calibration": self.calibration.to_json() if self.calibration else None,
            "most_confident": {name: g.to_json() for name, g in self.most_confident.items()},
            "by": {
                label: {value: group.to_json() for value, group in groups.items()}
                for label, groups in self.by.items()
            },
        }


def summarise(
    latitude_true_deg: npt.ArrayLike,
    longitude_true_deg: npt.ArrayLike,
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    *,
    confidence: npt.ArrayLike | None = None,
    radii_km: npt.ArrayLike | None = None,
    candidates: Sequence[Sequence[StatedPlace]] = (),
    finest_scorable_km: npt.ArrayLike | None = None,
    labels: Mapping[str, Sequence[str]] | None = None,
    sureness: npt.ArrayLike | None = None,
    thresholds_km: Sequence[float] = THRESHOLDS_KM,
    spot: npt.ArrayLike | None = None,
    seed: int = 0,
) -> Metrics:
    """Judge n answers against n truths (degrees).

    ``radii_km`` is (n, 3) for 50, 80, 95%; with it calibration is judged, that of the
    ``confidence`` and the ``candidates`` too where given. ``sureness`` ranks the answers, the
    surest highest; without it the confidence does. ``spot`` numbers the places of photos that
    belong together when intervals are made (0.01° squares by default). ``labels`` gives per label
    one text per photo; photos with an empty text form no group.
    """
    distances = np.atleast_1d(
        sphere.great_circle_km(latitude_true_deg, longitude_true_deg, latitude_deg, longitude_deg)
    )
    finest_km = np.zeros_like(distances) if finest_scorable_km is None else finest_scorable_km
    number = spots(latitude_true_deg, longitude_true_deg) if spot is None else spot
    judge = _Judge(
        distances,
        np.asarray(finest_km, dtype=np.float64),
        np.asarray(number, dtype=np.int64),
        None if radii_km is None else np.asarray(radii_km, dtype=np.float64).reshape(-1, 3),
        tuple(thresholds_km),
        seed,
    )
    rank = confidence if sureness is None else sureness
    calibration = None
    if radii_km is not None:
        calibration = calibrate(
            distances, confidence, radii_km, candidates=candidates, spot=judge.spot, seed=seed
        )
    order = np.argsort(distances, kind="stable")
    return Metrics(
        overall=judge.group(np.arange(distances.size)).summary,
        calibration=calibration,
        most_confident={}
        if rank is None
        else {
            name: judge.group(most_confident(rank, fraction))
            for name, fraction in (("tenth", 0.1), ("quarter", 0.25))
        },
        by={name: judge.groups(texts) for name, texts in (labels or {}).items()},
        best=tuple(int(index) for index in order[:SHOWN_EXTREMES]),
        worst=tuple(int(index) for index in order[::-1][:SHOWN_EXTREMES]),
        distance_km=distances,
    )


@dataclass(frozen=True)
class _Judge:
    distance_km: FloatArray
    finest_km: FloatArray
    spot: IntArray
    radii_km: FloatArray | None
    thresholds_km: tuple[float, ...]
    seed: int

    def group(self, chosen: IntArray) -> Group:
        distances = self.distance_km[chosen]
        covered = None
        if self.radii_km is not None:
            hits = distances <= self.radii_km[chosen, 1]
            covered = share(hits, spot=self.spot[chosen], seed=self.seed)
        return Group(
            summarise_distances(
                distances,
                finest_scorable_km=self.finest_km[chosen],
                spot=self.spot[chosen],
                thresholds_km=self.thresholds_km,
                seed=self.seed,
            ),
            covered,
        )

    def groups(self, texts: Sequence[str]) -> dict[str, Group]:
        values = np.asarray(list(texts), dtype=str)
        return {
            str(value): self.group(np.flatnonzero(values == value))
            for value in sorted(set(values.tolist()) - {""})
        }
