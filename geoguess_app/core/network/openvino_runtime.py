"""OpenVINO, the engine for trunks on a processor: imported here and nowhere else.

docs/decisions/0010-openvino.md says why this one. Importing this module loads nothing of it.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.network.device import sensible_threads

if TYPE_CHECKING:
    from openvino import Core, Model

_TELEMETRY = "openvino_telemetry"


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
        self._outputs = len(compiled.outputs)

    def __call__(self, values: np.ndarray) -> list[np.ndarray]:
        """Every output for one input, copied."""
        self._request.infer([np.ascontiguousarray(values)], share_inputs=True)
        return [
            np.array(self._request.get_output_tensor(number).data, np.float32)
            for number in range(self._outputs)
        ]


def read_graph(path: Path) -> Model:
    """A model from a file of OpenVINO or ONNX. Raises RuntimeError for one it cannot read."""
    return _core().read_model(path)


def write_graph(model: Model, path: Path) -> None:
    """Write a model as ``path`` (.xml) and its weights beside it (.bin), as exact as they are."""
    load_openvino().save_model(model, path, compress_to_fp16=False)
