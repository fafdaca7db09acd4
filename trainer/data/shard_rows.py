"""The table of what lies in the shards, without the pictures: read once, then kept beside them."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import math
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.files.atomic import replace_file
from trainer.data.scene_columns import S3_COLUMNS
from trainer.data.shard_index import (
    MEMBERS_NAME,
    ShardError,
    ShardIndex,
    ShardRecord,
    read_index,
)

ROWS_NAME = "rows.parquet"
_KEY = b"shards"
_OTHER_NAMES = {"source": "set", "licence": "license"}
_WORDS = pa.dictionary(pa.int32(), pa.string())
FIELDS = {
    "file_name": pa.string(),
    "latitude": pa.float64(),
    "longitude": pa.float64(),
    "split": _WORDS,
    "source": _WORDS,
    "licence": _WORDS,
    "precision": _WORDS,
    **dict.fromkeys(S3_COLUMNS, pa.float64()),
}
"""The columns of the table; NaN without a label."""
MEMBER_SCHEMA = pa.schema(
    [*FIELDS.items(), ("offset_bytes", pa.int64()), ("size_bytes", pa.int64())]
)
"""Of ``members.parquet``: also where in the tar each photo lies."""
log = logging.getLogger(__name__)


def shard_rows(folder: Path) -> Any:
    """An Arrow table of every photo in the shards (``file_name, latitude, longitude, split, source,
    licence, precision, s3_…``, NaN without a label), split by split, each in the shards' own order.

    Reading the heads of millions of photos takes minutes, so the table is kept as
    ``rows.parquet`` beside the shards, if the folder can be written. Raises ShardError.
    """
    index = read_index(folder)
    groups = [shard.stretch.row_group for shard in index.shards if shard.stretch is not None]
    if groups:
        return read_members(folder, groups, FIELDS).unify_dictionaries()
    path, key = folder / ROWS_NAME, _key(index)
    known = _kept_columns(path, key)
    if known is not None:
        return known
    log.info("Reading the rows of %d shards (only the first time) …", len(index.shards))
    schema = pa.schema(list(FIELDS.items()), metadata={_KEY: key})
    parts = [_part(folder, shard, schema) for shard in index.shards]
    table = pa.Table.from_batches(parts, schema).unify_dictionaries()
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    try:
        replace_file(path, content.getvalue())
    except GeoGuessError as error:
        log.info("%s It is read anew each time.", error)
    return table


def read_members(folder: Path, row_groups: Sequence[int], columns: Iterable[str]) -> Any:
    """Row groups of the members of tars that others packed, as one table. Raises ShardError."""
    path = folder / MEMBERS_NAME
    try:
        with pq.ParquetFile(path) as file:
            return file.read_row_groups(list(row_groups), columns=list(columns))
    except (OSError, IndexError, pa.ArrowException) as error:
        raise ShardError(
            f"{path}: missing or damaged ({error}); run geoguess-train index-tars again.",
            code="damaged",
        ) from error


def _key(index: ShardIndex) -> bytes:
    parts = [*FIELDS, *(shard.sha256 for shard in index.shards)]
    digest = hashlib.sha256("\n".join(parts).encode())
    return digest.hexdigest().encode()


def _kept_columns(path: Path, key: bytes) -> Any | None:
    """The table that was kept, if it is that of these shards."""
    try:
        if (pq.read_schema(path).metadata or {}).get(_KEY) != key:
            return None
        return pq.read_table(path)
    except (OSError, pa.ArrowException):
        return None


def _part(folder: Path, shard: ShardRecord, schema: Any) -> Any:
    columns: dict[str, list[Any]] = {name: [] for name in FIELDS}
    for row in _rows(folder / shard.name):
        for name, values in columns.items():
            values.append(row_value(row, name, shard.split))
    if len(columns["split"]) != shard.photos:
        raise ShardError(
            f"{folder / shard.name}: it has {len(columns['split'])} photos, not {shard.photos}; "
            "delete it and run geoguess-train shards again.",
            code="damaged",
        )
    arrays = [pa.array(columns[name], kind) for name, kind in FIELDS.items()]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def row_value(row: Mapping[str, Any], name: str, split: str) -> Any:
    """Return what a photo's row says for one of ``FIELDS``."""
    if name == "split":
        return split
    if name in ("latitude", "longitude"):
        return float(row[name])
    if name in S3_COLUMNS:
        return _number(row.get(name))
    value = row.get(name) or row.get(_OTHER_NAMES.get(name, name))
    return str(value or "")


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The row of each photo; the pictures are skipped over, not read."""
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.name.endswith(".json") else None
                if stream is not None:
                    yield json.loads(stream.read())
    except (OSError, tarfile.TarError, ValueError) as error:
        raise ShardError(
            f"{path}: missing or damaged ({error}); run geoguess-train shards again.",
            code="damaged",
        ) from error
