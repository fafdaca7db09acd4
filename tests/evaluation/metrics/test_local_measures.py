"""Metres and degrees for models of a town, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.evaluation.metrics.baselines import PriorPoints, floor, nearest_ceiling
from geoguess_app.evaluation.metrics.degrees import degree_errors
from geoguess_app.evaluation.metrics.distances import summarise_distances
from geoguess_app.evaluation.metrics.scale import (
    WORLD,
    parse_thresholds,
    scale_for_extent,
    scale_of_thresholds,
)


def test_degree_errors_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth = random.normal((37.77, -122.42), 0.01, (50, 2))
    answer = truth + random.normal(0, 0.003, (50, 2))
    result = degree_errors(truth, answer)
    assert result is not None
    assert result.both.mean_deg == pytest.approx(mean_absolute_error(truth, answer))
    flat = root_mean_squared_error(truth.ravel(), answer.ravel())
    assert result.both.rmse_deg == pytest.approx(flat)
    assert result.latitude.mean_deg == pytest.approx(mean_absolute_error(truth[:, 0], answer[:, 0]))
    median = float(np.median(np.abs(truth[:, 1] - answer[:, 1])))
    assert result.longitude.median_deg == pytest.approx(median)


def test_longitude_errors_go_the_short_way_round() -> None:
    result = degree_errors([[0.0, 179.9]], [[0.0, -179.9]])
    assert result is not None
    assert result.longitude.mean_deg == pytest.approx(0.2)
    assert degree_errors(np.empty((0, 2)), np.empty((0, 2))) is None


def test_rmse_is_that_of_scikit_learn() -> None:
    distances = np.array([0.01, 0.2, 0.05, 1.4])
    expected = root_mean_squared_error(np.zeros(4), distances)
    assert summarise_distances(distances).rmse_km == pytest.approx(expected)


@pytest.mark.parametrize(
    ("extent_km", "first_km", "last_km"),
    [(0.597, 0.05, 1.0), (0.309, 0.02, 0.5), (2.889, 0.2, 5.0), (0.001, 0.005, 0.1), (24, 0.5, 10)],
)
def test_distances_fit_the_extent(extent_km: float, first_km: float, last_km: float) -> None:
    scale = scale_for_extent(extent_km)
    assert scale.local
    assert (scale.thresholds_km[0], scale.thresholds_km[-1]) == (first_km, last_km)
    assert list(scale.thresholds_km) == sorted(scale.thresholds_km)
    assert scale.key_km == scale.thresholds_km[2]


def test_models_of_a_country_or_of_unknown_extent_keep_the_fields_distances() -> None:
    assert scale_for_extent(80.0) is WORLD
    assert scale_for_extent(float("inf")) is WORLD
    assert scale_of_thresholds((1, 25, 200, 750, 2500)) is WORLD


def test_distances_by_hand() -> None:
    assert parse_thresholds("50m, 100 m,0.2km,500m,1") == (0.05, 0.1, 0.2, 0.5, 1.0)
    for wrong in ("1,2,3", "1,2,3,4,4", "5,4,3,2,1", "0,1,2,3,4", "a,b,c,d,e", "1,2,3,4,5,6", ""):
        with pytest.raises(GeoGuessError, match="five rising distances"):
            parse_thresholds(wrong)


def test_floor_of_a_bank_is_exact_to_a_metre() -> None:
    # Three places on the equator, 0, 100 m and 300 m from the photo (0.0009° are 100.08 m).
    points = PriorPoints(np.zeros(3), np.array([0.0, 0.0009, 0.0027]), np.array([1.0, 1.0, 1.0]))
    result = floor(points, [0.0], [0.0], thresholds_km=(0.05, 0.2, 1.0))
    assert result.accuracy == pytest.approx({0.05: 1 / 3, 0.2: 2 / 3, 1.0: 1.0})
    assert result.median_km == pytest.approx(0.100, abs=0.001)
    assert result.cumulative_metres[200] == pytest.approx(2 / 3)
    assert nearest_ceiling(points, [0.0], [0.0026]).distance_km[0] == pytest.approx(
        0.0111, abs=1e-4
    )
