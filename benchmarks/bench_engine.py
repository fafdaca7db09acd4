"""Trunks on this processor, torch beside OpenVINO; a folder of small photos, streamed or in turn.

Run as `python -m benchmarks engine`; prints one JSON object. Times are milliseconds, the fastest of
several rounds in which all take turns; ratios are of one run, so they hold on a busy machine too.
Every number of threads gets a process of its own. Whether threads fight over the cores shows in the
processor's time, which other programs change little.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

_TRUNKS = (("efficientnet_lite2", 320, 12), ("resnet50", 224, 12), ("clip_vit_l14", 224, 3))
_PHOTOS = 24
_SIDE_PX = 440


def main() -> None:
    """Measure every trunk on one thread and on two, then the folder."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GEOGUESS_CACHE_DIR"] = folder
        found = {
            "trunks": [line for threads in (1, 2) for line in _in_process(threads, "trunks")],
            "folder": _in_process(2, "folder"),
        }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


def _in_process(threads: int, part: str) -> list[dict[str, object]]:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_engine", part],
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        check=True,
    )
    lines: list[dict[str, object]] = json.loads(run.stdout)
    return lines


def _trunks() -> list[dict[str, object]]:
    """A line a trunk: milliseconds a crop in torch and in OpenVINO, how far features differ."""
    from geoguess_app.core.bundle import open_bundle, write_bundle
    from geoguess_app.core.network.backend import TorchEngine, sensible_threads

    lines: list[dict[str, object]] = []
    for architecture, size_px, rounds in _TRUNKS:
        with tempfile.TemporaryDirectory() as name:
            manifest, tensors = _scene_model(architecture, size_px)
            bundle = open_bundle(write_bundle(Path(name) / "model", manifest, (), tensors))
            crop = np.random.default_rng(1).normal(size=(1, 3, size_px, size_px))
            crop = crop.astype(np.float32)
            engines = {
                kind: TorchEngine(bundle, "cpu", fast=kind == "openvino")
                for kind in ("torch", "openvino")
            }
            features = {kind: e.run(crop).features("main") for kind, e in engines.items()}
            taken = _in_turn(
                {
                    kind: lambda e=e, c=crop: e.run(c).features("main")
                    for kind, e in engines.items()
                },
                rounds,
            )
        off = np.abs(features["openvino"] - features["torch"]).max()
        lines.append(
            {
                "trunk": architecture,
                "size_px": size_px,
                "threads": sensible_threads(),
                **{f"{kind}_ms": round(ms, 1) for kind, ms in taken.items()},
                "torch_to_openvino": round(taken["torch"] / taken["openvino"], 2),
                "largest_difference": float(off / np.abs(features["torch"]).max()),
            }
        )
    return lines


def _scene_model(architecture: str, size_px: int):  # type: ignore[no-untyped-def]
    """A model of this trunk and nothing but a scene head, with random weights."""
    from geoguess_app.core.bundle.manifest import Manifest
    from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
    from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES
    from geoguess_app.core.network.network import Network, build_trunk, numpy_state
    from geoguess_app.core.picture.preprocess import Preprocessing

    design = ARCHITECTURES[architecture]
    trunk = TrunkConfig(architecture, design.poolings[0], design.channels, "t.safetensors")
    head = NetworkConfig("main", (), {"places365": 365}, "h.safetensors")
    manifest = Manifest(
        kind="scenes", name="Speed", version="1", license="CC0-1.0", description="",
        intended_area="", created="2030-01-31",
        preprocessing=Preprocessing(size_px, (127.0,) * 3, (128.0,) * 3),
        trunks={"main": trunk}, networks={"scene": head}, scene_network="scene",
    )  # fmt: skip
    return manifest, {
        "t.safetensors": numpy_state(build_trunk(trunk)),
        "h.safetensors": numpy_state(Network(head, design.channels)),
    }


def _folder() -> list[dict[str, object]]:
    """A line an engine: a folder of small photos through the program's stream, and in a loop."""
    from PIL import Image

    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.network.backend import TorchEngine
    from geoguess_app.core.predictor import load_predictor
    from geoguess_app.locating.stream import locate
    from geoguess_app.paths import resource_dir

    predictor, places = load_predictor(device="cpu"), PlaceFinder()
    places.load()
    lines: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        samples = sorted((resource_dir() / "samples").glob("*.jpg"))
        paths = [Path(name) / f"{number}.jpg" for number in range(_PHOTOS)]
        for number, path in enumerate(paths):
            with Image.open(samples[number % len(samples)]) as picture:
                picture.thumbnail((_SIDE_PX, _SIDE_PX))
                picture.save(path, quality=90 - number // len(samples))

        def streamed() -> None:
            for _ in locate(paths, predictor, places=places):
                pass

        def in_turn() -> None:
            for path in paths:
                answer = predictor.predict([predictor.prepare(path)])[0]
                places.at_many([candidate.coordinate for candidate in answer.candidates])

        for kind in ("torch", "openvino"):
            predictor.engine = TorchEngine(predictor.bundle, "cpu", fast=kind == "openvino")
            predictor.warm_up()
            taken = _in_turn({"streamed": streamed, "in_turn": in_turn}, rounds=3)
            busy = _in_turn({"streamed": streamed, "in_turn": in_turn}, 3, time.process_time)
            lines.append(
                {
                    "engine": kind,
                    **{f"{how}_ms_a_photo": round(ms / _PHOTOS, 1) for how, ms in taken.items()},
                    "streamed_to_in_turn": round(taken["streamed"] / taken["in_turn"], 3),
                    "streamed_to_in_turn_busy": round(busy["streamed"] / busy["in_turn"], 3),
                }
            )
    return lines


def _in_turn(
    works: dict[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """The fastest time of each, in milliseconds, all taking turns."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, work in works.items():
            start = clock()
            work()
            taken_ms = (clock() - start) * 1000
            best[name] = min(taken_ms, best.get(name, taken_ms))
    return best


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.stdout.write(json.dumps(_trunks() if sys.argv[1] == "trunks" else _folder()))
    else:
        main()
