"""``geoguess-train shards``: a large photo set as tar files that are read from front to back."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.core.errors import TableError
from trainer.commands.options import add_column, add_images, add_quiet, add_workers

if TYPE_CHECKING:
    from trainer.data.shard_index import ShardRecord, ShardSettings
    from trainer.data.shard_plan import ShardPlan
    from trainer.data.source import PhotoSource

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``shards`` and its options."""
    parser = subparsers.add_parser(
        "shards",
        help="pack a large set of photos into WebDataset shards",
        description="Packs the photos of a table and their rows into tar files in WebDataset's "
        "layout, shuffled by the seed, per split. A run that was stopped continues where it was: "
        "finished shards are kept.",
    )
    parser.add_argument("table", type=Path, metavar="TABLE", help="table or image folder")
    add_images(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to write the shards to"
    )
    parser.add_argument(
        "--per-shard",
        type=int,
        default=2000,
        metavar="N",
        help="photos in a shard (default: 2000)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="another seed, another order (default: 1)"
    )
    parser.add_argument(
        "--short-side",
        type=int,
        metavar="PX",
        help="scale larger photos down to this short side (default: keep JPEG files as they are)",
    )
    parser.add_argument(
        "--quality",
        type=int,
        default=90,
        metavar="Q",
        help="JPEG quality of scaled photos, 1 to 100 (default: 90)",
    )
    add_column(parser)
    add_workers(parser, "pack photos")
    parser.add_argument(
        "--restart", action="store_true", help="write all shards again, including finished ones"
    )
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Pack. Raises a GeoGuessError for unusable input or a full disk."""
    from geoguess_app.files.atomic import make_folder
    from trainer.data.column_names import parse_assignments
    from trainer.data.shard_index import SKIPPED_NAME, ShardIndex, write_index, write_skipped
    from trainer.data.shard_rows import shard_rows
    from trainer.data.source import open_photo_source

    settings = _settings(args)
    source = open_photo_source(
        args.table, images=args.images, chosen=parse_assignments(args.column)
    )
    if source.kind == "folder":
        raise TableError(
            f"{args.table}: a folder without metadata.csv; run geoguess-train photos first.",
            code="missing",
        )
    if source.root is None:
        raise TableError(
            f"{args.table}: there are no photos next to the table; name their folder with "
            "--images DIR.",
            code="missing",
        )
    make_folder(args.out)
    records = _pack(args, source, settings)
    write_index(ShardIndex(args.out, settings, tuple(records)))
    skipped = [(record.name, *photo) for record in records for photo in record.skipped]
    write_skipped(args.out / SKIPPED_NAME, skipped)
    shard_rows(args.out)  # kept beside the shards, so that training need not read them first
    _say(args.out, records)
    return 0


def _settings(args: argparse.Namespace) -> ShardSettings:
    from trainer.data.shard_index import ShardSettings

    for name, value, low, high in (
        ("--per-shard", args.per_shard, 1, 1_000_000),
        ("--quality", args.quality, 1, 100),
        ("--short-side", args.short_side, 16, 8192),
    ):
        if value is not None and not low <= value <= high:
            raise TableError(f"{name} {value} is outside {low}…{high}.", code="option")
    return ShardSettings(args.per_shard, args.seed, args.short_side, args.quality)


def _pack(
    args: argparse.Namespace, source: PhotoSource, settings: ShardSettings
) -> list[ShardRecord]:
    from geoguess_app.files.atomic import remove_interim_files
    from trainer.data.shard_plan import plan_shards
    from trainer.data.surveyed import numbers, require_positions
    from trainer.data.table_files import spool_to_disk

    remove_interim_files(args.out)
    with ExitStack() as stack:
        table = stack.enter_context(spool_to_disk(source.schema, source.batches, args.out))
        require_positions(args.table, numbers(table, "latitude"), numbers(table, "longitude"))
        assert source.root is not None
        plan = plan_shards(table, source.root.resolve(), args.out.resolve(), settings)
        if not plan.photos:
            raise TableError(f"{args.table}: no row belongs to a split.", code="no-rows")
        if args.restart:
            _clear(args.out)
        plan.claim_folder()
        return _work(args, plan)


def _clear(folder: Path) -> None:
    from trainer.data.shard_index import INDEX_NAME, PLAN_NAME

    for pattern in ("*-??????.tar", "*-??????.tar.json", INDEX_NAME, PLAN_NAME):
        for path in folder.glob(pattern):
            path.unlink()


def _work(args: argparse.Namespace, plan: ShardPlan) -> list[ShardRecord]:
    from tqdm import tqdm

    from trainer.data.shard_writer import make_shard
    from trainer.data.workers import WorkerPool, default_workers

    workers = default_workers() if args.workers is None else max(args.workers, 0)
    records = []
    with (
        WorkerPool(min(workers, plan.shards)) as pool,
        tqdm(total=plan.photos, unit=" photos", disable=args.quiet, desc="packing") as bar,
    ):
        for task, record in pool.map(make_shard, plan.tasks(), _note_crash):
            records.append(record)
            bar.update(len(task.rows))
    return sorted(records, key=lambda record: record.name)


def _note_crash(task: Any) -> ShardRecord:
    from trainer.data.shard_index import ShardError

    raise ShardError(
        f"{task.name}: one of its photos crashes the decoder; geoguess-train photos finds and "
        "drops it, so pack the table that it writes.",
        code="crashed",
    )


def _say(folder: Path, records: list[ShardRecord]) -> None:
    photos = sum(record.photos for record in records)
    size = sum(record.bytes for record in records)
    skipped = sum(len(record.skipped) for record in records)
    lines = [f"{photos:,} photos in {len(records):,} shards, {size / 1e6:,.1f} MB: {folder}"]
    if skipped:
        lines.append(f"{skipped:,} photos could not be packed: {folder / 'skipped.csv'}")
    sys.stdout.write("\n".join(lines) + "\n")
