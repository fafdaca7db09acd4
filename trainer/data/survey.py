"""A source's rows beside what was measured on their photos, streamed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from geoguess_app.photos.file_position import PositionState
from geoguess_app.photos.known_position import sidecar_position
from geoguess_app.photos.sidecars import Sidecars
from trainer.data.measure import Measurement, crash_measurement, measure_photo, position_facts
from trainer.data.measure_cache import MeasureCache
from trainer.data.photo_database import Stamp, stamp
from trainer.data.source import PhotoFinder, PhotoSource
from trainer.data.workers import WorkerPool

MEASURED_SCHEMA = pa.schema(
    [
        ("_photo", pa.string()),
        ("_code", pa.string()),
        ("_message", pa.string()),
        ("_width_px", pa.int32()),
        ("_height_px", pa.int32()),
        ("_sharpness", pa.float32()),
        ("_perceptual_hash", pa.uint64()),
        ("_difference_hash", pa.uint64()),
        ("_latitude_deg", pa.float64()),
        ("_longitude_deg", pa.float64()),
        ("_position_unusable", pa.bool_()),
        ("_position_estimate", pa.bool_()),
        ("_taken", pa.string()),
        ("_fixed_utc", pa.string()),
        ("_camera", pa.string()),
    ]
)
"""``_photo`` is the path below the source's folder, null where there is no such file."""

_PORTION = 2048
_TOGETHER = 8
_KEPT_TOGETHER = 128
"""At most so many measurements are lost when the run is killed."""


def surveyed_schema(source: PhotoSource) -> pa.Schema:
    """The source's columns, then the measured ones if it has photos."""
    fields = list(source.schema)
    return pa.schema(fields + (list(MEASURED_SCHEMA) if source.root is not None else []))


def survey(
    source: PhotoSource, cache: MeasureCache | None, pool: WorkerPool, progress: Any
) -> Iterator[pa.RecordBatch]:
    """Every batch of the source with the measurements of its photos.

    Photos measured before and not changed since are taken from ``cache``; ``progress`` is a tqdm
    bar, moved on by rows.
    """
    finder = PhotoFinder(source.root) if source.root is not None else None
    sidecars = Sidecars()
    for whole in source.batches:
        for start in range(0, whole.num_rows, _PORTION):
            batch = whole.slice(start, _PORTION)
            if finder is None or source.root is None or cache is None:
                progress.update(batch.num_rows)
                yield batch
                continue
            names = batch.column("file_name").to_pylist()
            paths = [finder.find(name or "") for name in names]
            measured = _measure(paths, cache, pool, progress)
            rows = [_judged(path, row, sidecars) for path, row in zip(paths, measured, strict=True)]
            columns = _columns(source.root, paths, rows)
            yield pa.record_batch([*batch.columns, *columns], schema=surveyed_schema(source))


def _measure(
    paths: Sequence[Path | None], cache: MeasureCache, pool: WorkerPool, progress: Any
) -> list[Measurement | None]:
    stamps: dict[str, Stamp] = {}
    for path in paths:
        if path is not None and (now := stamp(path)) is not None:
            stamps[os.path.realpath(path)] = now
    known = cache.known(stamps)
    progress.update(len(paths) - (len(stamps) - len(known)))
    fresh: list[tuple[str, Stamp, Measurement]] = []
    wanted = [path for path in stamps if path not in known]
    try:
        for name, result in pool.map(measure_photo, wanted, crash_measurement, together=_TOGETHER):
            known[name] = result
            fresh.append((name, stamps[name], result))
            progress.update(1)
            if len(fresh) >= _KEPT_TOGETHER:
                cache.keep(fresh)
                fresh.clear()
    finally:
        # Also when the user stops the run: what was measured so far is not measured again.
        cache.keep(fresh)
    return [known.get(os.path.realpath(path)) if path is not None else None for path in paths]


def _judged(path: Path | None, row: Measurement | None, sidecars: Sidecars) -> Measurement | None:
    """The measurement with the position to go by: the photo's own, or what lies beside it.

    Sidecars are read anew in every run, because they change while the photo stays.
    """
    if path is None or row is None or row.code:
        return row
    beside = sidecar_position(path, sidecars)
    if beside is None or beside.of_another or _rank(row) <= list(PositionState).index(beside.state):
        return row
    return replace(row, **position_facts(beside))


def _rank(row: Measurement) -> int:
    """The worth of the photo's own position; a number beyond all states where it has none."""
    order = list(PositionState)
    if row.position_unusable:
        return order.index(PositionState.UNUSABLE)
    if row.latitude_deg is None:
        return len(order)
    return order.index(PositionState.ESTIMATE if row.position_estimate else PositionState.KNOWN)


def _columns(
    root: Path, paths: Sequence[Path | None], rows: Sequence[Measurement | None]
) -> list[Any]:
    values: dict[str, list[Any]] = {name: [] for name in MEASURED_SCHEMA.names}
    for path, row in zip(paths, rows, strict=True):
        values["_photo"].append(path.relative_to(root).as_posix() if path and row else None)
        readable = row is not None and not row.code
        for name in MEASURED_SCHEMA.names[1:]:
            known = row is not None and (readable or name in ("_code", "_message"))
            values[name].append(getattr(row, name[1:]) if known else None)
    return [pa.array(values[field.name], field.type) for field in MEASURED_SCHEMA]
