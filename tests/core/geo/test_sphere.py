"""Distances, means and circles, against s2sphere and known geography."""

from __future__ import annotations

import math

import numpy as np
import pytest
import s2sphere
from hypothesis import given
from hypothesis import strategies as st

from geoguess_app.core.geo.sphere import (
    EARTH_RADIUS_KM,
    circle,
    destination,
    great_circle_km,
    lat_lon,
    spherical_mean,
    unit_vectors,
)
from geoguess_app.core.types import Coordinate

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


@given(latitudes, longitudes, latitudes, longitudes)
def test_distance_is_that_of_s2(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    a = s2sphere.LatLng.from_degrees(lat1, lon1)
    b = s2sphere.LatLng.from_degrees(lat2, lon2)
    expected = a.get_distance(b).radians * EARTH_RADIUS_KM
    # Near the antipode the haversine of one side loses half of its digits: a few hundred metres.
    tolerance = 1e-6 if expected < 20_000 else 0.5
    assert float(great_circle_km(lat1, lon1, lat2, lon2)) == pytest.approx(expected, abs=tolerance)


def test_distance_between_cities_and_broadcasting() -> None:
    paris, london = (48.8566, 2.3522), (51.5074, -0.1278)
    assert float(great_circle_km(*paris, *london)) == pytest.approx(343.6, abs=0.5)
    table = great_circle_km(np.zeros((3, 1)), 0.0, np.zeros(4), np.arange(4.0))
    assert table.shape == (3, 4)
    assert table.dtype == np.float64
    assert table[0, 1] == pytest.approx(math.pi * EARTH_RADIUS_KM / 180)


def test_distance_across_the_date_line_and_to_the_antipode() -> None:
    assert float(great_circle_km(0, 179.5, 0, -179.5)) == pytest.approx(111.19, abs=0.01)
    assert float(great_circle_km(30, 20, -30, -160)) == pytest.approx(math.pi * EARTH_RADIUS_KM)


@given(latitudes, longitudes)
def test_vectors_have_length_one_and_lead_back(lat: float, lon: float) -> None:
    vector = unit_vectors(lat, lon)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-15)
    back_lat, back_lon = lat_lon(vector * 3.7)
    assert float(great_circle_km(lat, lon, back_lat, back_lon)) < 1e-5


def test_vectors_of_scalars_and_arrays_have_one_axis_more() -> None:
    assert unit_vectors(0.0, 0.0).tolist() == [1.0, 0.0, 0.0]
    assert unit_vectors(np.zeros((2, 5)), 10.0).shape == (2, 5, 3)


def test_mean_across_the_date_line_lies_there_and_not_in_africa() -> None:
    mean = spherical_mean([10, 10], [179, -179])
    assert abs(mean.longitude_deg) == pytest.approx(180.0)
    assert mean.latitude_deg == pytest.approx(10.0015, abs=1e-3)


def test_mean_around_the_pole_is_the_pole() -> None:
    mean = spherical_mean([80, 80, 80, 80], [0, 90, 180, -90])
    assert mean.latitude_deg == pytest.approx(90.0)


def test_mean_follows_its_weights() -> None:
    assert spherical_mean([0, 0], [0, 90], [1, 3]).longitude_deg == pytest.approx(
        math.degrees(math.atan(3))
    )
    assert spherical_mean([0, 0], [0, 90], [0, 2]) == Coordinate(0, 90)


def test_mean_of_antipodes_is_the_heavier_one() -> None:
    assert spherical_mean([0, 0], [0, 180]) == Coordinate(0, 0)
    assert spherical_mean([12, -12, 12], [30, -150, 30]).latitude_deg == pytest.approx(12)


@pytest.mark.parametrize("weights", [[0, 0], [-1, 2], [math.nan, 1], [math.inf, 1]])
def test_mean_refuses_unusable_weights(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        spherical_mean([0, 1], [0, 1], weights)


def test_mean_refuses_no_points() -> None:
    with pytest.raises(ValueError, match="at least one point"):
        spherical_mean([], [])


@given(latitudes, longitudes, st.floats(0, 360), st.floats(0, 20_000))
def test_destination_lies_at_its_distance(
    lat: float, lon: float, bearing: float, distance: float
) -> None:
    end_lat, end_lon = destination(Coordinate(lat, lon), bearing, distance)
    assert float(great_circle_km(lat, lon, end_lat, end_lon)) == pytest.approx(distance, abs=0.5)


def test_destination_bearings_are_a_compass() -> None:
    lat, lon = destination(Coordinate(0, 0), np.array([0, 90, 180, 270]), np.full(4, 1000.0))
    degrees = math.degrees(1000 / EARTH_RADIUS_KM)
    assert lat == pytest.approx([degrees, 0, -degrees, 0], abs=1e-9)
    assert lon == pytest.approx([0, degrees, 0, -degrees], abs=1e-9)


@given(latitudes, longitudes, st.floats(0.001, 9_000))
def test_circle_keeps_its_radius_and_has_no_jump(lat: float, lon: float, radius: float) -> None:
    ring = circle(Coordinate(lat, lon), radius, points=90)
    assert ring.shape == (90, 2)
    distances = great_circle_km(lat, lon, ring[:, 0], ring[:, 1])
    assert distances == pytest.approx(np.full(90, radius), rel=1e-6, abs=1e-5)
    assert np.abs(np.diff(ring[:, 1])).max() <= 180.0


def test_circle_crosses_the_date_line_on_the_side_of_its_centre() -> None:
    ring = circle(Coordinate(0, 179), 500)
    assert ring[:, 1].max() > 180.0
    assert ring[:, 1].mean() == pytest.approx(179, abs=0.1)
    west = circle(Coordinate(0, -179), 500)
    assert west[:, 1].mean() == pytest.approx(-179, abs=0.1)


def test_circle_around_a_pole_winds_once() -> None:
    ring = circle(Coordinate(89, 30), 1000, points=72)
    turn = ring[-1, 1] - ring[0, 1]
    assert abs(turn) == pytest.approx(360, abs=20)
