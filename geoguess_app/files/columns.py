"""Columns of a photo table: what they may be called, and how exact a position they promise.

Tables in use: the project's own (``file,latitude,longitude,precision,…``), the meta files of
IM2GPS, IM2GPS3k and YFCC (``IMG_ID,AUTHOR,LAT,LON,…``), OSV-5M (``id,latitude,longitude,…``) and
Hugging Face's image folders (``file_name,…``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from geoguess_app.core.geo.angles import typed_angle_deg

FILE_NAMES = (
    "file",
    "file_name",
    "filename",
    "img_id",
    "image_id",
    "img_path",
    "image_path",
    "path",
    "image",
    "photo",
    "id",
)
LATITUDE_NAMES = (
    "latitude",
    "lat",
    "true_lat",
    "latitude_deg",
    "gps_latitude",
    "gpslatitude",
    "decimallatitude",
    "y",
)
LONGITUDE_NAMES = (
    "longitude",
    "lon",
    "lng",
    "long",
    "true_lon",
    "true_lng",
    "longitude_deg",
    "gps_longitude",
    "gpslongitude",
    "decimallongitude",
    "x",
)
OPTIONAL_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "precision": ("precision", "location_precision"),
        "scene": ("scene", "s3", "s3_label"),
        "continent": ("continent", "continent_code"),
        "country_code": ("country_code", "countrycode", "cc"),
        "group": ("group", "sequence", "sequence_id"),
    }
)

FINEST_SCORABLE_KM: Mapping[str, float] = MappingProxyType(
    {
        "city": 25.0,
        "approx": 25.0,
        "area": 200.0,
        "region": 200.0,
        "country": 2500.0,
    }
)
"""Finest threshold at which a position of that precision can be judged, km.

A city's centre says nothing about 1 km; an ``area`` is an island, a lake or a national park whose
centre may lie a hundred kilometres from the photo. Every other word (exif, exact, given, landmark,
place, …) is judged at every distance.
"""


def finest_scorable_km(precision: str) -> float:
    """Finest threshold (km) at which a position labelled so can be judged; 0 means at any."""
    return FINEST_SCORABLE_KM.get(precision.strip().lower(), 0.0)


SCENE_NUMBERS: Mapping[str, str] = MappingProxyType({"0": "indoor", "1": "natural", "2": "urban"})
"""How the IM2GPS and YFCC tables number scenes in ``S3_Label``."""


def scene_word(text: str) -> str:
    """A scene as a word, whether a table names or numbers it."""
    return SCENE_NUMBERS.get(text.strip(), text)


def normalise(name: str) -> str:
    """A header as it is compared: no byte-order mark, quotes, blanks or capitals."""
    return name.strip().strip("\ufeff'\"").strip().lower().replace(" ", "_").replace("-", "_")


def find_column(header: Sequence[str], names: Sequence[str]) -> int | None:
    """Index of the first of ``names`` (in order of preference) in the header, or None."""
    normalised = [normalise(column) for column in header]
    for name in names:
        if name in normalised:
            return normalised.index(name)
    return None


_WORDS: Mapping[tuple[str, ...], frozenset[str]] = MappingProxyType(
    {
        FILE_NAMES: frozenset({"file", "filename", "photo", "image", "img", "picture"}),
        LATITUDE_NAMES: frozenset({"lat", "latitude"}),
        LONGITUDE_NAMES: frozenset({"lon", "lng", "long", "longitude"}),
    }
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def guess_column(header: Sequence[str], names: tuple[str, ...]) -> int | None:
    """Index of the column that plays the part for which ``names`` are usual: one of these, else
    the only one that holds their word.

    ``GPS Lat`` and ``lat_wgs84`` are taken for the latitude.
    """
    index = find_column(header, names)
    words = _WORDS.get(names, frozenset())
    if index is not None or not words:
        return index
    holders = [
        number
        for number, column in enumerate(header)
        if words.intersection(word.lower() for word in _WORD.findall(column))
    ]
    return holders[0] if len(holders) == 1 else None


def cell_degrees(text: str, axis: str) -> float:
    """Degrees of a table's cell in any form that people write; NaN for anything else.

    ``axis`` is one of ``core.geo.angles``. A plain number counts even where it lies beyond the
    axis, so that swapped columns can be told.
    """
    try:
        return float(text)
    except ValueError:
        found = typed_angle_deg(text, axis)
        return math.nan if found is None else found
