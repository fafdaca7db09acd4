"""The fit of the trust in matches, on pairs whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.errors import TableError
from geoguess_app.core.matching.same_place import judge
from trainer.matching.fitting import FALSE_SHARE, fit_distances, fit_trust
from trainer.matching.measuring import probabilities
from trainer.matching.pairs import PairTable, PlacedPhotos, candidate_rows, same_burst

RNG = np.random.default_rng(8)


def pairs(queries: int, inliers: np.ndarray, distance_km: np.ndarray) -> PairTable:
    """Two candidates a query; all else follows from the inliers."""
    count = len(inliers)
    columns = np.stack(
        [
            np.ones(count),
            np.log1p(inliers),
            np.log1p(inliers * 0.8),
            inliers / 200,
            inliers / (inliers + 30),
            np.full(count, 0.5),
        ],
        axis=1,
    )
    return PairTable(
        np.repeat(np.arange(queries), count // queries),
        np.arange(count),
        columns[:, -1],
        distance_km,
        inliers,
        columns,
    )


def test_many_points_are_trusted_and_those_of_strangers_are_not() -> None:
    true = RNG.random(800) < 0.4
    inliers = np.where(true, RNG.integers(15, 150, 800), RNG.integers(0, 12, 800))
    distance_km = np.where(true, 0.05 * np.exp(RNG.logistic(0, 0.4, 800)), 1.5)
    area = pairs(400, inliers, distance_km)
    strangers = pairs(1000, RNG.integers(0, 12, 2000), np.full(2000, 9000.0))
    alike = pairs(100, RNG.integers(0, 13, 200), np.full(200, 800.0))
    model = fit_trust(area, strangers, alike)
    assert (probabilities(strangers, model) >= model.verified_from).mean() <= FALSE_SHARE
    assert (probabilities(area, model)[true] >= model.verified_from).mean() > 0.75
    assert model.median_km == pytest.approx(0.05, rel=0.2)
    assert judge(0.9, model).within(3.0) < 0.9


def test_an_area_without_matches_is_refused() -> None:
    nothing = pairs(50, RNG.integers(0, 12, 100), np.full(100, 1.5))
    strangers = pairs(50, RNG.integers(0, 12, 100), np.full(100, 9000.0))
    with pytest.raises(TableError, match="more photos of the same places"):
        fit_trust(nothing, strangers, strangers)


def test_distances_are_fitted_as_they_were_drawn() -> None:
    drawn = 0.06 * np.exp(RNG.logistic(0.0, 1 / 2.5, 4000))
    median_km, steepness = fit_distances(drawn)
    assert median_km == pytest.approx(0.06, rel=0.05)
    assert steepness == pytest.approx(2.5, rel=0.1)


def test_a_burst_is_no_candidate() -> None:
    embeddings = np.array([[1.0, 0.0], [0.99, 0.14], [0.0, 1.0]])
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    photos = PlacedPhotos(
        tuple(Path(f"{n}.jpg") for n in range(3)),
        np.array([37.79, 37.7901, 37.79]),
        np.array([-122.4] * 3),
        ("exact",) * 3,
        ("one",) * 3,
        ("",) * 3,
        embeddings,
    )
    similarity = embeddings @ embeddings.T
    rows = candidate_rows(similarity, ~same_burst(photos, similarity), 2)
    assert [found.tolist() for found in rows] == [[2], [2], [1, 0]]
