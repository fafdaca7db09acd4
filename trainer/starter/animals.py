"""Photos that show an animal rather than a place: no look-alike of theirs says where one is."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.decision.decide import softmax
from geoguess_app.core.types import FloatArray
from trainer.common.initial_weights import ImageNetClassifier

ANIMALS = 398
"""So many of ImageNet's 1,000 classes, the first ones, are animals."""


def animal_probability(features: np.ndarray, classifier: ImageNetClassifier) -> FloatArray:
    """The probability (n) that a photo shows an animal, as the trunk's classifier sees its crops.

    ``features`` (n, crops, F) begin with the average-pooled ones, which it was trained on.
    """
    channels = classifier.weight.shape[1]
    total = np.zeros(len(features))
    for crop in range(features.shape[1]):
        plain = features[:, crop, :channels].astype(np.float32)
        logits = plain @ classifier.weight.T + classifier.bias
        total += softmax(logits)[:, :ANIMALS].sum(axis=1)
    return np.asarray(total / features.shape[1])
