"""``geoguess-train split``: training, validation and test photos, and what leaks between them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.errors import TableError
from geoguess_app.core.types import IdArray
from trainer.commands.options import add_column, add_quiet, add_workers

if TYPE_CHECKING:
    from trainer.data.source import PhotoSource
    from trainer.data.split import SplitArray
    from trainer.data.split_report import SplitReport

    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: _SubParsers) -> None:
    """Register the command ``split`` and its options."""
    parser = subparsers.add_parser(
        "split",
        help="divide a table of photos into training, validation and test",
        description="Adds a split column (train, val, test) to a table or image folder and "
        "reports what leaks between the parts: shared coordinates, near-duplicates, authors.",
    )
    parser.add_argument("table", type=Path, metavar="TABLE", help="table or image folder")
    parser.add_argument(
        "--by",
        choices=("random", "author", "place", "time", "group"),
        default="random",
        help="what is kept in one part: single photos (random, the default), the photos of an "
        "author, of a place (S2 cell), of a period (time; the newest are the test photos), or the "
        "rows that share a value of --group-column",
    )
    parser.add_argument(
        "--ratios",
        default="80/10/10",
        metavar="T/V/T",
        help="percentages of training, validation and test photos (default: 80/10/10)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="another seed, another split (default: 1)"
    )
    parser.add_argument(
        "--level",
        type=int,
        default=13,
        metavar="L",
        help="with --by place: S2 level of a place (default: 13, about 1 km)",
    )
    parser.add_argument(
        "--group-column",
        default="group",
        metavar="NAME",
        help="with --by group: column to divide by (default: group)",
    )
    parser.add_argument(
        "--undated",
        choices=("leave-out", "train"),
        default="leave-out",
        help="with --by time: what to do with photos without a time (default: leave-out)",
    )
    add_column(parser)
    _add_files(parser)
    add_workers(parser, "compare pictures")
    add_quiet(parser)
    parser.set_defaults(run=run)


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        type=Path,
        metavar="TABLE",
        help="table to write (default: TABLE-split; of an image folder its own metadata.csv)",
    )
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="folder of the report (default: OUT-report)"
    )
    parser.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="folder of the pictures, to look for near-duplicates in if the table has no hashes",
    )
    parser.add_argument(
        "--replace", action="store_true", help="replace the split column of the table"
    )


def run(args: argparse.Namespace) -> int:
    """Divide, write, report. Raises a GeoGuessError for unusable input."""
    from trainer.data.column_names import parse_assignments
    from trainer.data.source import open_photo_source

    source = open_photo_source(
        args.table, images=args.images, chosen=parse_assignments(args.column)
    )
    if source.kind == "folder":
        raise TableError(
            f"{args.table}: a folder without metadata.csv; run geoguess-train photos first.",
            code="missing",
        )
    if "split" in source.schema.names and not args.replace:
        raise TableError(
            f"{args.table}: it already has a split column; pass --replace to replace it.",
            code="split",
        )
    out = args.out or _beside(args.table)
    report = args.report or _report_beside(out)
    _say(_divide(args, source, out, report), report)
    return 0


def _beside(table: Path) -> Path:
    if table.is_dir():
        return table / "metadata.csv"
    return table.with_name(f"{table.stem}-split{table.suffix}")


def _report_beside(out: Path) -> Path:
    # Not inside an image folder: readers of the convention would take its pictures for photos.
    if out.name == "metadata.csv":
        return out.resolve().parent.with_name(f"{out.resolve().parent.name}-split-report")
    return out.with_name(f"{out.stem}-report")


def _divide(args: argparse.Namespace, source: PhotoSource, out: Path, report: Path) -> SplitReport:
    from geoguess_app.files.atomic import make_folder
    from trainer.data.leaks import find_leaks, warning
    from trainer.data.split import parse_ratios
    from trainer.data.split_report import SplitReport, write_split_report
    from trainer.data.surveyed import numbers, require_positions
    from trainer.data.table_files import spool_to_disk, write_table

    ratios = parse_ratios(args.ratios)
    make_folder(report)
    with ExitStack() as stack:
        table = stack.enter_context(spool_to_disk(source.schema, source.batches, report))
        lat, lon = numbers(table, "latitude"), numbers(table, "longitude")
        require_positions(args.table, lat, lon)
        split = _split(args, table, lat, lon, ratios)
        hashes, hashed, notes = _hashes(args, source, table, report)
        authors = _texts(table, "author") if "author" in table.column_names else None
        leaks = find_leaks(
            split, table["file_name"], lat, lon, hashes=hashes, hashed=hashed, authors=authors
        )
        left_out = int((split < 0).sum())
        if left_out:
            notes.append(f"{left_out:,} photos without a time are left out of every part.")
        if authors is None:
            notes.append("Authors were not compared: the table has no author column.")
        schema, batches = _with_split(table, split)
        write_table(out, schema, batches)
        division = SplitReport(
            args.table,
            out,
            args.by,
            args.seed,
            ratios,
            split,
            lat,
            lon,
            leaks,
            notes,
            warning(leaks, args.by),
        )
        write_split_report(report, division)
        return division


def _split(args: argparse.Namespace, table: Any, lat: Any, lon: Any, ratios: Any) -> SplitArray:
    from trainer.data import split
    from trainer.data.times import read_times

    if args.by == "random":
        names = (name or "" for chunk in table["file_name"].chunks for name in chunk.to_pylist())
        return split.split_at_random(split.keyed_hashes(names, args.seed), ratios)
    if args.by == "place":
        if not 0 <= args.level <= 30:
            raise TableError(f"--level {args.level} is outside 0…30.", code="level")
        return split.split_by_place(lat, lon, args.level, args.seed, ratios)
    needed = {"author": "author", "time": "taken", "group": args.group_column}[args.by]
    if needed not in table.column_names:
        raise TableError(
            f"{args.table}: no column {needed} to divide by; its columns are "
            f"{', '.join(table.column_names[:20])}"
            + ("." if args.by == "group" else f"; name it with --column {needed}=NAME."),
            code="missing-column",
        )
    if args.by == "time":
        taken = read_times(table[needed])
        if np.isnat(taken).all():
            raise TableError(f"{args.table}: no row has a time.", code="time")
        return split.split_by_time(taken, ratios, undated_train=args.undated == "train")
    return split.split_by_text(_texts(table, needed), args.seed, ratios)


def _texts(table: Any, name: str) -> list[str]:
    return [text or "" for text in table[name].cast("string").to_pylist()]


def _hashes(
    args: argparse.Namespace, source: PhotoSource, table: Any, report: Path
) -> tuple[IdArray | None, Any, list[str]]:
    """Perceptual hashes from the table, else from the pictures, and where they are valid."""
    from trainer.data.kept_photos import HASH_COLUMN

    if HASH_COLUMN in table.column_names:
        texts = _texts(table, HASH_COLUMN)
        try:
            values = [int(text, 16) if text else 0 for text in texts]
            hashes = np.array(values, dtype=np.uint64)
        except (ValueError, OverflowError) as error:
            raise TableError(
                f"{args.table}: {HASH_COLUMN} is not in hexadecimal ({error}).", code="hash"
            ) from error
        return hashes, np.array([bool(text) for text in texts]), []
    if source.root is None:
        note = "Pictures were not compared: no perceptual_hash column; pass --images DIR."
        return None, None, [note]
    hashes, hashed = _measured_hashes(args, source, table, report)
    unread = int((~hashed).sum())
    return hashes, hashed, [f"{unread:,} pictures could not be compared."] if unread else []


def _measured_hashes(
    args: argparse.Namespace, source: PhotoSource, table: Any, report: Path
) -> tuple[IdArray, Any]:
    from tqdm import tqdm

    from trainer.data.measure_cache import MeasureCache
    from trainer.data.survey import survey
    from trainer.data.surveyed import hashes, is_null
    from trainer.data.workers import WorkerPool, default_workers

    source.batches = iter(table.to_batches())
    workers = default_workers() if args.workers is None else max(args.workers, 0)
    values, known = [], []
    with (
        MeasureCache(report / "measurements.sqlite") as cache,
        WorkerPool(workers) as pool,
        tqdm(total=table.num_rows, unit=" photos", disable=args.quiet, desc="comparing") as bar,
    ):
        for batch in survey(source, cache, pool, bar):
            values.append(hashes(batch, "_perceptual_hash"))
            known.append(~is_null(batch, "_perceptual_hash"))
    return np.concatenate(values), np.concatenate(known)


def _with_split(table: Any, split: SplitArray) -> tuple[Any, Iterator[Any]]:
    import pyarrow as pa

    from trainer.data.split import SPLITS

    names = [name for name in table.column_names if name != "split"]
    plain = table.select(names)
    schema = plain.schema.append(pa.field("split", pa.string()))
    words = np.array([*SPLITS, ""])  # the last stands for -1

    def batches() -> Iterator[Any]:
        start = 0
        for batch in plain.to_batches():
            texts = words[split[start : start + batch.num_rows]].tolist()
            yield pa.record_batch([*batch.columns, pa.array(texts, pa.string())], schema=schema)
            start += batch.num_rows

    return schema, batches()


def _say(division: SplitReport, report: Path) -> None:
    counts = ", ".join(f"{name} {count:,}" for name, count in division.counts().items())
    lines = [f"{counts}: {division.written_to}"]
    lines += [f"  {leak.sentence()}" for leak in division.leaks if leak.photos]
    lines += list(division.notes)
    lines += [division.warning] if division.warning else []
    lines.append(f"Report: {report / 'report.md'}")
    sys.stdout.write("\n".join(lines) + "\n")
