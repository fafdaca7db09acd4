"""CSV, Parquet and JSON-lines tables as streams of Arrow record batches, and back.

Cells of a CSV stay texts: ids that look like numbers (``007``, S2 tokens) must not become some.
"""

from __future__ import annotations

import csv
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from geoguess_app.core.errors import TableError
from geoguess_app.files.atomic import atomic_binary_file
from geoguess_app.files.columns import normalise
from geoguess_app.files.csv_rows import not_utf8

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".ndjson")
BATCH_ROWS = 1 << 16
_SPOOL_PREFIX = ".rows-"
_BLOCK_BYTES = 8 << 20
"""A CSV is read in pieces of this size; no row may be longer."""


@dataclass
class TableStream:
    """An open table: its columns, its batches (to be read once), and rows that did not fit."""

    path: Path
    columns: list[str]
    batches: Iterator[pa.RecordBatch]
    malformed: list[str] = field(default_factory=list)
    """One sentence per row with a wrong number of cells; grows while the batches are read."""


def open_table(path: Path) -> TableStream:
    """Open a table for streaming. Raises TableError, also later while the batches are read."""
    try:
        if path.suffix.lower() == ".parquet":
            return _open_parquet(path)
        if path.suffix.lower() in (".jsonl", ".ndjson"):
            return _open_json_lines(path)
        return _open_csv(path)
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> TableError:
    if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error) or "UTF-8" in str(error):
        return not_utf8(path)
    reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return TableError(f"{path}: cannot be read as a table ({reason}).", code="unreadable")


def _guard(path: Path, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def _open_parquet(path: Path) -> TableStream:
    file = pq.ParquetFile(path)
    # Embedded pictures and other nested values are no cells of a table.
    names = [f.name for f in file.schema_arrow if not pa.types.is_nested(f.type)]
    batches = file.iter_batches(batch_size=BATCH_ROWS, columns=names)
    return TableStream(path, names, _guard(path, batches))


def _open_json_lines(path: Path) -> TableStream:
    import pyarrow.json as pa_json

    table = pa_json.read_json(path)
    table.validate(full=True)  # Arrow takes any bytes for text
    table = table.select([f.name for f in table.schema if not pa.types.is_nested(f.type)])
    return TableStream(path, table.column_names, iter(table.to_batches(BATCH_ROWS)))


def _open_csv(path: Path) -> TableStream:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline()
    if not first.strip():
        raise TableError(f"{path}: the table is empty.", code="no-rows")
    delimiter = max(",;\t", key=first.count)
    names = _distinct(next(csv.reader([first], delimiter=delimiter)))
    stream_of = TableStream(path, names, iter(()))

    def misfit(row: Any) -> str:
        where = f"line {row.number}" if row.number is not None else "a line"
        stream_of.malformed.append(
            f"{where}: {row.actual_columns} cells where the header has {row.expected_columns}"
        )
        return "skip"

    def batches() -> Iterator[pa.RecordBatch]:
        reader = pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(
                column_names=names, skip_rows=1, block_size=_BLOCK_BYTES, use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=misfit
            ),
            convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
        yield from reader

    stream_of.batches = _no_rows_is_no_fault(path, batches())
    return stream_of


def _no_rows_is_no_fault(path: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    try:
        yield from _guard(path, batches)
    except TableError as error:
        if "Empty CSV file" not in str(error):
            raise


def _distinct(header: Sequence[str]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(header, start=1):
        name = cell.strip().strip("\ufeff") or f"column_{number}"
        names.append(name if name not in names else f"{name}_{number}")
    return names


@contextmanager
def spool_to_disk(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], folder: Path
) -> Iterator[Any]:
    """All batches as one Arrow table that lies on disk, so that memory does not grow with it.

    The file in ``folder`` goes with the block; one that a killed run left there goes too. Raises
    TableError where the disc is full.
    """
    for leftover in folder.glob(f"{_SPOOL_PREFIX}*.arrow"):
        with suppress(OSError):
            leftover.unlink()
    path = folder / f"{_SPOOL_PREFIX}{secrets.token_hex(6)}.arrow"
    try:
        _spool(path, schema, batches)
        with pa.memory_map(str(path)) as source:
            yield pa.ipc.open_file(source).read_all()
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _spool(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    try:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
    except OSError as error:
        raise TableError(
            f"{path.parent}: there is no room for the table's working copy "
            f"({error.strerror or error}); free some space.",
            code="unwritable",
        ) from error


def write_table(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write a CSV (or Parquet, by the suffix) whole or not at all. Raises TableError."""
    parquet = path.suffix.lower() == ".parquet"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_binary_file(path) as stream, _writer(stream, schema, parquet=parquet) as writer:
            for batch in batches:
                writer.write_batch(batch)
    except (OSError, pa.ArrowException) as error:
        raise TableError(
            f"{path}: cannot be written ({getattr(error, 'strerror', None) or error}).",
            code="unwritable",
        ) from error


def _writer(stream: BinaryIO, schema: pa.Schema, *, parquet: bool) -> Any:
    if parquet:
        return pq.ParquetWriter(stream, schema, compression="zstd")
    options = pa_csv.WriteOptions(quoting_style="needed")
    return pa_csv.CSVWriter(stream, schema, write_options=options)


def normalised_names(names: Sequence[str]) -> list[str]:
    """Column names in the form of the project's own tables, still distinct."""
    return _distinct([normalise(name) for name in names])
