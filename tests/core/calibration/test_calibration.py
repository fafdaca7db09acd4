"""Curves, radii and levels; and that a hostile calibration is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from geoguess_app.core.calibration.candidates import candidate_probabilities
from geoguess_app.core.calibration.curve import (
    ConfidenceCurve,
    radius_grid,
    radius_holding,
    within_curve,
)
from geoguess_app.core.calibration.json_form import calibration_from_json, calibration_to_json
from geoguess_app.core.calibration.model import (
    CITY_KM,
    EARTH_HALF_ROUND_KM,
    RADIUS_SHARES,
    Calibration,
    LevelRule,
    Recognition,
    RetrievalWeights,
    WithinPoint,
    logistic,
    logit,
)
from geoguess_app.core.errors import BundleError
from geoguess_app.core.types import Level, Radii

DISTANCES = {Level.FINE: 25.0, Level.MIDDLE: 200.0, Level.COARSE: 750.0}


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


def test_what_the_curve_promised_too_much_is_taken_back_from_all_that_is_read_from_it() -> None:
    radii, mass = radius_grid(), np.linspace(0.002, 0.998, 160)
    neutral = (WithinPoint(0.05), WithinPoint(EARTH_HALF_ROUND_KM))
    plain, wary = (
        ConfidenceCurve(
            radii, within_curve(radii, mass, 0.0, Calibration(within=neutral, radius_shares=shares))
        )
        for shares in (RADIUS_SHARES, (0.5, 0.9, 0.99))
    )
    assert wary.radius_km(0.5) == pytest.approx(plain.radius_km(0.5), rel=2e-2)
    assert wary.radius_km(0.8) == pytest.approx(radius_holding(0.9, radii, mass), rel=2e-2)
    far = plain.radius_km(0.9)
    assert plain.within(far) == pytest.approx(0.9)
    assert wary.within(far) == pytest.approx(0.8, abs=2e-3)
    assert plain.radii(1e5) == Radii(1e5, 1e5, 1e5)


def test_confidence_radii_and_level_of_any_curve_agree() -> None:
    random = np.random.default_rng(7)
    calibration = Calibration(radius_shares=(0.51, 0.83, 0.98))
    curves = []
    for _ in range(400):
        steps = random.random(160) ** random.integers(1, 40)
        mass = np.clip(np.cumsum(steps) / steps.sum() * random.random(), 0.0, 1.0)
        similarity = float(random.random())
        curve = within_curve(radius_grid(), mass, similarity, calibration)
        curves.append(ConfidenceCurve(radius_grid(), curve))
    for curve in curves:
        radii, level = curve.radii(0.8), curve.level(calibration)
        assert radii.r50_km <= radii.r80_km <= radii.r95_km
        stated = (radii.r50_km, radii.r80_km, radii.r95_km)
        for share, km in zip(RADIUS_SHARES, stated, strict=True):
            assert (km <= CITY_KM * 1.0001) == (curve.confidence >= share - 1e-9)
        # The finest of three distances that more likely than not holds the truth.
        finest = [name for name, km in DISTANCES.items() if radii.r50_km <= km * 1.0001]
        assert level is (finest[0] if finest else Level.CANNOT_TELL)
    order = list(Level)
    for one, other in itertools.combinations(curves, 2):
        if (one.probability >= other.probability).all():
            levels = one.level(calibration), other.level(calibration)
            assert order.index(levels[0]) <= order.index(levels[1])


def test_candidates_promise_no_more_than_is_left_by_the_answer() -> None:
    random = np.random.default_rng(3)
    for _ in range(300):
        weights = np.sort(random.dirichlet(np.full(12, 0.3)))[::-1][:10]
        random.shuffle(weights[:3])
        confidence, share = float(random.random()), float(random.random())
        found = candidate_probabilities(confidence, weights.tolist(), share)
        assert found[0] == confidence == max(found)
        assert min(found) >= 0.0
        assert sum(found) <= 1.0 + 1e-12
    assert candidate_probabilities(0.4, [0.5, 0.3, 0.2], 0.5) == pytest.approx([0.4, 0.18, 0.12])
    assert candidate_probabilities(0.4, [], 1.0) == []


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
    expected = {0.7: Level.FINE, 0.55: Level.COARSE, 0.4: Level.CANNOT_TELL}
    for probability, level in expected.items():
        assert ConfidenceCurve(radii, np.full(160, probability)).level(calibration) is level


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
        candidate_share=0.37,
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
        {"candidate_share": 1.01},
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
    assert ConfidenceCurve(radii, like).level(local) is Level.FINE
    assert ConfidenceCurve(radii, unlike).level(local) is Level.CANNOT_TELL


@pytest.mark.parametrize("value", [[], {"bias": 1.0}, {"bias": 0.0, "similarity": -1.0}])
def test_a_recognition_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(BundleError, match="recognition"):
        calibration_from_json({"recognition": value})
