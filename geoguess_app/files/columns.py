"""Columns of a photo table: what they may be called, and how exact a position they promise.

Tables in use: the project's own (``file,latitude,longitude,precision,…``), the meta files of
IM2GPS, IM2GPS3k and YFCC (``IMG_ID,AUTHOR,LAT,LON,…``), OSV-5M (``id,latitude,longitude,…``) and
Hugging Face's image folders (``file_name,…``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

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
LATITUDE_NAMES = ("latitude", "lat", "true_lat", "latitude_deg", "gps_latitude", "gpslatitude")
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
