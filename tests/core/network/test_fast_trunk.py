"""Trunks in OpenVINO: the same answers as torch, kept between starts, never in the way."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoguess_app.core.bundle import Bundle, open_bundle, write_bundle
from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES
from geoguess_app.core.network import fast_trunk
from geoguess_app.core.network.backend import TorchEngine
from geoguess_app.core.network.openvino_runtime import CompiledGraph
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.core.predictor import Predictor
from geoguess_app.paths import resource_dir, starter_bundle_dir
from tests.core.explained import bundles, plain, save, two_cells
from tests.core.tiny_bundle import Parts, crops, make_parts, shared_parts

pytestmark = pytest.mark.usefixtures("one_thread", "cache")

SAMPLES = sorted((resource_dir() / "samples").glob("*.jpg"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GEOGUESS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "trunks"


def written(parts: Parts, path: Path) -> Bundle:
    return open_bundle(write_bundle(path, parts.manifest, parts.partitions, parts.tensors))


@pytest.fixture
def tiny(tmp_path: Path) -> Bundle:
    return written(shared_parts().but(), tmp_path / "tiny")


def all_logits(bundle: Bundle, images: np.ndarray, *, fast: bool) -> dict[str, np.ndarray]:
    engine = TorchEngine(bundle, "cpu", fast=fast)
    run = engine.run(images)
    found = {
        f"{network}.{head}": logits
        for network in bundle.manifest.networks
        for head, logits in run.logits(network).items()
    }
    names = {network.trunk for network in bundle.manifest.networks.values()}
    assert all((engine.fast_trunk(name) is not None) == fast for name in names)
    return found


@pytest.mark.parametrize("name", ["one trunk", "a trunk each", "own last blocks"])
def test_every_network_says_what_it_says_in_torch(name: str, tmp_path: Path) -> None:
    parts = bundles()[name]
    bundle = written(parts, tmp_path / "b")
    images = crops(3)
    expected = all_logits(bundle, images, fast=False)
    for _ in ("converted", "from the cache"):
        found = all_logits(bundle, images, fast=True)
        assert found.keys() == expected.keys()
        for key, logits in expected.items():
            np.testing.assert_allclose(found[key], logits, atol=2e-5, err_msg=key)


@pytest.mark.parametrize(
    ("architecture", "pooling"),
    [("resnet18", "avg+gem"), ("convnext_tiny", "max"), ("clip_vit_tiny", "class")],
)
def test_every_kind_of_trunk_converts(architecture: str, pooling: str, tmp_path: Path) -> None:
    design = ARCHITECTURES[architecture]
    only, size = two_cells(), design.channels * len(pooling.split("+"))
    trunk = TrunkConfig(architecture, pooling, size, "weights/trunk.safetensors")
    spec = Preprocessing(design.input_px or 64, (127.0,) * 3, (128.0,) * 3)
    manifest = replace(plain((only,), preprocessing=spec), trunks={"main": trunk})
    bundle = written(make_parts(manifest, (only,), 3), tmp_path / "b")
    images = np.random.default_rng(1).normal(size=(2, 3, spec.size, spec.size)).astype(np.float32)
    expected, found = (
        TorchEngine(bundle, "cpu", fast=fast).run(images).features("main") for fast in (False, True)
    )
    assert expected.std() > 1e-3
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_the_starter_answers_as_in_torch() -> None:
    fast, plain_torch = (Predictor(open_bundle(starter_bundle_dir()), "cpu") for _ in range(2))
    plain_torch.engine = TorchEngine(plain_torch.bundle, "cpu", fast=False)
    images = [fast.prepare(path) for path in SAMPLES]
    for ours, theirs in zip(fast.predict(images), plain_torch.predict(images), strict=True):
        for layer, chances in theirs.cell_probabilities.items():
            assert np.abs(ours.cell_probabilities[layer] - chances).max() < 1e-3
        assert ours.candidates[0].cell_index == theirs.candidates[0].cell_index
    trunks = fast.bundle.manifest.trunks
    assert any(fast.engine.fast_trunk(name) is not None for name in trunks)


def test_a_crop_gets_the_same_bits_whatever_its_neighbours(tiny: Bundle) -> None:
    images = crops(4)
    together = TorchEngine(tiny, "cpu", fast=True).run(images).features("main")
    alone = TorchEngine(tiny, "cpu", fast=True).run(images[2:3]).features("main")
    assert np.array_equal(together[2], alone[0])


def test_the_next_start_converts_nothing(
    tiny: Bundle, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = all_logits(tiny, crops(1), fast=True)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(fast_trunk, "_converted", None)
    again = all_logits(tiny, crops(1), fast=True)
    assert all(np.array_equal(again[key], first[key]) for key in first)


@pytest.mark.parametrize("damage", ["flipped", "cut", "no seal", "seal"])
def test_a_damaged_copy_is_made_again(tiny: Bundle, cache: Path, damage: str) -> None:
    expected = all_logits(tiny, crops(1), fast=True)
    (folder,) = cache.iterdir()
    weights, seal = folder / "trunk.bin", folder / "complete.json"
    if damage == "flipped":
        data = bytearray(weights.read_bytes())
        data[len(data) // 2] ^= 0x40
        weights.write_bytes(data)
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "seal":
        seal.write_bytes(b"\xff{")
    else:
        seal.unlink()
    found = all_logits(tiny, crops(1), fast=True)
    assert all(np.array_equal(found[key], expected[key]) for key in expected)
    assert list(cache.iterdir()) == [folder]
    assert fast_trunk.kept_graph(folder.name) is not None


def test_other_weights_are_another_entry(tmp_path: Path, cache: Path) -> None:
    for seed in (1, 2):
        bundle = written(shared_parts(seed), tmp_path / f"b{seed}")
        all_logits(bundle, crops(1), fast=True)
    assert len(list(cache.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_no_harm(
    tiny: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GEOGUESS_CACHE_DIR", str(tmp_path / "file"))
    assert all_logits(tiny, crops(1), fast=True)


def test_torch_takes_over_with_one_line(
    tiny: Bundle, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with caplog.at_level(logging.WARNING):
        engine = TorchEngine(tiny, "cpu", fast=True)
        for _ in range(2):
            found = engine.run(crops(1)).features("main")
    expected = TorchEngine(tiny, "cpu", fast=False).run(crops(1)).features("main")
    assert np.array_equal(found, expected)
    assert len(caplog.records) == 1
    assert "main runs in torch" in caplog.text


def test_small_trunks_stay_in_torch(tiny: Bundle, cache: Path) -> None:
    TorchEngine(tiny, "cpu").warm_up()
    assert not cache.exists()


ENGINE_ALONE = """
import os, sys

def watch(event, details):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        os._exit(99)

sys.addaudithook(watch)
home = set(os.listdir(os.path.expanduser("~")))
import geoguess_app.core.predictor, geoguess_app.core.network.backend
assert "openvino" not in sys.modules, "imported too early"
from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.network.backend import TorchEngine
engine = TorchEngine(open_bundle(sys.argv[1]), "cpu", fast=True)
engine.warm_up()
assert engine.fast_trunk("main") is not None
assert sys.modules["openvino_telemetry"] is None
assert set(os.listdir(os.path.expanduser("~"))) == home
"""


def test_the_engine_reports_to_nobody(tiny: Bundle, tmp_path: Path) -> None:
    """OpenVINO tells its makers of every import and conversion, unless it is kept from it."""
    (tmp_path / "home").mkdir()
    run = subprocess.run(
        [sys.executable, "-c", ENGINE_ALONE, str(tiny.path)],
        env={"HOME": str(tmp_path / "home"), "GEOGUESS_CACHE_DIR": str(tmp_path / "cache"),
             "PYTHONPATH": ":".join(sys.path)},
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert not list((tmp_path / "home").iterdir())


def test_explanations_keep_their_maps(tmp_path: Path) -> None:
    from geoguess_app.core.explain.activation import look_at

    only = two_cells()
    predictor = save(make_parts(plain((only,)), (only,), 3), tmp_path / "b")
    expected = look_at(predictor, SAMPLES[0]).activation().values
    predictor.engine = TorchEngine(predictor.bundle, "cpu", fast=True)
    predictor.predict([predictor.prepare(SAMPLES[0])])
    assert isinstance(predictor.engine.fast_trunk("main"), CompiledGraph)
    found: Any = look_at(predictor, SAMPLES[0]).activation().values
    assert np.array_equal(found, expected)
