"""Neighbours against brute force and hand-made vectors."""

from __future__ import annotations

import numpy as np
import pytest

from geoguess_app.core.decision.posterior import PointPosterior, distances_km, mass_within, scores
from geoguess_app.core.decision.retrieval import (
    build_bank,
    kernel_weights,
    margin,
    similarities,
)
from geoguess_app.core.geo.sphere import great_circle_km, unit_vectors


def sample_bank(count: int = 50, size: int = 6):
    random = np.random.default_rng(3)
    return build_bank(
        random.normal(size=(count, size)),
        random.uniform(-80, 80, count),
        random.uniform(-180, 180, count),
        random.integers(-1, 5, count),
        5,
    )


def test_similarity_is_the_cosine_and_the_order_of_crops_is_of_no_account() -> None:
    bank = sample_bank()
    photo = np.random.default_rng(1).normal(size=(3, 6))
    found = similarities(bank, photo)
    mean = (photo / np.linalg.norm(photo, axis=1, keepdims=True)).mean(axis=0)
    for index in (0, 17, 49):
        b = bank.embeddings[index].astype(np.float64)
        cosine = b @ mean / np.linalg.norm(mean) / np.linalg.norm(b)
        assert found[index] == pytest.approx(cosine, abs=1e-6)
    np.testing.assert_allclose(similarities(bank, photo[::-1]), found, atol=1e-6)


def test_members_are_the_photos_of_the_cell() -> None:
    bank = sample_bank()
    for cell in range(5):
        expected = np.flatnonzero(bank.fine_class == cell)
        assert bank.members(cell).tolist() == expected.tolist()


def test_kernel_weights_sum_to_one_and_sharpen_with_falling_temperature() -> None:
    similarity = np.array([0.9, 0.8, 0.1])
    soft, sharp = kernel_weights(similarity, 0.5), kernel_weights(similarity, 0.02)
    assert soft.sum() == pytest.approx(1.0)
    assert sharp[0] > 0.99 > soft[0]
    np.testing.assert_allclose(soft[0] / soft[1], np.exp(0.1 / 0.5))


def test_margin_is_to_the_best_neighbour_elsewhere() -> None:
    latitude, longitude = np.array([48.86, 48.87, 35.68]), np.array([2.35, 2.36, 139.69])
    bank = build_bank(np.eye(3), latitude, longitude, np.zeros(3), 1)
    similarity = np.array([0.9, 0.85, 0.3])
    assert margin(bank, similarity, np.array([0, 1, 2])) == pytest.approx(0.6)
    assert margin(bank, similarity, np.array([0, 1])) == pytest.approx(0.05)


def test_distances_agree_with_the_haversine() -> None:
    random = np.random.default_rng(5)
    a, b = random.uniform(-90, 90, (2, 100)), random.uniform(-180, 180, (2, 100))
    np.testing.assert_allclose(
        distances_km(unit_vectors(a[0], b[0]), unit_vectors(a[1], b[1])),
        great_circle_km(a[0], b[0], a[1], b[1]),
        rtol=1e-6,
    )


def test_mass_within_counts_points_and_smears_cells() -> None:
    vectors = unit_vectors(np.array([0.0, 0.0]), np.array([0.0, 90.0]))
    posterior = PointPosterior(
        vectors, np.array([0.7, 0.3]), np.array([10.0, 0.0]), np.array([0, 1])
    )
    mass = mass_within(posterior, vectors[0], np.array([5.0, 10.0, 9000.0, 10100.0]))
    # The first point's mass lies evenly between 0 and 10 km; the second is 10,008 km away.
    np.testing.assert_allclose(mass, [0.35, 0.7, 0.7, 1.0], atol=1e-6)


def test_scores_are_the_mean_share_over_five_distances() -> None:
    vectors = unit_vectors(np.array([0.0, 0.0]), np.array([0.0, 4.5]))  # 500 km apart
    posterior = PointPosterior(vectors, np.array([0.6, 0.4]), np.zeros(2), np.array([0, 1]))
    np.testing.assert_allclose(
        scores(posterior, vectors), [(3 * 0.6 + 2 * 1.0) / 5, (3 * 0.4 + 2 * 1.0) / 5], atol=1e-6
    )
