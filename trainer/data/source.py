"""Sources of photo tables: a folder, a published image folder, or a table of any layout."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from geoguess_app.core.errors import TableError
from geoguess_app.core.geo.angles import LATITUDE, LONGITUDE
from geoguess_app.evaluation.answers.photo_files import PhotoFiles, is_beside
from geoguess_app.photos.left_out import LeftOut
from geoguess_app.photos.scan import scan
from trainer.data.angles import degrees_column
from trainer.data.column_names import REQUIRED, assign_columns, guess
from trainer.data.table_files import TableStream, normalised_names, open_table

METADATA_NAMES = ("metadata.csv", "metadata.parquet", "metadata.jsonl")
"""What Hugging Face's image folders call their table."""

SPLIT_FOLDERS: Mapping[str, str] = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
_FOLDER_BATCH = 1024
_LOOK_FOR_PICTURES_IN = 50

_AXES = (("latitude", LATITUDE), ("longitude", LONGITUDE))

Kind = Literal["folder", "imagefolder", "table"]


@dataclass
class PhotoSource:
    """Rows of ``file_name, latitude, longitude`` (degrees, NaN where not said) and other columns.

    ``root`` is the folder below which the photos lie, None where only coordinates are at hand.
    ``batches`` can be read once; ``malformed`` fills up while they are.
    """

    kind: Kind
    path: Path
    root: Path | None
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    roles: Mapping[str, str] = field(default_factory=dict)
    malformed: list[str] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    """Of a folder: what is in it besides, counted while the batches are read."""


def open_photo_source(
    path: Path,
    *,
    images: Path | None = None,
    chosen: Mapping[str, str] | None = None,
    swapped: bool = False,
    positions: bool = True,
) -> PhotoSource:
    """Open a folder of photos, an image folder with ``metadata.csv``, or a CSV/Parquet table.

    ``chosen`` names columns for roles (see ``column_names.ROLES``) instead of guessing; ``images``
    is the folder below which a table's photos lie (default: the table's own). Without ``positions``
    a table may lack latitude and longitude, which then are NaN. Raises TableError.
    """
    if not path.exists():
        raise TableError(f"{path}: there is no such folder or table.", code="missing")
    if images is not None and not images.is_dir():
        raise TableError(f"{images}: there is no such folder of photos.", code="missing")
    if not path.is_dir():
        source = _from_table("table", path, open_table(path), chosen or {}, swapped, positions)
        source.root = images or _folder_with_photos(path, source)
        return source
    tables = _metadata_tables(path)
    if not tables:
        return _from_folder(path)
    joined = _join(path, tables)
    source = _from_table("imagefolder", path, joined, chosen or {}, swapped, positions)
    source.root = images or path
    return source


def _from_folder(folder: Path) -> PhotoSource:
    schema = pa.schema(
        [("file_name", pa.string()), ("latitude", pa.float64()), ("longitude", pa.float64())]
    )

    left_out = LeftOut()

    def batches() -> Iterator[pa.RecordBatch]:
        photos = (path for path in scan([folder], left_out=left_out) if path != folder)
        found = (name for path in photos if (name := _name(path.relative_to(folder))))
        while names := list(islice(found, _FOLDER_BATCH)):
            nowhere = pa.nulls(len(names), pa.float64())
            yield pa.record_batch([pa.array(names), nowhere, nowhere], schema=schema)

    def _name(path: Path) -> str:
        """The name in the table; none for bytes of another encoding, which no table can hold."""
        name = path.as_posix()
        if not any("\ud800" <= letter <= "\udfff" for letter in name):
            return name
        left_out.names += 1
        return ""

    return PhotoSource("folder", folder, folder, schema, batches(), left_out=left_out)


def _from_table(
    kind: Kind,
    path: Path,
    table: TableStream,
    chosen: Mapping[str, str],
    swapped: bool,
    positions: bool,
) -> PhotoSource:
    required = REQUIRED if positions else ("file_name",)
    roles = assign_columns(path, table.columns, chosen, swapped=swapped, required=required)
    others = [name for name in table.columns if name not in roles.values()]
    extra = [role for role in ("author", "taken") if role in roles]
    names = normalised_names(["file_name", "latitude", "longitude", *extra, *others])
    columns = [roles["file_name"], *(roles[role] for role in extra), *others]
    first = next(table.batches, None)
    if first is None:
        raise TableError(f"{path}: the table has a header but no rows.", code="no-rows")
    kinds = [pa.string(), pa.float64(), pa.float64()]
    kinds += [_plain_type(first.schema.field(name).type) for name in columns[1:]]
    schema = pa.schema(list(zip(names, kinds, strict=True)))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in _with_first(first, table.batches):
            texts = [_cast(batch.column(name)) for name in columns]
            angles = [_angles(batch, roles.get(role), axis) for role, axis in _AXES]
            yield pa.record_batch([texts[0].cast(pa.string()), *angles, *texts[1:]], schema=schema)

    return PhotoSource(kind, path, None, schema, batches(), roles, table.malformed)


def _angles(batch: pa.RecordBatch, column: str | None, axis: str) -> Any:
    if column is None:
        return pa.nulls(batch.num_rows, pa.float64())
    return pa.array(degrees_column(batch.column(column), axis))


def _with_first(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def _plain_type(kind: Any) -> Any:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _cast(column: Any) -> Any:
    return column.cast(_plain_type(column.type))


def _folder_with_photos(table: Path, source: PhotoSource) -> Path | None:
    """The table's own folder, if any of the first photos lies there; of absolute names the folder
    that they share."""
    first = next(source.batches)
    source.batches = _with_first(first, source.batches)
    folder = table.resolve().parent
    names = [name for name in first.column("file_name").to_pylist() if name]
    looked_at = names[:_LOOK_FOR_PICTURES_IN]
    if not any(is_beside(folder, name) for name in looked_at):
        return None
    if all(Path(name).is_absolute() for name in looked_at):
        return _shared_folder(names)
    return folder


def _shared_folder(names: Sequence[str]) -> Path | None:
    """The folder below which all of these absolute names lie; None on several drives."""
    try:
        return Path(os.path.commonpath([Path(name).parent for name in names]))
    except ValueError:
        return None


def _metadata_tables(folder: Path) -> dict[str, Path]:
    """Sub-folder ("" for the folder itself) → table."""
    for name in METADATA_NAMES:
        if (folder / name).is_file():
            return {"": folder / name}
    return {
        prefix: table
        for prefix in SPLIT_FOLDERS
        for name in METADATA_NAMES
        if (table := folder / prefix / name).is_file()
    }


def _join(folder: Path, tables: Mapping[str, Path]) -> TableStream:
    """The tables of an image folder's parts as one, with the part as column ``split``."""
    streams = {prefix: open_table(table) for prefix, table in tables.items()}
    first = next(iter(streams.values()))
    if "" in streams:
        return first
    for stream in streams.values():
        if stream.columns != first.columns:
            raise TableError(
                f"{stream.path} and {first.path} have different columns; give them the same.",
                code="columns",
            )
    columns = [name for name in first.columns if name != "split"]
    file = guess(columns, "file_name")
    malformed: list[str] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for prefix, stream in streams.items():
            for batch in stream.batches:
                kept = batch.select(columns)
                names = [f"{prefix}/{name}" for name in batch.column(file).to_pylist()]
                kept = kept.set_column(columns.index(file or ""), file, pa.array(names))
                split = pa.array([SPLIT_FOLDERS[prefix]] * batch.num_rows)
                yield kept.append_column("split", split)
            malformed.extend(f"{prefix}: {text}" for text in stream.malformed)

    if file is None:
        raise TableError(f"{first.path}: no column file_name.", code="missing-column")
    return TableStream(folder, [*columns, "split"], batches(), malformed)


class PhotoFinder:
    """The photos that a source names, below its folder and nowhere else."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = PhotoFiles(root)

    def find(self, name: str) -> Path | None:
        """The photo's path; None where there is none or the name leads out of the folder."""
        if Path(name).is_absolute():
            try:
                name = Path(name).relative_to(self._root.absolute()).as_posix()
            except ValueError:
                return None
        return None if not name or ".." in Path(name).parts else self._files.find(name)
