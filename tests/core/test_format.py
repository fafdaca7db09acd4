"""Distances, areas, shares and counts as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoguess_app.core.format import (
    Units,
    area,
    count,
    data_size,
    distance,
    percent,
    percent_range,
    plain_spaces,
    precise_percent,
    threshold,
    units,
    use_units,
)


@pytest.fixture
def miles() -> Iterator[None]:
    """Everything in miles, for one test."""
    use_units(Units.MILES)
    yield
    use_units(Units.KILOMETRES)


@pytest.mark.parametrize(
    ("km", "text"),
    [
        (0.0, "0 m"),
        (0.0003, "<1 m"),
        (0.0005, "1 m"),
        (0.004, "4 m"),
        (0.0426, "43 m"),
        (0.09949, "99 m"),
        (0.0995, "100 m"),
        (0.3442, "340 m"),
        (0.9949, "990 m"),
        (0.995, "1.0 km"),
        (0.9999, "1.0 km"),
        (1.0, "1.0 km"),
        (1.25, "1.3 km"),
        (9.949, "9.9 km"),
        (9.95, "10 km"),
        (12.3, "12 km"),
        (99.6, "100 km"),
        (124.4, "124 km"),
        (999.4, "999 km"),
        (999.6, "1,000 km"),
        (1235.0, "1,240 km"),
        (8410.4, "8,410 km"),
        (20015.1, "20,000 km"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_distances_have_three_digits_at_most(km: float, text: str) -> None:
    assert plain_spaces(distance(km)) == text


@given(st.floats(0.0, 20_100.0))
def test_a_longer_distance_never_reads_as_a_shorter_one(km: float) -> None:
    def read(text: str) -> float:
        number, unit = plain_spaces(text).replace(",", "").split()
        return float(number.replace("<1", "0.5")) / (1000 if unit == "m" else 1)

    written = distance(km)
    assert "1000" not in written
    assert "1,000\N{NO-BREAK SPACE}m" not in written
    assert read(written) <= read(distance(1.01 * km))
    # Half a step of the rounding: half a metre, 5 m, 50 m, half a kilometre, or 0.5%.
    assert abs(read(written) - km) <= max(0.0005, 0.0501 * km)


@pytest.mark.parametrize(
    ("km", "text"),
    [
        (0.002, "2 m"),
        (0.05, "50 m"),
        (1.0, "1 km"),
        (2.5, "2.5 km"),
        (12.5, "12.5 km"),
        (2500.0, "2,500 km"),
        (12345.0, "12,345 km"),
    ],
)
def test_thresholds_are_what_was_chosen(km: float, text: str) -> None:
    assert plain_spaces(threshold(km)) == text


@pytest.mark.parametrize(
    ("km2", "text"),
    [
        (5.4e-11, "0.54 cm²"),
        (2.3e-4, "230 m²"),
        (0.0053, "5,300 m²"),
        (0.26, "0.26 km²"),
        (9.96, "10 km²"),
        (15.7, "16 km²"),
        (230.4, "230 km²"),
        (0.0, "0 km²"),
        (1304.0, "1,300 km²"),
        (6_026_502.2, "6,030,000 km²"),
    ],
)
def test_areas(km2: float, text: str) -> None:
    assert plain_spaces(area(km2)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (1e-12, "<0.1%"),
        (0.00049, "<0.1%"),
        (0.0005, "0.1%"),
        (0.004, "0.4%"),
        (0.034, "3.4%"),
        (0.09949, "9.9%"),
        (0.0995, "10%"),
        (0.125, "13%"),
        (0.831, "83%"),
        (0.9949, "99%"),
        (0.995, ">99%"),
        (1.0 - 1e-12, ">99%"),
        (1.0, "100%"),
        (math.nan, "–"),
    ],
)
def test_shares_never_round_to_certainty(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (1e-6, "<0.1%"),
        (0.5, "50.0%"),
        (0.99949, "99.9%"),
        (0.99996, ">99.9%"),
        (1.0, "100%"),
    ],
)
def test_measured_shares_keep_one_decimal(share: float, text: str) -> None:
    assert precise_percent(share) == text


@given(st.floats(0.0, 1.0))
def test_only_none_and_all_are_called_so(share: float) -> None:
    for written in (percent(share), precise_percent(share)):
        assert (written == "0%") == (share == 0)
        assert (written == "100%") == (share == 1)


def test_intervals_of_shares() -> None:
    assert percent_range(0.123, 0.178) == "12–18%"
    assert percent_range(0.0, 1.0) == "0–100%"
    assert percent_range(math.nan, math.nan) == "–"


def test_counts() -> None:
    assert count(1, "photo", "photos") == "1 photo"
    assert count(5000, "photo", "photos") == "5,000 photos"


def test_numbers_keep_together_with_their_unit() -> None:
    assert distance(12.0) == "12\N{NO-BREAK SPACE}km"


@pytest.mark.usefixtures("miles")
@pytest.mark.parametrize(
    ("km", "text"),
    [
        (0.0, "0 ft"),
        (0.0001, "<1 ft"),
        (0.004, "13 ft"),
        (0.3, "980 ft"),
        (0.31, "0.2 mi"),
        (0.8, "0.5 mi"),
        (1.609344, "1.0 mi"),
        (12.0, "7.5 mi"),
        (25.0, "16 mi"),
        (2500.0, "1,550 mi"),
        (20015.1, "12,400 mi"),
        (math.inf, "–"),
    ],
)
def test_distances_in_miles(km: float, text: str) -> None:
    assert plain_spaces(distance(km)) == text
    assert threshold(km) == distance(km)


@pytest.mark.usefixtures("miles")
@pytest.mark.parametrize(
    ("km2", "text"),
    [
        (0.0, "0 mi²"),
        (1e-10, "0.16 in²"),
        (1e-4, "1,080 ft²"),
        (0.03, "0.012 mi²"),
        (1280.0, "494 mi²"),
        (6e6, "2,320,000 mi²"),
    ],
)
def test_areas_in_miles(km2: float, text: str) -> None:
    assert plain_spaces(area(km2)) == text


def test_kilometres_unless_somebody_chose_miles() -> None:
    assert units() is Units.KILOMETRES


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "1 KB"),
        (820_400, "820 KB"),
        (1_240_000, "1.2 MB"),
        (24_400_000, "24 MB"),
        (150_100_000_000, "150 GB"),
    ],
)
def test_sizes_of_files_and_memory(size_bytes: int, text: str) -> None:
    assert plain_spaces(data_size(size_bytes)) == text
