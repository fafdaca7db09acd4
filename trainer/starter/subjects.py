"""The subjects of photos, as classes of ImageNet that the trunk's own classifier sees in them: an
animal or a thing says nothing of where it is, however much it resembles one that was learned."""

from __future__ import annotations

import numpy as np
import torch

from geoguess_app.core.bundle.networks import SOFTMAX, NetworkConfig, linear
from geoguess_app.core.decision.decide import softmax
from geoguess_app.core.decision.types import AREA
from geoguess_app.core.network.network import Network
from geoguess_app.core.types import FloatArray
from trainer.common.area_parts import AREA_FILE
from trainer.common.bundle_contents import MAIN
from trainer.common.initial_weights import ImageNetClassifier

ANIMALS = 398
"""So many of ImageNet's 1,000 classes, the first ones, are animals."""


def class_probabilities(features: np.ndarray, classifier: ImageNetClassifier) -> np.ndarray:
    """P(class) of every crop (n, crops, classes) float32.

    ``features`` (n, crops, F) begin with the average-pooled ones, which it was trained on.
    """
    channels = classifier.weight.shape[1]
    found = np.empty((*features.shape[:2], len(classifier.bias)), dtype=np.float32)
    for crop in range(features.shape[1]):
        plain = features[:, crop, :channels].astype(np.float32)
        found[:, crop] = softmax(plain @ classifier.weight.T + classifier.bias)
    return found


def animal_probability(classes: np.ndarray) -> FloatArray:
    """The probability (n) that a photo shows an animal, from its crops' classes (n, crops, c)."""
    return np.asarray(classes[..., :ANIMALS].sum(axis=2).mean(axis=1), dtype=np.float64)


def place_weights(classes: np.ndarray, sources: np.ndarray) -> FloatArray:
    """The weight of each class (c) as a sign of a place: how often photos of places (n, crops,
    c) show it, relative to a photo of anything, which shows every class equally often.

    A crop's mean of these by P(class) is then the likelihood ratio of place to anything. All
    ``sources`` (n) count the same: one traveller's cat is not what places look like.
    """
    photos = classes.mean(axis=1, dtype=np.float64)
    shares = np.mean([photos[sources == own].mean(axis=0) for own in np.unique(sources)], axis=0)
    return np.asarray(shares * classes.shape[2])


def place_scores(classes: np.ndarray, weights: FloatArray) -> np.ndarray:
    """Return what the network of ``place_network`` gives for every crop, (n, crops, 1)."""
    return np.asarray(classes @ weights.astype(np.float32))[..., None]


def place_network(
    classifier: ImageNetClassifier, weights: FloatArray, feature_size: int
) -> Network:
    """The classifier, and what each of its classes says for a place, as the network ``area``."""
    count, channels = classifier.weight.shape
    config = NetworkConfig(MAIN, (linear(feature_size, count), SOFTMAX), {AREA: 1}, AREA_FILE)
    network = Network(config, feature_size)
    wide = np.zeros((count, feature_size), dtype=np.float32)
    wide[:, :channels] = classifier.weight
    network.load_state_dict(
        {
            "layers.0.weight": torch.from_numpy(wide),
            "layers.0.bias": torch.from_numpy(classifier.bias),
            f"heads.{AREA}.weight": torch.from_numpy(weights.astype(np.float32))[None],
            f"heads.{AREA}.bias": torch.zeros(1),
        }
    )
    return network.eval().requires_grad_(False)
