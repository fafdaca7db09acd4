"""The scene head: 365 categories from hard labels where there are any, a teacher elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.bundle.networks import NetworkConfig
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.network.network import Network
from geoguess_app.core.types import FloatArray, IntArray
from trainer.starter.heads import logits_of, one_hot, train_network
from trainer.starter.inputs import BuildInputs
from trainer.starter.recipe import SceneTraining

WEIGHTS_FILE = "weights/scene.safetensors"
HEAD = "places365"


@dataclass(frozen=True, eq=False)
class SceneExamples:
    """Photos to learn scenes from: features (n, views, F), soft targets (n, 365), weights (n)."""

    features: np.ndarray
    targets: FloatArray
    weights: FloatArray


def scene_targets(
    teacher: FloatArray, category: IntArray, s3: IntArray, training: SceneTraining
) -> tuple[FloatArray, FloatArray]:
    """Targets (n, 365) and weights (n) out of everything that is known about photos.

    A photo with a category: that category, mixed with the teacher's opinion. One with a coarse
    label only (indoor, natural, urban): the teacher's opinion confined to that group, because
    somebody looked and the teacher may err. Otherwise the teacher alone; a photo without category
    or opinion (a row of 0) weighs nothing.
    """
    confined = teacher * scene_table().s3_weights[:, s3].T
    confined /= np.maximum(confined.sum(axis=1, keepdims=True), 1e-12)
    soft = np.where((s3 >= 0)[:, None], confined, teacher)
    hard = one_hot(category, teacher.shape[1])
    share = training.teacher_weight
    known = (category >= 0)[:, None]
    targets = np.where(known, (1.0 - share) * hard + share * soft, soft)
    weights = np.where(
        category >= 0,
        1.0,
        np.where(s3 >= 0, training.group_weight, training.teacher_only_weight)
        * teacher.any(axis=1),
    )
    return targets, weights


def joined_examples(parts: list[SceneExamples]) -> SceneExamples:
    """All examples together; photos with fewer views repeat theirs."""
    views = max(part.features.shape[1] for part in parts)
    repeated = [part.features[:, np.arange(views) % part.features.shape[1]] for part in parts]
    return SceneExamples(
        np.concatenate(repeated),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )


def scene_examples(inputs: BuildInputs, scene_rows: IntArray, geo_rows: IntArray) -> SceneExamples:
    """Labelled scene photos, and photos of places with the teacher's opinion."""
    training, scenes, geo = inputs.recipe.scenes, inputs.scenes, inputs.geo
    no_category = np.full(geo.size, -1, dtype=np.int64)
    parts = []
    for features, teacher, category, s3, rows in (
        (inputs.scene_features, inputs.scene_teacher, scenes.category, scenes.s3, scene_rows),
        (inputs.geo_features, inputs.geo_teacher, no_category, geo.scene, geo_rows),
    ):
        targets, weights = scene_targets(teacher[rows], category[rows], s3[rows], training)
        says = weights > 0  # the others would only thin out the batches
        parts.append(SceneExamples(features[rows[says]], targets[says], weights[says]))
    return joined_examples(parts)


def train_scene(examples: SceneExamples, training: SceneTraining, *, title: str = "") -> Network:
    """The scene network: one linear layer of 365 categories on the trunk's features."""
    config = NetworkConfig("main", (), {HEAD: 365}, WEIGHTS_FILE)
    return train_network(
        config,
        examples.features,
        {HEAD: examples.targets},
        training.schedule,
        weights=examples.weights,
        title=title,
    )


def scene_head_probabilities(
    network: Network, features: np.ndarray, temperature: float = 1.0
) -> FloatArray:
    """P(365) (n, 365): softmax per view, mean over views, as the program does."""
    logits = logits_of(network, features)[HEAD].astype(np.float64) / temperature
    logits -= logits.max(axis=-1, keepdims=True)
    probabilities = np.exp(logits)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    return np.asarray(probabilities.mean(axis=1))
