"""CSV and JSON-lines tables as lines with numbers, and filters on their columns."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from geoguess_app.core.errors import TableError
from geoguess_app.files.columns import normalise

MAX_TABLE_BYTES = 2_000_000_000
_HEAD_BYTES = 256
_FIRST_OF_TEXT = 9
"""The tab; what is below is no text."""

Filter = tuple[str, str]
"""A column (normalised) and the wanted value, or several joined by commas."""


def read_lines(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header, and the other rows that are not blank, each with its first line's number.

    CSV, whose commas, semicolons and tabs are told apart by the header, JSON lines, or Parquet
    where pyarrow is installed. Raises TableError, also later while the rows are read.
    """
    if path.suffix.lower() == ".parquet" and path.is_file():
        return _parquet(path)
    text = _text(path)
    if text.lstrip()[:1] == "{":
        return _json_lines(text, path)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    lines = _number_rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), path)
    header = next(lines, None)
    if header is None:
        raise TableError(f"{path}: the table is empty.", code="no-rows")
    return header[1], lines


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise TableError(f"{path}: the table is too large.", code="too-large")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TableError(
            f"{path}: cannot be read ({error.strerror or error}).", code="unreadable"
        ) from error
    except UnicodeDecodeError as error:
        raise not_utf8(path) from error


def not_utf8(path: Path) -> TableError:
    """Return what to say of a table whose bytes are no UTF-8: what they are."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    zeros = max(head[::2].count(0), head[1::2].count(0))
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or zeros > len(head) / 4
    if wide and not head.startswith(b"PK"):
        wrong = "the text is in UTF-16, not in UTF-8"
    elif any(byte < _FIRST_OF_TEXT for byte in head):
        wrong = "this is no text, but a spreadsheet, picture or archive"
    else:
        wrong = "the text is in an older encoding such as Windows-1252, not in UTF-8"
    return TableError(f"{path}: {wrong}; save the table as “CSV UTF-8”.", code="unreadable")


def _json_lines(text: str, path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    rows: list[tuple[int, dict[str, str]]] = []
    names: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise TableError(f"{path}: line {number} is no JSON object.", code="unreadable")
        cells = {name: _cell(value) for name, value in found.items() if not _is_nested(value)}
        names.update(dict.fromkeys(cells))
        rows.append((number, cells))
    return list(names), ((line, [cells.get(name, "") for name in names]) for line, cells in rows)


def _parquet(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise TableError(
            f"{path}: to read Parquet install pyarrow (pip install pyarrow), or save the table as "
            "“CSV UTF-8”.",
            code="unreadable",
        ) from error
    try:
        schema = pq.read_schema(path)
        # Embedded pictures and other nested values are no cells of a table.
        names = [field.name for field in schema if not pa.types.is_nested(field.type)]
        rows = pq.read_table(path, columns=names).to_pylist()
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise TableError(f"{path}: cannot be read ({reason}).", code="unreadable") from error
    cells = ([_cell(row[name]) for name in names] for row in rows)
    return names, enumerate(cells, start=2)


def _is_nested(value: object) -> bool:
    return isinstance(value, list | dict)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number_rows(reader: Iterator[list[str]], path: Path) -> Iterator[tuple[int, list[str]]]:
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(f"{path}: line {line}: {error}.", code="unreadable") from error
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1  # type: ignore[attr-defined]


def row_values(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The cells by column name; empty for those that a short row lacks."""
    padded = [cell.strip() for cell in cells] + [""] * (len(names) - len(cells))
    return dict(zip(names, padded, strict=False))


def parse_filters(
    where: Sequence[str] | str | None, names: Sequence[str], path: Path
) -> list[Filter]:
    """Conditions ``column=value`` on the columns ``names``; raises TableError."""
    filters = []
    for condition in [where] if isinstance(where, str) else (where or ()):
        name, equals, wanted = condition.partition("=")
        name = normalise(name)
        if not equals or not name:
            raise TableError(
                f"The filter {condition!r} is not of the form column=value.", code="bad-filter"
            )
        if name not in names:
            raise TableError(
                f"{path}: no column {name!r} to filter by; its columns are "
                f"{', '.join(names[:20])}.",
                code="bad-filter",
            )
        filters.append((name, wanted.strip()))
    return filters


def matches_filters(values: Mapping[str, str], filters: Sequence[Filter]) -> bool:
    """Tell whether a row meets all conditions: the value itself or one of its comma-separated
    parts."""
    return all(
        values[name] == wanted or values[name] in [part.strip() for part in wanted.split(",")]
        for name, wanted in filters
    )
