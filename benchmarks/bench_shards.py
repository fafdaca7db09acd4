"""Photos per second from shards with 0, 1 and 2 decoding processes, and where the time goes.

Run as `python -m benchmarks.bench_shards [TABLE IMAGES [SHORT_SIDE]]`. Packs up to 600 photos (of
the table, or made ones of 480 × 360) into shards once and reads them as training does.
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader

from benchmarks.results import QUICK, Figures
from geoguess_app.core.picture.preprocess import Preprocessing, open_for_crops, to_array
from trainer import cli
from trainer.data.shard_dataset import ShardDataset
from trainer.data.shard_stream import ShardStream, StreamItem
from trainer.engine.augmentation import augmented_picture
from trainer.engine.dataset import Sample, SamplePreparer, ShardSample, collate
from trainer.engine.recipe import Augmentation

_PHOTOS = 200 if QUICK else 600
_BATCH = 32
_SPEC = Preprocessing(224, (123.675, 116.28, 103.53), (58.395, 57.12, 57.375), crops=3)


def main(arguments: list[str]) -> None:
    """Pack, read, say."""
    torch.set_num_threads(1)
    figures = Figures(__file__, __doc__)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, images = read_or_make_table(folder, arguments, _PHOTOS)
        side = arguments[2] if len(arguments) > 2 else "256"
        shards = folder / "shards"
        args = ["shards", str(table), "--images", str(images), "--out", str(shards)]
        cli.main([*args, "--per-shard", "200", "--short-side", side, "--quiet"])
        _stages(figures, list(ShardStream(shards, "train", shuffle_buffer=0).epoch(0)))
        for workers in (0, 1, 2):
            per_s = _loaded_per_s(shards, workers)
            figures.add(f"loaded by {workers} decoding processes", per_s, "photos/s")
    figures.save()


def read_or_make_table(folder: Path, arguments: Sequence[str], photos: int) -> tuple[Path, Path]:
    """Return a table of ``photos`` of a table's photos (a quarter as many made ones without
    arguments) that all train, and where they lie."""
    if len(arguments) < 2:
        return make_table(folder, photos // 4)
    with Path(arguments[0]).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows = [{**row, "split": "train"} for row in rows[:: max(1, len(rows) // photos)][:photos]]
    return _written(folder / "table.csv", rows), Path(arguments[1])


def make_table(folder: Path, count: int, splits: tuple[str, ...] = ("train",)) -> tuple[Path, Path]:
    """Make ``count`` photos, and a table that gives them the ``splits`` in turn."""
    random, rows = np.random.default_rng(1), []
    for number in range(count):
        rough = random.integers(0, 255, (24, 32, 3), dtype=np.uint8)
        Image.fromarray(rough).resize((480, 360), Image.Resampling.BICUBIC).save(
            folder / f"{number}.jpg", quality=90
        )
        position = {"latitude": str(number % 40 / 10), "longitude": str(number // 40 / 10)}
        rows.append({"file": f"{number}.jpg", **position, "split": splits[number % len(splits)]})
    return _written(folder / "table.csv", rows), folder


def _written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _stages(figures: Figures, items: list[StreamItem]) -> None:
    """Milliseconds per photo of each thing that is done to it."""
    choice, random = Augmentation(), np.random.default_rng(0)
    image = open_for_crops(items[0].photo, _SPEC, 1)
    crop = image.resize((_SPEC.size, _SPEC.size), Image.Resampling.BILINEAR)
    stages: dict[str, Callable[[StreamItem], object]] = {
        "JPEG decoded whole (Pillow)": lambda i: Image.open(io.BytesIO(i.photo)).convert("RGB"),
        "opened as we do": lambda i: open_for_crops(i.photo, _SPEC, 1),
        "opened, cut, scaled, normalised": lambda i: augmented_picture(
            i.photo, _SPEC, choice, random
        ),
        "of that, normalised": lambda i: to_array([crop], _SPEC),
    }
    for name, stage in stages.items():
        start = time.process_time()
        for item in items:
            stage(item)
        each_ms = (time.process_time() - start) / len(items) * 1000
        figures.add(name, each_ms, "ms of processor")


def _loaded_per_s(shards: Path, workers: int) -> float:
    """Through the loader, second epoch: the first one starts the processes."""
    count = len(ShardStream(shards, "train", shuffle_buffer=0))
    preparer = SamplePreparer(_SPEC, Augmentation(), 1)
    sample = ShardSample(preparer, np.arange(count), np.zeros((count, 3), dtype=np.int64))
    dataset: ShardDataset[Sample] = ShardDataset(shards, "train", sample, shuffle_buffer=100)
    loader = DataLoader(
        dataset,
        _BATCH,
        num_workers=workers,
        collate_fn=collate,
        persistent_workers=workers > 0,
    )
    for epoch in range(2):
        dataset.set_epoch(epoch)
        start = time.perf_counter()
        photos = sum(len(batch) for batch in loader)
    return photos / (time.perf_counter() - start)


if __name__ == "__main__":
    main(sys.argv[1:])
