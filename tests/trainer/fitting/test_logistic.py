"""Logistic regressions against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from trainer.fitting.logistic import fit_many_classes, fit_many_columns

PHOTOS, SIZE, CLASSES, DECAY = 150, 24, 6, 0.02


@pytest.fixture
def inputs() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(PHOTOS, SIZE))


def test_many_classes(inputs: np.ndarray) -> None:
    classes = np.argmax(inputs[:, :CLASSES] + np.random.default_rng(1).normal(size=CLASSES), axis=1)
    weight, bias = fit_many_classes(inputs, classes, CLASSES, decay=DECAY, steps=500)
    # They weigh the sum of the errors against the weights, we the mean.
    theirs = LogisticRegression(C=1 / (DECAY * PHOTOS), max_iter=1000, tol=1e-8)
    theirs.fit(inputs, classes)
    assert weight == pytest.approx(theirs.coef_, abs=2e-3)
    assert bias - bias.mean() == pytest.approx(
        theirs.intercept_ - theirs.intercept_.mean(), abs=2e-3
    )


def test_a_class_without_photos_gets_no_probability_of_note(inputs: np.ndarray) -> None:
    classes = np.zeros(PHOTOS, dtype=np.int64)
    weight, bias = fit_many_classes(inputs, classes, 2, decay=DECAY, steps=100)
    logits = inputs @ weight.T + bias
    assert (logits[:, 0] > logits[:, 1] + 3).all()


def test_weighted_rows(inputs: np.ndarray) -> None:
    hits = inputs[:, 0] + inputs[:, 1] > 0.3
    counts = np.where(hits, 1.0, 2.5)
    weight, bias = fit_many_columns(inputs, hits, counts, decay=1.0, steps=500)
    theirs = LogisticRegression(C=1.0, max_iter=1000, tol=1e-8)
    theirs.fit(inputs, hits, sample_weight=counts)
    assert weight == pytest.approx(theirs.coef_[0], abs=2e-3)
    assert bias == pytest.approx(theirs.intercept_[0], abs=2e-3)
