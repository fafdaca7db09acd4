"""Distances, areas, shares and counts as people read them: at most three significant digits.

The window, the map, the reports and the terminal all show these texts. A no-break space keeps a
number together with its unit. Text for a terminal or a file goes through ``plain_spaces``, so that
it can be searched and split at spaces. Coordinates are written by
``geoguess_app.core.geo.coordinates``.

Distances and areas are in kilometres, or in miles where the user wants them (``use_units``); what
programs read (CSV, JSON, EXIF …) does not go through here and is always metric.

The map page computes a few numbers itself, such as the one under the pointer;
``resources/map/js/text.js`` follows the same rules, and a test compares the two.
"""

from __future__ import annotations

import math
from datetime import datetime
from enum import Enum

NO_BREAK_SPACE = "\u00a0"
NO_VALUE = "–"
"""Stands for a share or distance that does not exist, such as the median of no photos."""
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MILE_KM, _FOOT_KM = 1.609344, 0.0003048


class Units(Enum):
    """The units of distances and areas, by what settings and the command line call them."""

    KILOMETRES = "km"
    MILES = "mi"


class _Chosen:
    units = Units.KILOMETRES


def use_units(units: Units) -> None:
    """Write distances and areas in these units from now on, in the whole program."""
    _Chosen.units = units


def units() -> Units:
    """Tell the units that distances and areas are written in."""
    return _Chosen.units


def distance(km: float) -> str:
    """Write a measured distance: ``4 m``, ``840 m``, ``1.2 km``, ``12 km``, ``124 km``, ``8,410
    km``; in miles ``13 ft``, ``760 ft``, ``0.7 mi``, ``7.5 mi``, ``5,230 mi``.

    Whole metres below 100 m, tens of metres below 1 km, one decimal below 10 km, then whole
    kilometres with three significant digits. With miles the same, and feet up to 1,000. NaN and
    infinity become an en dash.
    """
    if not math.isfinite(km):
        return NO_VALUE
    if _Chosen.units is Units.MILES:
        return _length(km / _FOOT_KM, "ft", km / _MILE_KM, "mi")
    return _length(1000 * km, "m", km, "km")


def _length(in_small: float, small: str, in_large: float, large: str) -> str:
    if 0 < in_small < 0.5:
        return _with_unit("<1", small)
    if (whole := _round(in_small)) < 100:
        return _with_unit(str(whole), small)
    if (tens := _round(in_small / 10)) < 100:
        return _with_unit(str(10 * tens), small)
    if (tenths := _round(10 * in_large)) < 100:
        return _with_unit(_one_decimal(tenths), large)
    return _with_unit(_three_digits(_round(in_large)), large)


def threshold(km: float) -> str:
    """Write a distance that somebody chose, unrounded: ``50 m``, ``2.5 km``, ``2,500 km``.

    People choose in kilometres: in miles it is written as any other distance.
    """
    if _Chosen.units is Units.MILES:
        return distance(km)
    if km < 1:
        return _with_unit(f"{1000 * km:,.10g}", "m")
    return _with_unit(f"{km:,.10g}", "km")


def area(km2: float) -> str:
    """Write an area: ``1,280 km²``, ``0.42 km²``, ``5,300 m²``, ``0.8 cm²``; in miles ``494 mi²``,
    ``0.16 mi²``, ``57,000 ft²``, ``0.12 in²``.

    Two significant digits, below 1,000 whole numbers, from 1,000 on three significant digits.
    """
    if _Chosen.units is Units.MILES:
        miles2, feet2 = km2 / _MILE_KM**2, km2 / _FOOT_KM**2
        if miles2 >= 0.01 or km2 == 0:
            return _with_unit(_two_digits(miles2), "mi²")
        if feet2 >= 1:
            return _with_unit(_two_digits(feet2), "ft²")
        return _with_unit(_two_digits(144 * feet2), "in²")
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


def calendar_day(when: datetime) -> str:
    """Write a day: ``12 May 2019``, whatever the language of the computer."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def data_size(size_bytes: int) -> str:
    """Write the size of a file or of memory: ``820 KB``, ``1.2 MB``, ``24 MB``, ``139 GB``."""
    thousands = size_bytes / 1000
    if thousands < 1000:
        return _with_unit(str(max(1, _round(thousands))), "KB")
    number, unit = (thousands / 1000, "MB") if thousands < 1e6 else (thousands / 1e6, "GB")
    return _with_unit(f"{number:.1f}" if number < 10 else str(_round(number)), unit)


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
