"""Angles in every form that files and people use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoguess_app.core.geo.angles import LATITUDE, LONGITUDE, angle_deg, typed_pair


@pytest.mark.parametrize(
    ("text", "axis", "letter", "degrees"),
    [
        ("48,51.5022N", LATITUDE, "", 48.85837),
        ("48,51,30.132N", LATITUDE, "", 48.85837),
        # A decimal comma where XMP has a point: nothing of 60 or more is minutes or seconds.
        ("50,03,091734N", LATITUDE, "", 50.0515289),
        ("14,25,087680E", LONGITUDE, "", 14.418128),
        ("48,51,30,132N", LATITUDE, "", 48.85837),
        ("48,85837", LATITUDE, "", 48.85837),
        ("43.0764", LATITUDE, "", 43.0764),
        ("-79.0770", LONGITUDE, "", -79.077),
        ("43.0764n", LATITUDE, "", 43.0764),
        ("43.0764", LATITUDE, "South", -43.0764),
        ("-33.85", LATITUDE, "S", -33.85),
        ("43 deg 4' 35.04\" N", LATITUDE, "", 43.0764),
        ("48:51:30.132", LATITUDE, "N", 48.85837),
        ("North 5", LATITUDE, "", 5.0),
        ("179° 59′ 59″W", LONGITUDE, "", -179.999722),
    ],
)
def test_forms_that_files_have(text: str, axis: str, letter: str, degrees: float) -> None:
    assert angle_deg(text, axis, letter) == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "axis", "letter"),
    [
        ("", LATITUDE, ""),
        ("N", LATITUDE, ""),
        ("48.5E", LATITUDE, ""),
        ("48.5N", LATITUDE, "S"),
        ("91", LATITUDE, ""),
        ("181W", LONGITUDE, ""),
        ("48 99 N", LATITUDE, ""),
        ("48° 75′", LATITUDE, ""),
        ("48.5 30", LATITUDE, ""),
        ("1e5", LATITUDE, ""),
        ("nan", LATITUDE, ""),
        ("48,51,30,1,2N", LATITUDE, ""),
    ],
)
def test_what_is_no_angle_of_the_axis(text: str, axis: str, letter: str) -> None:
    assert angle_deg(text, axis, letter) is None


@given(degrees=st.floats(-180, 180), digits=st.integers(0, 7), comma=st.booleans())
def test_minutes_with_a_point_or_a_comma_are_read_alike(
    degrees: float, digits: int, comma: bool
) -> None:
    minutes = round(abs(degrees) * 60, digits)
    whole, rest = divmod(minutes, 60)
    rest_text = f"{min(rest, 59.9):0{3 + digits}.{digits}f}" if digits else f"{int(rest):02d}"
    text = f"{int(whole)},{rest_text}{'W' if degrees < 0 else 'E'}"
    found = angle_deg(text.replace(".", ",") if comma and digits > 2 else text, LONGITUDE)
    wanted = (int(whole) + float(rest_text) / 60) * (-1 if degrees < 0 else 1)
    assert found == pytest.approx(wanted, abs=1e-9)


@given(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))
def test_a_typed_pair_may_stand_in_either_order_when_letters_say_which(
    latitude: float, longitude: float
) -> None:
    north = f"{abs(latitude):.6f}{'S' if latitude < 0 else 'N'}"
    east = f"{abs(longitude):.6f}{'W' if longitude < 0 else 'E'}"
    wanted = pytest.approx((latitude, longitude), abs=1e-6)
    assert typed_pair(f"{north} {east}") == wanted
    assert typed_pair(f"{east}, {north}") == wanted


@pytest.mark.parametrize("text", ["Paris", "48.8584", "95 10", "48°75′N 2°E", "N 48 N 2", "1;2;3"])
def test_what_is_no_pair(text: str) -> None:
    assert typed_pair(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "48,8584; 2,2945",
        "48,8584,2,2945",
        "N 48° 51.504' E 002° 17.67'",
        "48°51.504 N 2°17.67 E",
        "2.2945E 48.8584N",
        "2.2945 E, 48.8584 N",
        "lat 48.8584 lon 2.2945",
        "Lon: 2.2945, Lat: 48.8584",
        "lng=2.2945 lat=48.8584",
        "Latitude: 48.8584, Longitude: 2.2945",
        "[48.8584, 2.2945]",
        "48.8584，2.2945",
        "48 51 30.24 N 2 17 40.2 E",
    ],
)
def test_positions_as_people_type_them(text: str) -> None:
    found = typed_pair(text)
    assert found == pytest.approx((48.8584, 2.2945), abs=1e-6)
