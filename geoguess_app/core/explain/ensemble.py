"""Explanations of an ensemble: the member that contributes most to a place explains it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from geoguess_app.core.cells import leaf_ids
from geoguess_app.core.decision.decide import RawOutputs, decide
from geoguess_app.core.decision.ensemble import said_by_members
from geoguess_app.core.explain.activation import PhotoExplainer, look_at
from geoguess_app.core.explain.types import (
    ActivationMap,
    AnswerTarget,
    CellTarget,
    LookAlikeTarget,
    SceneTarget,
    Target,
)
from geoguess_app.core.predictor import EnsemblePredictor, Predictor
from geoguess_app.core.types import COMBINED, Coordinate, FloatArray, Prediction


def explainer_of(predictor: Predictor, photo: Path | bytes | Image.Image) -> Explainer:
    """Run the networks of a model of any kind on a photo once. Raises PhotoError."""
    if not isinstance(predictor, EnsemblePredictor):
        return look_at(predictor, photo)
    image = photo if isinstance(photo, Image.Image) else predictor.open(photo)
    return EnsembleExplainer(predictor, image)


class EnsembleExplainer:
    """One photo as the members of an ensemble saw it; each is asked about what it spoke for."""

    def __init__(self, predictor: EnsemblePredictor, image: Image.Image) -> None:
        self.predictor = predictor
        self._looks = {name: look_at(member, image) for name, member in predictor.members.items()}

    @cached_property
    def raw(self) -> RawOutputs:
        """The outputs of all members that the answer needs."""
        return RawOutputs({}, members={name: look.raw for name, look in self._looks.items()})

    @cached_property
    def prediction(self) -> Prediction:
        """The answer to this photo."""
        return decide(self.raw, self.predictor.decision_model)

    @cached_property
    def _said(self) -> FloatArray:
        """The share that each member adds to the common cells (members, n)."""
        return said_by_members(self.raw, self.predictor.decision_model)

    def activation(self, target: Target | None = None) -> ActivationMap:
        """Return how much each region speaks for ``target`` (None: the answer).

        Raises ValueError for a target that the model does not have.
        """
        look, own = self.asked(target)
        return look.activation(own)

    def asked(self, target: Target | None = None) -> tuple[PhotoExplainer, Target]:
        """The member that explains ``target`` (None: the answer), and what it is asked about.

        For a place that is the member that speaks loudest for it and has a cell there. Raises
        ValueError for a target that the model does not have.
        """
        match target:
            case SceneTarget():
                return self._first(target, lambda look: bool(look.decision_model.scene_network))
            case LookAlikeTarget():
                return self._first(target, lambda look: look.decision_model.bank is not None)
            case CellTarget(layer, index):
                return self._at(self._spot(layer, index), self._said[:, self._cells(layer, index)])
        cell = self.prediction.candidates[0].cell_index
        return self._at(self.prediction.coordinate, self._said[:, [cell]])

    def _first(
        self, target: Target, can: Callable[[PhotoExplainer], bool]
    ) -> tuple[PhotoExplainer, Target]:
        for look in self._looks.values():
            if can(look):
                return look, target
        raise ValueError(f"the model {self.predictor.model_name} has no {target}")

    def _at(self, spot: Coordinate, said: FloatArray) -> tuple[PhotoExplainer, Target]:
        looks = list(self._looks.values())
        order = np.argsort(-said.sum(axis=1), kind="stable")
        leaf = leaf_ids(np.array([spot.latitude_deg]), np.array([spot.longitude_deg]))
        for index in order:
            own = int(looks[index].decision_model.partitions[-1].class_of(leaf)[0])
            if own >= 0:
                return looks[index], CellTarget(COMBINED, own)
        return looks[order[0]], AnswerTarget()

    def _cells(self, layer: str, index: int) -> np.ndarray:
        """The finest common cells in a cell of any layer."""
        model = self.predictor.decision_model
        names = [partition.name for partition in model.partitions]
        lines = dict(zip(names, model.hierarchy.ancestors, strict=True))
        line = lines.get(layer, np.arange(model.partitions[-1].size))
        inside = np.flatnonzero(line == index)
        if not len(inside) or layer not in (*lines, COMBINED):
            raise ValueError(f"the model {model.name} has no {CellTarget(layer, index)}")
        return inside

    def _spot(self, layer: str, index: int) -> Coordinate:
        """The point that stands for a cell."""
        for candidate in self.prediction.candidates if layer == COMBINED else ():
            if candidate.cell_index == index:
                return candidate.coordinate
        partitions = self.predictor.decision_model.partitions
        partition = next((p for p in partitions if p.name == layer), partitions[-1])
        self._cells(layer, index)
        return Coordinate(
            float(partition.mean_latitude_deg[index]), float(partition.mean_longitude_deg[index])
        )


Explainer = PhotoExplainer | EnsembleExplainer
