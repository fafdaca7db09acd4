"""A graphics card at work, under eight minutes; without one the same on the processor, small.

Run as `python -m benchmarks device`. Models have the true sizes and random weights (on the
processor small ones). Shares of peak are of a large matrix product in the same precision.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from benchmarks.bench_shards import make_table
from benchmarks.models import report_a
from benchmarks.photos import copies
from benchmarks.results import Figures, in_turn
from benchmarks.world_cells import world_partitions
from geoguess_app.core.bundle import Bundle
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.network.backend import TorchEngine
from geoguess_app.core.predictor import Predictor
from geoguess_app.locating.stream import locate
from trainer import cli
from trainer.engine.recipe import read_train_recipe
from trainer.engine.run import RunOptions, make_data, make_module, prepare_run

ON_GPU = torch.cuda.is_available()
DEVICE = "cuda" if ON_GPU else "cpu"
_TRUNK, _FLOPS = ("resnet50", 8.2e9) if ON_GPU else ("resnet18", 3.6e9)
"""Floating-point operations of one crop of 224 px, forward."""
_PHOTOS, _ROUNDS = (2000, 3) if ON_GPU else (8, 2)
_TRAINED, _BATCH = (12_800, 128) if ON_GPU else (40, 8)


def main() -> None:
    """Measure all of it, each part without the others."""
    name = torch.cuda.get_device_name() if ON_GPU else ""
    figures = Figures(__file__, __doc__, accelerator=name)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GEOGUESS_CACHE_DIR"] = str(Path(folder) / "cache")
        bundle = report_a(
            Path(folder) / "model", world_partitions(), shared=False, architecture=_TRUNK
        )
        paths = copies(Path(folder) / "photos", _PHOTOS, side_px=640)
        predictor = Predictor(bundle, DEVICE)
        predictor.warm_up()
        crops = np.concatenate([predictor.prepare(path) for path in paths[:64]])
        bench_throughput(figures, predictor, paths, crops)
        bench_uploads(figures, predictor, crops)
        bench_agreement(figures, bundle, paths[:200])
        bench_memory(figures, bundle, crops)
        bench_epoch(figures, Path(folder))
    figures.save()


def bench_throughput(
    figures: Figures, predictor: Predictor, paths: list[Path], crops: np.ndarray
) -> None:
    """Files to answers beside the networks alone, and the precisions beside each other."""
    places = PlaceFinder()
    places.load()
    per_photo = predictor.crops
    photos = len(crops) // per_photo

    def forward() -> None:
        run = predictor.engine.run(crops)
        for photo in range(photos):
            predictor.raw_outputs(run, np.arange(photo * per_photo, (photo + 1) * per_photo))

    def whole() -> None:
        for _ in locate(paths, predictor, places=places):
            pass

    taken_s = in_turn({"forward": forward, "whole": whole}, _ROUNDS)
    alone, all_of_it = photos / taken_s["forward"], len(paths) / taken_s["whole"]
    figures.add("folder, files to answers", all_of_it, "photos/s", ratio=all_of_it / alone,
                beside="the networks alone", least=0.9)  # fmt: skip
    start = time.perf_counter()
    for path in paths[:photos]:
        predictor.prepare(path)
    cores = os.cpu_count() or 1
    decoded = photos / (time.perf_counter() - start) * cores
    figures.add(f"decoding by all {cores} cores", decoded, "photos/s",
                ratio=decoded / alone, beside="the networks (below 1: decode-bound)")  # fmt: skip
    if ON_GPU:
        predictor.engine.half = False
        single_s = in_turn({"forward": forward}, _ROUNDS)["forward"]
        predictor.engine.half = True
        figures.add("networks alone, half precision", alone, "photos/s",
                    ratio=single_s / taken_s["forward"], beside="single precision")  # fmt: skip


def bench_uploads(figures: Figures, predictor: Predictor, crops: np.ndarray) -> None:
    """Crops to the device: as they are, and from pinned memory in a stream beside the network's."""
    if not ON_GPU:
        figures.add("crops uploaded", 0.0, "pinned (there is no graphics card)")
        return
    pinned, side = torch.from_numpy(crops).pin_memory(), torch.cuda.Stream()

    def plain() -> None:
        predictor.engine.upload(crops)
        torch.cuda.synchronize()

    def streamed() -> None:
        with torch.cuda.stream(side):
            pinned.to(DEVICE, non_blocking=True)
        torch.cuda.synchronize()

    taken_s = in_turn({"plain": plain, "streamed": streamed}, 10)
    gib_s = crops.nbytes / 2**30 / taken_s["plain"]
    figures.add("crops uploaded from pinned memory in a stream", gib_s, "GiB/s as it is",
                ratio=taken_s["plain"] / taken_s["streamed"], beside="as it is")  # fmt: skip


def bench_agreement(figures: Figures, bundle: Bundle, paths: list[Path]) -> None:
    """The likeliest cell here and on the processor, where torch runs the trunks."""
    predictors = [Predictor(bundle, DEVICE), Predictor(bundle, "cpu")]
    predictors[1].engine = TorchEngine(bundle, "cpu", fast=False)
    same = []
    for path in paths if ON_GPU else paths[:4]:
        crops = predictors[0].prepare(path)
        first, second = (p.predict([crops])[0].cell_probabilities for p in predictors)
        same.append(all(first[name].argmax() == second[name].argmax() for name in first))
    figures.add("likeliest cells as on the processor", 100 * float(np.mean(same)), "% of photos",
                least=99.0)  # fmt: skip


def bench_memory(figures: Figures, bundle: Bundle, crops: np.ndarray) -> None:
    """Out of memory: smaller steps, the same features. Without a card the error is made up."""
    engine = TorchEngine(bundle, DEVICE, fast=False, micro_batch=len(crops))
    wanted = TorchEngine(bundle, DEVICE, fast=False, micro_batch=4).run(crops).features("base")
    trunk = engine.trunk("base")
    if ON_GPU:
        torch.cuda.empty_cache()
        held = torch.cuda.memory_reserved() + 500 * 2**20
        share = held / torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, share))
    else:
        _fail_once(trunk)
    found = engine.run(crops).features("base")
    if ON_GPU:
        torch.cuda.set_per_process_memory_fraction(1.0)
    off = float(np.abs(found - wanted).max() / np.abs(wanted).max())
    figures.add("crops a step after running out of memory", engine.micro_batch,
                f"of {len(crops)}", most=len(crops) - 1)  # fmt: skip
    figures.add("features after that: largest difference", off, "of the largest", most=1e-2)


def _fail_once(trunk: torch.nn.Module) -> None:
    whole: Callable[..., object] = trunk.run_blocks
    failed: list[bool] = []

    def run_blocks(*arguments: object) -> object:
        if not failed:
            failed.append(True)
            raise torch.OutOfMemoryError("made up")
        return whole(*arguments)

    trunk.run_blocks = run_blocks  # type: ignore[assignment]


def bench_epoch(figures: Figures, folder: Path) -> None:
    """One epoch of the world recipe on made shards: loading, forward, backward, steps."""
    photos = folder / "made"
    photos.mkdir()
    table, images = make_table(photos, min(_TRAINED, 1000))
    shards = folder / "shards"
    pack = ["shards", str(table), "--images", str(images), "--out", str(shards)]
    cli.main([*pack, "--per-shard", "100", "--short-side", "256", "--quiet"])
    changes = ["trunk.weights=scratch", f"trunk.architecture={_TRUNK}", f"training.batch={_BATCH}",
               f"training.workers={max(1, (os.cpu_count() or 1) - 1)}"]  # fmt: skip
    changes += [f"partitions.{name}.tau_min=1" for name in ("coarse", "middle", "fine")]
    recipe = read_train_recipe(Path(cli.__file__).parent / "recipes" / "world.toml", changes)
    prepared = prepare_run(recipe, RunOptions(folder / "run", shards=shards))
    module, data = make_module(prepared).to(DEVICE).train(), make_data(prepared)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)
    scaler = torch.amp.GradScaler(DEVICE, enabled=ON_GPU)
    loader, seen, start = data.train_dataloader(), 0, 0.0
    for epoch in range(max(1, _TRAINED // 1000)):
        data.start_epoch(epoch)
        # The trainer, too, takes so many: from shards the loader could go on.
        for batch in islice(loader, data.micro_batches):
            if seen == _BATCH:
                _wait()  # the first step starts the loading processes
                start = time.perf_counter()
            here = batch.to(torch.device(DEVICE))
            with torch.autocast(DEVICE, torch.float16, enabled=ON_GPU):
                loss = module.loss(module.network(module.trunk(here.images)), here)
            torch.autograd.backward(scaler.scale(loss))
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
            seen += len(batch)
    _wait()
    per_s = (seen - _BATCH) / (time.perf_counter() - start)
    share = 100 * 3 * _FLOPS * per_s / _peak_flops()
    figures.add(f"world recipe with {_TRUNK} from shards", per_s, "images/s")
    figures.add("that, of the peak of a matrix product", share, "%")


def _peak_flops() -> float:
    """Operations a second of a matrix product in the precision of training."""
    side = 8192 if ON_GPU else 1536
    kind = torch.float16 if ON_GPU else torch.float32
    matrix = torch.randn(side, side, device=DEVICE, dtype=kind)

    def product() -> None:
        torch.mm(matrix, matrix)
        _wait()

    return 2 * side**3 / in_turn({"": product}, 5)[""]


def _wait() -> None:
    if ON_GPU:
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
