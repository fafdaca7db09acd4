"""Predictors that are real but need no model: they judge a photo by its colours."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from geoguess_app.core.picture.decode import PhotoBytes, path_of
from geoguess_app.core.picture.preprocess import Preprocessing, load_crops
from geoguess_app.core.types import Coordinate, Level, Prediction, Radii
from geoguess_app.locating.preparation import Crops
from geoguess_app.paths import resource_dir

SAMPLES = resource_dir() / "samples"
SPEC = Preprocessing(size=32, mean=(0.0,) * 3, std=(1.0,) * 3)


class ColourPredictor:
    """The simplest real predictor: latitude from the red, longitude from the blue of a photo."""

    def __init__(self, device_name: str = "CPU") -> None:
        self.device_name = device_name
        self.prepared: list[Path] = []
        self.batches: list[int] = []
        self.threads: set[str] = set()
        self.lock = threading.Lock()

    def prepare(self, photo: Path | PhotoBytes) -> Crops:
        with self.lock:
            self.prepared.append(path_of(photo))
            self.threads.add(threading.current_thread().name)
        return load_crops(photo, SPEC)

    def predict(self, images: Sequence[Crops]) -> list[Prediction]:
        self.batches.append(len(images))
        return [self.answer(crops) for crops in images]

    def answer(self, crops: Crops) -> Prediction:
        red, _, blue = crops.mean(axis=(0, 2, 3)).tolist()
        return Prediction(
            coordinate=Coordinate(red / 255 * 90, blue / 255 * 180),
            radii=Radii(1.0, 2.0, 3.0),
            confidence=0.5,
            level=Level.COARSE,
            candidates=(),
            conflict=None,
            scene=None,
            network=f"{len(crops)} crops",
            cell_probabilities={},
            neighbours=(),
            model="Colours 1.0",
        )
