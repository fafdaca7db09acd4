"""Curves, radii and levels; and that a hostile calibration is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geoguess_app.core.calibration.json_form import calibration_from_json, calibration_to_json
from geoguess_app.core.calibration.model import (
    EARTH_HALF_ROUND_KM,
    Calibration,
    LevelRule,
    Recognition,
    RetrievalWeights,
    WithinPoint,
    level_of,
    logistic,
    logit,
    radii_of,
    radius_grid,
    radius_holding,
    within_curve,
)
from geoguess_app.core.errors import BundleError
from geoguess_app.core.types import Level


def test_logistic_undoes_logit_and_never_overflows() -> None:
    probabilities = np.array([0.01, 0.5, 0.9])
    np.testing.assert_allclose(logistic(logit(probabilities)), probabilities)
    assert logistic(np.array([-1e9, 1e9])).tolist() == [0.0, 1.0]


def test_neutral_points_leave_the_mass_as_it_is() -> None:
    radii = np.array([1.0, 25.0, 2500.0])
    mass = np.array([0.1, 0.4, 0.8])
    np.testing.assert_allclose(within_curve(radii, mass, 0.7, Calibration()), mass)


def test_the_curve_rises_whatever_was_fitted_and_ends_at_one() -> None:
    points = (WithinPoint(1.0, bias=2.0), WithinPoint(25.0, bias=-2.0), WithinPoint(2500.0))
    radii = radius_grid()
    mass = np.clip(np.log(radii / 0.05) / 13.0, 0.0, 1.0)
    curve = within_curve(radii, mass, 0.0, Calibration(within=points))
    assert (np.diff(curve) >= 0.0).all()
    assert curve[-1] == pytest.approx(1.0)


def test_coefficients_are_interpolated_over_the_logarithm_of_the_radius() -> None:
    points = (WithinPoint(1.0, bias=0.0), WithinPoint(100.0, bias=2.0))
    curve = within_curve(np.array([10.0]), np.array([0.5]), 0.0, Calibration(within=points))
    assert curve[0] == pytest.approx(logistic(np.array(1.0)))


def test_similarity_raises_confidence_where_it_was_fitted_to() -> None:
    points = (WithinPoint(1.0, similarity=4.0), WithinPoint(2500.0))
    unlike, alike = (
        within_curve(np.array([1.0]), np.array([0.5]), s, Calibration(within=points))[0]
        for s in (0.0, 1.0)
    )
    assert alike > unlike == pytest.approx(0.5)


def test_radii_are_read_where_the_calibration_says() -> None:
    radii, curve = radius_grid(), np.linspace(0.0, 1.0, 160)
    plain = radii_of(radii, curve, Calibration(), 0.8)
    wary = radii_of(radii, curve, Calibration(radius_shares=(0.5, 0.9, 0.99)), 0.8)
    assert wary[0] == plain[0]
    assert wary[1] == radius_holding(0.9, radii, curve) > plain[1]
    assert radii_of(radii, curve, Calibration(), 1e3) == (1e3, *plain[1:])


def test_shares_of_radii_are_read_back_and_refused_when_they_fall() -> None:
    given = Calibration(radius_shares=(0.5, 0.85, 0.99))
    assert calibration_from_json(calibration_to_json(given)).radius_shares == (0.5, 0.85, 0.99)
    for bad in ([0.5, 0.4, 0.9], [0.5, 0.8], "0.5", [0.5, 0.8, 1.5], [0.5, None, 0.9]):
        with pytest.raises(BundleError, match="radius_shares"):
            calibration_from_json({"radius_shares": bad})


def test_radius_holding_interpolates_over_log_radius() -> None:
    radii, curve = np.array([1.0, 100.0]), np.array([0.4, 0.6])
    assert radius_holding(0.5, radii, curve) == pytest.approx(10.0)
    assert radius_holding(0.3, radii, curve) == 1.0
    assert radius_holding(0.9, radii, curve) == EARTH_HALF_ROUND_KM


def test_levels_are_tried_from_the_finest() -> None:
    radii = radius_grid()
    rules = {Level.FINE: LevelRule(25.0, 0.6), Level.COARSE: LevelRule(2500.0, 0.5)}
    calibration = Calibration(levels=rules)
    assert level_of(radii, np.full(160, 0.7), calibration) == Level.FINE
    assert level_of(radii, np.full(160, 0.55), calibration) == Level.COARSE
    assert level_of(radii, np.full(160, 0.4), calibration) == Level.CANNOT_TELL


def test_json_comes_back_as_it_was() -> None:
    calibration = Calibration(
        temperatures={"coarse": 1.5},
        scene_temperature=0.9,
        hierarchy_exponent=0.6,
        retrieval=RetrievalWeights(0.05, 0.04, -2.0, 9.0, 3.0),
        answer="score",
        within=(WithinPoint(1.0, -0.5, 0.9, 2.0), WithinPoint(2500.0, 0.1, 1.1, 0.0)),
        levels={Level.FINE: LevelRule(25.0, 0.7)},
        smallest_radius_km=1.0,
        regression_radii_km=(0.1, 0.2, 0.5),
    )
    assert calibration_from_json(calibration_to_json(calibration)) == calibration
    assert calibration_from_json({}) == Calibration()


@pytest.mark.parametrize(
    "broken",
    [
        {"temperatures": {"coarse": 0}},
        {"temperatures": [1, 2]},
        {"scene_temperature": "hot"},
        {"hierarchy_exponent": True},
        {"hierarchy_exponent": float("nan")},
        {"retrieval": {"temperature": -1}},
        {"within": []},
        {"within": [{"radius_km": 25}, {"radius_km": 1}]},
        {"within": [{"radius_km": 25, "mass": -1.0}]},
        {"within": [{"bias": 0.0}]},
        {"levels": {"street": {"radius_km": 1, "probability": 0.5}}},
        {"levels": {"fine": {"radius_km": 25, "probability": 1.5}}},
        {"answer": "guess"},
        {"regression_radii_km": [1, 2]},
        {"smallest_radius_km": 0},
    ],
)
def test_nonsense_is_refused_in_one_sentence(broken: dict[str, Any]) -> None:
    with pytest.raises(BundleError, match=r"^bundle\.json: calibration\b.*\.$"):
        calibration_from_json(broken)


def test_an_unlike_photo_is_thought_to_show_another_area() -> None:
    local = Calibration(
        within=(WithinPoint(0.1), WithinPoint(0.5), WithinPoint(2500.0)),
        recognition=Recognition(bias=-10.0, similarity=20.0),
        levels={Level.FINE: LevelRule(25.0, 0.8)},
    )
    assert calibration_from_json(calibration_to_json(local)) == local
    radii, mass = np.array([0.05, 0.1, 0.5, 25.0, 2500.0]), np.array([0.1, 0.6, 1.0, 1.0, 1.0])
    like, unlike = (within_curve(radii, mass, top, local) for top in (0.9, 0.3))
    # logistic(-10 + 20 · 0.9) = 0.9997, logistic(-10 + 20 · 0.3) = 0.018.
    np.testing.assert_allclose(like[1], 0.6 * 0.99966, atol=1e-4)
    np.testing.assert_allclose(unlike[1], 0.6 * 0.01799, atol=1e-4)
    assert level_of(radii, like, local) is Level.FINE
    assert level_of(radii, unlike, local) is Level.CANNOT_TELL


@pytest.mark.parametrize("value", [[], {"bias": 1.0}, {"bias": 0.0, "similarity": -1.0}])
def test_a_recognition_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(BundleError, match="recognition"):
        calibration_from_json({"recognition": value})
