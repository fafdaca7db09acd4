"""EfficientNet-Lite2 on this CPU: norms fused or not, memory layout, crops per step.

Run as `python -m benchmarks.bench_trunk`; prints a Markdown table of milliseconds per crop, every
variant measured in turn, the best of several rounds, and the ratio to the plain network one by one.
"""

from __future__ import annotations

import sys
import time

import torch

from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.network.backend import sensible_threads
from geoguess_app.core.network.network import build_trunk, fuse_norms
from geoguess_app.core.network.trunks.trunk import Trunk

_ROUNDS = 12
_STEPS = (1, 2, 4, 8)
_VARIANTS = {
    "plain": (False, torch.contiguous_format),
    "fused": (True, torch.contiguous_format),
    "plain, channels last": (False, torch.channels_last),
    "fused, channels last (ours)": (True, torch.channels_last),
}


def _trunk(fused: bool, layout: torch.memory_format) -> Trunk:
    trunk = build_trunk(TrunkConfig("efficientnet_lite2", "avg", 1280, "w")).eval()
    if fused:
        fuse_norms(trunk)
    return trunk.to(memory_format=layout)


def _milliseconds_per_crop(trunk: Trunk, images: torch.Tensor) -> float:
    with torch.inference_mode():
        start = time.perf_counter()
        trunk(images)
    return (time.perf_counter() - start) / len(images) * 1000


def main() -> None:
    """Measure every variant side by side."""
    torch.set_num_threads(sensible_threads())
    trunks = {name: _trunk(*how) for name, how in _VARIANTS.items()}
    crops = torch.randn(max(_STEPS), 3, 260, 260)
    best: dict[tuple[str, int], float] = {}
    for _ in range(_ROUNDS):
        for name, trunk in trunks.items():
            for step in _STEPS:
                images = crops[:step].contiguous(memory_format=_VARIANTS[name][1])
                took = _milliseconds_per_crop(trunk, images)
                best[name, step] = min(took, best.get((name, step), took))
    plain = best["plain", 1]
    sys.stdout.write(f"EfficientNet-Lite2, 260 px, {sensible_threads()} threads, ms per crop\n\n")
    sys.stdout.write("| crops per step | " + " | ".join(map(str, _STEPS)) + " | plain ÷ this |\n")
    sys.stdout.write("|---" * (len(_STEPS) + 2) + "|\n")
    for name in trunks:
        figures = " | ".join(f"{best[name, step]:.1f}" for step in _STEPS)
        sys.stdout.write(f"| {name} | {figures} | {plain / best[name, 1]:.2f} |\n")


if __name__ == "__main__":
    main()
