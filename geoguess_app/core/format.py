"""Distances, areas, shares and counts as people read them: at most three significant digits.

The window, the map, the reports and the terminal all show these texts. A no-break space keeps a
number together with its unit. Text for a terminal or a file goes through ``plain_spaces``, so that
it can be searched and split at spaces. Coordinates are written by
``geoguess_app.core.geo.coordinates``.

The map page computes a few numbers itself, such as the one under the pointer;
``resources/map/js/text.js`` follows the same rules, and a test compares the two.
"""

from __future__ import annotations

import math

NO_BREAK_SPACE = "\u00a0"
NO_VALUE = "–"
"""Stands for a share or distance that does not exist, such as the median of no photos."""


def distance(km: float) -> str:
    """Write a measured distance: ``4 m``, ``840 m``, ``1.2 km``, ``12 km``, ``124 km``, ``8,410
    km``.

    Whole metres below 100 m, tens of metres below 1 km, one decimal below 10 km, then whole
    kilometres with three significant digits. NaN and infinity become an en dash.
    """
    if not math.isfinite(km):
        return NO_VALUE
    if 0 < km < 0.0005:
        return _with_unit("<1", "m")
    if (metres := _round(1000 * km)) < 100:
        return _with_unit(str(metres), "m")
    if (tens := _round(100 * km)) < 100:
        return _with_unit(str(10 * tens), "m")
    if (tenths := _round(10 * km)) < 100:
        return _with_unit(_one_decimal(tenths), "km")
    return _with_unit(_three_digits(_round(km)), "km")


def threshold(km: float) -> str:
    """Write a distance that somebody chose, unrounded: ``50 m``, ``2.5 km``, ``2,500 km``."""
    if km < 1:
        return _with_unit(f"{1000 * km:,.10g}", "m")
    return _with_unit(f"{km:,.10g}", "km")


def area(km2: float) -> str:
    """Write an area: ``1,280 km²``, ``0.42 km²``, ``5,300 m²``, ``0.8 cm²``.

    Two significant digits, below 1,000 whole numbers, from 1,000 on three significant digits.
    """
    if km2 >= 0.1 or km2 == 0:
        return _with_unit(_two_digits(km2), "km²")
    if km2 >= 1e-6:
        return _with_unit(_two_digits(1e6 * km2), "m²")
    return _with_unit(_two_digits(1e10 * km2), "cm²")


def percent(share: float) -> str:
    """Write a share from 0 to 1: ``83%``, ``9.5%``, ``0.4%``, ``<0.1%``, ``>99%``.

    A share below 10% keeps one decimal. Only 0 is called ``0%`` and only 1 ``100%``. NaN becomes an
    en dash.
    """
    if math.isnan(share) or share in (0, 1):
        return _whole_share(share)
    tenths = _round(1000 * share)
    if tenths < 1:
        return "<0.1%"
    if tenths < 100:
        return f"{_one_decimal(tenths)}%"
    whole = _round(100 * share)
    return f"{whole}%" if share > 1 or whole < 100 else ">99%"


def precise_percent(share: float) -> str:
    """Write a measured share with one decimal, as tables of accuracy do: ``32.4%``, ``>99.9%``.

    Only 0 is called ``0%`` and only 1 ``100%``. NaN becomes an en dash.
    """
    if math.isnan(share) or share in (0, 1):
        return _whole_share(share)
    tenths = _round(1000 * share)
    if tenths < 1:
        return "<0.1%"
    return f"{_one_decimal(tenths)}%" if share > 1 or tenths < 1000 else ">99.9%"


def percent_range(low: float, high: float) -> str:
    """Write an interval of a share in whole percent: ``12–18%``. NaN becomes an en dash."""
    if math.isnan(low) or math.isnan(high):
        return NO_VALUE
    return f"{_round(100 * low)}–{_round(100 * high)}%"


def count(number: int, one: str, many: str) -> str:
    """Write how many there are of a thing: ``1 photo``, ``5,000 photos``."""
    return f"{number:,} {one if number == 1 else many}"


def plain_spaces(text: str) -> str:
    """Replace no-break spaces by plain ones, for a terminal or a file."""
    return text.replace(NO_BREAK_SPACE, " ")


def _whole_share(share: float) -> str:
    return NO_VALUE if math.isnan(share) else f"{100 * share:.0f}%"


def _with_unit(number: str, unit: str) -> str:
    return f"{number}{NO_BREAK_SPACE}{unit}"


def _round(number: float) -> int:
    """Round halves up, as JavaScript's Math.round does, not to the even neighbour."""
    return math.floor(number + 0.5)


def _one_decimal(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def _two_digits(number: float) -> str:
    if number >= 10:
        return _three_digits(_round(number))
    decimals = 1
    while number * 10**decimals < 10 and decimals < 9:
        decimals += 1
    return f"{_round(number * 10**decimals) / 10**decimals:g}"


def _three_digits(number: int) -> str:
    step = 10 ** max(0, len(str(number)) - 3)
    return f"{_round(number / step) * step:,}"
