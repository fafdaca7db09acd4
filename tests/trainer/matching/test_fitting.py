"""The fit of the trust in matches, on pairs whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.errors import TableError
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM
from geoguess_app.core.matching.same_place import judge
from trainer.matching.fitting import FALSE_SHARE, fit_distances, fit_trust, pair_chances
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
            np.zeros(count),
        ],
        axis=1,
    )
    return PairTable(
        np.repeat(np.arange(queries), count // queries),
        queries + np.arange(count),
        columns[:, 5],
        distance_km,
        inliers,
        columns,
    )


def photos_of(table: PairTable) -> PlacedPhotos:
    """The photos of ``pairs``: queries 11 km from one another, each due south of its candidates."""
    queries, count = table.query[-1] + 1, table.reference[-1] + 1
    return PlacedPhotos(
        tuple(Path(f"{n}.jpg") for n in range(count)),
        np.concatenate([np.zeros(queries), np.degrees(table.distance_km / EARTH_RADIUS_KM)]),
        0.1 * np.concatenate([np.arange(queries), table.query]),
        ("exact",) * count,
        ("one",) * count,
        ("",) * count,
        np.ones((count, 1)),
    )


def test_many_points_are_trusted_and_those_of_strangers_are_not() -> None:
    true = RNG.random(800) < 0.4
    inliers = np.where(true, RNG.integers(15, 150, 800), RNG.integers(0, 12, 800))
    distance_km = np.where(true, 0.05 * np.exp(RNG.logistic(0, 0.4, 800)), 1.5)
    area = pairs(400, inliers, distance_km)
    strangers = pairs(1000, RNG.integers(0, 12, 2000), np.full(2000, 9000.0))
    alike = pairs(100, RNG.integers(0, 13, 200), np.full(200, 800.0))
    model = fit_trust(photos_of(area), area, strangers, alike)
    assert (pair_chances(strangers, model.weights) >= model.verified_from).mean() <= FALSE_SHARE
    assert (pair_chances(area, model.weights)[true] >= model.verified_from).mean() > 0.75
    assert model.median_km == pytest.approx(0.05, rel=0.2)
    assert judge(0.9, model).within(3.0) == pytest.approx(0.9)


def test_a_rival_is_a_candidate_of_the_same_query_taken_elsewhere() -> None:
    table = pairs(2, np.array([40, 25, 30, 9]), np.array([0.05, 0.9, 0.05, 0.1]))
    known = table.with_rivals(photos_of(table))
    assert known.columns[:, -1] == pytest.approx([np.log1p(18), np.log1p(33), 0.0, 0.0])
    assert (known.columns[:, :-1] == table.columns[:, :-1]).all()


def test_an_area_without_matches_is_refused() -> None:
    nothing = pairs(50, RNG.integers(0, 12, 100), np.full(100, 1.5))
    strangers = pairs(50, RNG.integers(0, 12, 100), np.full(100, 9000.0))
    with pytest.raises(TableError, match="more photos of the same places"):
        fit_trust(photos_of(nothing), nothing, strangers, strangers)


def test_distances_are_fitted_as_they_were_drawn() -> None:
    drawn = 0.06 * (RNG.weibull(2.5, 4000) / np.log(2) ** (1 / 2.5))
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
