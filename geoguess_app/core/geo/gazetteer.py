"""The offline list of named places: GeoNames (CC BY 4.0), ``resources/places``."""

from __future__ import annotations

import functools
import threading
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.geo.country_names import COMMON_NAMES
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import Coordinate, FloatArray, IntArray
from geoguess_app.paths import resource_dir

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
    """As the list has it, good for searching only: "Tanzania, United Republic of"."""

    def coordinate(self, row: int) -> Coordinate:
        """Return where a place lies."""
        return Coordinate(float(self.latitude_deg[row]), float(self.longitude_deg[row]))

    def country(self, row: int) -> str:
        """Common name of a place's country, its code where the name is unknown."""
        code = self.country_code[row]
        return self.country_names.get(code, code)


def load_gazetteer() -> Gazetteer:
    """The gazetteer, read on the first call and shared afterwards; thread-safe.

    Raises GeoGuessError where its file is missing or broken.
    """
    with _loading:
        return _load()


@functools.cache
def _load() -> Gazetteer:
    path = resource_dir() / "places" / "places.npz"
    try:
        with path.open("rb") as stream, np.load(stream) as columns:
            return _gazetteer(columns)
    except (OSError, EOFError, LookupError, ValueError, zlib.error, BadZipFile) as error:
        raise GeoGuessError(
            f"The offline place names in {path} cannot be read ({error}); reinstall the program.",
            code="gazetteer",
        ) from error


def _gazetteer(columns: Mapping[str, NDArray[Any]]) -> Gazetteer:
    def lines(name: str) -> list[str]:
        return bytes(columns[name]).decode("utf-8").split("\n")

    regions, countries = lines("regions"), lines("countries")
    latitude, longitude = columns["latitude_deg"], columns["longitude_deg"]
    country_names = dict(zip(lines("country_codes"), lines("country_names"), strict=True))
    return Gazetteer(
        city=tuple(lines("city")),
        region=tuple(regions[number] for number in columns["region"].tolist()),
        country_code=tuple(countries[number] for number in columns["country"].tolist()),
        latitude_deg=latitude,
        longitude_deg=longitude,
        population=columns["population"].astype(np.int64),
        vectors=unit_vectors(latitude, longitude),
        country_names=country_names | COMMON_NAMES,
        listed_names=country_names,
    )


def fold(text: str) -> str:
    """A name as people type it: no accents, no capitals, hyphens and apostrophes as spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.translate(_LETTERS).split())
