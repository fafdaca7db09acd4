"""The work behind a comparison: one photo, one model, one way of deciding. No widgets here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.explore.cell_places import cell_names
from geoguess_app.core.types import Coordinate, FloatArray, Place, Prediction
from geoguess_app.evaluation.answers.variants import COMPLETE, Variant, variants_of
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.core.decision.types import DecisionModel
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.partition import Partition
    from geoguess_app.ui.work.workers import LoadedModel

_LIKELY = 8
FORCED = "One network for all scenes"
"""Section of the ways in which one network answers, whatever the scene."""


@dataclass(frozen=True, slots=True)
class SideChoice:
    """The choice of what one side is to answer."""

    photo: Path | None
    """None: there is none to ask about."""
    model: Path
    way: str
    """By its name."""


@dataclass(frozen=True, slots=True)
class LikelyCell:
    """A cell that one side thinks likely."""

    cell_id: int
    token: str
    mean: Coordinate
    """Where its training photos are."""
    place: Place


@dataclass(frozen=True, eq=False)
class Side:
    """The answer of one side, and what it was asked."""

    photo: Path
    model: str
    way: str
    prediction: Prediction
    place: Place
    partition: Partition | None
    """The cells that the joint probabilities stand for; None for a model without cells."""
    cells: FloatArray
    """Their probabilities (n), all of them; empty without cells."""
    likely: tuple[LikelyCell, ...] = ()
    """The likeliest of them, first things first."""

    def chance(self, cell: LikelyCell) -> float | None:
        """Return what this side gives a cell; None where it has no such cell."""
        if self.partition is None:
            return None
        found = np.flatnonzero(self.partition.cell_ids == np.uint64(cell.cell_id))
        return float(self.cells[found[0]]) if len(found) else None


def ways_of(model: DecisionModel, kind: str, crops: int) -> tuple[Variant, ...]:
    """The ways in which a bundle can decide, the complete one first.

    Those of an ablation, and every network by itself whatever the scene.
    """
    known = variants_of(model, kind, crops)
    complete = [way for way in known if way.name == COMPLETE]
    return (*complete, *_force(model, crops), *(w for w in known if w.name != COMPLETE))


def ways_of_model(model: LoadedModel) -> tuple[Variant, ...]:
    """List the ways in which a loaded model can decide."""
    predictor = model.predictor
    return ways_of(predictor.decision_model, predictor.bundle.manifest.kind, predictor.crops)


def _force(model: DecisionModel, crops: int) -> Iterator[Variant]:
    for scene, network in (model.context_networks or {}).items():
        always = dict.fromkeys(model.context_networks or {}, network)
        changed = replace(model, context_networks=always, routing="hard")
        yield Variant(FORCED, f"{scene} network", changed, "cells", crops)


def decision_work(model: LoadedModel, photo: Path, way: Variant) -> Work:
    """Yield the Side; needs the inference thread."""

    def work(token: CancelToken) -> Iterator[Side]:
        from geoguess_app.core.types import COMBINED
        from geoguess_app.evaluation.answers.variant_predictor import outputs_for

        prediction = way.decide(model.predictor, outputs_for(model.predictor, photo, way.crops))
        if token.cancelled:
            return
        (place,) = model.places.at_many([prediction.coordinate])
        cells = prediction.cell_probabilities.get(COMBINED, np.zeros(0))
        finest = way.model.partitions[-1] if len(cells) else None
        likely = _likely(finest, cells, model.places) if finest else ()
        yield Side(photo, model.name, way.name, prediction, place, finest, cells, likely)

    return work


def _likely(partition: Partition, cells: FloatArray, places: PlaceFinder) -> tuple[LikelyCell, ...]:
    first = np.argsort(-cells, kind="stable")[:_LIKELY]
    means = [
        Coordinate(float(partition.mean_latitude_deg[i]), float(partition.mean_longitude_deg[i]))
        for i in first
    ]
    return tuple(
        LikelyCell(int(partition.cell_ids[i]), partition.tokens[i], mean, place)
        for i, mean, place in zip(first, means, cell_names(partition, places, first), strict=True)
    )


def shared_mass(a: Side, b: Side) -> float | None:
    """The probability that both sides give to the same cells, 0…1; None for unlike cells."""
    if not same_cells(a, b):
        return None
    return float(np.minimum(a.cells, b.cells).sum())


def same_cells(a: Side, b: Side) -> bool:
    """Tell whether both sides speak of the very same cells."""
    if a.partition is None or b.partition is None:
        return False
    return bool(np.array_equal(a.partition.cell_ids, b.partition.cell_ids))
