"""Clues in words: ``drives-on=left``, ``language=pt``, ``script=thai``; each stands for an area."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from geoguess_app.core.area.areas import Area, Box, Countries, Country, UtcOffset, intersect
from geoguess_app.core.clues.tables import CountryFacts, clue_tables
from geoguess_app.core.errors import ClueError

if TYPE_CHECKING:
    from geoguess_app.core.geo.gazetteer import Gazetteer

_MOST_HOURS = 14
_CLOCKS = (*range(-12 * 60, 15 * 60, 60), -570, -210, 210, 270, 330, 345, 390, 570, 630, 765)
"""Minutes ahead of UTC that clocks somewhere are."""
_LEFT_AND_RIGHT = ("left", "right")
_HEMISPHERES = {"north": Box(0.0, -180.0, 90.0, 180.0), "south": Box(-90.0, -180.0, 0.0, 180.0)}
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
    HEMISPHERE = "hemisphere"
    UTC_OFFSET = "utc-offset"


@dataclass(frozen=True, slots=True)
class Clue:
    """A thing that somebody saw: values of one kind, any of which may hold.

    ``values`` are codes as in ``ClueTables`` ("pt", "Thai", "JPY", "351"), "left", "south", ….
    """

    kind: ClueKind
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}={','.join(self.values)}"

    def area(self, day: date | None = None) -> Area:
        """Return where the clue can be seen, clocks on that day. Raises ClueError for one that no
        country fits."""
        if self.kind is ClueKind.HEMISPHERE:
            return _HEMISPHERES[self.values[0]]
        if self.kind is ClueKind.UTC_OFFSET:
            return UtcOffset(tuple(map(_minutes, self.values)), day)
        known = set(_gazetteer().country_code)
        codes = [code for code in _countries_with(self) if code in known]
        if not codes:
            raise ClueError(f"No country fits {self}.", code="clue")
        return Country(codes[0]) if len(codes) == 1 else Countries(tuple(codes))


def parse_clue(text: str) -> Clue:
    """Read ``KEY=VALUE``; several values are separated by commas.

    Languages, scripts, currencies and countries may be given by code or by English name. Raises
    ClueError, which says what is possible.
    """
    key, _, value = text.partition("=")
    kinds = [kind.value for kind in ClueKind]
    if key.strip().casefold() not in kinds:
        raise ClueError(f"{key!r} is no kind of clue; there are {', '.join(kinds)}.", code="clue")
    kind = ClueKind(key.strip().casefold())
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not parts:
        raise ClueError(f"{kind} needs a value: {kind}={_example(kind)}.", code="clue")
    if kind in (ClueKind.DRIVES_ON, ClueKind.HEMISPHERE) and len(parts) > 1:
        raise ClueError(f"{kind} takes one value.", code="clue")
    return Clue(kind, tuple(dict.fromkeys(_value(kind, part) for part in parts)))


def area_of(clues: Sequence[Clue], day: date | None = None) -> Area:
    """Return where all of these clues, at least one, can be seen; raises ClueError for nowhere.

    ``day``: when the photo was taken, for its clock.
    """
    found = intersect([clue.area(day) for clue in clues])
    if found is None:
        said = " and ".join(str(clue) for clue in clues)
        raise ClueError(f"No country fits {said} at once.", code="clue")
    return found


def known_clues() -> list[tuple[str, Clue]]:
    """All single clues to choose from, each with a label that begins with its kind."""
    tables, found = clue_tables(), []
    named = (
        (ClueKind.DRIVES_ON, "", {side: side for side in _LEFT_AND_RIGHT}),
        (ClueKind.HEMISPHERE, "", {side: side for side in _HEMISPHERES}),
        (ClueKind.LANGUAGE, "Language: ", tables.languages),
        (ClueKind.SCRIPT, "", tables.scripts),
        (ClueKind.CURRENCY, "Currency: ", tables.currencies),
        (ClueKind.PHONE, "", {row.phone: row.phone for row in tables.countries.values()}),
        (ClueKind.DOMAIN, "", {row.domain: row.domain for row in tables.countries.values()}),
    )
    for kind, before, values in named:
        for value, _ in sorted(values.items(), key=lambda pair: pair[1]):
            clue = Clue(kind, (value,))
            label = f"{before}{describe(clue)}"
            if value:
                found.append((f"{label[:1].upper()}{label[1:]}", clue))
    clocks = (utc_offset_clue(timedelta(minutes=minutes)) for minutes in _CLOCKS)
    return found + [(f"Clocks at UTC{clue.values[0]}", clue) for clue in clocks]


def describe(clue: Clue) -> str:
    """Say a clue in words: "Portuguese", "drives on the left", "calling code +351"."""
    values = " or ".join(_name(clue.kind, value) for value in clue.values)
    match clue.kind:
        case ClueKind.DRIVES_ON:
            return f"drives on the {values}"
        case ClueKind.HEMISPHERE:
            return f"{values}ern hemisphere"
        case ClueKind.PHONE:
            return f"calling code {values}"
        case ClueKind.UTC_OFFSET:
            return f"clocks at {values}"
        case ClueKind.DOMAIN:
            return f"domain {values}"
        case ClueKind.SCRIPT:
            return f"{values} script"
    return values


def _name(kind: ClueKind, value: str) -> str:
    tables = clue_tables()
    match kind:
        case ClueKind.LANGUAGE:
            return tables.languages.get(value, value)
        case ClueKind.SCRIPT:
            return tables.scripts.get(value, value)
        case ClueKind.CURRENCY:
            return tables.currencies.get(value, value)
        case ClueKind.COUNTRY:
            return _gazetteer().country_names.get(value, value)
        case ClueKind.PHONE:
            return f"+{value}"
        case ClueKind.DOMAIN:
            return f".{value}"
        case ClueKind.UTC_OFFSET:
            return f"UTC{value}"
    return value


def _value(kind: ClueKind, text: str) -> str:
    """The code that a value stands for. Raises ClueError."""
    tables = clue_tables()
    match kind:
        case ClueKind.DRIVES_ON:
            return _one_of(kind, text, {side: side for side in _LEFT_AND_RIGHT})
        case ClueKind.HEMISPHERE:
            return _one_of(kind, text, {side: side for side in _HEMISPHERES})
        case ClueKind.LANGUAGE:
            return _one_of(kind, text, tables.languages)
        case ClueKind.SCRIPT:
            return _one_of(kind, text, tables.scripts)
        case ClueKind.CURRENCY:
            return _one_of(kind, text, tables.currencies)
        case ClueKind.COUNTRY:
            return _one_of(kind, text, _gazetteer().country_names)
        case ClueKind.UTC_OFFSET:
            return _offset(text)
        case ClueKind.PHONE:
            known = {facts.phone: facts.phone for facts in tables.countries.values()}
            return _one_of(kind, text, known, sign="+0")
    known = {facts.domain: facts.domain for facts in tables.countries.values()}
    return _one_of(kind, text, known, sign=".")


_OFFSET = re.compile(r"(?:utc|gmt)? ?([+-\N{MINUS SIGN}])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)


def _offset(text: str) -> str:
    """ "+09:00" for any way of writing it. Raises ClueError."""
    found = _OFFSET.fullmatch(text)
    if text.casefold() in ("z", "utc", "gmt"):
        return "+00:00"
    if found is None or int(found[2]) > _MOST_HOURS:
        raise ClueError(
            f"{ClueKind.UTC_OFFSET}={text} is not known; examples: +09:00, -3:30, Z.", code="clue"
        )
    sign = "+" if found[1] == "+" else "-"
    return f"{sign}{int(found[2]):02}:{found[3] or '00'}"


def utc_offset_clue(offset: timedelta) -> Clue:
    """The clue that a camera's clock gives."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return Clue(ClueKind.UTC_OFFSET, (f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}",))


def _minutes(value: str) -> int:
    hours, minutes = value[1:].split(":")
    return (-1 if value[0] == "-" else 1) * (60 * int(hours) + int(minutes))


def _one_of(kind: ClueKind, text: str, known: Mapping[str, str], *, sign: str = "") -> str:
    """The code of ``known`` (code → name) that a code or name stands for, behind any ``sign``."""
    from geoguess_app.core.geo.gazetteer import fold

    wanted = fold(text.lstrip(sign) if sign else text)
    for code, name in known.items():
        if wanted and wanted in (fold(code), fold(name)):
            return code
    near = [name for name in known.values() if fold(name).startswith(wanted[:1])] or [*known]
    raise ClueError(
        f"{kind}={text} is not known; examples: {', '.join(sorted(near)[:_ENOUGH])}.", code="clue"
    )


def _gazetteer() -> Gazetteer:
    # Not at the top: the window knows clues before it is on the screen.
    from geoguess_app.core.geo.gazetteer import load_gazetteer

    return load_gazetteer()


def _countries_with(clue: Clue) -> Iterable[str]:
    """The codes of the countries that a clue fits."""
    if clue.kind is ClueKind.COUNTRY:
        return clue.values
    wanted = set(clue.values)
    facts = _FACTS[clue.kind]
    return (code for code, row in clue_tables().countries.items() if wanted & set(facts(row)))


_FACTS: Mapping[ClueKind, Callable[[CountryFacts], tuple[str, ...]]] = {
    ClueKind.DRIVES_ON: lambda row: (row.drives_on,),
    ClueKind.LANGUAGE: lambda row: row.languages,
    ClueKind.SCRIPT: lambda row: row.scripts,
    ClueKind.CURRENCY: lambda row: row.currencies,
    ClueKind.PHONE: lambda row: (row.phone,),
    ClueKind.DOMAIN: lambda row: (row.domain,),
}


def _example(kind: ClueKind) -> str:
    return {
        ClueKind.DRIVES_ON: "left",
        ClueKind.LANGUAGE: "Portuguese",
        ClueKind.SCRIPT: "Thai",
        ClueKind.COUNTRY: "PT,BR",
        ClueKind.CURRENCY: "EUR",
        ClueKind.PHONE: "+351",
        ClueKind.DOMAIN: ".pt",
        ClueKind.HEMISPHERE: "south",
        ClueKind.UTC_OFFSET: "+09:00",
    }[kind]
