"""Regressed coordinates and the mean of the nearest photos, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoguess_app.core.bundle.manifest import RegressionConfig
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.decide import RawOutputs
from geoguess_app.core.decision.local import LocalModel, decide_by_neighbours, decide_by_regression
from geoguess_app.core.geo.sphere import great_circle_km
from tests.core.decision_samples import model, with_bank

CAMPUS = RegressionConfig(mean=(48.5, 11.0), std=(0.01, 0.02))


def regression(calibration: Calibration) -> LocalModel:
    return LocalModel(replace(model(), calibration=calibration), CAMPUS, 0.1, None)


def test_regressed_degrees_are_the_mean_of_the_crops_standardised_back() -> None:
    raw = RawOutputs({"base": {"coordinates": np.array([[1.0, -1.0], [0.0, 0.0]])}})
    answer = decide_by_regression(raw, regression(Calibration()))
    assert answer.coordinate.latitude_deg == pytest.approx(48.5 + 0.5 * 0.01)
    assert answer.coordinate.longitude_deg == pytest.approx(11.0 - 0.5 * 0.02)
    assert answer.candidates == ()
    assert answer.cell_probabilities == {}


def test_regression_gives_the_radii_that_were_measured() -> None:
    measured = Calibration(regression_radii_km=(0.05, 0.11, 0.4))
    raw = RawOutputs({"base": {"coordinates": np.zeros((1, 2))}})
    radii = decide_by_regression(raw, regression(measured)).radii
    assert [radii.r50_km, radii.r80_km, radii.r95_km] == pytest.approx([0.05, 0.11, 0.4], rel=0.02)


def test_an_unmeasured_regression_promises_no_more_than_the_photos_spread() -> None:
    raw = RawOutputs({"base": {"coordinates": np.zeros((1, 2))}})
    radii = decide_by_regression(raw, regression(Calibration())).radii
    # One standard deviation is 1.1 km north and 1.5 km east.
    assert 1.0 < radii.r50_km < radii.r80_km < radii.r95_km < 5.0


def test_neighbours_are_averaged_by_similarity() -> None:
    spots = [(48.500, 11.000), (48.502, 11.000), (48.500, 11.300)]
    sample = with_bank(replace(model(), neighbours=2), spots)
    local = LocalModel(replace(sample, neighbours=2), None, 0.1, None)
    photo = np.zeros((1, 8))
    photo[0, :2] = 1.0  # as like the first as the second, unlike the third
    answer = decide_by_neighbours(RawOutputs({}, photo), local)
    assert float(
        great_circle_km(
            answer.coordinate.latitude_deg, answer.coordinate.longitude_deg, 48.501, 11.0
        )
    ) == pytest.approx(0.0, abs=1e-3)
    assert {neighbour.bank_index for neighbour in answer.neighbours} == {0, 1}
    # Both lie 111 m away: the radii are of metres, not of kilometres.
    assert 0.05 < answer.radii.r50_km < 0.2
    assert answer.radii.r95_km >= answer.radii.r80_km >= answer.radii.r50_km
