"""Names of places in names of files and folders, in captions and in place fields."""

from __future__ import annotations

import functools
import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.clues.kinds import ClueKind, near_value
from geoguess_app.core.geo.gazetteer import fold, load_gazetteer
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.paths import resource_dir

LEAST_PEOPLE = 100_000
"""Smaller towns are not looked for in free text: most of their names are also names of people and
things."""
_TOWN_PEOPLE = 15_000
_MOST_WORDS, _FEWEST_LETTERS, _COUNTRY_LETTERS = 4, 3, 4
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place that words name: the clue it makes, and those words as they stood.

    ``is_shared``: a town of another country has the same name; this is the largest.
    """

    clue: Clue
    said: str
    country_code: str
    is_country: bool = False
    is_shared: bool = False


@functools.cache
def stop_words() -> frozenset[str]:
    """Return words that are no place by themselves."""
    lines = (resource_dir() / "clues" / "stop_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if line[:1] != "#" for word in line.split())


@functools.cache
def known_names() -> tuple[dict[str, int], dict[str, str]]:
    """Return the row of the largest city, and the code of the country, by folded name in any
    language."""
    gazetteer = load_gazetteer()
    text = zlib.decompress((resource_dir() / "clues" / "names.bin").read_bytes()).decode("utf-8")
    known = json.loads(text)
    cities: dict[str, int] = {}
    by_key: dict[str, int] = {}
    for row in range(_cities()):
        by_key.setdefault(f"{gazetteer.city[row]}/{gazetteer.country_code[row]}", row)
        cities.setdefault(fold(gazetteer.city[row]), row)
    for key, row in sorted(by_key.items(), key=lambda pair: pair[1]):
        for name in known["cities"].get(key, ()):
            cities.setdefault(name, row)
    countries = {
        name: code
        for code, names in known["countries"].items()
        for name in (*names, fold(gazetteer.country_names.get(code, "")))
        if name
    }
    return cities, countries


def tokens(text: str) -> list[str]:
    """Return the words of a name of a file or a caption: "2014_LisboaTrip" → Lisboa, Trip."""
    parts = (part for word in _WORD.findall(text.replace("_", " ")) for part in _CAMEL.split(word))
    return [part for part in parts if part]


def places_in(text: str) -> tuple[NamedPlace, ...]:
    """Return the cities (of 100,000 people and more) and countries that a free text names, in its
    order; where a name is that of several, the largest."""
    words, at, found = tokens(text), 0, []
    while at < len(words):
        place, used = _longest(words[at : at + _MOST_WORDS])
        if place is not None:
            found.append(place)
        at += used
    # "Georgetown, Malaysia" is not the largest Georgetown.
    homes = {place.country_code for place in found if place.is_country}
    if len(homes) == 1:
        found = [place for place in found if place.country_code in homes]
    return tuple({place.clue: place for place in found}.values())


def _longest(words: Sequence[str]) -> tuple[NamedPlace | None, int]:
    for length in range(len(words), 0, -1):
        said = " ".join(words[:length])
        place = _called(said)
        if place is not None:
            return place, length
    return None, 1


def _called(said: str) -> NamedPlace | None:
    name = fold(said)
    if name in stop_words() or (name.isascii() and len(name) < _FEWEST_LETTERS):
        return None
    cities, countries = known_names()
    if name in cities and (name not in countries or name in _other_names()):
        return _town(cities[name], said)
    if name in countries and (len(name) >= _COUNTRY_LETTERS or not name.isascii()):
        return NamedPlace(
            Clue(ClueKind.COUNTRY, (countries[name],)), said, countries[name], is_country=True
        )
    return None


@functools.cache
def _other_names() -> frozenset[str]:
    """Names of countries that English gives a city: Granada is Grenada in Spanish."""
    gazetteer = load_gazetteer()
    english = {fold(name) for name in gazetteer.country_names.values()}
    return frozenset(known_names()[1]) - english


def _town(row: int, said: str, *, shared: bool = True) -> NamedPlace:
    """``shared``: nobody says which of the places of that name it is."""
    code = load_gazetteer().country_code[row]
    elsewhere = shared and bool(_homes().get(fold(said), set()) - {code})
    return NamedPlace(Clue(ClueKind.NEAR, (near_value(row),)), said, code, is_shared=elsewhere)


@functools.cache
def _homes() -> dict[str, set[str]]:
    """The countries that have a town of a folded name."""
    gazetteer, homes = load_gazetteer(), dict[str, set[str]]()
    for row in range(int((gazetteer.population >= _TOWN_PEOPLE).sum())):
        homes.setdefault(fold(gazetteer.city[row]), set()).add(gazetteer.country_code[row])
    return homes


def place_called(city: str, country: str = "", region: str = "") -> NamedPlace | None:
    """Return the place that fields of a photo name; a town of any size if its country is named.

    ``country``: its name in any language, or its code. None for a place that the gazetteer does not
    have.
    """
    code = _country_code(country)
    find = PlaceFinder().row_called
    row = find(city, code, region) if region else None
    exact = row is not None
    if row is None and (code or not region):
        row = find(city, code)  # regions have many names
    other = known_names()[0].get(fold(city))
    if other is not None and not exact and code in ("", load_gazetteer().country_code[other]):
        row = other if row is None else min(row, other)
    if row is not None and (code or region or row < _cities()):
        said = ", ".join(part for part in (city, region, country) if part)
        return _town(row, said, shared=False)
    if not code:
        return None
    return NamedPlace(Clue(ClueKind.COUNTRY, (code,)), country, code, is_country=True)


@functools.cache
def _cities() -> int:
    """How many places of the gazetteer are looked for in free text."""
    return int((load_gazetteer().population >= LEAST_PEOPLE).sum())


def _country_code(country: str) -> str:
    """ISO 3166 code of two letters; empty for none that is known."""
    gazetteer = load_gazetteer()
    if country.upper() in gazetteer.country_names:
        return country.upper()
    return known_names()[1].get(fold(country), "")
