"""Facts that show on signs and roads: languages, scripts, currencies, number plates, calling codes,
domains, and the side of the road. ``resources/clues/tools/build.py`` makes the table and names its
sources."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Literal

from geoguess_app.core.records.forms import decode
from geoguess_app.paths import resource_dir


@dataclass(frozen=True, slots=True)
class CountryFacts:
    """Facts about one country: ISO 639 languages, ISO 15924 scripts, ISO 4217 currencies, its
    signs on number plates, its calling code without "+", its domain without "."."""

    drives_on: Literal["left", "right"]
    languages: tuple[str, ...]
    scripts: tuple[str, ...]
    currencies: tuple[str, ...]
    plates: tuple[str, ...]
    phone: str
    domain: str


@dataclass(frozen=True, slots=True)
class ClueTables:
    """Facts by ISO 3166 code, and the English names of what they speak of, by its code."""

    countries: dict[str, CountryFacts]
    languages: dict[str, str]
    scripts: dict[str, str]
    currencies: dict[str, str]


@functools.cache
def clue_tables() -> ClueTables:
    """Read the table that comes with the program."""
    path = resource_dir() / "clues" / "countries.json"
    return decode(ClueTables, json.loads(path.read_text(encoding="utf-8")))
