"""GeoCLIP split into two ONNX graphs: a picture's embedding, and a place's.

Names of inputs and outputs are not relied on: they are told apart by shape. Of two inputs for a
place the one that is named after latitude comes first, else the first one is latitude.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.networks import TrunkConfig
from geoguess_app.core.bundle.onnx_graph import OnnxGraph, read_onnx
from geoguess_app.core.bundle.trunk_designs import NO_POOLING, ONNX
from geoguess_app.core.errors import BundleError
from geoguess_app.core.network.openvino_runtime import OnnxFunction
from geoguess_app.core.picture.preprocess import CLIP_INPUT
from geoguess_app.core.types import FloatArray

TRUNK_FILE = "weights/vision.onnx"
SCALE = 39.687
"""exp(``logit_scale``) of the published weights: the graphs do not hold it."""
_STEP = 1024


def read_picture_graph(file: Path, size: int) -> tuple[TrunkConfig, bytes, int]:
    """The trunk that a graph is, its bytes and the side of its crops in pixels.

    Raises BundleError for a graph that does not turn a picture into ``size`` numbers.
    """
    data = file.read_bytes()
    graph = read_onnx(data, file.name)
    side = _side(graph)
    if side is None:
        raise _wrong(file, f"a picture to {size} numbers")
    return TrunkConfig(ONNX, NO_POOLING, size, TRUNK_FILE), data, side


def _side(graph: OnnxGraph) -> int | None:
    """The side of the only input, a square picture; CLIP's where the file leaves it open."""
    pictures = [tensor for tensor in graph.inputs if len(tensor.dimensions or ()) == 4]
    if len(graph.inputs) != 1 or not pictures:
        return None
    height, width = (pictures[0].dimensions or ())[2:]
    if height != width:
        return None
    return CLIP_INPUT.size if height is None else height


class PlaceGraph:
    """A graph from latitude and longitude to an embedding."""

    def __init__(self, file: Path) -> None:
        data = file.read_bytes()
        graph = read_onnx(data, file.name)
        inputs = graph.inputs
        if len(inputs) == 2 and "lat" in inputs[1].name.lower():
            inputs = inputs[::-1]
        self._ranks = [len(tensor.dimensions or ()) for tensor in inputs]
        if self._ranks not in ([2], [1, 1], [2, 2]) or not graph.outputs:
            raise _wrong(file, "latitude and longitude to numbers")
        try:
            self._run = OnnxFunction(data, [tensor.name for tensor in inputs])
            self.size = int(self._both(np.zeros(2), np.zeros(2)).shape[1])
        except (RuntimeError, ValueError, IndexError):
            raise _wrong(file, "latitude and longitude to numbers") from None

    def encode(
        self, latitude_deg: FloatArray, longitude_deg: FloatArray, done: Callable[[int], None]
    ) -> np.ndarray:
        """Embeddings (n, size) float32 of length 1 of places in degrees (n)."""
        parts = []
        for start in range(0, len(latitude_deg), _STEP):
            done(start)
            some = slice(start, start + _STEP)
            parts.append(self._both(latitude_deg[some], longitude_deg[some]))
        whole = np.concatenate(parts)
        return np.asarray(whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-12))

    def _both(self, latitude_deg: FloatArray, longitude_deg: FloatArray) -> np.ndarray:
        given = [latitude_deg.astype(np.float32), longitude_deg.astype(np.float32)]
        if self._ranks == [2]:
            return self._run([np.stack(given, axis=1)])
        return self._run([a[:, None] if self._ranks[0] == 2 else a for a in given])


def _wrong(file: Path, what: str) -> BundleError:
    return BundleError(f"{file.name} is not a graph from {what}.", code="onnx")
