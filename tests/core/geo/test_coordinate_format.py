"""Coordinates as text: written as GIS tools expect, read back in every common form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoguess_app.core.errors import CoordinateError
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate

EIFFEL = Coordinate(48.8584, 2.2945)
coordinates = st.builds(Coordinate, st.floats(-90, 90), st.floats(-180, 180, exclude_max=False))


def test_written_forms() -> None:
    assert cf.decimal(EIFFEL) == "48.85840, 2.29450"
    assert cf.dms(EIFFEL) == "48°51′30.2″N 2°17′40.2″E"
    assert cf.geo_uri(EIFFEL, radius_km=1.2) == "geo:48.85840,2.29450;u=1200"
    assert cf.map_url(EIFFEL) == (
        "https://www.openstreetmap.org/?mlat=48.85840&mlon=2.29450#map=12/48.85840/2.29450"
    )


def test_dms_carries_over_instead_of_writing_sixty() -> None:
    assert cf.dms(Coordinate(-33.9999999, 151.9999999)) == "34°00′00.0″S 152°00′00.0″E"
    assert cf.dms(Coordinate(-0.0000001, 0.0)) == "0°00′00.0″N 0°00′00.0″E"


@pytest.mark.parametrize("form", list(cf.CoordinateFormat))
@given(coordinate=coordinates)
def test_every_written_form_is_read_back(form: cf.CoordinateFormat, coordinate: Coordinate) -> None:
    again = cf.parse(cf.format_coordinate(coordinate, form))
    assert again.latitude_deg == pytest.approx(coordinate.latitude_deg, abs=2e-5)
    assert again.longitude_deg == pytest.approx(coordinate.longitude_deg, abs=2e-5)


@pytest.mark.parametrize(
    "text",
    [
        "48.8584, 2.2945",
        "48.8584 2.2945",
        "(48.8584; 2.2945)",
        "48.8584N, 2.2945E",
        "48° 51' 30.24\" N, 2° 17' 40.2\" E",
        "48,8584; 2,2945",
        "48,8584 2,2945",
        "N 48° 51.504' E 002° 17.670'",
        "2.2945E 48.8584N",
        "n48 51 30.24 e2 17 40.2",
        "48 deg 51' 30.24\" N, 2 deg 17' 40.20\" E",
        "geo:48.8584,2.2945,35?z=12",
        "https://www.google.com/maps/place/X/@48.8584,2.2945,17z",
        "https://maps.google.com/?q=48.8584%2C2.2945",
        "https://www.openstreetmap.org/#map=17/48.8584/2.2945",
    ],
)
def test_common_forms_are_read(text: str) -> None:
    found = cf.parse(text)
    assert found.latitude_deg == pytest.approx(48.8584, abs=1e-6)
    assert found.longitude_deg == pytest.approx(2.2945, abs=1e-6)


def test_southern_and_western_signs() -> None:
    found = cf.parse("33°51′24.8″S 70°12′54.7″W")
    assert (found.latitude_deg, found.longitude_deg) == pytest.approx(
        (-33.85689, -70.21519), abs=1e-5
    )
    assert cf.parse("−33.5, −70.25") == Coordinate(-33.5, -70.25)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Paris",
        "48.8584",
        "95, 10",
        "10, 200",
        "48°75′00″N 2°00′00″E",
        "geo:1",
        "https://x.org/",
    ],
)
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(CoordinateError) as caught:
        cf.parse(text)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
