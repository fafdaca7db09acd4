"""Plans for sets of millions of photos, worked out from what was measured and published.

The table stands in `docs/scale.md`, which says what is assumed; `python -m benchmarks.tables`
writes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from benchmarks.results import Run, markdown_table

SETS = {"MP-16": 4_720_000, "OSV-5M": 5_100_000}
PER_SHARD = 2000
PRICE_PER_GPU_HOUR = 2.0
"""Assumed, in dollars."""
CORES_PER_GPU = 16
GPUS = (1, 8, 64)
# timm's results: EfficientNet-Lite2 at 260 px on an RTX 4090, ResNet-50 trained on an RTX 3090.
_PUBLISHED_CROPS_PER_S, _PUBLISHED_SIDE_PX = 5818.57, 260
_PUBLISHED_TRAINED_PER_S = 1218.01
_CROPS, _SIDE_PX, _EPOCHS = 3, 320, 15


def plans(runs: Mapping[str, Run]) -> str:
    """Return both tables; nothing without the benchmarks that they rest on."""
    if not {"parts", "device"} <= runs.keys():
        return ""
    measured = {figure.name: figure.value for run in runs.values() for figure in run.figures}
    return f"\n{_disk(measured)}\n{_hours(measured)}\n"


def _disk(measured: Mapping[str, float]) -> str:
    names = ("a photo in a shard, 320 px", "a row of locate", "a row of scenes")
    rows = [["each photo", "1", *(f"{measured[name]:.3g} kB" for name in names)]]
    for set_name, photos in SETS.items():
        sizes = (f"{measured[name] * photos / 1e6:,.0f} GB" for name in names)
        rows.append([set_name, f"{photos:,}", *sizes])
    heads = ("set", "photos", "shards, short side 320 px", "located", "labelled")
    return markdown_table(heads, rows)


def _hours(measured: Mapping[str, float]) -> str:
    network_per_s = _PUBLISHED_CROPS_PER_S * (_PUBLISHED_SIDE_PX / _SIDE_PX) ** 2 / _CROPS
    beside_per_s = 1000 * CORES_PER_GPU / measured["starter, locate without its trunk"]
    answered_per_s = min(network_per_s, beside_per_s)
    alone_per_s = measured["the same in one process"]
    processes = math.ceil(answered_per_s / alone_per_s)
    rows = []
    for name, photos in SETS.items():
        for kind, word in (("locate", "locate"), ("scenes", "label scenes")):
            # Until the process with the most shards is done: they are not divided.
            hours = [
                math.ceil(math.ceil(photos / PER_SHARD) / (gpus * processes))
                * (PER_SHARD * processes / answered_per_s / 3600)
                for gpus in GPUS
            ]
            per_s = measured[f"starter, {kind}"]
            rows.append(_row(f"{name}: {word}", photos, per_s, answered_per_s, hours))
        passes = photos * _EPOCHS
        hours = [passes / _PUBLISHED_TRAINED_PER_S / gpus / 3600 for gpus in GPUS]
        per_s = measured["world recipe with resnet18 from shards"]
        work = f"{name}: train `world`, {_EPOCHS} epochs"
        rows.append(_row(work, passes, per_s, _PUBLISHED_TRAINED_PER_S, hours))
    cards = (f"{gpus} GPU{'s' * (gpus > 1)}" for gpus in GPUS)
    table = markdown_table(("work", "2 cores, measured", "a GPU, not measured", *cards), rows)
    beside = f"beside the network, one alone does {alone_per_s:.3g}/s."
    return f"{table}\n{processes} processes for each GPU: {beside}\n"


def _row(
    work: str, photos: int, cpu_per_s: float, gpu_per_s: float, hours: Sequence[float]
) -> list[str]:
    plan = (
        f"{time:.3g} h, ${PRICE_PER_GPU_HOUR * gpus * time:,.0f}"
        for gpus, time in zip(GPUS, hours, strict=True)
    )
    on_cpu = f"{cpu_per_s:.3g}/s, {photos / cpu_per_s / 3600:,.0f} h"
    return [work, on_cpu, f"{gpu_per_s:,.0f}/s", *plan]
