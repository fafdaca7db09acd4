"""The cells table of the field: ``class_label,hex_id,imgs_per_cell,latitude_mean,longitude_mean``.

Some published files put lines such as ``num_images: …`` before the header. ``hex_id`` is the S2
token and stays a string from end to end: one in five looks like a number (478e4, 0945, 89e3774).
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.partition.table import Partition
from geoguess_app.core.types import IdArray

HEADER = ("class_label", "hex_id", "imgs_per_cell", "latitude_mean", "longitude_mean")
_NEEDED = HEADER[1:]
_PREAMBLE_LINES = 10
_MOST_PHOTOS = 2**53


class _Row(NamedTuple):
    line: int
    label: int
    token: str
    photos: int
    latitude_deg: float
    longitude_deg: float


class _BrokenLine(Exception):
    """What is wrong with a line; becomes a PartitionError that also names the file."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def read_cells_csv(
    source: str | os.PathLike[str] | TextIO, name: str, *, ordered: bool = False
) -> Partition:
    """Read a cells table from a file or an open text stream; extra columns are ignored.

    The partition's classes follow the S2 ids, whatever the table's ``class_label`` says: published
    tables number cells by first appearance. With ``ordered`` (tables that belong to network
    weights, as in a bundle) a label that differs from the row's class is an error. Raises
    PartitionError in one sentence with file and line.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                return _read(stream, str(path), name, ordered)
        except OSError as error:
            raise PartitionError(
                f"{path}: cannot be read ({error.strerror}).", code="unreadable"
            ) from error
    return _read(source, str(getattr(source, "name", f"cells table “{name}”")), name, ordered)


def _read(stream: TextIO, label: str, name: str, ordered: bool) -> Partition:
    reader = csv.reader(stream)
    try:
        columns = _header(reader)
        rows = [_row(fields, columns, reader.line_num) for fields in reader if fields]
        if not rows:
            raise _BrokenLine(reader.line_num, "the table has no cells")
        ids = _ids(rows)
    except _BrokenLine as error:
        raise PartitionError(f"{label}, line {error.line}: {error}.", code="cells-table") from error
    except csv.Error as error:
        raise PartitionError(
            f"{label}, line {reader.line_num}: {error}.", code="cells-table"
        ) from error
    except UnicodeDecodeError as error:
        raise PartitionError(
            f"{label}: not UTF-8 text, so not a cells table.", code="cells-table"
        ) from error
    order = np.argsort(ids)
    if ordered:
        _check_labels([rows[index] for index in order.tolist()], label)
    try:
        return Partition(
            name,
            ids[order],
            np.array([row.photos for row in rows], dtype=np.int64)[order],
            np.array([row.latitude_deg for row in rows])[order],
            np.array([row.longitude_deg for row in rows])[order],
        )
    except PartitionError as error:
        raise PartitionError(f"{label}: {error}", code="cells-table") from error


def _header(reader: csv._reader) -> dict[str, int]:  # type: ignore[name-defined]
    for fields in reader:
        names = [field.strip().lower() for field in fields]
        if "hex_id" in names:
            missing = [column for column in _NEEDED if column not in names]
            if missing:
                raise _BrokenLine(reader.line_num, f"the header lacks the column {missing[0]}")
            return {column: names.index(column) for column in HEADER if column in names}
        if reader.line_num > _PREAMBLE_LINES:
            break
    raise _BrokenLine(
        reader.line_num,
        f"no header “{','.join(HEADER)}” was found up to here, so this is not a cells table",
    )


def _row(fields: list[str], columns: dict[str, int], line: int) -> _Row:
    if len(fields) <= max(columns.values()):
        raise _BrokenLine(line, f"{len(fields)} columns are too few")
    text = {column: fields[index].strip() for column, index in columns.items()}
    row = _Row(
        line,
        _whole(text, "class_label", line) if "class_label" in text else -1,
        text["hex_id"],
        _whole(text, "imgs_per_cell", line),
        _number(text, "latitude_mean", line),
        _number(text, "longitude_mean", line),
    )
    if abs(row.latitude_deg) > 90 or abs(row.longitude_deg) > 180:
        place = f"{row.latitude_deg:g}, {row.longitude_deg:g}"
        raise _BrokenLine(line, f"the mean location {place} is not a valid position")
    return row


def _number(text: dict[str, str], column: str, line: int) -> float:
    try:
        value = float(text[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _BrokenLine(line, f"{column} {cells.quote_tokens(text[column])} is not a number")
    return value


def _whole(text: dict[str, str], column: str, line: int) -> int:
    value = _number(text, column, line)
    if not 0 <= value <= _MOST_PHOTOS or value != int(value):
        shown = cells.quote_tokens(text[column])
        raise _BrokenLine(line, f"{column} {shown} is not a whole number of 0 or more")
    return int(value)


def _ids(rows: Sequence[_Row]) -> IdArray:
    """Ids of all rows at once; only where one is broken, its line is looked for."""
    try:
        ids = cells.ids_from_tokens([row.token for row in rows])
    except PartitionError:
        for row in rows:
            try:
                cells.ids_from_tokens([row.token])
            except PartitionError as error:
                raise _BrokenLine(row.line, str(error).rstrip(".")) from error
        raise
    first: dict[int, int] = {}
    for cell, row in zip(ids.tolist(), rows, strict=True):
        if cell in first:
            raise _BrokenLine(
                row.line, f"cell {row.token} is listed again (first in line {first[cell]})"
            )
        first[cell] = row.line
    return ids


def _check_labels(rows_by_id: Sequence[_Row], label: str) -> None:
    for place, row in enumerate(rows_by_id):
        if row.label != place:
            raise PartitionError(
                f"{label}, line {row.line}: cell {row.token} must have class_label {place}, "
                f"because classes are numbered by S2 id, but has {row.label}.",
                code="cells-table",
            )


def cells_csv_text(partition: Partition) -> str:
    """The cells table as text, numbers written so that reading gives the same bits again."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(
        zip(
            range(partition.size),
            partition.tokens,
            partition.photo_counts.tolist(),
            partition.mean_latitude_deg.tolist(),
            partition.mean_longitude_deg.tolist(),
            strict=True,
        )
    )
    return text.getvalue()
