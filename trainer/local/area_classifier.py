"""The head that tells a local model's area from elsewhere, fitted on folds held out in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.calibration.model import Recognition
from geoguess_app.core.types import FloatArray, IntArray
from trainer.fitting.recognition import (
    DECAYS,
    ENOUGH,
    AreaHead,
    answer_threshold,
    fit_area,
    fit_recognition,
    recognition_loss,
)
from trainer.local.negatives import NegativeExamples
from trainer.local.spaces import PLAIN, FeatureMatrix, FeatureSpace


@dataclass(frozen=True, eq=False)
class AreaClassifier:
    """A head on vectors of a space, and what its numbers mean."""

    space: FeatureSpace
    head: AreaHead
    recognition: Recognition
    threshold: float
    """P(shows the area) from which on an answer is given."""

    def probability(self, features: FeatureMatrix) -> FloatArray:
        """P(shows the area) (n) of photos."""
        return self.probability_of(vectors_of(features, self.space))

    def probability_of(self, vectors: np.ndarray) -> FloatArray:
        """The same of vectors (n, d) as ``vectors_of`` makes them."""
        return self.recognition.probability(0.0, self.head(vectors))


def vectors_of(features: FeatureMatrix, space: FeatureSpace) -> np.ndarray:
    """Mean over crops (n, d): a linear head says of it what it says of the crops on average."""
    return np.asarray(features.crops(space).mean(axis=1))


def fit_area_classifier(
    here: FeatureMatrix, fold: IntArray, elsewhere: NegativeExamples, share: float
) -> AreaClassifier | None:
    """Fit decay, head and its meaning; None where too little is known of photos from elsewhere."""
    space = elsewhere.world.space if elsewhere.world is not None else PLAIN
    vectors = vectors_of(here, space)
    others = elsewhere.mean_vectors(space, vectors)[0]
    if len(others) < ENOUGH or share <= 0.0:
        return None
    number = np.arange(len(others)) % (int(fold.max()) + 1)
    tried = []
    for decay in DECAYS:
        own, theirs = np.zeros(len(vectors)), np.zeros(len(others))
        for out in np.unique(fold):
            head = fit_area(vectors[fold != out], others[number != out], share, decay)
            own[fold == out] = head(vectors[fold == out])
            theirs[number == out] = head(others[number == out])
        known = fit_recognition(own, theirs, share)
        tried.append((recognition_loss(known, own, theirs, share), decay, known, own))
    _, decay, known, own = min(tried, key=lambda trial: trial[:2])
    head = fit_area(vectors, others, share, decay)
    return AreaClassifier(space, head, known, answer_threshold(known, own))
