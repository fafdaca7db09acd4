"""Kinds of clue: their values, the words for them, and where they can be seen."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from geoguess_app.core.area.areas import (
    Area,
    Box,
    Countries,
    Country,
    Land,
    Layer,
    UtcOffset,
    disc,
)
from geoguess_app.core.clues.tables import CountryFacts, clue_tables
from geoguess_app.core.errors import ClueError

if TYPE_CHECKING:
    from geoguess_app.core.geo.gazetteer import Gazetteer

Names = Mapping[str, str]
"""The name of each value, by its code."""
AreaOf = Callable[[tuple[str, ...], date | None], Area | None]

_MOST_HOURS = 14
_CLOCKS = (*range(-12 * 60, 15 * 60, 60), -570, -210, 210, 270, 330, 345, 390, 570, 630, 765)
"""Minutes ahead of UTC that clocks somewhere are."""
_HEMISPHERES = {"north": Box(0.0, -180.0, 90.0, 180.0), "south": Box(-90.0, -180.0, 0.0, 180.0)}
NEAR_KM = 50.0
"""So far around a named place: a day trip's way."""
_CLIMATES = {
    "A": "tropical",
    "Af": "tropical rainforest",
    "Am": "tropical monsoon",
    "Aw": "savanna",
    "B": "dry",
    "BW": "desert",
    "BS": "steppe",
    "C": "temperate",
    "Cf": "temperate humid",
    "Cs": "Mediterranean",
    "Cw": "temperate dry-winter",
    "D": "cold-winter",
    "E": "polar",
    "ET": "tundra",
    "EF": "ice-cap",
}
"""Köppen's classes, and groups of them, that people have words for."""
_ENOUGH = 8
"""So many values are named in a sentence about a wrong one."""


class ClueKind(StrEnum):
    """The kinds of clue, by the word that the command line has for each."""

    DRIVES_ON = "drives-on"
    LANGUAGE = "language"
    SCRIPT = "script"
    COUNTRY = "country"
    CURRENCY = "currency"
    PHONE = "phone"
    DOMAIN = "domain"
    PLATE = "plate"
    HEMISPHERE = "hemisphere"
    UTC_OFFSET = "utc-offset"
    NEAR = "near"
    COAST = "coast"
    ISLAND = "island"
    MOUNTAINS = "mountains"
    CLIMATE = "climate"


@dataclass(frozen=True, slots=True)
class KindFacts:
    """All that distinguishes a kind of clue from the others.

    ``example``: a value in a sentence about a missing one. ``names``: the values to choose from.
    ``area``: where values can be seen, None for
    nowhere. ``words``: how a value is said; ``label``: and in a list to
    choose from, None for kinds that do not stand there. ``sign``: what may stand before a value.
    ``read``, ``say``: a value's code and name, if ``names`` are not all there are.
    """

    example: str
    names: Callable[[], Names]
    area: AreaOf
    words: str = "{}"
    label: str | None = None
    sign: str = ""
    takes_several: bool = True
    read: Callable[[str], str] | None = None
    say: Callable[[str], str] | None = None


def name_of(kind: ClueKind, value: str) -> str:
    """Return the name of a value's code: "Portuguese", "+351"."""
    say = KINDS[kind].say
    return say(value) if say is not None else names_of(kind).get(value, value)


@functools.cache
def names_of(kind: ClueKind) -> Names:
    """Return the name of each value of a kind that can be chosen, by its code."""
    return KINDS[kind].names()


def read_value(kind: ClueKind, text: str) -> str:
    """Return the code that a code or name stands for; raises ClueError with what is possible."""
    from geoguess_app.core.geo.gazetteer import fold

    facts = KINDS[kind]
    if facts.read is not None:
        return facts.read(text)
    known = names_of(kind)
    wanted = fold(text.lstrip(facts.sign) if facts.sign else text)
    for code, name in known.items():
        if wanted and wanted in (fold(code), fold(name)):
            return code
    near = [name for name in known.values() if fold(name).startswith(wanted[:1])] or known.values()
    raise ClueError(
        f"{kind}={text} is not known; examples: {', '.join(sorted(near)[:_ENOUGH])}.", code="clue"
    )


def utc_offset_value(offset: timedelta) -> str:
    """Return the code of a clock's offset from UTC, such as "+09:00"."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


_OFFSET = re.compile(r"(?:utc|gmt)? ?([+-\N{MINUS SIGN}])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)


def _read_offset(text: str) -> str:
    found = _OFFSET.fullmatch(text)
    if text.casefold() in ("z", "utc", "gmt"):
        return "+00:00"
    if found is None or int(found[2]) > _MOST_HOURS:
        raise ClueError(
            f"{ClueKind.UTC_OFFSET}={text} is not known; examples: +09:00, -3:30, Z.", code="clue"
        )
    return f"{'+' if found[1] == '+' else '-'}{int(found[2]):02}:{found[3] or '00'}"


def _offset_area(values: tuple[str, ...], day: date | None) -> Area:
    def minutes(value: str) -> int:
        hours, rest = value[1:].split(":")
        return (-1 if value[0] == "-" else 1) * (60 * int(hours) + int(rest))

    return UtcOffset(tuple(map(minutes, values)), day)


_SLASH = re.compile(r"(?<! )/(?! )")
"""Not that of "Donostia / San Sebastián"."""


def near_value(row: int) -> str:
    """Return the code of a place of the gazetteer: "Lisbon/PT"; with its region where the country
    has a larger one of that name."""
    gazetteer = _gazetteer()
    city, code = gazetteer.city[row], gazetteer.country_code[row]
    if _place_row(f"{city}/{code}") == row:
        return f"{city}/{code}"
    return f"{city}/{gazetteer.region[row]}/{code}"


def _place_row(text: str) -> int | None:
    """The row of the largest place that "Lisbon", "Lisbon/PT", "Springfield/Illinois/US" names."""
    from geoguess_app.core.geo.places import PlaceFinder

    return PlaceFinder().row_called(*_SLASH.split(text))


def _read_place(text: str) -> str:
    row = _place_row(text)
    if row is None:
        raise ClueError(
            f"{ClueKind.NEAR}={text} is not known; examples: Lisbon, Springfield/Illinois/US.",
            code="clue",
        )
    return near_value(row)


def _say_place(value: str) -> str:
    row = _place_row(value)
    if row is None:
        return value
    region = f"{_gazetteer().region[row]}, " if value.count("/") > 1 else ""
    return f"{_gazetteer().city[row]}, {region}{_gazetteer().country(row)}"


def _around(values: tuple[str, ...], _day: date | None) -> Area | None:
    """A ring of corners, each so far from the place."""
    row = _place_row(values[0])
    return disc(_gazetteer().coordinate(row), NEAR_KM) if row is not None else None


def _clocks() -> Names:
    values = [utc_offset_value(timedelta(minutes=minutes)) for minutes in sorted(_CLOCKS)]
    return {value: f"UTC{value}" for value in values}


def _by_name(names: Names) -> Names:
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def _gazetteer() -> Gazetteer:
    # Not at the top: the window knows clues before it is on the screen.
    from geoguess_app.core.geo.gazetteer import load_gazetteer

    return load_gazetteer()


def _countries(codes: tuple[str, ...], _day: date | None = None) -> Area | None:
    # Not at the top: the window knows clues before it is on the screen.
    from geoguess_app.core.geo.earth_table import earth_table

    known = set(earth_table("countries").names)
    there = [code for code in codes if code in known]
    if len(there) == 1:
        return Country(there[0])
    return Countries(tuple(there)) if there else None


def _on(layer: Layer) -> AreaOf:
    """Where a map of kinds of land has one of the values."""
    return lambda values, _day: Land(layer, values)


def _with(facts: Callable[[CountryFacts], tuple[str, ...]]) -> AreaOf:
    """The countries of which any of these facts is among the values."""

    def area(values: tuple[str, ...], _day: date | None) -> Area | None:
        rows = clue_tables().countries.items()
        return _countries(tuple(code for code, row in rows if {*values} & {*facts(row)}))

    return area


def _climate_classes() -> tuple[str, ...]:
    from geoguess_app.core.geo.earth_table import earth_table

    return tuple(name for name in earth_table(Layer.CLIMATE).names if name not in ("", *_CLIMATES))


def _climate_area(values: tuple[str, ...], _day: date | None) -> Area:
    """By Köppen's classes, of which a value may be the beginning of several."""
    classes = (*_CLIMATES, *_climate_classes())
    return Land(Layer.CLIMATE, tuple(name for name in classes if name.startswith(values)))


def _plates() -> Names:
    return {
        sign: sign
        for sign in sorted({s for f in clue_tables().countries.values() for s in f.plates})
    }


def _named(before: str, fact: Callable[[CountryFacts], str]) -> Callable[[], Names]:
    """The values of a fact that every country has one of, with a sign before each."""

    def names() -> Names:
        values = sorted({fact(row) for row in clue_tables().countries.values()} - {""})
        return {value: f"{before}{value}" for value in values}

    return names


KINDS: Mapping[ClueKind, KindFacts] = {
    ClueKind.DRIVES_ON: KindFacts(
        example="left",
        names=lambda: {"left": "left", "right": "right"},
        area=_with(lambda row: (row.drives_on,)),
        words="drives on the {}",
        label="{}",
        takes_several=False,
    ),
    ClueKind.HEMISPHERE: KindFacts(
        example="south",
        names=lambda: {side: f"{side}ern" for side in _HEMISPHERES},
        area=lambda values, _day: _HEMISPHERES[values[0]],
        words="{} hemisphere",
        label="{}",
        takes_several=False,
    ),
    ClueKind.COAST: KindFacts(
        example="yes",
        names=lambda: {
            "yes": "within 5\N{NO-BREAK SPACE}km of the sea",
            "no": "more than 5\N{NO-BREAK SPACE}km from the sea",
        },
        area=_on(Layer.COAST),
        label="Coast: {}",
        takes_several=False,
    ),
    ClueKind.ISLAND: KindFacts(
        example="yes",
        names=lambda: {"yes": "on an island", "no": "not on an island"},
        area=_on(Layer.ISLAND),
        label="{}",
        takes_several=False,
    ),
    ClueKind.MOUNTAINS: KindFacts(
        example="yes",
        names=lambda: {"yes": "in high mountains", "no": "not in high mountains"},
        area=_on(Layer.MOUNTAINS),
        label="{}",
        takes_several=False,
    ),
    ClueKind.CLIMATE: KindFacts(
        example="desert",
        names=lambda: _CLIMATES | {code: code for code in _climate_classes()},
        area=_climate_area,
        words="{} climate",
        label="{}",
    ),
    ClueKind.LANGUAGE: KindFacts(
        example="Portuguese",
        names=lambda: _by_name(clue_tables().languages),
        area=_with(lambda row: row.languages),
        label="Language: {}",
    ),
    ClueKind.SCRIPT: KindFacts(
        example="Thai",
        names=lambda: _by_name(clue_tables().scripts),
        area=_with(lambda row: row.scripts),
        words="{} script",
        label="{}",
    ),
    ClueKind.CURRENCY: KindFacts(
        example="EUR",
        names=lambda: _by_name(clue_tables().currencies),
        area=_with(lambda row: row.currencies),
        label="Currency: {}",
    ),
    ClueKind.PHONE: KindFacts(
        example="+351",
        names=_named("+", lambda row: row.phone),
        area=_with(lambda row: (row.phone,)),
        words="calling code {}",
        label="{}",
        sign="+0",
    ),
    ClueKind.DOMAIN: KindFacts(
        example=".pt",
        names=_named(".", lambda row: row.domain),
        area=_with(lambda row: (row.domain,)),
        words="domain {}",
        label="{}",
        sign=".",
    ),
    ClueKind.PLATE: KindFacts(
        example="D",
        names=_plates,
        area=_with(lambda row: row.plates),
        words="number plate {}",
        label="{}",
    ),
    ClueKind.COUNTRY: KindFacts(
        example="PT,BR", names=lambda: _gazetteer().country_names, area=_countries
    ),
    ClueKind.UTC_OFFSET: KindFacts(
        example="+09:00",
        names=_clocks,
        area=_offset_area,
        words="clocks at {}",
        label="{}",
        read=_read_offset,
    ),
    ClueKind.NEAR: KindFacts(
        example="Lisbon",
        names=dict,
        area=_around,
        words="near {}",
        takes_several=False,
        read=_read_place,
        say=_say_place,
    ),
}
"""What there is to know of each kind, in the order in which a list shows them."""
