"""Positions as tags: against exiftool, against hand-made values, over the whole Earth."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Coordinate, Place
from geoguess_app.photos.position_tags import (
    LATITUDE,
    POSITIONING_ERROR,
    PROCESSING_METHOD,
    WrittenPosition,
    estimate_by,
    exif_fields,
    is_estimate,
    xmp_values,
)
from geoguess_app.photos.precision import Precision, limit_place, limit_precision
from geoguess_app.photos.write_plan import WriteOptions, make_plan
from tests.photos.saving import CHINA, EIFFEL, copies, exiftool, requests, saved

COORDINATES = st.builds(Coordinate, st.floats(-90, 90).map(lambda x: x + 0.0), st.floats(-180, 180))


def test_by_hand() -> None:
    fields = exif_fields(EIFFEL)
    # 48.85837° = 48° 51′ 30.132″
    assert fields[LATITUDE].numbers == (48, 1, 51, 1, 301320, 10000)
    assert fields[POSITIONING_ERROR].numbers == (61728, 5)
    assert fields[PROCESSING_METHOD].data == b"ASCII\0\0\0ML-ESTIMATE Starter 1.0"
    values = xmp_values(EIFFEL)
    assert values["GPSLatitude"] == "48,51.502200N"
    assert values["GPSLongitude"] == "2,17.668860E"


def test_rounding_carries() -> None:
    near = WrittenPosition(Coordinate(-0.9999999999, 179.9999999999), None, "MANUAL")
    assert exif_fields(near)[LATITUDE].numbers == (1, 1, 0, 1, 0, 10000)
    assert xmp_values(near)["GPSLatitude"] == "1,0.000000S"
    assert xmp_values(near)["GPSLongitude"] == "180,0.000000E"
    assert POSITIONING_ERROR not in exif_fields(near)


@given(COORDINATES)
def test_exif_angles_keep_the_place(coordinate: Coordinate) -> None:
    fields = exif_fields(WrittenPosition(coordinate, None, "MANUAL"))
    d, dd, m, md, s, sd = fields[LATITUDE].numbers
    degrees = d / dd + m / md / 60 + s / sd / 3600
    sign = -1 if fields[1].data == b"S\0" else 1
    assert sign * degrees == pytest.approx(coordinate.latitude_deg, abs=2e-8)
    assert m < 60
    assert s < 60 * sd
    assert struct.calcsize(">6I") == len(fields[LATITUDE].encoded(">"))


def test_methods() -> None:
    assert estimate_by("Mödel ✓ 2") == "ML-ESTIMATE Model ? 2"
    assert is_estimate("ML-ESTIMATE Starter 1.0")
    assert is_estimate("ML-ESTIMATE")
    assert not any(map(is_estimate, ("MANUAL", "ML-ESTIMATES", "GPS", "", None)))


@pytest.mark.parametrize(
    "coordinate",
    [(0, 0.5), (-33.8568, 151.2153), (89.99999, -179.99999), (-90, 180), (1e-7, -1e-7)],
)
def test_exiftool_agrees_everywhere(tmp_path: Path, coordinate: tuple[float, float]) -> None:
    position = replace(EIFFEL, coordinate=Coordinate(*coordinate))
    file = copies([CHINA], tmp_path / "photos")[0]
    saved(make_plan(requests([file], position), WriteOptions()))
    other = copies([CHINA], tmp_path / "others")[0]
    saved(make_plan(requests([other], position), WriteOptions(embed_kinds=frozenset())))
    sidecar = other.with_name("china.jpg.xmp")
    # Of EXIF exiftool makes signed numbers itself; those of XMP carry their sign.
    groups = ("Composite", "XMP")
    wanted = ["-n", *(f"-{g}:GPS{axis}" for g in groups for axis in ("Latitude", "Longitude"))]
    for row in exiftool([file, sidecar], *wanted).values():
        assert row["GPSLatitude"] == pytest.approx(coordinate[0], abs=3e-8)
        assert row["GPSLongitude"] == pytest.approx(coordinate[1], abs=3e-8)


@pytest.mark.parametrize(("precision", "grid"), [(Precision.CITY, 0.1), (Precision.REGION, 1.0)])
@given(COORDINATES, st.floats(0, 1e6))
def test_a_cap_rounds_and_says_so(
    precision: Precision, grid: float, coordinate: Coordinate, error_m: float
) -> None:
    exact = WrittenPosition(coordinate, error_m, "MANUAL")
    written = limit_precision(exact, precision)
    here = written.coordinate
    for value in (here.latitude_deg, here.longitude_deg):
        assert value / grid == pytest.approx(round(value / grid), abs=1e-6)
    moved_km = great_circle_km(
        coordinate.latitude_deg, coordinate.longitude_deg, here.latitude_deg, here.longitude_deg
    )
    assert written.error_m is not None
    assert written.error_m >= error_m
    assert 1000 * float(moved_km) <= written.error_m - error_m + 0.01


def test_an_exact_position_stays_and_regions_have_no_town() -> None:
    assert limit_precision(EIFFEL, Precision.EXACT) == EIFFEL
    place = Place("Paris", "Île-de-France", "France", "FR")
    assert limit_place(place, Precision.CITY).city == "Paris"
    assert limit_place(place, Precision.REGION).city == ""
