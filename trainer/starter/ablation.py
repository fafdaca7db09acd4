"""Ablation of the method: the same photos, decided with less and with more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from geoguess_app.core.decision.decide import (
    BASE,
    DecisionModel,
    RawOutputs,
    hierarchy_product,
    partition_probabilities,
    route,
    scene_probabilities,
    softmax,
    weigh,
)
from geoguess_app.core.decision.posterior import distances_km
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.figures import distance_shares
from trainer.starter.geo_stage import geo_targets, train_base
from trainer.starter.heads import logits_of
from trainer.starter.heads_and_bank import TrainingContext
from trainer.starter.inputs import BuildInputs


def starter_ablation(
    inputs: BuildInputs,
    context: TrainingContext,
    model: DecisionModel,
    raw: list[RawOutputs],
    rows: IntArray,
) -> dict[str, Mapping[str, float]]:
    """Shares right at the five distances of each variant, on rows of the geo table."""
    truth = _vectors(inputs, rows)
    full = np.stack([weigh(outputs, model).answer for outputs in raw])
    return {
        "nearest neighbour, plain features": distance_shares(
            distances_km(_plain_neighbour(inputs, context, rows), truth)
        ),
        "nearest neighbour in the projection": distance_shares(
            distances_km(_projected_neighbour(inputs, context, rows), truth)
        ),
        "basic": distance_shares(distances_km(_basic(inputs, context, model, rows), truth)),
        "multi-scale": distance_shares(distances_km(_cells(model, raw, hierarchy=False), truth)),
        "multi-scale + hierarchy": distance_shares(distances_km(_cells(model, raw), truth)),
        "+ context-specific networks": distance_shares(
            distances_km(_cells(model, raw, csn=True), truth)
        ),
        "+ retrieval (the starter)": distance_shares(distances_km(full, truth)),
    }


def _vectors(inputs: BuildInputs, rows: IntArray) -> FloatArray:
    return unit_vectors(inputs.geo.latitude_deg[rows], inputs.geo.longitude_deg[rows])


def _nearest(
    inputs: BuildInputs, context: TrainingContext, vectors: np.ndarray, rows: IntArray
) -> FloatArray:
    best = (vectors[rows] @ vectors[context.rows].T).argmax(axis=1)
    return _vectors(inputs, context.rows[best])


def _plain_neighbour(inputs: BuildInputs, context: TrainingContext, rows: IntArray) -> FloatArray:
    """The published floor: mean of the crops' average-pooled features, cosine, one neighbour."""
    # Average pooling comes first in the pooled features.
    plain = inputs.geo_features[:, :, : _channels(inputs)].astype(np.float32).mean(axis=1)
    plain /= np.maximum(np.linalg.norm(plain, axis=1, keepdims=True), 1e-12)
    return _nearest(inputs, context, plain, rows)


def _channels(inputs: BuildInputs) -> int:
    return inputs.trunk_config.feature_size // len(inputs.trunk_config.pooling.split("+"))


def _projected_neighbour(
    inputs: BuildInputs, context: TrainingContext, rows: IntArray
) -> FloatArray:
    return _nearest(inputs, context, context.space.photo_vectors(), rows)


def _basic(
    inputs: BuildInputs, context: TrainingContext, model: DecisionModel, rows: IntArray
) -> FloatArray:
    """One head over the middle partition, as Report A's basic predictor."""
    middle = context.labels.partitions[len(context.labels.partitions) // 2]
    targets = geo_targets(
        inputs.geo.take(context.rows), context.labels, inputs.recipe.geo.smoothing_km
    )
    network = train_base(
        context.cell_space.scaled[context.rows],
        {middle.name: targets[middle.name]},
        inputs.recipe.geo,
    )
    logits = logits_of(network, context.cell_space.scaled[rows])[middle.name]
    best = softmax(logits).mean(axis=1).argmax(axis=1)
    means = unit_vectors(middle.mean_latitude_deg, middle.mean_longitude_deg)
    return np.asarray(means[best])


def _cells(
    model: DecisionModel, raw: list[RawOutputs], *, hierarchy: bool = True, csn: bool = False
) -> FloatArray:
    """The mean location of the likeliest fine cell."""
    best = []
    plain = replace(model, context_networks=None)
    for outputs in raw:
        weights = {BASE: 1.0}
        if csn:
            weights = route(scene_probabilities(outputs, model), model)
        probabilities = partition_probabilities(outputs, weights, plain)
        cells = hierarchy_product(probabilities, model) if hierarchy else probabilities[-1]
        best.append(int(cells.argmax()))
    return model.cell_vectors[best]
