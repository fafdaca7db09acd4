"""What an engine says of itself: weights in memory, threads, pace, graphics memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from geoguess_app.core.bundle import Bundle, open_bundle, write_bundle
from geoguess_app.core.network.backend import TorchEngine, sensible_threads
from geoguess_app.core.network.engine_state import engine_state
from tests.core.tiny_bundle import CROP, crops, shared_parts

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    parts = shared_parts()
    path = tmp_path_factory.mktemp("state") / "tiny"
    return open_bundle(
        write_bundle(path, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    )


def test_weights_are_counted_as_they_are_loaded_and_once(bundle: Bundle) -> None:
    engine = TorchEngine(bundle, "cpu")
    before = engine_state(engine)
    assert (before.model_bytes, before.crops_per_s, before.memory_bytes) == (0, None, None)
    assert before.threads == sensible_threads()
    assert not before.is_half
    run = engine.run(crops(3))
    for name in bundle.manifest.networks:
        run.logits(name)
    loaded = engine_state(engine).model_bytes
    modules = [engine.trunk(name) for name in bundle.manifest.trunks]
    weights = sum(p.numel() * p.element_size() for m in modules for p in m.parameters())
    assert weights < loaded < 3 * weights + 1_000_000
    run.logits("base")
    assert engine_state(engine).model_bytes == loaded


def test_weights_in_openvino_are_counted_as_in_torch(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOGUESS_CACHE_DIR", str(tmp_path))
    states = []
    for fast in (False, True):
        engine = TorchEngine(bundle, "cpu", fast=fast)
        engine.warm_up()
        states.append(engine_state(engine))
    assert [state.engine_name for state in states] == ["PyTorch", "OpenVINO"]
    assert states[1].model_bytes == pytest.approx(states[0].model_bytes, rel=0.05)


def test_the_pace_counts_each_crop_once_and_begins_anew(bundle: Bundle) -> None:
    engine = TorchEngine(bundle, "cpu")
    assert len(engine.common_trunks) >= 1
    counted: list[float] = []
    note = engine.pace.note
    engine.pace.note = lambda crops, busy_s: (counted.append(crops), note(crops, busy_s))
    run = engine.run(np.zeros((4, 3, CROP, CROP), np.float32))
    for name in bundle.manifest.networks:
        run.logits(name)
    assert sum(counted) == pytest.approx(4)
    assert engine_state(engine).crops_per_s > 0
    engine.pace.begin()
    assert engine_state(engine).crops_per_s is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")
def test_graphics_memory_is_told(bundle: Bundle) -> None:
    engine = TorchEngine(bundle, "cuda")
    engine.run(crops(2)).logits("base")
    state = engine_state(engine)
    used, total = state.memory_bytes
    assert 0 < state.model_bytes < used < total
    assert state.threads is None
