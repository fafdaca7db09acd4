"""Reading the text on a photo, with the models that lie in the package rapidocr.

They read Latin, Greek, Chinese and Japanese letters, on OpenVINO. Nothing is loaded from the
network: the package may fetch models where it misses one; here it cannot.
"""

from __future__ import annotations

import importlib.util
import threading
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from PIL import Image

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.network.device import sensible_threads
from geoguess_app.core.network.openvino_runtime import load_openvino
from geoguess_app.core.types import Corners

_DETECTION_PX = 1600
"""The longer side at which text is looked for; it is read at the photo's own size."""
_LEAST_DETECTION_PX = 736
"""The shorter side of a small photo is enlarged to this: the models know letters of some size."""
_SMALLEST_PX = 32
_MOST_LINES = 60
"""So many lines of a photo are read, the largest: a page of print is no sign."""
_TALL = 1.5
"""A box so much higher than wide holds a line that runs upwards."""
_PACKAGE = "rapidocr"
_DETECTOR, _RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"


class ReadingError(GeoGuessError):
    """Text cannot be read here: a part of the program is not installed."""


class TextReader:
    """A reader of text on photos; takes a second to make. One thread at a time."""

    def __init__(self) -> None:
        """Load the models. Raises ReadingError where rapidocr is not installed."""
        folder = _models()
        # Before rapidocr does: OpenVINO's own report of every import goes nowhere.
        load_openvino()
        from rapidocr import EngineType, RapidOCR

        _refuse_downloads()
        engines = {f"{part}.engine_type": EngineType.OPENVINO for part in ("Det", "Cls", "Rec")}
        self._network = RapidOCR(
            params={
                **engines,
                "Global.log_level": "error",
                "Global.text_score": 0.0,
                "Global.max_side_len": 10 * _DETECTION_PX,
                "Det.model_path": str(folder / _DETECTOR),
                "Det.limit_side_len": 1,  # the photo comes at the size wanted
                "Rec.model_path": str(folder / _RECOGNISER),
                "EngineConfig.openvino.inference_num_threads": sensible_threads(),
            }
        )

    def boxes(self, photo: Image.Image) -> list[Corners]:
        """Find where lines of text stand on an upright RGB photo, from the top; at most 60."""
        scale = _DETECTION_PX / max(photo.size)
        if scale > 1:
            scale = min(scale, max(1.0, _LEAST_DETECTION_PX / min(photo.size)))
        width, height = (max(_SMALLEST_PX, round(side * scale)) for side in photo.size)
        small = photo.resize((width, height), Image.Resampling.BILINEAR)
        found = self._network(_as_bgr(small), use_det=True, use_cls=False, use_rec=False)
        boxes = getattr(found, "boxes", None)
        if boxes is None:
            return []
        back = np.array(photo.size) / np.array([width, height])
        corners = [np.asarray(box, dtype=np.float64) * back for box in boxes]
        large = sorted(range(len(corners)), key=lambda at: -_height_px(corners[at]))[:_MOST_LINES]
        return [_corners(corners[at]) for at in sorted(large)]

    def read(self, line: Image.Image) -> tuple[str, float]:
        """Read a picture of one line; returns its text and how sure the model is, 0…1."""
        found = self._network(_as_bgr(line), use_det=False, use_cls=False, use_rec=True)
        texts, scores = getattr(found, "txts", None), getattr(found, "scores", None)
        if not texts or not scores:
            return "", 0.0
        return str(texts[0]).strip(), float(scores[0])


_loading = threading.Lock()


def load_text_reader() -> TextReader:
    """The reader, made on the first call and shared afterwards. Raises ReadingError."""
    with _loading:
        return _load()


@cache
def _load() -> TextReader:
    return TextReader()


def can_read_text() -> bool:
    """Tell whether the extra ``text`` is installed; loads nothing."""
    return importlib.util.find_spec(_PACKAGE) is not None


def require_text_support() -> None:
    """Raise ReadingError where text cannot be read, with how to mend it; loads nothing."""
    _models()


def _models() -> Path:
    """The folder of the models in the package. Raises ReadingError."""
    spec = importlib.util.find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(place) / "models"
        if all((folder / name).is_file() for name in (_DETECTOR, _RECOGNISER)):
            return folder
        raise ReadingError(
            f"The models for reading text are not in {folder}; reinstall them: "
            'pip install --force-reinstall "rapidocr>=3.10,<3.11".',
            code="no-text-models",
        )
    raise ReadingError(
        'To read text on photos, install rapidocr: pip install "rapidocr>=3.10,<3.11".',
        code="no-text-support",
    )


def cut_out(photo: Image.Image, corners: Corners) -> Image.Image:
    """Return the line in a box alone, straightened; one that runs upwards is laid down."""
    box = np.array(corners)
    width = max(np.linalg.norm(box[1] - box[0]), np.linalg.norm(box[2] - box[3]))
    height = max(np.linalg.norm(box[3] - box[0]), np.linalg.norm(box[2] - box[1]))
    size = (max(1, round(float(width))), max(1, round(float(height))))
    quad = box[[0, 3, 2, 1]].ravel().tolist()  # Pillow goes the other way round
    line = photo.transform(size, Image.Transform.QUAD, data=quad, resample=Image.Resampling.BICUBIC)
    if size[1] >= _TALL * size[0]:
        line = line.transpose(Image.Transpose.ROTATE_90)
    return line


def _refuse_downloads() -> None:
    """See to it that rapidocr can fetch nothing, whatever it misses."""
    from rapidocr.utils.download_file import DownloadFile

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise ReadingError(
            "The package rapidocr wanted to fetch a file; nothing was fetched.",
            code="no-text-models",
        )

    for name in ("run", "_make_http_request"):
        setattr(DownloadFile, name, staticmethod(refuse))


def _as_bgr(picture: Image.Image) -> np.ndarray:
    """Pixels (height, width, 3), blue first, as the models want them."""
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def _height_px(box: np.ndarray) -> float:
    return float(np.linalg.norm(box[3] - box[0]))


def _corners(box: np.ndarray) -> Corners:
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in box)  # type: ignore[return-value]
