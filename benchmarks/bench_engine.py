"""Trunks on this processor: torch beside OpenVINO, which runs them in the program.

Run as `python -m benchmarks engine`. Milliseconds a crop; a process for each number of threads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.results import QUICK, Figures, in_turn

_TRUNKS = (("efficientnet_lite2", 320, 12), ("resnet50", 224, 12), ("clip_vit_l14", 224, 3))


def main() -> None:
    """Measure every trunk on one thread and on two."""
    figures = Figures(__file__, __doc__)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GEOGUESS_CACHE_DIR"] = folder
        for threads in (2,) if QUICK else (1, 2):
            for name, taken_s, off in _in_process(threads):
                title = f"{name}, {threads} threads"
                ratio = taken_s["torch"] / taken_s["openvino"]
                ms = 1000 * taken_s["openvino"]
                figures.add(title, ms, "ms", ratio=ratio, beside="torch", short=threads == 2)
                figures.add(f"{title}: largest difference of a feature", off, "of the largest")
    figures.save()


def _in_process(threads: int) -> list[tuple[str, dict[str, float], float]]:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_engine", "trunks"],
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: list[tuple[str, dict[str, float], float]] = json.loads(run.stdout)
    return found


def _trunks() -> list[tuple[str, dict[str, float], float]]:
    """Name, seconds a crop in each engine, and how far features differ."""
    from benchmarks.models import scenes_only
    from geoguess_app.core.network.backend import TorchEngine

    found = []
    for architecture, size_px, rounds in _TRUNKS:
        with tempfile.TemporaryDirectory() as name:
            bundle = scenes_only(Path(name) / "model", architecture, size_px)
            crop = np.random.default_rng(1).normal(size=(1, 3, size_px, size_px))
            crop = crop.astype(np.float32)
            engines = {kind: TorchEngine(bundle, "cpu", fast=kind == "openvino")
                       for kind in ("torch", "openvino")}  # fmt: skip
            features = {kind: e.run(crop).features("main") for kind, e in engines.items()}
            works = {kind: lambda e=e, c=crop: e.run(c).features("main")
                     for kind, e in engines.items()}  # fmt: skip
            taken_s = in_turn(works, 2 if QUICK else rounds)
        off = np.abs(features["openvino"] - features["torch"]).max()
        relative = float(off / np.abs(features["torch"]).max())
        found.append((f"{architecture} at {size_px} px", taken_s, relative))
    return found


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.stdout.write(json.dumps(_trunks()))
    else:
        main()
