"""One shard: photos and their rows into a tar file, the same bytes every time."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.picture.sniff import HEAD_BYTES, picture_kind
from geoguess_app.files.atomic import atomic_binary_file
from trainer.data.shard_index import ShardError, ShardRecord, ShardSettings, read_record
from trainer.data.source import PhotoFinder

_CHECK_SIDE = 32
"""A JPEG that is kept as it is gets decoded at an eighth of its size, to see that it is whole."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ShardTask:
    """The task of making one shard, with all that a worker needs for it."""

    folder: Path
    name: str
    split: str
    images: Path
    settings: ShardSettings
    first: int
    """Number of the first row within its split; keys count on from it."""
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        return self.name


def make_shard(task: ShardTask) -> ShardRecord:
    """Write the shard, unless it is there already and made from the same rows.

    Raises ShardError when the disc fails. A photo that cannot be read is skipped and recorded.
    """
    rows_hash = _rows_hash(task)
    done = read_record(task.folder, task.name)
    if done is not None and done.rows_sha256 == rows_hash:
        return done
    shard = task.folder / task.name
    try:
        with atomic_binary_file(shard) as stream:
            packed, skipped = _write_tar(stream, task)
        with shard.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        record = ShardRecord(
            name=task.name,
            split=task.split,
            photos=packed,
            bytes=shard.stat().st_size,
            sha256=digest,
            rows_sha256=rows_hash,
            skipped=tuple(skipped),
        )
    except OSError as error:
        raise ShardError(
            f"{shard}: cannot be written ({error.strerror or error}). Finished shards are kept; "
            "run the command again.",
            code="unwritable",
        ) from error
    # Last: a shard counts as finished only with its record.
    record.write(task.folder)
    return record


def _rows_hash(task: ShardTask) -> str:
    digest = hashlib.sha256(json.dumps([asdict(task.settings), task.first]).encode())
    for row in task.rows:
        digest.update(row_json(row))
    return digest.hexdigest()


def row_json(row: Row) -> bytes:
    """A row as it stands in the shard: JSON with sorted keys."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8")


def _write_tar(stream: BinaryIO, task: ShardTask) -> tuple[int, list[tuple[str, str]]]:
    from webdataset.writer import TarWriter

    packed = 0
    skipped: list[tuple[str, str]] = []
    finder = _finder(task.images)
    writer = TarWriter(stream, mtime=0, user="", group="", mode=0o644, encoder=False)
    for number, row in enumerate(task.rows, start=task.first):
        try:
            photo = shard_jpeg(finder.find(str(row["file_name"])), task.settings)
        except PhotoError as error:
            skipped.append((str(row["file_name"]), str(error)))
            continue
        writer.write({"__key__": f"{number:09d}", "jpg": photo, "json": row_json(row)})
        packed += 1
    writer.close()
    return packed, skipped


@functools.cache
def _finder(images: Path) -> PhotoFinder:
    return PhotoFinder(images)


def shard_jpeg(path: Path | None, settings: ShardSettings) -> bytes:
    """The photo as JPEG: as it is where that will do, else upright, scaled and encoded anew.

    Raises PhotoError.
    """
    if path is None:
        raise PhotoError("There is no such photo in the folder.", code="missing")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged metadata, which does not matter here
        try:
            data = path.read_bytes()
        except OSError as error:
            raise PhotoError(f"{path.name} cannot be read.", code="no-access") from error
        side = settings.short_side_px
        if side is None and picture_kind(data[:HEAD_BYTES]) == "jpeg":
            open_upright(data, min_side=_CHECK_SIDE)
            return data
        image = open_upright(data, min_side=None if side is None else 2 * side)
    if side is not None and min(image.size) > side:
        scale = side / min(image.size)
        width, height = (max(side, round(length * scale)) for length in image.size)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=settings.quality)
    return buffer.getvalue()
