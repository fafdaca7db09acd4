"""ONNX files are known before they are run: against the package `onnx`, and hostile ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from geoguess_app.core.bundle.onnx_graph import check_onnx, read_onnx
from geoguess_app.core.errors import BundleError

SIZE = 32
FEATURES = 8


def encoder(*, half: bool = False, int8: bool = False) -> Any:
    """Convolution, mean, a matrix: crops → features, and the mean as a second output."""
    random = np.random.default_rng(5)
    kind, numbers = (TensorProto.FLOAT16, np.float16) if half else (TensorProto.FLOAT, np.float32)
    weights = {
        "kernel": random.normal(0, 0.3, (6, 3, 4, 4)).astype(numbers),
        "matrix": random.normal(0, 0.5, (6, FEATURES)).astype(numbers),
    }
    nodes = [
        helper.make_node("Conv", ["pixels", "kernel"], ["map"], strides=[4, 4]),
        helper.make_node("Relu", ["map"], ["positive"]),
        helper.make_node("GlobalAveragePool", ["positive"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
    ]
    if int8:
        # As onnxruntime's dynamic quantisation writes it.
        scale = np.float32(np.abs(weights["matrix"]).max() / 127)
        weights["matrix"] = np.round(weights["matrix"] / scale).astype(np.int8)
        weights |= {"scale": scale, "zero": np.int8(0)}
        nodes += [
            helper.make_node("DynamicQuantizeLinear", ["flat"], ["q", "q_scale", "q_zero"]),
            helper.make_node("MatMulInteger", ["q", "matrix", "q_zero", "zero"], ["whole"]),
            helper.make_node("Cast", ["whole"], ["as_float"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["q_scale", "scale"], ["both"]),
            helper.make_node("Mul", ["as_float", "both"], ["features"]),
        ]
    else:
        nodes.append(helper.make_node("MatMul", ["flat", "matrix"], ["features"]))
    graph = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info("pixels", kind, ["batch", 3, SIZE, SIZE])],
        [
            helper.make_tensor_value_info("flat", kind, ["batch", 6]),
            helper.make_tensor_value_info("features", kind, ["batch", FEATURES]),
        ],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def test_a_graph_is_read_as_the_package_reads_it() -> None:
    model = encoder()
    graph = read_onnx(model.SerializeToString(), "t.onnx")
    assert [one.name for one in graph.inputs] == ["pixels"]
    assert graph.inputs[0].dimensions == (None, 3, SIZE, SIZE)
    assert [(one.name, one.dimensions) for one in graph.outputs] == [
        ("flat", (None, 6)),
        ("features", (None, FEATURES)),
    ]
    assert graph.nodes == len(model.graph.node)
    assert graph.weights == sum(numpy_helper.to_array(t).size for t in model.graph.initializer)
    check_onnx(graph, "t.onnx", SIZE, FEATURES)


@pytest.mark.parametrize("kind", ["half", "int8"])
def test_half_precision_and_int8_are_read(kind: str) -> None:
    model = encoder(half=kind == "half", int8=kind == "int8")
    check_onnx(read_onnx(model.SerializeToString(), "t.onnx"), "t.onnx", SIZE, FEATURES)


def _external(model: Any) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"


def _external_constant(model: Any) -> None:
    node = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.ones(2)))
    node.attribute[0].t.external_data.add().key = "location"
    model.graph.node.append(node)


def _custom(model: Any) -> None:
    model.graph.node[1].domain = "evil.example"


def _function(model: Any) -> None:
    model.functions.add().name = "mine"


def _loop(model: Any) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["n", "go"], ["out"], body=body))


def _inner(model: Any) -> None:
    inner = helper.make_graph([helper.make_node("Own", [], ["x"], domain="own")], "inner", [], [])
    model.graph.node.append(
        helper.make_node("If", ["go"], ["out"], then_branch=inner, else_branch=inner)
    )


def _large(model: Any) -> None:
    model.graph.initializer[0].dims[0] = 1 << 40


def _short(model: Any) -> None:
    model.graph.initializer[0].dims[0] = 7


def _sparse(model: Any) -> None:
    model.graph.sparse_initializer.add().dims.append(4)


def _text(model: Any) -> None:
    model.graph.initializer[0].data_type = TensorProto.STRING


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_external, "keeps its weights in another file"),
        (_external_constant, "keeps its weights in another file"),
        (_custom, "needs the operator Relu of evil.example"),
        (_inner, "needs the operator Own of own"),
        (_function, "defines operators of its own"),
        (_loop, r"contains a loop \(Loop\)"),
        (_large, "too large"),
        (_short, "its bytes cannot fill"),
        (_sparse, "sparse"),
        (_text, "unknown type"),
    ],
)
def test_what_a_graph_must_not_do(spoil: Callable[[Any], None], reason: str) -> None:
    model = encoder()
    spoil(model)
    with pytest.raises(BundleError, match=reason) as caught:
        read_onnx(model.SerializeToString(), "weights/t.onnx")
    assert str(caught.value).startswith("weights/t.onnx cannot be used: it ")
    assert caught.value.code == "onnx"


def test_shapes_must_be_those_of_the_bundle() -> None:
    graph = read_onnx(encoder().SerializeToString(), "t.onnx")
    with pytest.raises(BundleError, match="one input of floats, 1 × 3 × 64 × 64"):
        check_onnx(graph, "t.onnx", 64, FEATURES)
    with pytest.raises(BundleError, match="an output of floats, 1 × 9"):
        check_onnx(graph, "t.onnx", SIZE, 9)


@pytest.mark.parametrize("data", [b"", b"\x80\x04", b"PK\x03\x04 no graph", b"\xff" * 40])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(BundleError, match=r"broken|not an ONNX graph"):
        read_onnx(data, "t.onnx")


GOOD = encoder().SerializeToString()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, len(GOOD)))
def test_damage_is_refused_or_read_but_never_fails_otherwise(at: int, byte: int, cut: int) -> None:
    damaged = bytearray(GOOD)
    damaged[at] = byte
    for data in (bytes(damaged), GOOD[:cut]):
        try:
            read_onnx(data, "t.onnx")
        except BundleError:
            continue
    assert onnx.load_from_string(GOOD).graph.name == "encoder"
