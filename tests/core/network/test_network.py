"""Layers, heads and the way their tensors are checked, loaded and saved."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.bundle.networks import (
    L2NORM,
    RELU,
    NetworkConfig,
    TrunkConfig,
    batchnorm,
    dropout,
    linear,
)
from geoguess_app.core.errors import BundleError
from geoguess_app.core.network.network import (
    Network,
    build_trunk,
    expected_shapes,
    load_arrays,
    load_network,
    load_trunk,
    numpy_state,
)
from tests.core.tiny_bundle import network_arrays, shared_parts

EVERY_LAYER = NetworkConfig(
    "main",
    (L2NORM, linear(20, 12), batchnorm(12), RELU, dropout(0.5), linear(12, 8)),
    {"coarse": 3, "fine": 5},
    "weights/n.safetensors",
)


pytestmark = pytest.mark.usefixtures("one_thread")


def test_layers_and_heads_follow_their_formulas() -> None:
    arrays = network_arrays(EVERY_LAYER, 20, seed=4)
    network = Network(EVERY_LAYER, 20)
    load_arrays(network, arrays, "n")
    features = np.random.default_rng(1).normal(size=(6, 20))
    wide = {name: a.astype(np.float64) for name, a in arrays.items()}
    x = features / np.linalg.norm(features, axis=1, keepdims=True)
    x = x @ wide["layers.1.weight"].T + wide["layers.1.bias"]
    x = (x - wide["layers.2.running_mean"]) / np.sqrt(wide["layers.2.running_var"] + 1e-5)
    x = np.maximum(x * wide["layers.2.weight"] + wide["layers.2.bias"], 0)
    x = x @ wide["layers.5.weight"].T + wide["layers.5.bias"]
    with torch.inference_mode():
        tensor = torch.from_numpy(features.astype(np.float32))
        outputs = network(tensor)
        np.testing.assert_allclose(network.embed(tensor).numpy(), x, atol=1e-5)
    assert list(outputs) == ["coarse", "fine"]
    for head, logits in outputs.items():
        expected = x @ wide[f"heads.{head}.weight"].T + wide[f"heads.{head}.bias"]
        np.testing.assert_allclose(logits.numpy(), expected, atol=1e-5)


def test_shapes_known_without_torch_are_those_of_the_built_network() -> None:
    assert EVERY_LAYER.shapes(20) == expected_shapes(Network(EVERY_LAYER, 20))
    assert EVERY_LAYER.output_size(20) == 8
    bare = NetworkConfig("main", (), {"one": 4}, "w.safetensors")
    assert bare.shapes(7) == expected_shapes(Network(bare, 7))


@pytest.mark.parametrize("name", ["keys", "train", "forward", "weight", "a-b"])
def test_a_head_may_have_any_name(name: str) -> None:
    network = Network(NetworkConfig("main", (), {name: 2}, "w"), 4)
    assert list(network(torch.zeros(1, 4))) == [name]
    assert f"heads.{name}.weight" in network.state_dict()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heads.fine.weight": None}, "lacks the tensor heads.fine.weight"),
        ({"heads.fine.bias": np.zeros(6, np.float32)}, r"heads.fine.bias the shape \(6,\)"),
        ({"extra": np.zeros(1, np.float32)}, "contains the tensor extra"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(
    change: dict[str, np.ndarray | None], message: str
) -> None:
    arrays = {**network_arrays(EVERY_LAYER, 20, seed=4), **change}
    kept = {name: array for name, array in arrays.items() if array is not None}
    with pytest.raises(BundleError, match=message):
        load_arrays(Network(EVERY_LAYER, 20), kept, "weights/n.safetensors")


def test_a_huge_declared_network_costs_no_memory() -> None:
    huge = NetworkConfig("main", (linear(1_000_000, 1_000_000),), {"fine": 1_000_000}, "w")
    with torch.device("meta"):
        network = Network(huge, 1_000_000)
    tracemalloc.start()
    with pytest.raises(BundleError, match="lacks the tensor"):
        load_arrays(network, {}, "w")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_state_survives_the_way_to_disk_and_back_bit_for_bit(tmp_path: Path) -> None:
    parts = shared_parts()
    trunk = build_trunk(parts.manifest.trunks["main"]).train()
    network = Network(parts.manifest.networks["indoor"], trunk.feature_size).train()
    optimizer = torch.optim.SGD([*trunk.parameters(), *network.parameters()], lr=0.05)
    for _ in range(2):
        optimizer.zero_grad()
        loss = sum(v.square().mean() for v in network(trunk(torch.randn(4, 3, 64, 64))).values())
        loss.backward()
        optimizer.step()
    tensors = dict(parts.tensors)
    tensors["weights/trunk.safetensors"] = numpy_state(trunk)
    tensors["weights/indoor.safetensors"] = numpy_state(network)
    path = write_bundle(tmp_path / "b", parts.manifest, parts.partitions, tensors)
    bundle = open_bundle(path)
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        expected = network.eval()(trunk.eval()(images))
        loaded = load_network(bundle, "indoor")(load_trunk(bundle, "main")(images))
    for head, logits in expected.items():
        assert torch.equal(loaded[head], logits)


def test_half_precision_weights_are_computed_in_single_precision() -> None:
    network = Network(EVERY_LAYER, 20)
    half = numpy_state(network, half=True)
    assert {a.dtype for a in half.values()} == {np.dtype(np.float16)}
    assert not any(name.endswith("num_batches_tracked") for name in half)
    other = Network(EVERY_LAYER, 20)
    load_arrays(other, half, "n")
    floats = [p for p in other.state_dict().values() if p.is_floating_point()]
    assert {p.dtype for p in floats} == {torch.float32}
    for name, array in half.items():
        assert np.array_equal(other.state_dict()[name].numpy(), array.astype(np.float32))


def test_weights_too_large_for_half_precision_are_not_saved_as_infinity() -> None:
    network = Network(EVERY_LAYER, 20)
    torch.nn.init.constant_(network.heads.state_dict()["fine.bias"], 1e5)
    with pytest.raises(ValueError, match=r"heads\.fine\.bias does not fit"):
        numpy_state(network, half=True)


def test_loaded_networks_predict_and_do_not_train() -> None:
    network = Network(EVERY_LAYER, 20)
    load_arrays(network, network_arrays(EVERY_LAYER, 20, seed=4), "n")
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    features = torch.randn(3, 20)
    assert torch.equal(network(features)["fine"], network(features)["fine"]), "dropout is off"


def test_a_trunk_of_another_architecture_is_refused(tmp_path: Path) -> None:
    parts = shared_parts()
    other = build_trunk(TrunkConfig("resnet18", "avg", 512, "w"))
    tensors = {**parts.tensors, "weights/trunk.safetensors": numpy_state(other)}
    with pytest.raises(BundleError, match=r"weights/trunk\.safetensors: "):
        write_bundle(tmp_path / "b", parts.manifest, parts.partitions, tensors)
    assert not (tmp_path / "b").exists()
