"""A labelled set: its table with scene columns, all probabilities, and what failed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geoguess_app.core.errors import TableError
from geoguess_app.core.types import FloatArray
from geoguess_app.files.atomic import replace_file
from trainer.data.scene_columns import (
    FAILURE,
    LABEL_FIELDS,
    PROBABILITIES,
    PROBABILITY_TYPE,
    S3_COLUMNS,
)
from trainer.data.table_files import write_table
from trainer.scenes.labelling import Portion, read_part

_DECIMALS = 6
_PROBABILITY_SCHEMA = pa.schema(
    [pa.field("file_name", pa.string()), pa.field(PROBABILITIES, PROBABILITY_TYPE)]
)


@dataclass(frozen=True, slots=True)
class LabelFiles:
    """The files in which the results of one labelling lie."""

    table: Path

    @property
    def probabilities(self) -> Path:
        """All 365 probabilities of every labelled photo."""
        return self.table.with_name(f"{self.table.stem}-probabilities.parquet")

    @property
    def skipped(self) -> Path:
        """Return which photos have no label, and why."""
        return self.table.with_name(f"{self.table.stem}-skipped.csv")

    @property
    def parts(self) -> Path:
        """The folder of finished portions; gone once everything is."""
        return self.table.with_name(f"{self.table.stem}-parts")


@dataclass
class LabelSummary:
    """The outcome of a labelling, for the terminal."""

    photos: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    likeliest: np.ndarray = field(default_factory=lambda: np.zeros(3, dtype=np.int64))
    """How many photos are most probably indoor, natural, urban."""

    @property
    def labelled(self) -> int:
        """Photos with a label."""
        return self.photos - len(self.skipped)


def write_labelled(table: Any, portions: Sequence[Portion], places: LabelFiles) -> LabelSummary:
    """Join the portions' labels to the rows of ``table`` (an Arrow table); the table last, so that
    where it is everything is. Raises TableError, GeoGuessError (disk full)."""
    summary = LabelSummary()
    own = {label.name for label in LABEL_FIELDS}
    kept = table.select([name for name in table.column_names if name not in own])
    rounded = places.table.suffix.lower() != ".parquet"
    write_table(
        places.probabilities, _PROBABILITY_SCHEMA, _probability_batches(portions, places.parts)
    )
    schema = pa.schema([*kept.schema, *(_written(label, rounded) for label in LABEL_FIELDS)])
    write_table(places.table, schema, _rows(kept, portions, places.parts, schema, summary))
    _write_skipped(places.skipped, summary)
    return summary


def _written(label: pa.Field, rounded: bool) -> pa.Field:
    # As text, float32 would show digits that mean nothing.
    return pa.field(label.name, pa.float64()) if rounded and label.type == pa.float32() else label


def _rows(
    table: Any, portions: Sequence[Portion], parts: Path, schema: pa.Schema, summary: LabelSummary
) -> Iterator[pa.RecordBatch]:
    start = 0
    for portion in portions:
        labels = read_part(portion, parts)
        rows = table.slice(start, len(portion.names)).combine_chunks()
        start += len(portion.names)
        columns = [_one_chunk(column) for column in rows.columns]
        for label in LABEL_FIELDS:
            values = labels.column(label.name)
            if schema.field(label.name).type == pa.float64():
                values = pc.round(values.cast(pa.float64()), _DECIMALS)
            columns.append(values)
        _count(summary, portion, labels)
        yield pa.record_batch(columns, schema=schema)


def _one_chunk(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _count(summary: LabelSummary, portion: Portion, labels: pa.RecordBatch) -> None:
    failures = labels.column(FAILURE).to_pylist()
    summary.photos += len(failures)
    summary.skipped += [
        (name, reason) for name, reason in zip(portion.names, failures, strict=True) if reason
    ]
    groups = np.stack([labels.column(n).to_numpy(zero_copy_only=False) for n in S3_COLUMNS], axis=1)
    known = np.isfinite(groups).all(axis=1)
    summary.likeliest += np.bincount(groups[known].argmax(axis=1), minlength=3)


def _probability_batches(portions: Sequence[Portion], parts: Path) -> Iterator[pa.RecordBatch]:
    for portion in portions:
        labels = read_part(portion, parts)
        known = labels.column(FAILURE).is_null()
        columns = [pa.array(portion.names, pa.string()), labels.column(PROBABILITIES)]
        yield pa.record_batch([c.filter(known) for c in columns], schema=_PROBABILITY_SCHEMA)


def _write_skipped(path: Path, summary: LabelSummary) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file_name", "reason"])
    writer.writerows(summary.skipped)
    replace_file(path, text.getvalue().encode("utf-8", "replace"))


def read_probabilities(path: Path) -> tuple[list[str], FloatArray]:
    """File names and probabilities (n, 365) of ``…-probabilities.parquet``, scaled to sum to 1.

    Raises TableError.
    """
    try:
        table = pq.read_table(path, columns=["file_name", PROBABILITIES]).combine_chunks()
        flat = _one_chunk(table[PROBABILITIES]).values.to_numpy()
        values = flat.reshape(table.num_rows, PROBABILITY_TYPE.list_size).astype(np.float64)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise TableError(
            f"{path}: holds no scene probabilities ({error}).", code="scenes"
        ) from error
    return table["file_name"].to_pylist(), values / values.sum(axis=1, keepdims=True)
