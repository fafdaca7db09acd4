"""EfficientNet-Lite2 on this CPU: norms fused or not, memory layout, crops per step.

Run as `python -m benchmarks trunk`. Milliseconds per crop, all variants in turn; ratios are to the
plain network, one crop by one.
"""

from __future__ import annotations

from functools import partial

import torch

from benchmarks.results import QUICK, Figures, in_turn
from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.network.backend import sensible_threads
from geoguess_app.core.network.network import build_trunk, fuse_norms
from geoguess_app.core.network.trunks.trunk import Trunk

_ROUNDS = 2 if QUICK else 8
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


def _forward(trunk: Trunk, images: torch.Tensor) -> None:
    with torch.inference_mode():
        trunk(images)


def main() -> None:
    """Measure every variant side by side."""
    torch.set_num_threads(sensible_threads())
    crops = torch.randn(max(_STEPS), 3, 260, 260)
    works = {
        (name, step): partial(_forward, trunk, crops[:step].contiguous(memory_format=how[1]))
        for name, how in _VARIANTS.items()
        for trunk in [_trunk(*how)]
        for step in _STEPS
    }
    taken_s = in_turn(works, _ROUNDS)
    figures, plain_s = Figures(__file__, __doc__), taken_s["plain", 1]
    for (name, step), seconds in taken_s.items():
        title = f"{name}, {step} crops a step"
        ratio = plain_s * step / seconds
        figures.add(title, 1000 * seconds / step, "ms", ratio=ratio, beside="plain")
    figures.save()


if __name__ == "__main__":
    main()
