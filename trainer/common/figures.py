"""Figures of a model on photos that it never saw, as bundles and reports hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geoguess_app.core.format import percent, threshold
from geoguess_app.core.geo.sphere import (
    EARTH_RADIUS_KM,
    great_circle_km,
    spherical_mean,
    unit_vectors,
)
from geoguess_app.core.types import FloatArray, Level
from geoguess_app.evaluation.metrics.calibration_curve import ReliabilityBin
from geoguess_app.evaluation.metrics.distances import Share, accuracy
from geoguess_app.evaluation.metrics.summary import Group, Metrics
from geoguess_app.evaluation.study.evaluation import Evaluation

Positions = tuple[FloatArray, FloatArray]
"""Latitudes (n) and longitudes (n) in degrees."""


def distance_shares(distances_km: FloatArray) -> dict[str, float]:
    """Count the share within each of the five distances, keyed as in ``metrics.json``."""
    return keyed_shares(accuracy(distances_km))


def keyed_shares(values: Mapping[float, float]) -> dict[str, float]:
    """Key shares by distance in km as in ``metrics.json``, so exact that a tenth of a percent comes
    out the same wherever it is rounded."""
    return {f"{km:g}": round(float(value), 6) for km, value in values.items()}


def accuracy_text(metrics: Metrics) -> str:
    """Write the shares within every distance, as a sentence lists them."""
    return ", ".join(
        f"{percent(share.value)} within {threshold(km)}"
        for km, share in metrics.overall.accuracy_every_photo.items()
    )


def metrics_json(metrics: Metrics) -> dict[str, Any]:
    """List accuracies, errors, coverage and levels as plain numbers, for JSON."""
    overall, calibration = metrics.overall, metrics.calibration
    return {
        "photos": overall.photos,
        "accuracy": _share_values(overall.accuracy_every_photo),
        "accuracy_exact_positions": _share_values(overall.accuracy),
        "most_confident": {name: _group(group) for name, group in metrics.most_confident.items()},
        "median_km": round(overall.median_km, 1),
        "mean_km": round(overall.mean_km, 1),
        "coverage": {}
        if calibration is None
        else {str(p): round(s.value, 4) for p, s in calibration.coverage.items()},
        "reliability": {}
        if calibration is None
        else {
            "confidence": [_bin(entry) for entry in calibration.bins],
            "candidates": [_bin(entry) for entry in calibration.candidate_bins],
        },
        "levels": {
            level: {"photos": group.summary.photos, **_group(group)}
            for level, group in metrics.by["level"].items()
        },
    }


def _bin(entry: ReliabilityBin) -> dict[str, float]:
    """Stated and kept probability of the answers in a bin."""
    return {
        "stated": round(entry.mean_confidence, 4),
        "right": round(entry.share_right, 4),
        "number": entry.photos,
    }


def _group(group: Group) -> dict[str, float]:
    return _share_values(group.summary.accuracy_every_photo)


def _share_values(shares: Mapping[float, Share]) -> dict[str, float]:
    return keyed_shares({km: share.value for km, share in shares.items()})


def model_figures(evaluation: Evaluation, training: Positions) -> dict[str, Any]:
    """Return what stands in the bundle under ``evaluation``: also in metres, beside the plainest
    floor, the middle of the ``training`` photos."""
    errors_m = evaluation.metrics.distance_km * 1000.0
    middle = spherical_mean(*training)
    rows = [answer.row for answer in evaluation.answers]
    floor_m = 1000.0 * great_circle_km(
        middle.latitude_deg,
        middle.longitude_deg,
        np.array([row.latitude_deg for row in rows]),
        np.array([row.longitude_deg for row in rows]),
    )
    return metrics_json(evaluation.metrics) | {
        **_middles(errors_m),
        "rmse_m": round(float(np.sqrt((errors_m**2).mean())), 2),
        "floor_mean_point": _middles(floor_m),
    }


def area_figures(evaluation: Evaluation, training: Positions) -> dict[str, Any]:
    """Return what counts for a model of one area: how many truths lay inside the radii, how many
    answers were refused, and the best that memory alone can do: each photo placed at the nearest
    training photo, wherever it was taken."""
    errors_km = np.asarray(evaluation.metrics.distance_km)
    radii = [(a.radii.r50_km, a.radii.r80_km, a.radii.r95_km) for a in evaluation.answers]
    inside = (errors_km[:, None] <= np.array(radii)).sum(axis=0)
    unsure = sum(answer.level is Level.CANNOT_TELL for answer in evaluation.answers)
    quarters_m = 1000.0 * np.quantile(errors_km, (0.25, 0.75))
    return {
        "inside_50_80_95": [int(number) for number in inside],
        "cannot_tell": int(unsure),
        "quarters_m": [round(float(value), 1) for value in quarters_m],
        "ceiling_nearest_photo": _middles(_nearest_m(evaluation, training)),
    }


def _nearest_m(evaluation: Evaluation, training: Positions) -> FloatArray:
    """(n) metres from each answered photo to the nearest training photo."""
    rows = [answer.row for answer in evaluation.answers]
    asked = unit_vectors(
        np.array([row.latitude_deg for row in rows]), np.array([row.longitude_deg for row in rows])
    )
    tree = cKDTree(unit_vectors(*training))
    chords = np.asarray(tree.query(asked)[0])
    return np.asarray(2000.0 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chords / 2.0, 1.0)))


def _middles(errors_m: FloatArray) -> dict[str, float]:
    return {
        "mean_m": round(float(errors_m.mean()), 2),
        "median_m": round(float(np.median(errors_m)), 2),
    }
