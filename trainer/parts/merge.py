"""One table out of all parts, in the order of the shards, once they are complete."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geoguess_app.core.records.forms import encode
from geoguess_app.evaluation.answers.answered import PARTS_KEY
from trainer.common.errors import TrainError
from trainer.data.shard_index import ShardRecord
from trainer.data.table_files import write_table
from trainer.parts.manifest import PartsManifest, read_manifest
from trainer.parts.work import part_facts

_NAMED = 3
"""So many missing shards are named, the others counted."""


def merge_parts(folders: Sequence[Path], target: Path) -> PartsManifest:
    """Write the rows of all parts as one Parquet table; returns the manifest that they share.

    Machines without a common disk have a folder each. Raises TrainError where parts are missing,
    damaged, there twice or of another model, TableError where ``target`` cannot be written.
    """
    folders = list(dict.fromkeys(folder.resolve() for folder in folders))
    manifest = read_manifest(folders[0])
    for folder in folders[1:]:
        manifest.require_same(folder, read_manifest(folder))
    paths = [_path(folders, manifest, shard) for shard in manifest.shards]
    missing = [s.name for s, path in zip(manifest.shards, paths, strict=True) if path is None]
    if missing:
        named = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
        raise TrainError(
            f"{folders[0]}: {len(missing):,} of {len(paths):,} shards have no part yet ({named}); "
            f"run geoguess-train parts {manifest.kind} again, which does only these.",
            code="missing",
        )
    parts = [path for path in paths if path is not None]
    facts = {key: value for key, value in encode(manifest).items() if key != "shards"}
    devices = sorted(
        {_device(manifest, *each) for each in zip(manifest.shards, parts, strict=True)}
    )
    facts |= {"manifest": manifest.digest, "devices": ", ".join(devices)}
    schema = pq.read_schema(parts[0]).with_metadata({PARTS_KEY: json.dumps(facts)})
    write_table(target, schema, _batches(manifest, parts, schema))
    return manifest


def _path(folders: Sequence[Path], manifest: PartsManifest, shard: ShardRecord) -> Path | None:
    """The one part of a shard."""
    places = (manifest.part(folder, shard) for folder in folders)
    found = [path for path in places if path.exists()]
    if len(found) > 1:
        raise TrainError(
            f"{found[0]} and {found[1]} answer the same photos; remove one of the two.",
            code="twice",
        )
    return found[0] if found else None


def _device(manifest: PartsManifest, shard: ShardRecord, path: Path) -> str:
    """The device that a part was made on; raises TrainError for a part that is not the shard's."""
    facts = part_facts(path)
    if (facts.get("manifest"), facts.get("shard")) != (manifest.digest, shard.name):
        raise _unfit(path, "is damaged or of another model, options or shards")
    return facts.get("device", "")


def _batches(
    manifest: PartsManifest, parts: Sequence[Path], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for shard, path in zip(manifest.shards, parts, strict=True):
        try:
            rows = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise _unfit(path, f"is damaged ({error})") from error
        numbers = rows["number"].to_numpy()
        if not np.array_equal(numbers, np.arange(shard.photos)):
            raise _unfit(
                path, f"has {numbers.size:,} rows that are not the shard's {shard.photos:,} photos"
            )
        yield from rows.replace_schema_metadata(schema.metadata).combine_chunks().to_batches()


def _unfit(path: Path, why: str) -> TrainError:
    return TrainError(
        f"{path} {why}; delete it and run the command that wrote it again.", code="damaged"
    )
