"""A trunk that is an ONNX graph: in a bundle, checked, run, explained as far as it can be."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import helper, numpy_helper

from geoguess_app.core.bundle import Bundle, open_bundle, write_bundle
from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.errors import BundleError
from geoguess_app.core.explain.activation import ExplanationMethod, look_at
from geoguess_app.core.explain.alike import look_alikes
from geoguess_app.core.network.backend import TorchEngine
from geoguess_app.core.network.network import load_trunk
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.core.predictor import Predictor
from geoguess_app.paths import resource_dir
from geoguess_app.ui.why import wording
from tests.core.bundle.test_onnx_graph import FEATURES, SIZE, encoder
from tests.core.explained import neighbours_alone, plain, two_cells
from tests.core.tiny_bundle import make_parts

pytestmark = pytest.mark.usefixtures("one_thread", "cache")

SAMPLE = next((resource_dir() / "samples").glob("*.jpg"))
TRUNK = TrunkConfig("onnx", "none", FEATURES, "weights/trunk.onnx")
SPEC = Preprocessing(SIZE, (127.0,) * 3, (128.0,) * 3, crops=3)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GEOGUESS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "trunks"


def bundle_of(model: Any, path: Path, *, retrieval: bool = False, **trunk: Any) -> Bundle:
    """A bundle of two cells, or of look-alikes alone, around an ONNX graph."""
    only = two_cells()
    manifest = plain((only,), preprocessing=SPEC)
    if retrieval:
        bank = replace(neighbours_alone().manifest.retrieval, size=FEATURES)  # type: ignore[type-var]
        manifest = replace(neighbours_alone().manifest, preprocessing=SPEC, retrieval=bank)
    torch_trunk = TrunkConfig("efficientnet_lite_tiny", "avg", 64, "weights/trunk.safetensors")
    shapes = replace(manifest, trunks={"main": replace(torch_trunk, feature_size=FEATURES)})
    parts = make_parts(shapes, () if retrieval else (only,), 3)
    tensors = {n: a for n, a in parts.tensors.items() if n != "weights/trunk.safetensors"}
    manifest = replace(manifest, trunks={"main": replace(TRUNK, **trunk)})
    files = {"weights/trunk.onnx": model.SerializeToString()}
    return open_bundle(write_bundle(path, manifest, parts.partitions, tensors, files))


def features_by_hand(model: Any, images: np.ndarray) -> np.ndarray:
    weights = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    maps = torch.nn.functional.conv2d(
        torch.from_numpy(images), torch.from_numpy(weights["kernel"].astype(np.float32)), stride=4
    )
    mean = maps.clamp_min(0).mean((2, 3)).numpy()
    return np.asarray(mean @ (weights["matrix"].astype(np.float32) * weights.get("scale", 1.0)))


@pytest.mark.parametrize(("kind", "off"), [("float", 1e-5), ("half", 5e-3), ("int8", 0.05)])
def test_features_are_those_of_the_graph(kind: str, off: float, tmp_path: Path) -> None:
    model = encoder(half=kind == "half", int8=kind == "int8")
    bundle = bundle_of(model, tmp_path / "b")
    images = np.random.default_rng(2).normal(size=(3, 3, SIZE, SIZE)).astype(np.float32)
    expected = features_by_hand(model, images)
    for _ in ("converted", "from the cache"):
        found = TorchEngine(bundle, "cpu").run(images).features("main")
        assert np.abs(found - expected).max() < off * np.abs(expected).max()


def test_a_photo_is_located_and_the_map_is_honestly_missing(tmp_path: Path) -> None:
    predictor = Predictor(bundle_of(encoder(), tmp_path / "b"), "cpu")
    answer = predictor.predict([predictor.prepare(SAMPLE)])[0]
    look = look_at(predictor, SAMPLE)
    assert look.prediction.coordinate == answer.coordinate
    regions = look.activation()
    assert regions.method is ExplanationMethod.NONE
    assert not regions.seen.any()
    assert not regions.speaks
    assert "ONNX" in wording.strongest(regions)
    assert "ONNX" in wording.method(regions)


def test_look_alikes_are_listed_as_usual(tmp_path: Path) -> None:
    predictor = Predictor(bundle_of(encoder(), tmp_path / "b", retrieval=True), "cpu")
    found = look_alikes(look_at(predictor, SAMPLE))
    assert found is not None
    assert found.nearest[0].vote > 0


def test_a_manifest_around_a_graph_is_checked(tmp_path: Path) -> None:
    for changes, reason in (
        ({"pooling": "avg"}, "pooling is avg"),
        ({"weights": None}, "no trunk names the graph"),
        ({"weights": "weights/base.safetensors"}, r"must be an \.onnx file"),
        ({"feature_size": 9}, "shape"),
    ):
        with pytest.raises(BundleError, match=reason):
            bundle_of(encoder(), tmp_path / "b", **changes)
    spoilt = encoder()
    spoilt.graph.node[0].domain = "evil.example"
    with pytest.raises(BundleError, match=r"evil\.example"):
        bundle_of(spoilt, tmp_path / "b")


def test_an_operator_that_the_engine_lacks_is_named(tmp_path: Path) -> None:
    model = encoder()
    model.graph.node[1].op_type, model.graph.node[1].domain = "NoSuchThing", "com.microsoft"
    engine = TorchEngine(bundle_of(model, tmp_path / "b"), "cpu")
    with pytest.raises(
        BundleError, match=r"trunk main, an ONNX graph \(.*com.microsoft.NoSuchThing\)\.$"
    ):
        engine.run(np.zeros((1, 3, SIZE, SIZE), np.float32)).features("main")


def test_features_that_cannot_be_told_from_another_output_are_refused(tmp_path: Path) -> None:
    model = encoder()
    model.graph.node.append(helper.make_node("Relu", ["features"], ["also"]))
    also = model.graph.output.add()
    also.CopyFrom(model.graph.output[1])
    also.name = "also"
    engine = TorchEngine(bundle_of(model, tmp_path / "b"), "cpu")
    with pytest.raises(BundleError, match="2 of its outputs have the shape 1 × 8"):
        engine.run(np.zeros((1, 3, SIZE, SIZE), np.float32)).features("main")


def test_a_graph_that_would_need_too_much_memory_is_refused(tmp_path: Path) -> None:
    model = encoder()
    shape = numpy_helper.from_array(np.array([1 << 20, 1 << 11]), "shape")
    model.graph.initializer.append(shape)
    model.graph.node.append(helper.make_node("ConstantOfShape", ["shape"], ["vast"]))
    model.graph.node.append(helper.make_node("ReduceSum", ["vast"], ["sum"], keepdims=0))
    model.graph.node.append(helper.make_node("Add", ["features", "sum"], ["more"]))
    model.graph.output[1].name = "more"
    engine = TorchEngine(bundle_of(model, tmp_path / "b"), "cpu")
    with pytest.raises(BundleError, match="too much memory"):
        engine.run(np.zeros((1, 3, SIZE, SIZE), np.float32)).features("main")


def test_without_the_engine_the_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = bundle_of(encoder(), tmp_path / "b")
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(BundleError, match="cannot run its trunk main"):
        TorchEngine(bundle, "cpu").warm_up()
    with pytest.raises(BundleError, match="ONNX graph"):
        load_trunk(bundle, "main")
