"""Activation maps: which regions of a photo speak for a place or a scene label.

    look = look_at(predictor, Path("photo.jpg"))
    speaks = look.activation()                    # for the answer
    speaks = look.activation(CellTarget("fine", 12))
    speaks.smooth(640, 480)                       # float32 (480, 640), 1 where it speaks loudest

Every map explains one number that the program shows: the log-odds of a cell or label, after
everything that the decision does. docs/why.md says what it can and cannot tell. Importing this
costs no torch. Everything here belongs to the predictor's thread.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from geoguess_app.core.bundle.checks import COORDINATES_HEAD
from geoguess_app.core.bundle.manifest import CELL_KINDS
from geoguess_app.core.decision.decide import BASE, RawOutputs
from geoguess_app.core.decision.fusion import route, scene_probabilities
from geoguess_app.core.decision.retrieval import kernel_weights, similarities
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.decision.types import AREA, DecisionModel
from geoguess_app.core.explain.raster import Layout, lay_out
from geoguess_app.core.explain.types import (
    ActivationMap,
    AnswerTarget,
    CellTarget,
    ExplanationMethod,
    LookAlikeTarget,
    SceneTarget,
    Target,
)
from geoguess_app.core.picture.preprocess import crop_images, open_for_crops, to_array
from geoguess_app.core.ranking import highest
from geoguess_app.core.types import COMBINED, FloatArray, IntArray, Prediction

if TYPE_CHECKING:
    from torch import Tensor

    from geoguess_app.core.predictor import Predictor

__all__ = [
    "ActivationMap",
    "AnswerTarget",
    "CellTarget",
    "ExplanationMethod",
    "LookAlikeTarget",
    "PhotoExplainer",
    "SceneTarget",
    "Target",
    "activation_map",
    "look_at",
]


def activation_map(
    predictor: Predictor, photo: Path | bytes | Image.Image, target: Target | None = None
) -> ActivationMap:
    """Return how much each region of ``photo`` speaks for ``target`` (None: the answer).

    ``photo`` is a file, its bytes, or an upright picture. Raises PhotoError for a photo that
    cannot be read, ValueError for a target that the model does not have.
    """
    return look_at(predictor, photo).activation(target)


def look_at(
    predictor: Predictor, photo: Path | bytes | Image.Image, model: DecisionModel | None = None
) -> PhotoExplainer:
    """Run the networks on a photo once, for any number of questions.

    ``model`` replaces the predictor's own, to ask what it would say with a part less. An ensemble
    has no networks of its own: ``ensemble.explainer_of`` takes models of every kind. Raises
    PhotoError.
    """
    spec, count = predictor.bundle.manifest.preprocessing, predictor.crops
    image = photo
    if not isinstance(image, Image.Image):
        image = open_for_crops(image, spec, count)
    image = image if image.mode == "RGB" else image.convert("RGB")
    crops = np.asarray(to_array(crop_images(image, spec, count), spec))
    layout = Layout(image.width, image.height, spec, count)
    return PhotoExplainer(predictor, crops, layout, model or predictor.decision_model)


class PhotoExplainer:
    """One photo as the networks saw it; asks them why."""

    def __init__(
        self, predictor: Predictor, crops: np.ndarray, layout: Layout, model: DecisionModel
    ) -> None:
        from geoguess_app.core.explain.torch_activation import PhotoMaps

        self.predictor = predictor
        self.layout = layout
        self._maps = PhotoMaps(predictor.engine, crops)
        self._model = model

    @property
    def decision_model(self) -> DecisionModel:
        """Return what the decision knows of the bundle."""
        return self._model

    @cached_property
    def raw(self) -> RawOutputs:
        """The outputs that the answer needs, as ``Predictor.raw_outputs`` gives them."""
        manifest = self.predictor.bundle.manifest
        logits: dict[str, dict[str, np.ndarray]] = {}
        if manifest.scene_network is not None:
            logits[manifest.scene_network] = self._numbers(manifest.scene_network)
        if AREA in manifest.networks:
            logits[AREA] = self._numbers(AREA)
        if manifest.kind in ("cells", "regression"):
            for network in self._networks(RawOutputs(logits)):
                logits.setdefault(network, self._numbers(network))
        embedding = None
        if manifest.embedding is not None:
            embedding = self._maps.embedding().detach().numpy().astype(np.float32)
        return RawOutputs(logits, embedding)

    @cached_property
    def prediction(self) -> Prediction:
        """The answer to this photo. Raises BundleError for a model that locates nothing."""
        return self.predictor.answer(self.raw, self._model)

    @cached_property
    def similarity(self) -> FloatArray:
        """Cosine similarity to every bank photo; empty without a bank."""
        bank, embedding = self._model.bank, self.raw.embedding
        if bank is None or embedding is None or not bank.size:
            return np.zeros(0)
        return similarities(bank, embedding)

    @cached_property
    def neighbours(self) -> IntArray:
        """Bank indices of the look-alikes that the decision listens to, best first."""
        return (
            highest(self.similarity, self._model.neighbours)
            if len(self.similarity)
            else (np.zeros(0, dtype=np.int64))
        )

    def asked(self, target: Target | None = None) -> tuple[PhotoExplainer, Target]:
        """Return who explains ``target`` (None: the answer), and for what: here this one."""
        return self, target or AnswerTarget()

    def activation(self, target: Target | None = None) -> ActivationMap:
        """Return how much each region speaks for ``target`` (None: the answer).

        Raises ValueError for a target that the model does not have.
        """
        resolved = self.resolve(target or AnswerTarget())
        score, contributions, method = self.explained(resolved)
        cells = max((maps.shape[-1] for maps in contributions.values()), default=1)
        shape = self.layout.raster(cells)
        values = np.zeros(shape)
        seen = np.full(shape, method is not ExplanationMethod.NONE)
        for trunk, maps in contributions.items():
            # Times the number of cells: a density, whatever the size of the trunk's map.
            added, seen = lay_out(maps * maps[0].size, self._maps.grid(trunk), self.layout, shape)
            values += added
        scale = float(np.abs(values).max()) or 1.0
        return ActivationMap(
            values=(values / scale).astype(np.float32),
            seen=seen,
            scale=scale,
            target=resolved,
            method=method,
            score=score,
            photo_shape=(self.layout.width, self.layout.height),
        )

    def resolve(self, target: Target) -> Target:
        """The target checked; the answer's cell in place of the answer, where it has one."""
        kind = self.predictor.bundle.manifest.kind
        if isinstance(target, AnswerTarget):
            if kind == "scenes":
                scene = scene_probabilities(self.raw, self._model)
                assert scene is not None
                return SceneTarget("s365", int(scene.s365.argmax()))
            if kind in CELL_KINDS:
                return CellTarget(COMBINED, self.prediction.candidates[0].cell_index)
            return target
        most = self._count(target)
        index = target.bank_index if isinstance(target, LookAlikeTarget) else target.index
        if not 0 <= index < most:
            raise ValueError(f"the model {self._model.name} has no {target}")
        return target

    def explained(self, target: Target) -> tuple[float, dict[str, np.ndarray], ExplanationMethod]:
        """The score of a resolved target, trunk → what each cell of each crop adds to it, and how
        that was found."""
        self._maps.plain, self._maps.closed = True, False
        score = self._score(target)
        method = (
            ExplanationMethod.CLASS_ACTIVATION
            if self._maps.plain
            else ExplanationMethod.HELD_LENGTHS
        )
        found = self._maps.contributions(score)
        if self._maps.closed and not found:
            method = ExplanationMethod.NONE
        return float(score.detach()), found, method

    def _score(self, target: Target) -> Tensor:
        from geoguess_app.core.explain import torch_scores as scores

        maps, model = self._maps, self._model
        match target:
            case SceneTarget(granularity, index):
                return scores.scene_score(maps, model, granularity, index)
            case LookAlikeTarget(index):
                assert model.bank is not None
                return scores.alike_score(maps, model.bank, np.ones(1), np.array([index]))
            case CellTarget(layer, index):
                given = scores.ScoreContext(self._networks(self.raw), self.neighbours)
                if layer == COMBINED:
                    return scores.cell_score(maps, model, given, index)
                return scores.layer_score(maps, model, given, layer, index)
        regression = self.predictor.bundle.manifest.regression
        if regression is not None:
            return scores.pull_score(maps.logits(BASE)[COORDINATES_HEAD], regression)
        assert model.bank is not None
        weights = kernel_weights(self.similarity[self.neighbours], model.neighbour_temperature)
        return scores.alike_score(maps, model.bank, weights, self.neighbours)

    def _count(self, target: Target) -> int:
        """How many targets of this kind the model has."""
        model = self._model
        match target:
            case SceneTarget(granularity, _):
                table = scene_table()
                sizes = {"s3": table.s3_names, "s16": table.s16_names, "s365": table.labels}
                return len(sizes.get(granularity, ())) if model.scene_network else 0
            case CellTarget(layer, _):
                sizes_by_layer = {p.name: p.size for p in model.partitions}
                if model.partitions:
                    sizes_by_layer[COMBINED] = model.partitions[-1].size
                return sizes_by_layer.get(layer, 0)
        return model.bank.size if model.bank is not None else 0

    def _networks(self, raw: RawOutputs) -> dict[str, float]:
        if self.predictor.bundle.manifest.kind != "cells":
            return {BASE: 1.0}
        return route(scene_probabilities(raw, self._model), self._model)

    def _numbers(self, network: str) -> dict[str, np.ndarray]:
        found = self._maps.logits(network)
        return {head: values.detach().numpy() for head, values in found.items()}
