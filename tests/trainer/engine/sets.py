"""A small recipe and a table of some real photos, to train in seconds."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import torch

from tests.workers import LIGHT
from trainer import cli

RECIPE = """
task = "cells"

[model]
name = "Small"
version = "0.1"
license = "GPL-3.0-or-later"
description = "For a test."
intended_area = "Nowhere."
uses = "Good for tests."

[trunk]
architecture = "efficientnet_lite_tiny"
weights = "scratch"

[preprocessing]
size = 64
mean = [127, 127, 127]
std = [128, 128, 128]
crops = 1

[[partitions]]
name = "coarse"
tau_min = 1
tau_max = 20

[[partitions]]
name = "fine"
tau_min = 1
tau_max = 6

[training]
epochs = 2
batch = 4
workers = 0
log_steps = 1
checkpoint_steps = 3
"""
COMMAND = (sys.executable, "-c", "import sys; from trainer.cli import main; sys.exit(main())")
QUIET = ("--no-report", "--quiet", "--device", "cpu")


def write_set(
    photo_sets: Path, folder: Path, *, train: int = 16, val: int = 6, name: str = "photos.csv"
) -> Path:
    """A table of training, validation and 4 test photos of one campus; returns its path."""
    with (photo_sets / "local.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["set"] == "campus"][: train + val + 4]
    for number, row in enumerate(rows):
        row["split"] = "train" if number < train else "val" if number < train + val else "test"
    table = folder / name
    write_rows(table, rows)
    return table


def write_rows(table: Path, rows: list[dict[str, str]]) -> None:
    """Write a table."""
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def arguments(folder: Path, table: Path, images: Path, out: str, *more: str) -> list[str]:
    """The command line of a run of the small recipe."""
    recipe = folder / "small.toml"
    if not recipe.exists():
        recipe.write_text(RECIPE, encoding="utf-8")
    place = ["--photos", str(table), "--images", str(images), "--out", str(folder / out)]
    return ["train", str(recipe), *place, *QUIET, *more]


def train(folder: Path, table: Path, images: Path, out: str, *more: str) -> Path:
    """Train in this process, on one thread as sub-processes do; returns the run's folder."""
    torch.set_num_threads(1)
    assert cli.main(arguments(folder, table, images, out, *more)) == 0
    return folder / out


def last(run: Path) -> dict[str, torch.Tensor]:
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    return {name: value for name, value in checkpoint["state_dict"].items() if value.numel()}


def same(first: Path, second: Path) -> bool:
    ours, theirs = last(first), last(second)
    return ours.keys() == theirs.keys() and all(torch.equal(ours[n], theirs[n]) for n in ours)


def environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[3]
    path = os.pathsep.join([str(root), str(LIGHT)])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
