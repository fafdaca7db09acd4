"""The page writes numbers as the program does: JavaScript and Python have the same rules."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from geoguess_app.core import format as written
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.map.scheme import BASE_URL
from tests.ui.map_page import MapDriver

_EDGES = (0.0, 0.0005, 0.0995, 0.1, 0.125, 0.5, 0.9949, 0.995, 0.9999, 1.0)
_RULES: dict[str, tuple[Callable[[float], str], list[float]]] = {
    "distance": (
        written.distance,
        [scale * edge for scale in (0.1, 1.0, 10.0, 100.0) for edge in _EDGES]
        + np.geomspace(1e-5, 20_015.0, 3000).tolist(),
    ),
    "percent": (written.percent, [*_EDGES, *np.linspace(0.0, 1.0, 3001).tolist()]),
    "area": (written.area, [*_EDGES, *np.geomspace(1e-11, 5.1e8, 3000).tolist()]),
}


@pytest.fixture
def texts(driver: MapDriver) -> MapDriver:
    """The page, with the module as `texts`."""
    driver.js(f"(import('{BASE_URL}js/text.js').then((module) => (window.texts = module)), 1)")
    driver.await_js("window.texts")
    return driver


@pytest.mark.parametrize("units", written.Units)
def test_the_page_writes_numbers_as_the_program_does(
    texts: MapDriver, units: written.Units, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: written.use_units(written.Units.KILOMETRES))
    written.use_units(units)
    texts.js(f"(texts.useUnits({units.value!r}), 1)")
    for name, (rule, numbers) in _RULES.items():
        found = texts.js(f"{json.dumps(numbers)}.map((number) => texts.{name}(number))")
        wrong = [
            (number, here, there)
            for number, here, there in zip(numbers, map(rule, numbers), found, strict=True)
            if here != there
        ]
        assert wrong == [], name
    assert texts.js("texts.counted(5000, 'photo', 'photos')") == "5,000 photos"
    place = Coordinate(48.8584, -2.29451)
    assert texts.js("texts.coordinates(48.8584, -2.29451)") == decimal(place, 4)


def test_numbers_of_a_legend_may_be_very_small(texts: MapDriver) -> None:
    shares = [0.0, 1e-9, 2e-5, 0.00014, 0.002, 0.05, 0.2, 0.999, 1.0]
    assert texts.js(f"{json.dumps(shares)}.map((share) => texts.legendPercent(share))") == [
        *("0%", "<0.0001%", "0.002%", "0.014%", "0.2%", "5%", "20%", ">99%", "100%"),
    ]
