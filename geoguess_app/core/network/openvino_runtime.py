"""OpenVINO, the engine for trunks on a processor: imported here and nowhere else.

docs/decisions/0010-openvino.md says why this one. Importing this module loads nothing of it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.network.device import sensible_threads

if TYPE_CHECKING:
    from openvino import Core, Model

_TELEMETRY = "openvino_telemetry"
_MOST_VALUES = 1 << 29
"""Of one tensor inside a graph: 2 GB."""


def load_openvino() -> Any:
    """The package, without its telemetry. Raises ImportError where it is missing or broken."""
    # It reports every import to its makers unless that package cannot be imported: then it has a
    # stub of its own. Nothing leaves this machine unasked.
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    import openvino

    return openvino


@cache
def _core() -> Core:
    core: Core = load_openvino().Core()
    return core


class CompiledGraph:
    """A network compiled for this processor. One thread at a time."""

    def __init__(self, model: Model) -> None:
        """Compile a model with one input and fixed shapes. Raises RuntimeError."""
        compiled = _core().compile_model(
            model,
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1,
                "INFERENCE_NUM_THREADS": sensible_threads(),
                # The decoding threads need these cores, too.
                "ENABLE_CPU_PINNING": False,
                "INFERENCE_PRECISION_HINT": "f32",
            },
        )
        self._request = compiled.create_infer_request()
        self._input = compiled.input(0).element_type.to_dtype()
        self._outputs = len(compiled.outputs)
        constants = (node for node in model.get_ops() if node.get_type_name() == "Constant")
        self.weight_bytes: int = sum(node.get_byte_size() for node in constants)
        """The memory that its weights take in the form in which it was given."""

    def __call__(self, values: np.ndarray) -> list[np.ndarray]:
        """Every output for one input, copied."""
        given = np.ascontiguousarray(values, dtype=self._input)
        self._request.infer([given], share_inputs=True)
        return [
            np.array(self._request.get_output_tensor(number).data, np.float32)
            for number in range(self._outputs)
        ]


class OnnxFunction:
    """An ONNX graph as it is, with several inputs and a first dimension of any length; its first
    output counts. One thread at a time."""

    def __init__(self, data: bytes, inputs: Sequence[str]) -> None:
        """Compile it; ``inputs`` names them in the order in which they will be given.

        Raises RuntimeError for a graph that OpenVINO cannot run.
        """
        model = _core().read_model(data, b"")
        self._inputs = list(inputs)
        self._request = (
            _core()
            .compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
            .create_infer_request()
        )

    def __call__(self, values: Sequence[np.ndarray]) -> np.ndarray:
        """The first output, copied. Raises RuntimeError for values that do not fit."""
        given = {
            name: np.ascontiguousarray(array, np.float32)
            for name, array in zip(self._inputs, values, strict=True)
        }
        self._request.infer(given)
        return np.array(self._request.get_output_tensor(0).data, np.float32)


def read_graph(path: Path) -> Model:
    """A model from a file of OpenVINO. Raises RuntimeError for one that it cannot read."""
    return _core().read_model(path)


def read_onnx_graph(data: bytes, size_px: int, feature_size: int) -> Model:
    """The model of an ONNX file, from crops (1, 3, size, size) to features (1, feature size).

    Raises RuntimeError for operators that OpenVINO lacks, ValueError for a graph whose features
    cannot be told apart from its other outputs, or that needs too much memory.
    """
    model = _core().read_model(data, b"")
    model.reshape([1, 3, size_px, size_px])
    fitting = [
        result
        for result in model.get_results()
        if result.get_output_partial_shape(0).to_string() == f"[1,{feature_size}]"
    ]
    if len(fitting) != 1:
        raise ValueError(f"{len(fitting)} of its outputs have the shape 1 × {feature_size}")
    for result in model.get_results():
        if result.get_name() != fitting[0].get_name():
            model.remove_result(result)
    for node in model.get_ops():
        for output in node.outputs():
            shape = output.get_partial_shape()
            if shape.is_static and math.prod(shape.to_shape()) > _MOST_VALUES:
                raise ValueError(f"{node.get_type_name()} would need too much memory")
    return model


def write_graph(model: Model, path: Path) -> None:
    """Write a model as ``path`` (.xml) and its weights beside it (.bin), as exact as they are."""
    load_openvino().save_model(model, path, compress_to_fp16=False)
