"""Figures on photos that the model never saw, counted as ``geoguess evaluate`` counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoguess_app.core.decision.decide import DecisionModel, RawOutputs, decide
from geoguess_app.core.decision.scenes import S3_NAMES
from geoguess_app.core.network.network import Network
from geoguess_app.core.types import IntArray, Prediction
from geoguess_app.evaluation.answers.collect import stated_places
from geoguess_app.evaluation.metrics.baselines import bank_ceiling, cell_ceiling, floor
from geoguess_app.evaluation.metrics.distances import accuracy
from geoguess_app.evaluation.metrics.scene_accuracy import SceneAccuracy, scene_accuracy
from geoguess_app.evaluation.metrics.summary import Metrics, summarise
from geoguess_app.files.columns import finest_scorable_km
from trainer.common.figures import keyed_shares, metrics_json
from trainer.common.photo_table import GeoTable, ScenePhotoTable
from trainer.fitting.crossfit import HeldOutFold
from trainer.starter.scene_stage import scene_head_probabilities


@dataclass(frozen=True, eq=False)
class StarterFigures:
    """The figures on one set of photos, with floor and ceilings (shares at the five distances)."""

    metrics: Metrics
    predictions: tuple[Prediction, ...]
    floor: Mapping[float, float]
    ceiling: Mapping[float, float]
    bank_ceiling: Mapping[float, float]


def judge_answers(predictions: Sequence[Prediction], table: GeoTable) -> Metrics:
    """Judge answers to the photos of a table; every photo counts at every distance."""
    radii = [(p.radii.r50_km, p.radii.r80_km, p.radii.r95_km) for p in predictions]
    return summarise(
        table.latitude_deg,
        table.longitude_deg,
        [p.coordinate.latitude_deg for p in predictions],
        [p.coordinate.longitude_deg for p in predictions],
        confidence=[p.confidence for p in predictions],
        radii_km=np.array(radii),
        candidates=[
            stated_places(prediction, latitude, longitude)
            for prediction, latitude, longitude in zip(
                predictions, table.latitude_deg.tolist(), table.longitude_deg.tolist(), strict=True
            )
        ],
        finest_scorable_km=[finest_scorable_km(precision) for precision in table.precision],
        labels={
            "level": [p.level.value for p in predictions],
            "network": [p.network for p in predictions],
        },
    )


def held_out_json(held: Sequence[HeldOutFold], table: GeoTable) -> dict[str, Any]:
    """Figures on photos whose sources were held out within the training splits."""
    predictions = [decide(raw, fold.model) for fold in held for raw in fold.raw]
    metrics = judge_answers(predictions, table.take(np.concatenate([fold.rows for fold in held])))
    return metrics_json(metrics)


def measure_starter(model: DecisionModel, raw: list[RawOutputs], table: GeoTable) -> StarterFigures:
    """Decide all photos and judge the answers."""
    predictions = tuple(decide(outputs, model) for outputs in raw)
    metrics = judge_answers(predictions, table)
    finest, bank = model.partitions[-1], model.bank
    truth = (table.latitude_deg, table.longitude_deg)
    cells = cell_ceiling(finest, *truth).distance_km
    spots = cells
    if bank is not None:
        spots = bank_ceiling(
            finest, bank.latitude_deg, bank.longitude_deg, bank.fine_class, *truth
        ).distance_km
    return StarterFigures(
        metrics,
        predictions,
        floor(finest, *truth).accuracy_every_photo,
        accuracy(cells),
        accuracy(spots),
    )


def measure_scenes(
    network: Network, features: np.ndarray, table: ScenePhotoTable, rows: IntArray
) -> SceneAccuracy:
    """Scene accuracies on labelled photos."""
    probabilities = scene_head_probabilities(network, features[rows])
    return scene_accuracy(
        probabilities,
        categories=[table.names[table.label[row]] for row in rows],
        s3=[S3_NAMES[table.s3[row]] if table.s3[row] >= 0 else "" for row in rows],
        ambiguous=[bool(table.ambiguous[row]) for row in rows],
    )


def evaluation_json(
    measured: StarterFigures, scenes: SceneAccuracy, parts: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """Return what stands in the bundle under ``evaluation``."""
    judged = {
        "s3_unambiguous": scenes.s3_unambiguous and scenes.s3_unambiguous.accuracy,
        "s3": scenes.s3 and scenes.s3.accuracy,
        "s16": scenes.s16,
        "top1": scenes.top1,
        "top5": scenes.top5,
        "top1_labelled": scenes.top1_labelled,
        "top5_labelled": scenes.top5_labelled,
    }
    return metrics_json(measured.metrics) | {
        "floor": keyed_shares(measured.floor),
        "ceiling_cells": keyed_shares(measured.ceiling),
        "ceiling_bank": keyed_shares(measured.bank_ceiling),
        "scenes": {name: round(float(share.value), 4) for name, share in judged.items() if share},
        "ablation": {name: dict(values) for name, values in parts.items()},
    }
