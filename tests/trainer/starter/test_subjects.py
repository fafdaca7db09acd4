"""What a photo shows, by the trunk's own classifier, and whether that is a place."""

from __future__ import annotations

import numpy as np
import pytest

from geoguess_app.core.decision.types import AREA
from trainer.common.errors import TrainError
from trainer.common.initial_weights import ImageNetClassifier, imagenet_classifier
from trainer.starter.heads import logits_of
from trainer.starter.subjects import (
    animal_probability,
    class_probabilities,
    place_network,
    place_scores,
    place_weights,
)


def test_animals_are_told_from_places_by_the_trunks_own_classifier() -> None:
    weight = np.zeros((1000, 3))
    weight[281, 0] = weight[500, 1] = 20.0  # a tabby cat; a cliff dwelling
    features = np.zeros((3, 2, 6))  # what is pooled otherwise comes second, and is not looked at
    features[0, :, 0] = features[1, :, 1] = features[:, :, 4] = 1.0
    features[2, 0, 0] = features[2, 1, 1] = 1.0  # one crop shows the cat, one the place
    classes = class_probabilities(features, ImageNetClassifier(weight, np.zeros(1000)))
    np.testing.assert_allclose(animal_probability(classes), [1.0, 0.0, 0.5], atol=1e-4)
    with pytest.raises(TrainError, match="animal_limit"):
        imagenet_classifier("resnet18")


def test_what_photos_of_many_sources_show_speaks_for_a_place() -> None:
    classes = np.zeros((40, 2, 1000), dtype=np.float32)
    classes[:30, :, 500] = classes[30:, :, 281] = 1.0
    sources = np.array([f"traveller {number % 29}" for number in range(30)] + ["cat lover"] * 10)
    weights = place_weights(classes, sources)
    assert weights[500] == weights.max()
    # A third of the photos, but one source of thirty.
    assert weights[281] == pytest.approx(1000 / 30)
    assert weights[7] == 0.0


def test_the_network_that_knows_places_gives_what_the_trainer_counts_with() -> None:
    random = np.random.default_rng(6)
    classifier = ImageNetClassifier(
        random.normal(size=(1000, 3)).astype(np.float32),
        random.normal(size=1000).astype(np.float32),
    )
    features = random.normal(size=(5, 2, 6)).astype(np.float32)
    weights = random.normal(size=1000)
    network = place_network(classifier, weights, feature_size=6)
    expected = place_scores(class_probabilities(features, classifier), weights)
    np.testing.assert_allclose(logits_of(network, features)[AREA], expected, atol=1e-5)
