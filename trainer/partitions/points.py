"""Positions of photos from a table of any of the forms that the trainer reads and writes."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from geoguess_app.core.errors import TableError
from geoguess_app.core.geo.angles import LATITUDE, LONGITUDE
from geoguess_app.core.types import FloatArray
from geoguess_app.files.columns import normalise
from trainer.data.angles import degrees_column
from trainer.data.column_names import guess
from trainer.data.source import METADATA_NAMES
from trainer.data.table_files import TableStream, open_table

EVERY_SPLIT = "all"
_TRAIN = "train"
_NOT_IN_CSV = (".parquet", ".jsonl")
_BLOCK_BYTES = 8 << 20


@dataclass(frozen=True, eq=False)
class PhotoPoints:
    """The points at which the photos of a table lie, (n,) degrees, and which of its rows those
    are."""

    path: Path
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    rows: int
    """Rows of the whole table."""
    split: str | None
    """The part of the table that was taken; None: all of it."""


def read_points(path: Path, split: str | None = None) -> PhotoPoints:
    """The positions in a CSV, Parquet or JSON-lines table, or in an image folder's metadata.

    Columns go by any usual name (``LAT``, ``latitude``, ``lng``, …). Of a table with a column
    ``split`` only the rows of ``split`` are taken (None: ``train``, if it has any; "all": every
    row), because cells made from test photos would know where those lie. Raises TableError, with
    the line where a position is missing or lies outside the Earth's degrees.
    """
    table = open_table(_table_of(path))
    columns = _columns(table)
    texts = _parts(table, columns)
    lat, lon = (np.concatenate([part[k] for part in texts] or [np.empty(0)]) for k in (0, 1))
    if not lat.size:
        raise TableError(f"{table.path}: the table has no rows.", code="empty")
    chosen, name = _chosen(table.path, [part[2] for part in texts], split)
    rows = lat.size
    if chosen is not None:
        lat, lon = np.where(chosen, lat, 0.0), np.where(chosen, lon, 0.0)
    _check(table.path, lat, lon)
    if chosen is not None:
        lat, lon = lat[chosen], lon[chosen]
    return PhotoPoints(table.path, lat, lon, rows, name)


def _table_of(path: Path) -> Path:
    if not path.exists():
        raise TableError(f"{path}: there is no such table.", code="missing")
    if not path.is_dir():
        return path
    for folder in (path, path / _TRAIN):
        for name in METADATA_NAMES:
            if (folder / name).is_file():
                return folder / name
    raise TableError(
        f"{path}: this folder has no {METADATA_NAMES[0]}; make one with geoguess-train photos.",
        code="missing",
    )


def _columns(table: TableStream) -> list[str]:
    """The columns of latitude and longitude and, where there is one, of the split."""
    found = []
    for role, accepted in (("latitude", "lat or latitude"), ("longitude", "lon or lng")):
        column = guess(table.columns, role)
        if column is None:
            raise TableError(
                f"{table.path}: the header has no {role} column; name it {accepted}.",
                code="column",
            )
        found.append(column)
    return found + [name for name in table.columns if normalise(name) == "split"][:1]


_Part = tuple[FloatArray, FloatArray, Any]


def _parts(table: TableStream, columns: list[str]) -> list[_Part]:
    if table.path.suffix.lower() not in _NOT_IN_CSV:
        try:
            return _parse(_number_batches(table, columns), columns, table)
        except pa.ArrowInvalid:
            table = open_table(table.path)  # not plain numbers: read as texts, which takes longer
    return _parse(table.batches, columns, table)


def _parse(
    batches: Iterator[pa.RecordBatch], columns: list[str], table: TableStream
) -> list[_Part]:
    parts = [
        (
            degrees_column(batch.column(columns[0]), LATITUDE),
            degrees_column(batch.column(columns[1]), LONGITUDE),
            batch.column(columns[2]).cast(pa.string()).dictionary_encode() if columns[2:] else None,
        )
        for batch in batches
    ]
    if table.malformed:
        raise TableError(f"{table.path}, {table.malformed[0]}.", code="cells")
    return parts


def _number_batches(table: TableStream, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The columns of a CSV as numbers, without making texts of all the others first."""

    def misfit(row: Any) -> str:
        where = f"line {row.number}" if row.number is not None else "a line"
        table.malformed.append(
            f"{where}: {row.actual_columns} cells where the header has {row.expected_columns}"
        )
        return "skip"

    kinds = [pa.float64(), pa.float64(), pa.string()]
    reader = pa_csv.open_csv(
        table.path,
        read_options=pa_csv.ReadOptions(
            column_names=table.columns, skip_rows=1, block_size=_BLOCK_BYTES, use_threads=False
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=_delimiter(table.path), newlines_in_values=True, invalid_row_handler=misfit
        ),
        convert_options=pa_csv.ConvertOptions(
            include_columns=columns, column_types=dict(zip(columns, kinds, strict=False))
        ),
    )
    yield from reader


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline()
    return max(",;\t", key=first.count)


def _chosen(
    path: Path, coded: list[Any], split: str | None
) -> tuple[npt.NDArray[np.bool_] | None, str | None]:
    """Which rows belong to the split, and its name; None where all do."""
    if split == EVERY_SPLIT or (coded[0] is None and split is None):
        return None, None
    if coded[0] is None:
        raise TableError(f"{path}: there is no column split to choose {split} by.", code="split")
    wanted = split or _TRAIN
    chosen = np.concatenate([_is_word(part, wanted) for part in coded])
    if chosen.any():
        return chosen, wanted
    if split is None:
        return None, None
    raise TableError(f"{path}: no row has the split {split}.", code="split")


def _is_word(coded: Any, wanted: str) -> npt.NDArray[np.bool_]:
    words = [str(word).strip().lower() == wanted.lower() for word in coded.dictionary.to_pylist()]
    indices = np.asarray(coded.indices.fill_null(-1))
    return np.asarray(np.array([*words, False])[indices], dtype=np.bool_)


def _check(path: Path, latitude: FloatArray, longitude: FloatArray) -> None:
    usable = (np.abs(latitude) <= 90) & (np.abs(longitude) <= 180)
    if usable.all():
        return
    row = int(np.argmin(usable))
    where = _place_text(path, row)
    raise TableError(
        f"{where}: {_reason(float(latitude[row]), float(longitude[row]))}.", code="coordinate"
    )


def _place_text(path: Path, row: int) -> str:
    if path.suffix.lower() in _NOT_IN_CSV:
        return f"{path}, row {row + 1}"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, delimiter=_delimiter(path))
        next(reader)
        for number, _ in enumerate(fields for fields in reader if fields):
            if number == row:
                return f"{path}, line {reader.line_num}"
    return f"{path}, row {row + 1}"


def _reason(latitude: float, longitude: float) -> str:
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return "latitude or longitude is missing or no number"
    if abs(latitude) > 90.0 and abs(longitude) <= 90.0:
        return (
            f"latitude {latitude:g} is outside -90…90; the latitude and longitude columns seem "
            "to be swapped"
        )
    if abs(latitude) > 90.0:
        return f"latitude {latitude:g} is outside -90…90; check whether the columns are swapped"
    return f"longitude {longitude:g} is outside -180…180"
