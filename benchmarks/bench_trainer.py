"""The trainer: photos a second of whole training beside forward and backward alone, from shards and
from a folder, with the trunk at rest, and in two processes.

Run as `python -m benchmarks trainer`. A ResNet-18 of the world recipe on made photos of 480 × 360;
speeds are those that the trainer itself notes at its steps. Loading alone is in `shards`.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import torch

from benchmarks.bench_shards import make_table
from benchmarks.results import QUICK, Figures
from trainer import cli
from trainer.engine.dataset import Batch, collate
from trainer.engine.modules import GeoModule
from trainer.engine.recipe import read_train_recipe
from trainer.engine.run import RunOptions, make_data, make_module, prepare_run

_PHOTOS, _BATCH = 160, 8
_TRUNK = "efficientnet_lite_tiny" if QUICK else "resnet18"
_OF_PURE = 0.8
_RECIPES = Path(cli.__file__).parent / "recipes"
_SMALL = (
    "trunk.weights=scratch",
    f"trunk.architecture={_TRUNK}",
    f"training.batch={_BATCH}",
    "training.workers=1",
    "training.log_steps=1",
    "training.epochs=1",
)
_CELLS = tuple(
    f"partitions.{name}.{key}={value}"
    for name, most in (("coarse", 40), ("middle", 20), ("fine", 10))
    for key, value in (("tau_min", 2), ("tau_max", most))
)


def main() -> None:
    """Train a little in every way."""
    figures = Figures(__file__, __doc__)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, images = make_table(folder, _PHOTOS, splits=("train",) * 8 + ("val", "test"))
        shards = folder / "shards"
        pack = ["shards", str(table), "--images", str(images), "--out", str(shards)]
        cli.main([*pack, "--per-shard", "20", "--short-side", "256", "--quiet"])
        pure = [_pure_per_s(table, images)]
        from_folder = ("--photos", str(table), "--images", str(images))
        per_s = {
            "shards": _per_s(folder, "world", "--shards", str(shards)),
            "folder": _per_s(folder, "world", *from_folder),
            "two processes": _per_s(folder, "world", "--shards", str(shards), "--devices", "2"),
            "trunk at rest": _per_s(folder, "campus-resnet50-freeze-unfreeze", *from_folder),
        }
        pure.append(_pure_per_s(table, images))
    alone = statistics.mean(pure)
    figures.add("forward and backward alone", alone, "photos/s")
    figures.add(
        "training from shards", per_s["shards"], "photos/s", ratio=per_s["shards"] / alone,
        beside="forward and backward alone", least=_OF_PURE, short=True,
    )  # fmt: skip
    figures.add("training from a folder", per_s["folder"], "photos/s",
                ratio=per_s["folder"] / per_s["shards"], beside="from shards")  # fmt: skip
    figures.add("training in two processes", per_s["two processes"], "photos/s",
                ratio=per_s["two processes"] / per_s["shards"], beside="in one")  # fmt: skip
    figures.add("training with the trunk at rest", per_s["trunk at rest"], "photos/s",
                ratio=per_s["trunk at rest"] / per_s["folder"], beside="the whole")  # fmt: skip
    figures.save()


def _per_s(folder: Path, recipe: str, *source: str) -> float:
    """The speed at the steps of a run, the first ones left out; it is ended after its epoch.

    Ended, not asked to stop: it would still calibrate and measure its model.
    """
    out = Path(tempfile.mkdtemp(dir=folder))
    changes = (*_SMALL, *_CELLS) if recipe == "world" else _SMALL
    command = [sys.executable, "-m", "trainer", "train", str(_RECIPES / f"{recipe}.toml")]
    command += [*source, "--out", str(out), "--device", "cpu", "--quiet", "--no-report"]
    command += [word for change in changes for word in ("--set", change)]
    with (folder / "said.txt").open("w+", encoding="utf-8") as said:
        run = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
        while run.poll() is None and not _said(out, "epoch"):
            time.sleep(0.2)
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        said.seek(0)
        speeds = [event["photos_per_s"] for event in _said(out, "step")]
        if len(speeds) < 3:
            sys.exit(said.read()[-2000:])
    return statistics.median(speeds[2:])


def _said(out: Path, kind: str) -> list[dict[str, float]]:
    """The events of one kind that the trainer has written so far, in whole lines."""
    path = out / "progress.jsonl"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    events = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return [event for event in events if event["event"] == kind]


def _pure_per_s(table: Path, images: Path) -> float:
    """Forward, loss, backward and the optimizer's step on one batch that is there already."""
    recipe = read_train_recipe(_RECIPES / "world.toml", [*_SMALL, *_CELLS])
    prepared = prepare_run(recipe, RunOptions(table.parent / "none", table, images))
    module, data = make_module(prepared), make_data(prepared)
    loader = data.train_dataloader()
    data.start_epoch(0)
    batch = collate([loader.dataset[number] for number in range(_BATCH)])
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)
    module.train()
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        _step(module, batch, optimizer)
        taken.append(time.perf_counter() - start)
    return _BATCH / statistics.median(taken[1:])


def _step(module: GeoModule, batch: Batch, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    torch.autograd.backward(module.loss(module.network(module.trunk(batch.images)), batch))
    optimizer.step()


if __name__ == "__main__":
    main()
