"""The kept photos as a table, or as an image folder that can be published as it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geoguess_app.core.errors import TableError
from trainer.data.surveyed import SurveyedColumns, hashes, is_null
from trainer.data.table_files import TABLE_SUFFIXES, write_table

Pictures = Literal["link", "copy", "none"]

HASH_COLUMN = "perceptual_hash"
"""64 bits in hexadecimal, so that leaks between splits are found without the pictures."""
_PORTION = 1 << 16
_COORDINATE_DECIMALS = 7
"""About a centimetre."""


def is_table(out: Path) -> bool:
    """Tell whether ``--out`` names a table rather than a folder."""
    return out.suffix.lower() in TABLE_SUFFIXES and not out.is_dir()


def table_path(out: Path) -> Path:
    """Return where the table lies: ``out`` itself, or ``metadata.csv`` in that folder."""
    return out if is_table(out) else out / "metadata.csv"


def output_schema(columns: SurveyedColumns) -> pa.Schema:
    """``file_name, latitude, longitude``, the source's other columns, and what photos told."""
    fields = [field for field in columns.table.schema if not field.name.startswith("_")]
    names = [field.name for field in fields]
    if columns.measured:
        own = ("taken", "camera", HASH_COLUMN)
        fields += [pa.field(name, pa.string()) for name in own if name not in names]
    return pa.schema(fields)


def write_kept(columns: SurveyedColumns, kept: npt.NDArray[np.bool_], out: Path) -> Path:
    """Write the kept rows; gives the table's path. Raises TableError."""
    path = table_path(out)
    schema = output_schema(columns)
    write_table(path, schema, _batches(columns, kept, schema))
    return path


def _batches(
    columns: SurveyedColumns, kept: npt.NDArray[np.bool_], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for start in range(0, kept.size, _PORTION):
        mask = kept[start : start + _PORTION]
        if not mask.any():
            continue
        part = columns.table.slice(start, _PORTION)
        values = {
            field.name: part[field.name] for field in schema if field.name in part.schema.names
        }
        for name, angles in (
            ("latitude", columns.latitude_deg),
            ("longitude", columns.longitude_deg),
        ):
            rounded = np.round(angles[start : start + _PORTION], _COORDINATE_DECIMALS)
            values[name] = pa.array(rounded)
        if columns.measured:
            values["file_name"] = part["_photo"]
            _add_own(values, part, schema)
        table = pa.table([values[name] for name in schema.names], schema=schema)
        yield from table.filter(pa.array(mask)).combine_chunks().to_batches()


def _add_own(values: dict[str, Any], part: Any, schema: pa.Schema) -> None:
    for name in ("taken", "camera"):
        if name not in values:
            values[name] = pc.fill_null(part[f"_{name}"], "")
    if HASH_COLUMN not in values:
        unknown = is_null(part, "_perceptual_hash")
        texts = [f"{value:016x}" for value in hashes(part, "_perceptual_hash").tolist()]
        values[HASH_COLUMN] = pa.array(
            ["" if none else text for text, none in zip(texts, unknown.tolist(), strict=True)]
        )
    for name in values:
        values[name] = values[name].cast(schema.field(name).type)


def place_pictures(
    root: Path, names: Iterator[str], out: Path, pictures: Pictures, progress: Any
) -> None:
    """Put the photos into the image folder: hard links (copies across discs), or copies.

    Photos that are there already with the same size and time stay. Raises TableError.
    """
    if pictures == "none" or out.resolve() == root.resolve():
        return
    for name in names:
        source, target = root / name, out / name
        try:
            if not _is_same(source, target):
                target.parent.mkdir(parents=True, exist_ok=True)
                _bring(source, target, link=pictures == "link")
        except OSError as error:
            raise TableError(
                f"{target}: the photo cannot be placed there ({error.strerror or error}). "
                "Everything done so far is kept; run the command again.",
                code="unwritable",
            ) from error
        progress.update(1)


def _is_same(source: Path, target: Path) -> bool:
    if not target.exists():
        return False
    one, other = source.stat(), target.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _bring(source: Path, target: Path, *, link: bool) -> None:
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    if link:
        try:
            os.link(source.resolve(), part)
        except OSError:  # another disc, or a file system without links
            link = False
    if not link:
        shutil.copy2(source, part)
    part.replace(target)
