"""One pass of the networks for all variants of a model.

A photo's crops of every wanted number are laid side by side, equal ones run once, and every
variant is decided on its share of the outputs by the predictor's own decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.picture.decode import PhotoSource
from geoguess_app.core.picture.preprocess import load_crops
from geoguess_app.core.predictor import EnsemblePredictor, Predictor
from geoguess_app.core.types import Prediction
from geoguess_app.evaluation.answers.collect import PredictionWithVariants
from geoguess_app.evaluation.answers.variants import variants_of

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.decision.types import RawOutputs
    from geoguess_app.core.network.backend import EngineRun


class VariantPredictor:
    """Answers as the predictor does, and beside it in every variant."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        kind = predictor.bundle.manifest.kind
        self.variants = variants_of(predictor.decision_model, kind, predictor.crops)
        counts = sorted({predictor.crops, *(variant.crops for variant in self.variants)})
        # Ten crops begin with the five.
        self._loaded = [n for n in counts if not (n == 5 and 10 in counts)]
        starts = np.cumsum([0, *self._loaded])
        self._rows = {
            n: np.arange(start, start + n)
            for n, start in zip(self._loaded, starts[:-1].tolist(), strict=True)
        }
        if 5 in counts and 10 in counts:
            self._rows[5] = self._rows[10][:5]

    @property
    def bundle(self) -> Bundle:
        """The bundle whose model is judged."""
        return self._predictor.bundle

    @property
    def crops(self) -> int:
        """Crops a photo of the complete model."""
        return self._predictor.crops

    @property
    def device_name(self) -> str:
        """Name the device that computes."""
        return self._predictor.device_name

    def prepare(self, photo: PhotoSource) -> np.ndarray:
        """A photo's crops of every wanted number, one after the other."""
        spec = self.bundle.manifest.preprocessing
        return np.concatenate([load_crops(photo, spec, count) for count in self._loaded])

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """One ``PredictionWithVariants`` per photo, in order."""
        different = [_different(crops) for crops in images]
        if not different:
            return []
        run = self._predictor.engine.run(np.concatenate([crops for crops, _ in different]))
        starts = np.cumsum([0, *(len(crops) for crops, _ in different)])
        return [
            self._answer(run, start + index)
            for start, (_, index) in zip(starts[:-1].tolist(), different, strict=True)
        ]

    def _answer(self, run: EngineRun, index: np.ndarray) -> PredictionWithVariants:
        """``index``: the row of the run for each loaded crop of this photo."""
        raw = {
            count: self._predictor.raw_outputs(run, index[rows], every_network=True)
            for count, rows in self._rows.items()
        }
        return self._varied(raw)

    def _varied(self, raw: Mapping[int, RawOutputs]) -> PredictionWithVariants:
        """``raw``: a photo's outputs by number of crops."""
        answer = self._predictor.answer(raw[self.crops])
        return PredictionWithVariants(
            **{field.name: getattr(answer, field.name) for field in fields(answer)},
            variants={
                variant.name: variant.decide(self._predictor, raw[variant.crops]).coordinate
                for variant in self.variants
            },
        )


class EnsembleVariantPredictor(VariantPredictor):
    """The same for an ensemble, whose members look at a photo in their own ways."""

    def __init__(self, predictor: EnsemblePredictor) -> None:
        super().__init__(predictor)
        self._ensemble = predictor

    def prepare(self, photo: PhotoSource) -> np.ndarray:
        """The crops of all members."""
        return self._ensemble.prepare(photo)

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """One ``PredictionWithVariants`` per photo, in order."""
        return [self._varied({self.crops: self._ensemble.raw_of(image)}) for image in images]


def variant_predictor(predictor: Predictor) -> VariantPredictor:
    """Make what answers in every variant, for a model of any kind."""
    if isinstance(predictor, EnsemblePredictor):
        return EnsembleVariantPredictor(predictor)
    return VariantPredictor(predictor)


def outputs_for(predictor: Predictor, photo: PhotoSource, count: int) -> RawOutputs:
    """The outputs for so many crops of one photo that any variant needs. Raises PhotoError."""
    if isinstance(predictor, EnsemblePredictor):
        return predictor.outputs(photo)
    crops = load_crops(photo, predictor.bundle.manifest.preprocessing, count)
    different, index = _different(np.asarray(crops))
    return predictor.raw_outputs(predictor.engine.run(different), index, every_network=True)


def _different(crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The crops that differ (k, …), and for each given crop which of them it is."""
    known: dict[bytes, int] = {}
    index = [known.setdefault(crop.tobytes(), len(known)) for crop in crops]
    first = [index.index(number) for number in range(len(known))]
    return np.ascontiguousarray(crops[first]), np.array(index)
