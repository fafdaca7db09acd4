"""Reads the coordinates of photos from a CSV, whichever way the field names its columns."""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoguess_app.core.errors import TableError
from geoguess_app.core.types import FloatArray

_LATITUDE_NAMES = ("lat", "latitude")
_LONGITUDE_NAMES = ("lon", "lng", "long", "longitude")


def read_points(path: Path) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes in degrees of every row of a CSV.

    The header names the columns LAT/LON, latitude/longitude or lat/lng in any case; columns may
    be parted by commas, semicolons or tabs. Raises TableError with file and line for a missing
    column, a value that is no number, or one that lies outside the Earth's degrees.
    """
    latitude, longitude = array("d"), array("d")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = stream.readline()
            delimiter = max(",;\t", key=header.count)
            columns = _columns(path, next(csv.reader([header], delimiter=delimiter), []))
            for point in _points(path, csv.reader(stream, delimiter=delimiter), columns):
                latitude.append(point[0])
                longitude.append(point[1])
    except OSError as error:
        raise TableError(
            f"{path}: cannot be read ({error.strerror}).", code="unreadable"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(
            f"{path}: this is no CSV in UTF-8 ({error}).", code="unreadable"
        ) from error
    if not latitude:
        raise TableError(f"{path}: the table has no rows.", code="empty")
    return np.array(latitude), np.array(longitude)


def _columns(path: Path, header: list[str]) -> tuple[int, int]:
    names = [name.strip().lower() for name in header]
    found = []
    for what, accepted in (("latitude", _LATITUDE_NAMES), ("longitude", _LONGITUDE_NAMES)):
        matches = [index for index, name in enumerate(names) if name in accepted]
        if len(matches) != 1:
            problem = "has no" if not matches else "has more than one"
            raise TableError(
                f"{path}: the header {problem} {what} column; name it {' or '.join(accepted)}.",
                code="column",
            )
        found.append(matches[0])
    return found[0], found[1]


def _points(
    path: Path, rows: Iterator[list[str]], columns: tuple[int, int]
) -> Iterator[tuple[float, float]]:
    first, second = columns
    for line, row in enumerate(rows, start=2):
        if not row:
            continue
        try:
            latitude, longitude = float(row[first]), float(row[second])
        except (ValueError, IndexError):
            latitude = longitude = math.nan
        if abs(latitude) <= 90.0 and abs(longitude) <= 180.0:
            yield latitude, longitude
        else:
            raise _unusable(path, line, latitude, longitude)


def _unusable(path: Path, line: int, latitude: float, longitude: float) -> TableError:
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        reason = "latitude or longitude is missing or no number"
    elif abs(latitude) > 90.0 and abs(longitude) <= 90.0:
        reason = (
            f"latitude {latitude:g} lies outside -90…90; the latitude and longitude columns seem "
            "to be swapped"
        )
    elif abs(latitude) > 90.0:
        reason = f"latitude {latitude:g} lies outside -90…90; check whether the columns are swapped"
    else:
        reason = f"longitude {longitude:g} lies outside -180…180"
    return TableError(f"{path}, line {line}: {reason}.", code="coordinate")
