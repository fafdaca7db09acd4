"""A graph of DINOv2-small's form, tiny and with random weights: it sees a photo's colours."""

from __future__ import annotations

import numpy as np


def eye_graph(size: int = 384) -> bytes:
    """From pictures (n, 3, 224, 224) to two tokens of ``size`` numbers, the first of the whole."""
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(1)
    weights = np.float32(random.normal(0, 0.2, (48, size)))
    constants = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.int64([-1, 48]), "flat"),
        numpy_helper.from_array(np.int64([-1, 1, size]), "token"),
    ]
    nodes = [
        helper.make_node(
            "AveragePool", ["pixel_values"], ["grid"], kernel_shape=[56, 56], strides=[56, 56]
        ),
        helper.make_node("Reshape", ["grid", "flat"], ["row"]),
        helper.make_node("MatMul", ["row", "weights"], ["features"]),
        helper.make_node("Reshape", ["features", "token"], ["whole"]),
        helper.make_node("Neg", ["whole"], ["part"]),
        helper.make_node("Concat", ["whole", "part"], ["last_hidden_state"], axis=1),
    ]
    picture = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, 224, 224])
    tokens = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["n", 2, size])
    graph = helper.make_graph(nodes, "eye", [picture], [tokens], constants)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    return bytes(model.SerializeToString())
