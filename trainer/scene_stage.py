"""The scene head: 365 categories from hard labels where there are any, a teacher elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.manifest_networks import NetworkConfig
from geoguess_app.core.network import Network
from geoguess_app.core.scenes import groups, scene_table
from geoguess_app.core.types import FloatArray, IntArray
from trainer.heads import logits_of, one_hot, train_network
from trainer.photo_table import SceneTable
from trainer.recipe import SceneTraining

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
    somebody looked and the teacher may err. Otherwise the teacher alone.
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
        np.where(s3 >= 0, training.group_weight, training.teacher_only_weight),
    )
    return targets, weights


def join(parts: list[SceneExamples]) -> SceneExamples:
    """All examples together; photos with fewer views repeat theirs."""
    views = max(part.features.shape[1] for part in parts)
    repeated = [part.features[:, np.arange(views) % part.features.shape[1]] for part in parts]
    return SceneExamples(
        np.concatenate(repeated),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )


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


def scene_probabilities(
    network: Network, features: np.ndarray, temperature: float = 1.0
) -> FloatArray:
    """P(365) (n, 365): softmax per view, mean over views, as the program does."""
    logits = logits_of(network, features)[HEAD].astype(np.float64) / temperature
    logits -= logits.max(axis=-1, keepdims=True)
    probabilities = np.exp(logits)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    return np.asarray(probabilities.mean(axis=1))


def scene_scores(probabilities: FloatArray, table: SceneTable, rows: IntArray) -> dict[str, float]:
    """Accuracies on labelled photos ``rows`` (``probabilities`` are theirs).

    "s3" over unambiguous photos; "top1"/"top5" among all 365, and "top1_of_labelled" … among the
    categories that the table knows; "s16": the label's group is the most probable one.
    """
    s3, s16 = groups(probabilities)
    clear = ~table.ambiguous[rows]
    category = table.category[rows]
    known = category >= 0
    labelled = np.zeros(probabilities.shape[1], dtype=bool)
    labelled[table.category[table.category >= 0]] = True
    among = np.where(labelled, probabilities, -1.0)
    true_s16 = scene_table().s16_weights[category[known]] > 0
    return {
        "s3": float((s3.argmax(1) == table.s3[rows])[clear].mean()),
        "s3_all": float((s3.argmax(1) == table.s3[rows]).mean()),
        "s16": float(true_s16[np.arange(known.sum()), s16[known].argmax(1)].mean()),
        "top1": _top(probabilities[known], category[known], 1),
        "top5": _top(probabilities[known], category[known], 5),
        "top1_of_labelled": _top(among[known], category[known], 1),
        "top5_of_labelled": _top(among[known], category[known], 5),
    }


def _top(probabilities: FloatArray, labels: IntArray, count: int) -> float:
    best = np.argpartition(-probabilities, count - 1, axis=1)[:, :count]
    return float((best == labels[:, None]).any(axis=1).mean())
