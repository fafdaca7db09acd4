"""Models that say where they were sold."""

from __future__ import annotations

import re

import pytest

from geoguess_app.core.clues.clue import Clue, describe
from geoguess_app.core.clues.devices import device_table, market_clue
from geoguess_app.core.clues.kinds import ClueKind, names_of


@pytest.mark.parametrize(
    ("camera", "countries"),
    [
        ("samsung SM-S918N", ("KR",)),
        ("samsung SM-G920L", ("KR",)),
        ("samsung SM-G960U1", ("US", "PR", "VI")),
        ("samsung SM-G900V", ("US", "PR", "VI")),
        ("SAMSUNG SM-G900W8", ("CA",)),
        ("samsung SM-S9180", ("CN", "HK", "MO", "TW")),
        ("samsung SC-02H", ("JP",)),
        ("Sony SO-01J", ("JP",)),
        ("Sony 601SO", ("JP",)),
        ("SHARP SHV43", ("JP",)),
        ("LGE LG-F500L", ("KR",)),
        ("Xiaomi M2012K11AC", ("CN",)),
        ("Xiaomi M2012K11AI", ("IN",)),
        ("HUAWEI EVA-TL00", ("CN",)),
        ("Canon EOS Kiss X7i", ("JP",)),
        ("Canon EOS KISS M", ("JP",)),
    ],
)
def test_made_for_one_market(camera: str, countries: tuple[str, ...]) -> None:
    assert market_clue(camera) == Clue(ClueKind.COUNTRY, countries)


@pytest.mark.parametrize(
    "camera",
    [
        "samsung SM-G930F",
        "samsung SM-S918B",
        "samsung SM-G9600",  # China and Latin America
        "HUAWEI BND-AL10",  # China and India
        "Xiaomi M2012K11AG",
        "Xiaomi Redmi Note 10 Pro",
        "Apple iPhone 11 Pro",
        "Canon EOS 700D",
        "Canon PowerShot G7 X",
        "Panasonic DMC-TZ10",
        "Sony ILCE-7M3",
        "Sony DSC-HX5V",
    ],
)
def test_sold_in_many_places(camera: str) -> None:
    assert market_clue(camera) is None


def test_all_countries_of_the_table_are_known() -> None:
    known = names_of(ClueKind.COUNTRY)
    for market in device_table().devices:
        assert set(market.sold_in) <= known.keys(), market.model
        re.compile(market.model)


def test_a_clue_of_many_countries_is_said_in_short() -> None:
    rebel = market_clue("Canon EOS DIGITAL REBEL XT")
    assert rebel is not None
    said = describe(rebel)
    assert said.startswith("United States, Canada, Mexico, Guatemala or ")
    assert said.endswith(f"{len(rebel.values) - 4} more")
    assert {"BR", "AR", "CL"} <= set(rebel.values)
    assert rebel.area() is not None
