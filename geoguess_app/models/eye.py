"""DINOv2-small, a better eye for reference photos: an ONNX file beside the user's models."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.onnx_graph import read_onnx
from geoguess_app.core.errors import BundleError
from geoguess_app.core.network.openvino_runtime import OnnxFunction
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.files.atomic import atomic_binary_file
from geoguess_app.files.user_data import models_dir
from geoguess_app.models.published import DINOV2

EYE_INPUT = Preprocessing(
    size=224,
    mean=(123.675, 116.28, 103.53),
    std=(58.395, 57.12, 57.375),
    interpolation="bicubic",
    crops=3,
)
"""Its pictures, as its authors prepared them; three crops along the long side."""
EYE_SIZE = 384


def eye_path() -> Path:
    """Name the file, whether it is there or not."""
    return models_dir() / f"{DINOV2.name}.onnx"


class Eye:
    """A graph from pictures to features. One thread at a time."""

    def __init__(self, file: Path) -> None:
        """Raises BundleError for a file that is not such a graph, OSError for one that cannot be
        read."""
        data = file.read_bytes()
        graph = read_onnx(data, file.name)
        if len(graph.inputs) != 1 or len(graph.inputs[0].dimensions or ()) != 4:
            raise _wrong(file)
        try:
            self._run = OnnxFunction(data, [graph.inputs[0].name])
            side = EYE_INPUT.size
            tried = self.features(np.zeros((1, 3, side, side), np.float32))
        except (RuntimeError, ValueError):
            raise _wrong(file) from None
        if tried.shape != (1, EYE_SIZE) or not np.isfinite(tried).all():
            raise _wrong(file)

    def features(self, crops: np.ndarray) -> np.ndarray:
        """The feature (n, 384) of each crop (n, 3, 224, 224): that of the picture as a whole."""
        found = self._run([crops])
        # The first of the tokens stands for the picture, the others for its parts.
        return found[:, 0] if found.ndim == 3 else found


def build_eye(source: Path, target: Path) -> Path:
    """Try the file that was fetched into ``source`` and put it in its place.

    Raises BundleError for one that is not what it should be.
    """
    file = next(iter(sorted((source / "onnx").glob("*.onnx"))), None)
    if file is None:
        raise BundleError(f"{source} has no file of DINOv2-small.", code="onnx")
    Eye(file)
    with file.open("rb") as read, atomic_binary_file(target) as write:
        shutil.copyfileobj(read, write)
    return target


def _wrong(file: Path) -> BundleError:
    return BundleError(
        f"{file.name} is not DINOv2-small: it does not turn a picture into {EYE_SIZE} numbers.",
        code="onnx",
    )
