"""CSV tables as lines with numbers, and filters on their columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from geoguess_app.core.errors import TableError
from geoguess_app.files.columns import normalise

MAX_TABLE_BYTES = 2_000_000_000

Filter = tuple[str, str]
"""A column (normalised) and the wanted value, or several joined by commas."""


def read_lines(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header, and the other rows that are not blank, each with its first line's number.

    Commas, semicolons and tabs are told apart by the header. Raises TableError, also later while
    the rows are read.
    """
    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise TableError(f"{path}: the table is too large.", code="too-large")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TableError(
            f"{path}: cannot be read ({error.strerror or error}).", code="unreadable"
        ) from error
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path}: not a text table in UTF-8; save it as CSV (UTF-8).", code="unreadable"
        ) from error
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    lines = _number_rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), path)
    header = next(lines, None)
    if header is None:
        raise TableError(f"{path}: the table is empty.", code="no-rows")
    return header[1], lines


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
