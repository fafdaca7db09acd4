"""``geoguess-train index-tars``: tars that others packed, read where they lie."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.errors import TableError
from trainer.commands.options import add_column, add_quiet

if TYPE_CHECKING:
    from trainer.data.tar_index import TarIndexSummary

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``index-tars`` and its options."""
    parser = subparsers.add_parser(
        "index-tars",
        help="make WebDataset tars that others packed readable as shards, without copying them",
        description="Writes index.json and members.parquet beside WebDataset tars (KEY.jpg, "
        "KEY.json, …), so that train, scenes and parts read them as shards. The tars stay as they "
        "are. Positions and splits come from each photo's JSON or from a table.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder with the tars")
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="TABLE",
        help="take names, positions and splits from TABLE, whose file names are the photos' keys "
        "or paths",
    )
    parser.add_argument(
        "--per-shard",
        type=int,
        default=2000,
        metavar="N",
        help="photos of a tar that count as one shard (default: 2000)",
    )
    add_column(parser)
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Index. Raises a GeoGuessError for unusable tars or an unusable table."""
    from tqdm import tqdm

    from geoguess_app.files.atomic import remove_interim_files
    from trainer.data.column_names import parse_assignments
    from trainer.data.named_rows import NamedRows
    from trainer.data.shard_index import MEMBERS_NAME
    from trainer.data.source import open_photo_source
    from trainer.data.table_files import spool_to_disk
    from trainer.data.tar_index import index_tars

    if not args.folder.is_dir():
        raise TableError(f"{args.folder}: there is no such folder.", code="missing")
    if not 1 <= args.per_shard <= 1_000_000:
        raise TableError(f"--per-shard {args.per_shard} is outside 1…1000000.", code="option")
    if args.column and args.photos is None:
        raise TableError("--column names columns of a table; give it as --photos.", code="option")
    remove_interim_files(args.folder, MEMBERS_NAME)
    with ExitStack() as stack:
        table = None
        if args.photos is not None:
            source = open_photo_source(args.photos, chosen=parse_assignments(args.column))
            rows = spool_to_disk(source.schema, source.batches, args.folder)
            table = NamedRows(stack.enter_context(rows))
        bar = stack.enter_context(
            tqdm(unit="B", unit_scale=True, disable=args.quiet, desc="indexing")
        )
        summary = index_tars(args.folder, table, args.per_shard, bar.update)
    _say(args, summary)
    return 0


def _say(args: argparse.Namespace, summary: TarIndexSummary) -> None:
    from trainer.data.shard_index import SKIPPED_NAME

    splits = ", ".join(f"{split} {photos:,}" for split, photos in sorted(summary.photos.items()))
    lines = [
        f"{sum(summary.photos.values()):,} photos in {summary.tars:,} tars ({splits}): "
        f"{args.folder}"
    ]
    if summary.unplaced:
        why = f", {summary.damaged:,} of them for a damaged JSON" if summary.damaged else ""
        lines.append(
            f"{summary.unplaced:,} photos have no position{why}: they can be located, but are not "
            "trained on"
        )
    if summary.skipped:
        lines.append(f"{summary.skipped:,} photos are left out: {args.folder / SKIPPED_NAME}")
    sys.stdout.write("\n".join(lines) + "\n")
