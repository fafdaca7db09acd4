"""The cells table of the field: ``class_label,hex_id,imgs_per_cell,latitude_mean,longitude_mean``.

Some published files put lines such as ``num_images: …`` before the header. ``hex_id`` is the S2
token and stays a string from end to end: one in five looks like a number (478e4, 0945, 89e3774).
"""

from __future__ import annotations

import contextlib
import csv
import io
import math
import os
import tempfile
from pathlib import Path
from typing import TextIO

import numpy as np

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.partition_table import Partition

HEADER = ("class_label", "hex_id", "imgs_per_cell", "latitude_mean", "longitude_mean")
_NEEDED = HEADER[1:]
_PREAMBLE_LINES = 10
_Row = tuple[int, str, int, float, float]


class _Broken(Exception):
    """What is wrong with a line; becomes a PartitionError that also names file and line."""


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
    rows: list[_Row] = []
    lines: dict[str, int] = {}
    try:
        columns = _header(reader)
        for row in reader:
            if row:
                cell = _cell(row, columns)
                if cell[1] in lines:
                    raise _Broken(
                        f"cell {cell[1]} is listed again (first in line {lines[cell[1]]})"
                    )
                lines[cell[1]] = reader.line_num
                rows.append(cell)
        if not rows:
            raise _Broken("the table has no cells")
    except (_Broken, PartitionError, csv.Error) as error:
        text = str(error).rstrip(".")
        raise PartitionError(
            f"{label}, line {reader.line_num}: {text}.", code="cells-table"
        ) from error
    except UnicodeDecodeError as error:
        raise PartitionError(
            f"{label}: this is no text in UTF-8, so no cells table.", code="cells-table"
        ) from error
    return _partition(rows, label, name, ordered)


def _header(reader: csv._reader) -> dict[str, int]:  # type: ignore[name-defined]
    for row in reader:
        names = [field.strip().lower() for field in row]
        if "hex_id" in names:
            missing = [column for column in _NEEDED if column not in names]
            if missing:
                raise _Broken(f"the header lacks the column {missing[0]}")
            return {column: names.index(column) for column in HEADER if column in names}
        if reader.line_num > _PREAMBLE_LINES:
            break
    raise _Broken(f"no header “{','.join(HEADER)}” was found, so this is no cells table")


def _cell(row: list[str], columns: dict[str, int]) -> _Row:
    if len(row) <= max(columns.values()):
        raise _Broken(f"{len(row)} columns are too few")
    text = {column: row[index].strip() for column, index in columns.items()}
    (cell_id,) = cells.ids_from_tokens([text["hex_id"]]).tolist()
    (token,) = cells.tokens([cell_id])
    latitude, longitude = _number(text, "latitude_mean"), _number(text, "longitude_mean")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise _Broken(f"the mean location {latitude:g}, {longitude:g} does not lie on the Earth")
    label = _whole(text, "class_label") if "class_label" in text else -1
    return label, token, _whole(text, "imgs_per_cell"), latitude, longitude


def _number(text: dict[str, str], column: str) -> float:
    try:
        value = float(text[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _Broken(f"{column} “{text[column][:40]}” is no number")
    return value


def _whole(text: dict[str, str], column: str) -> int:
    value = _number(text, column)
    if value < 0 or value != int(value):
        raise _Broken(f"{column} “{text[column][:40]}” is no whole number from 0 up")
    return int(value)


def _partition(rows: list[_Row], label: str, name: str, ordered: bool) -> Partition:
    ids = cells.ids_from_tokens([row[1] for row in rows])
    order = np.argsort(ids)
    if ordered:
        for place, index in enumerate(order.tolist()):
            if rows[index][0] != place:
                raise PartitionError(
                    f"{label}: cell {rows[index][1]} must have class_label {place}, because "
                    f"classes are numbered by S2 id, but has {rows[index][0]}.",
                    code="cells-table",
                )
    try:
        return Partition(
            name,
            ids[order],
            np.array([row[2] for row in rows], dtype=np.int64)[order],
            np.array([row[3] for row in rows])[order],
            np.array([row[4] for row in rows])[order],
        )
    except PartitionError as error:
        raise PartitionError(f"{label}: {error}", code="cells-table") from error


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


def write_cells_csv(partition: Partition, path: str | os.PathLike[str]) -> None:
    """Write the cells table; the file appears complete or not at all.

    Raises PartitionError where the folder cannot be written to.
    """
    target = Path(path)
    temporary: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=target.parent, suffix=".part", delete=False
        ) as stream:
            temporary = Path(stream.name)
            stream.write(cells_csv_text(partition))
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        raise PartitionError(
            f"{target}: cannot be written ({error.strerror}).", code="unwritable"
        ) from error
