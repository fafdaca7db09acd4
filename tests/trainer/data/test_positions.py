"""Positions that cannot be meant, and tables whose latitude and longitude are swapped."""

from __future__ import annotations

import numpy as np
import pytest

from geoguess_app.core.types import FloatArray
from trainer.data.positions import position_faults, swap_evidence

# Twenty-five towns within ±90° of longitude, so that no number gives a swap away by itself.
TOWNS = np.array(
    [
        *((48.86, 2.35), (52.52, 13.40), (41.90, 12.50), (40.42, -3.70), (59.33, 18.06)),
        *((60.17, 24.94), (50.45, 30.52), (55.75, 37.62), (44.43, 26.10), (47.50, 19.04)),
        *((48.21, 16.37), (50.08, 14.44), (52.23, 21.01), (55.68, 12.57), (59.91, 10.75)),
        *((53.35, -6.26), (51.51, -0.13), (38.72, -9.14), (45.46, 9.19), (46.95, 7.45)),
        *((43.30, 5.37), (45.76, 4.84), (53.55, 9.99), (48.14, 11.58), (50.94, 6.96)),
    ]
)
CODES = "FR DE IT ES SE FI UA RU RO HU AT CZ PL DK NO IE GB PT IT CH FR FR DE DE DE"


def columns(table: FloatArray) -> tuple[FloatArray, FloatArray]:
    return table[:, 0].copy(), table[:, 1].copy()


def test_every_position_has_one_fault_at_most() -> None:
    lat = np.array([48.0, np.nan, 10.0, 0.0, 120.0, 95.0, 20.0, -90.0, 0.0])
    lon = np.array([2.0, 2.0, np.nan, 0.0, 45.0, 150.0, 181.0, 180.0, 5.0])
    faults = position_faults(lat, lon)
    assert np.flatnonzero(faults.missing).tolist() == [1, 2]
    assert np.flatnonzero(faults.empty).tolist() == [3]
    assert np.flatnonzero(faults.swapped).tolist() == [4]
    assert np.flatnonzero(faults.impossible).tolist() == [5, 6]
    together = faults.missing.astype(int) + faults.empty + faults.swapped + faults.impossible
    assert together.max() == 1


def test_a_table_of_towns_is_right_and_swapped_it_is_noticed_by_nearness() -> None:
    lat, lon = columns(TOWNS)
    assert swap_evidence(lat, lon) is None
    found = swap_evidence(lon, lat)
    assert found is not None
    assert not found.certain, "photos taken at sea are far from towns as well"
    assert "from every town" in found.reason


def test_stated_countries_make_a_swap_certain() -> None:
    lat, lon = columns(TOWNS)
    assert swap_evidence(lat, lon, CODES.split()) is None
    found = swap_evidence(lon, lat, [f" {code.lower()} " for code in CODES.split()])
    assert found is not None
    assert found.certain
    assert found.reason.startswith("100% of the stated countries fit")


def test_countries_that_fit_neither_way_prove_nothing() -> None:
    lat, lon = columns(TOWNS)
    assert swap_evidence(lon, lat, ["NZ"] * len(TOWNS)) is None


@pytest.mark.parametrize("east", [10.0, 170.0])
def test_impossible_latitudes_count_unless_longitudes_are_beyond_90_too(east: float) -> None:
    lat = np.array([100.0, 120.0, 140.0, 30.0, 31.0, 32.0])
    lon = np.array([10.0, 20.0, 30.0, 11.0, 12.0, east])
    found = swap_evidence(lat, lon)
    if east > 90:
        assert found is None
    else:
        assert found is not None
        assert found.certain
        assert found.reason == "3 of 6 latitudes are outside ±90, no longitude is"


def test_few_photos_prove_nothing() -> None:
    lat, lon = columns(TOWNS[:10])
    assert swap_evidence(lon, lat) is None
    nothing = np.full(4, np.nan)
    assert swap_evidence(nothing, nothing) is None
