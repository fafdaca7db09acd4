"""Figures on photos that the model never saw, counted as ``geoguess evaluate`` counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoguess_app.core.decision import DecisionModel, RawOutputs, decide
from geoguess_app.core.network import Network
from geoguess_app.core.scenes import S3_NAMES
from geoguess_app.core.types import FloatArray, IntArray, Prediction
from geoguess_app.evaluation.baselines import bank_ceiling, cell_ceiling, floor
from geoguess_app.evaluation.metrics import accuracy
from geoguess_app.evaluation.scene_accuracy import SceneAccuracy, scene_accuracy
from geoguess_app.evaluation.summary import Metrics, summarise
from trainer.photo_table import GeoTable, SceneTable
from trainer.scene_stage import scene_probabilities


@dataclass(frozen=True, eq=False)
class Measured:
    """The figures on one set of photos, with floor and ceilings (shares at the five distances)."""

    metrics: Metrics
    predictions: tuple[Prediction, ...]
    floor: Mapping[float, float]
    ceiling: Mapping[float, float]
    bank_ceiling: Mapping[float, float]


def measure(model: DecisionModel, raw: list[RawOutputs], table: GeoTable) -> Measured:
    """Decide all photos and judge the answers."""
    predictions = tuple(decide(outputs, model) for outputs in raw)
    radii = [(p.radii.r50_km, p.radii.r80_km, p.radii.r95_km) for p in predictions]
    metrics = summarise(
        table.latitude_deg,
        table.longitude_deg,
        [p.coordinate.latitude_deg for p in predictions],
        [p.coordinate.longitude_deg for p in predictions],
        confidence=[p.confidence for p in predictions],
        radii_km=np.array(radii),
        labels={
            "level": [p.level.value for p in predictions],
            "network": [p.network for p in predictions],
        },
    )
    finest, bank = model.partitions[-1], model.bank
    truth = (table.latitude_deg, table.longitude_deg)
    cells = cell_ceiling(finest, *truth).distance_km
    spots = cells
    if bank is not None:
        spots = bank_ceiling(
            finest, bank.latitude_deg, bank.longitude_deg, bank.fine_class, *truth
        ).distance_km
    return Measured(
        metrics,
        predictions,
        floor(finest, *truth).accuracy_every_photo,
        accuracy(cells),
        accuracy(spots),
    )


def measure_scenes(
    network: Network, features: np.ndarray, table: SceneTable, rows: IntArray
) -> SceneAccuracy:
    """Scene accuracies on labelled photos."""
    probabilities = scene_probabilities(network, features[rows])
    return scene_accuracy(
        probabilities,
        categories=[table.names[table.label[row]] for row in rows],
        s3=[S3_NAMES[table.s3[row]] if table.s3[row] >= 0 else "" for row in rows],
        ambiguous=[bool(table.ambiguous[row]) for row in rows],
    )


def shares(distances_km: FloatArray) -> dict[str, float]:
    """Accuracy at the five distances, keyed as in ``metrics.json``."""
    return _keyed(accuracy(distances_km))


def _keyed(values: Mapping[float, float]) -> dict[str, float]:
    return {f"{km:g}": round(float(value), 4) for km, value in values.items()}


def evaluation_json(
    measured: Measured, scenes: SceneAccuracy, parts: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """What stands in the bundle under ``evaluation``."""
    metrics = measured.metrics
    calibration = metrics.calibration
    overall = metrics.overall

    def of(group: Any) -> dict[str, float]:
        every = group.summary.accuracy_every_photo
        return _keyed({km: share.value for km, share in every.items()})

    return {
        "photos": overall.photos,
        "accuracy": _keyed({km: s.value for km, s in overall.accuracy_every_photo.items()}),
        "accuracy_exact_positions": _keyed({km: s.value for km, s in overall.accuracy.items()}),
        "most_confident": {name: of(group) for name, group in metrics.most_confident.items()},
        "median_km": round(overall.median_km, 1),
        "mean_km": round(overall.mean_km, 1),
        "floor": _keyed(measured.floor),
        "ceiling_cells": _keyed(measured.ceiling),
        "ceiling_bank": _keyed(measured.bank_ceiling),
        "coverage": {}
        if calibration is None
        else {str(p): round(s.value, 4) for p, s in calibration.coverage.items()},
        "levels": {
            level: {"photos": group.summary.photos, **of(group)}
            for level, group in metrics.by["level"].items()
        },
        "scenes": {
            name: round(value, 4)
            for name, value in {
                "s3_unambiguous": _value(scenes.s3_unambiguous and scenes.s3_unambiguous.accuracy),
                "s3": _value(scenes.s3 and scenes.s3.accuracy),
                "s16": _value(scenes.s16),
                "top1": _value(scenes.top1),
                "top5": _value(scenes.top5),
                "top1_labelled": _value(scenes.top1_labelled),
                "top5_labelled": _value(scenes.top5_labelled),
            }.items()
            if value is not None
        },
        "ablation": {name: dict(values) for name, values in parts.items()},
    }


def _value(share: Any) -> float | None:
    return None if share is None else float(share.value)
