"""A recipe and a folder of some real photos, small enough to train in seconds."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

RECIPE = """
[model]
name = "Small"
version = "0.1"
license = "GPL-3.0-or-later"
description = "For a test."
intended_area = "Nowhere."
uses = "Good for tests."

[photos]
geo = "world.csv"
scenes = "scenes.csv"
teacher = "teacher"

[preprocessing]
size = 64
mean = [127, 127, 127]
std = [128, 128, 128]
crops = 3
interpolation = "bicubic"

[trunk]
architecture = "efficientnet_lite_tiny"
pooling = "avg+gem"

[[partitions]]
name = "coarse"
tau_min = 1
tau_max = 12

[[partitions]]
name = "fine"
tau_min = 1
tau_max = 4

[scenes]
teacher_weight = 0.2
teacher_only_weight = 0.3
group_weight = 0.5

[scenes.schedule]
epochs = 2

[geo]
whitening = 0.5
smoothing_km = 100
context_threshold = 0.1
context_networks = true

[geo.schedule]
epochs = 2

[geo.context_schedule]
epochs = 1
batch = 4

[retrieval]
size = 6
whitening = 0.5
neighbours = 8
burst_km = 1.0
place_km = 1.0

[retrieval.pairs]
epochs = 1
batch = 8

[calibration]
folds = 2
inside_temperature = 0.05
answer = "score"
"""


def small_folder(shared: Path, target: Path, photos: int = 24, scenes: int = 12) -> Path:
    """Tables of a few photos of several sources; the pictures stay where they are (links)."""
    target.mkdir(parents=True, exist_ok=True)
    for folder in ("world", "scenes"):
        (target / folder).symlink_to(shared / folder)
    chosen = {
        "world": _rows(shared / "world.csv", {"train": photos, "test": photos // 3}),
        "scenes": _rows(shared / "scenes.csv", {"train": scenes, "test": scenes // 3}),
    }
    (target / "teacher").mkdir()
    for name, rows in chosen.items():
        with (target / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        files = [row["file"] for row in rows]
        with np.load(shared / "teacher" / f"{name}.npz") as archive:
            position = {str(file): row for row, file in enumerate(archive["files"])}
            chosen_rows = [position[file] for file in files]
            probabilities = archive["probabilities"][chosen_rows]
        np.savez(
            target / "teacher" / f"{name}.npz", files=np.array(files), probabilities=probabilities
        )
    return target


def _rows(path: Path, wanted: dict[str, int]) -> list[dict[str, str]]:
    """Rows spread evenly over the table, so that several sources and categories occur."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    chosen = []
    for split, count in wanted.items():
        of_split = [row for row in rows if row["split"] == split]
        chosen += of_split[:: max(1, len(of_split) // count)][:count]
    return chosen
