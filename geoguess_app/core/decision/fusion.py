"""Networks' logits become probabilities: softened, averaged over crops, chosen by the scene, and
multiplied along the hierarchy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from geoguess_app.core.bundle.checks import SCENE_HEAD
from geoguess_app.core.decision.scenes import groups, scene_table
from geoguess_app.core.decision.types import BASE, DecisionModel, RawOutputs
from geoguess_app.core.partition.hierarchy import combine
from geoguess_app.core.types import FloatArray, SceneProbabilities


def softmax(logits: np.ndarray, temperature: float = 1.0) -> FloatArray:
    """Probabilities over the last axis from logits divided by ``temperature``."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True), dtype=np.float64)


def fuse_crops(probabilities: FloatArray, fusion: str) -> FloatArray:
    """One distribution (n) from those of the crops (k, n): their mean, or their maximum scaled
    back to sum to 1."""
    fused = probabilities.max(axis=0) if fusion == "max" else probabilities.mean(axis=0)
    return np.asarray(fused / fused.sum(), dtype=np.float64)


def scene_probabilities(raw: RawOutputs, model: DecisionModel) -> SceneProbabilities | None:
    """Scene probabilities at three granularities, or None without a scene network."""
    if model.scene_network is None:
        return None
    logits = raw.logits[model.scene_network][SCENE_HEAD]
    s365 = fuse_crops(softmax(logits, model.calibration.scene_temperature), model.fusion)
    s3, s16 = groups(s365)
    return SceneProbabilities(s3=s3, s16=s16, s365=s365)


def route(scene: SceneProbabilities | None, model: DecisionModel) -> dict[str, float]:
    """Return which networks speak, with weights that sum to 1, the heaviest first.

    Hard routing: the network of the most probable scene. Mix: all, by scene probability. The base
    network where the bundle has no scene network, no CSNs, or none for that scene.
    """
    if scene is None or not model.context_networks:
        return {BASE: 1.0}
    named = list(zip(scene_table().s3_names, scene.s3.tolist(), strict=True))
    if model.routing != "mix":
        named = [(max(named, key=lambda item: item[1])[0], 1.0)]
    weights: dict[str, float] = {}
    for name, weight in sorted(named, key=lambda item: -item[1]):
        network = model.context_networks.get(name, BASE)
        weights[network] = weights.get(network, 0.0) + weight
    total = sum(weights.values())
    return {network: weight / total for network, weight in weights.items()}


def partition_probabilities(
    raw: RawOutputs, weights: Mapping[str, float], model: DecisionModel
) -> list[FloatArray]:
    """Compute for each partition (coarse to fine) the probabilities of its cells, networks mixed by
    weight."""
    result = []
    for partition in model.partitions:
        temperature = model.calibration.temperature(partition.name)
        mixed = np.zeros(partition.size)
        for network, weight in weights.items():
            crops = softmax(raw.logits[network][partition.name], temperature)
            mixed += weight * fuse_crops(crops, model.fusion)
        result.append(mixed / mixed.sum())
    return result


def hierarchy_product(
    probabilities: list[FloatArray], model: DecisionModel, exponent: float = 1.0
) -> FloatArray:
    """P(fine cell) ∝ (Π over partitions of P(its ancestor there)) ^ exponent."""
    logs = [np.log(np.maximum(p, 1e-300)) for p in probabilities]
    return softmax(combine(model.hierarchy, logs) * exponent)
