"""The gallery's places: a table of coordinates, and partitions made of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.manifest import MAX_GALLERY
from geoguess_app.core.errors import TableError
from geoguess_app.core.partition import Partition, PartitionRules, PhotoPlaces, build_partitions
from geoguess_app.core.types import FloatArray
from geoguess_app.files.columns import LATITUDE_NAMES, LONGITUDE_NAMES, find_column

SHARES = (20, 50, 125, 300, 800, 2000, 5000)
"""The most points of a cell, coarse to fine, as one over this share of all points: seven levels.

Many levels beat one: a published ablation found 17.8% within 1 km with seven and 8.9% with one,
with the same backbone and data. A cell of one point is a cell: every point of a gallery is meant.
"""
_NAMES = ("level1", "level2", "level3", "level4", "level5", "level6", "level7")
_FEWER_CELLS = 0.8
"""A partition must have at most this share of the cells of the next finer one."""
LEAST_PLACES = 20


def read_places(file: Path) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes in degrees of a CSV with a column for each, or of a JSON list of
    pairs.

    Raises TableError naming the file and the line.
    """
    try:
        if file.suffix.lower() == ".json":
            return _enough(file, _numbers(file, _pairs(file), [0, 1], first=1))
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.reader(stream)
            header = next(rows, [])
            columns = [find_column(header, n) for n in (LATITUDE_NAMES, LONGITUDE_NAMES)]
            if None in columns:
                raise TableError(
                    f"{file.name} has no columns latitude and longitude.", code="columns"
                )
            places = _numbers(file, rows, [c for c in columns if c is not None])
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        raise TableError(f"{file.name} cannot be read ({error}).", code="unreadable") from None
    return _enough(file, places)


def _pairs(file: Path) -> list[list[str]]:
    """The list of a JSON file; what is no list of two becomes a row that is no place."""
    found = json.loads(file.read_text(encoding="utf-8"))
    rows = found if isinstance(found, list) else []
    return [list(map(str, row)) if isinstance(row, list) else ["?"] for row in rows]


def _enough(file: Path, places: FloatArray) -> tuple[FloatArray, FloatArray]:
    if len(places) < LEAST_PLACES:
        raise TableError(
            f"{file.name} holds {len(places)} places; a gallery needs at least {LEAST_PLACES}.",
            code="empty",
        )
    return places[:, 0], places[:, 1]


def _numbers(
    file: Path, rows: Iterable[list[str]], columns: list[int], first: int = 2
) -> FloatArray:
    found: list[tuple[float, float]] = []
    for number, row in enumerate(rows, start=first):
        if not row:
            continue
        try:
            latitude, longitude = (float(row[column]) for column in columns)
        except (ValueError, IndexError):
            latitude = longitude = float("nan")
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise TableError(
                f"{file.name}, line {number}: no latitude and longitude in degrees.", code="value"
            )
        if len(found) == MAX_GALLERY:
            raise TableError(
                f"{file.name} holds more than {MAX_GALLERY:,} places.", code="too-many"
            )
        found.append((latitude, longitude))
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def gallery_partitions(latitude_deg: FloatArray, longitude_deg: FloatArray) -> list[Partition]:
    """One to seven nested partitions of the places, coarse to fine; every place is in a cell."""
    places = PhotoPlaces(latitude_deg, longitude_deg)
    most = sorted({max(1, len(latitude_deg) // share) for share in SHARES}, reverse=True)
    rules = [PartitionRules(f"t{tau}", 1, tau) for tau in most]
    built = [build.partition for build in build_partitions(places, rules)]
    kept = [built[-1]]
    for partition in reversed(built[:-1]):
        if 1 < partition.size <= _FEWER_CELLS * kept[0].size:
            kept.insert(0, partition)
    return [
        Partition(name, p.cell_ids, p.photo_counts, p.mean_latitude_deg, p.mean_longitude_deg)
        for name, p in zip(_NAMES, kept, strict=False)
    ]
