"""Options that several commands have, worded once."""

from __future__ import annotations

import argparse
from pathlib import Path

Arguments = argparse.ArgumentParser | argparse._ArgumentGroup


def recipe_file(text: str) -> Path:
    """A recipe's file; a bare name such as ``campus-auto`` means one that comes along."""
    path = Path(text)
    own = Path(__file__).parents[1] / "recipes" / f"{text}.toml"
    return own if path.name == text and not path.exists() and own.is_file() else path


def add_images(parser: Arguments) -> None:
    """Add --images: where the pictures of a table are."""
    parser.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="folder that the table's file names are relative to (default: the table's folder)",
    )


def add_column(parser: Arguments) -> None:
    """Add --column, which names a table's column where the guess would be wrong."""
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=NAME",
        help="use the column NAME as file_name, latitude, longitude, author or taken instead of "
        "the one recognised by its name; may be repeated",
    )


def add_swapped(parser: Arguments) -> None:
    """Add --swapped, for tables with latitude and longitude exchanged."""
    parser.add_argument(
        "--swapped",
        action="store_true",
        help="the table's latitude and longitude columns are swapped",
    )


def add_workers(parser: Arguments, what: str) -> None:
    """Add --workers; ``what`` the processes do, such as "read photos"."""
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help=f"processes that {what} (default: one per core; 0: none besides this one)",
    )


def add_quiet(parser: Arguments) -> None:
    """Add --quiet, which hides progress bars."""
    parser.add_argument("--quiet", action="store_true", help="show no progress bars")


def add_training_photos(parser: Arguments) -> None:
    """Add --photos, --images and --shards: a training run's photos."""
    parser.add_argument("--photos", type=Path, metavar="TABLE", help="photo table or image folder")
    add_images(parser)
    parser.add_argument(
        "--shards", type=Path, metavar="DIR", help="folder of shards, instead of --photos"
    )


def add_recipe_changes(parser: Arguments) -> None:
    """Add --set, --weights and --download: what may differ from the recipe."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a key of the recipe, such as training.batch=64; may be repeated",
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help="initial weights of the trunk: a file, imagenet or scratch (random weights)",
    )
    parser.add_argument(
        "--download",
        action="store_true",
        help="download the trunk's ImageNet weights if they are not on this machine",
    )


def add_device(parser: Arguments) -> None:
    """Add --device: where torch computes."""
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "gpu", "mps"),
        default="auto",
        help="where to train (default: auto, a graphics card if there is one)",
    )


def add_inference_device(parser: Arguments) -> None:
    """Add --device as the program has it: where a finished model runs."""
    parser.add_argument(
        "--device",
        default="auto",
        metavar="D",
        help="auto, cpu, cuda, cuda:1 or mps (default: auto)",
    )


def add_no_report(parser: Arguments) -> None:
    """Add --no-report, which leaves out the HTML report."""
    parser.add_argument(
        "--no-report", action="store_true", help="write no HTML report on the test photos"
    )


def add_dry_run(parser: Arguments) -> None:
    """Add --dry-run, which only describes the run."""
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="only show what would be done, the size of the model and the time it would take",
    )
