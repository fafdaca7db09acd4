"""The work of one rank: its shards one after the other, each answered and written whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geoguess_app.evaluation.answers.answered import PARTS_KEY
from geoguess_app.files.atomic import remove_interim_files
from trainer.common.ranks import Rank
from trainer.data.shard_index import ShardError, ShardRecord
from trainer.data.shard_stream import StreamItem, read_shard
from trainer.data.table_files import write_table
from trainer.parts.answering import Answering
from trainer.parts.manifest import PartsManifest

ROW_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("shard", "file_name", "split")),
        ("number", pa.int32()),
        *((name, pa.float64()) for name in ("latitude", "longitude")),
    ]
)
"""The photo that a row is about: its shard, its place in it, and what the table said of it."""


@dataclass
class PartsSummary:
    """The outcome of one rank's work, for the terminal."""

    shards: int = 0
    kept: int = 0
    """Shards whose part was there already."""
    photos: int = 0
    failed: int = 0
    """Photos that have an error instead of an answer, among those answered now."""
    broken: list[str] = field(default_factory=list)
    """One sentence per shard that could not be read."""


@dataclass(frozen=True, eq=False)
class PartsTask:
    """The task of answering the shards of a folder into a folder of parts."""

    shards: Path
    folder: Path
    manifest: PartsManifest
    answering: Answering
    device: str

    def run(self, rank: Rank, progress: Callable[[int], None]) -> PartsSummary:
        """Answer this rank's shards that have no part yet; a broken one does not stop the others.

        ``progress`` is told how many photos more are done. Raises TrainError where the folder is
        another manifest's or the device fails, TableError for a full disk.
        """
        self.manifest.claim(self.folder)
        summary = PartsSummary()
        for shard in self.manifest.shards[rank.number :: rank.ranks]:
            path = self.manifest.part(self.folder, shard)
            remove_interim_files(self.folder, path.name)
            if part_facts(path).get("manifest") == self.manifest.digest:
                summary.kept += 1
                progress(shard.photos)
                continue
            try:
                batch = self._answer(shard, progress)
            except ShardError as error:
                summary.broken.append(str(error))
                continue
            write_table(path, batch.schema, [batch])
            summary.shards += 1
            summary.photos += batch.num_rows
            errors = batch.column(self.answering.error_column)
            summary.failed += batch.num_rows - errors.null_count
        return summary

    def _answer(self, shard: ShardRecord, progress: Callable[[int], None]) -> pa.RecordBatch:
        shard.check(self.shards)
        tar = shard.path(Path()).as_posix()
        rows: list[dict[str, Any]] = []

        def items() -> Iterator[StreamItem]:
            for item in read_shard(self.shards, shard):
                row = {name: item.row.get(name) for name in ROW_SCHEMA.names}
                rows.append({**row, "shard": tar, "split": shard.split, "number": item.number})
                yield item
                progress(1)

        answers = self.answering.answer(items())
        photos = pa.RecordBatch.from_pylist(rows, ROW_SCHEMA)
        facts = {"manifest": self.manifest.digest, "shard": shard.name, "device": self.device}
        schema = pa.schema([*ROW_SCHEMA, *answers.schema], {PARTS_KEY: json.dumps(facts)})
        return pa.record_batch([*photos.columns, *answers.columns], schema=schema)


def part_facts(path: Path) -> dict[str, str]:
    """Return what a part says of itself: ``manifest``, ``shard``, ``device``; empty where there is
    no readable part."""
    try:
        found = json.loads((pq.read_schema(path).metadata or {})[PARTS_KEY])
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return {}
    return found if isinstance(found, dict) else {}
