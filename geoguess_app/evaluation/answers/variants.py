"""A model with a part less, or decided in another way: the rows of an ablation table.

Every variant is the bundle's own decision with another ``DecisionModel``; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geoguess_app.core.decision.model import with_partitions
from geoguess_app.core.decision.types import DecisionModel
from geoguess_app.core.picture.preprocess import CROP_COUNTS

if TYPE_CHECKING:
    from geoguess_app.core.decision.types import RawOutputs
    from geoguess_app.core.predictor import Predictor
    from geoguess_app.core.types import Prediction

COMPLETE = "complete model"
BUILDING = "Built up step by step"
REMOVING = "Complete except for one part"
NEIGHBOURS = "Other uses of look-alikes"
CROPS = "Crops and their fusion"
NEIGHBOUR_COUNTS = (1, 5, 20, 50)


@dataclass(frozen=True, eq=False)
class Variant:
    """One way of deciding; ``kind`` as of a bundle ("cells", "gallery", "regression", …)."""

    section: str
    name: str
    model: DecisionModel
    kind: str
    crops: int
    member: str = ""
    """Of an ensemble: the member that answers alone."""

    def decide(self, predictor: Predictor, raw: RawOutputs) -> Prediction:
        """The answer that a photo's outputs give in this way."""
        own = raw.members[self.member] if self.member else raw
        return predictor.answer(own, self.model, self.kind)


def variants_of(model: DecisionModel, kind: str, crops: int) -> tuple[Variant, ...]:
    """The variants that a bundle allows, the complete model among them; names are unique."""
    parts = {
        "cells": _of_cells,
        "gallery": _of_gallery,
        "retrieval": _of_neighbours,
        "ensemble": _of_ensemble,
    }.get(kind, _of_nothing)
    found = [
        *parts(model, crops),
        Variant(REMOVING, COMPLETE, model, kind, crops),
        *_of_crops(model, kind, crops),
    ]
    order = [BUILDING, REMOVING, NEIGHBOURS, CROPS]
    ranked = sorted(found, key=lambda v: (order.index(v.section), v.name != COMPLETE))
    return tuple(ranked)


def _of_cells(model: DecisionModel, crops: int) -> Iterator[Variant]:
    """Report A's ladder, then the complete model with one part taken away."""
    for name, changed in (*_steps(model), *_without(model)):
        section = REMOVING if name.startswith(("without", "scene networks")) else BUILDING
        yield Variant(section, name, changed, "cells", crops)
    if model.bank is not None:
        nearest = replace(model, neighbours=1)
        yield Variant(NEIGHBOURS, "the nearest look-alike alone", nearest, "retrieval", crops)


def _steps(model: DecisionModel) -> Iterator[tuple[str, DecisionModel]]:
    """From one partition by itself to everything, answered with the most probable cell."""
    by_cell = replace(
        model,
        bank=None,
        context_networks=None,
        calibration=replace(model.calibration, answer="cell"),
    )
    for partition in model.partitions:
        yield f"{partition.name} cells alone", with_partitions(by_cell, (partition,))
    for count in range(2, len(model.partitions)):
        yield f"{count} finest partitions", with_partitions(by_cell, model.partitions[-count:])
    step = by_cell
    if len(model.partitions) > 1:
        yield "all partitions, hierarchy", step
    if model.context_networks:
        step = replace(step, context_networks=model.context_networks)
        yield "+ scene networks", step
    if model.bank is not None:
        step = replace(step, bank=model.bank)
        yield "+ look-alikes", step
    if model.calibration.answer != "cell":
        yield "+ answer by expected score", replace(step, calibration=model.calibration)


def _without(model: DecisionModel) -> Iterator[tuple[str, DecisionModel]]:
    if len(model.partitions) > 1:
        finest = model.partitions[-1:]
        yield "without hierarchy (finest cells alone)", with_partitions(model, finest)
    if model.context_networks:
        yield "without scene networks", replace(model, context_networks=None)
        other, words = ("mix", "mixed") if model.routing == "hard" else ("hard", "chosen")
        yield f"scene networks {words}", replace(model, routing=other)
    if model.bank is not None:
        yield "without look-alikes", replace(model, bank=None)
    if model.calibration.answer != "cell":
        by_cell = replace(model.calibration, answer="cell")
        yield "without expected score (best cell)", replace(model, calibration=by_cell)


def _of_gallery(model: DecisionModel, crops: int) -> Iterator[Variant]:
    """One partition by itself, all, and the gallery with its own density."""
    by_cell = replace(model, calibration=replace(model.calibration, answer="cell"))
    for partition in model.partitions:
        alone = with_partitions(by_cell, (partition,))
        yield Variant(BUILDING, f"{partition.name} cells alone", alone, "gallery", crops)
    for count in range(2, len(model.partitions)):
        some = with_partitions(by_cell, model.partitions[-count:])
        yield Variant(BUILDING, f"{count} finest partitions", some, "gallery", crops)
    if len(model.partitions) > 1:
        yield Variant(BUILDING, "all partitions, hierarchy", by_cell, "gallery", crops)
    fitted = model.calibration.gallery
    if fitted is not None and fitted.density_exponent:
        plain = replace(model.calibration, gallery=replace(fitted, density_exponent=0.0))
        name = "without correction for the gallery's density"
        yield Variant(REMOVING, name, replace(model, calibration=plain), "gallery", crops)


def _of_ensemble(model: DecisionModel, crops: int) -> Iterator[Variant]:
    """Every member by itself; all heard alike; of three or more, all but one."""
    for member in model.members:
        kind = "gallery" if member.model.gallery is not None else "cells"
        yield Variant(BUILDING, f"{member.name} alone", member.model, kind, crops, member.name)
    alike = tuple(replace(member, bias=0.0, confidence=0.0) for member in model.members)
    equal = replace(model, members=alike)
    yield Variant(REMOVING, "all members heard alike", equal, "ensemble", crops)
    for left_out in model.members if len(model.members) > 2 else ():
        rest = tuple(member for member in model.members if member is not left_out)
        name = f"without {left_out.name}"
        yield Variant(REMOVING, name, replace(model, members=rest), "ensemble", crops)


def _of_neighbours(model: DecisionModel, crops: int) -> Iterator[Variant]:
    """Other numbers of neighbours, and all with equal weight."""
    held = model.bank.size if model.bank is not None else 0
    for count in NEIGHBOUR_COUNTS:
        if count != model.neighbours and count <= held:
            name = "the nearest photo alone" if count == 1 else f"{count} nearest photos"
            yield Variant(NEIGHBOURS, name, replace(model, neighbours=count), "retrieval", crops)
    if model.neighbours > 1:
        equal = replace(model, neighbour_temperature=float("inf"))
        name = f"plain mean of {min(model.neighbours, held)}"
        yield Variant(NEIGHBOURS, name, equal, "retrieval", crops)


def _of_nothing(model: DecisionModel, crops: int) -> Iterator[Variant]:
    yield from ()


def _of_crops(model: DecisionModel, kind: str, crops: int) -> Iterator[Variant]:
    for count in CROP_COUNTS if kind != "ensemble" else ():
        if count != crops:
            name = "1 crop" if count == 1 else f"{count} crops"
            yield Variant(CROPS, name, model, kind, count)
    if kind == "cells" and crops > 1:
        other, words = ("max", "maximum") if model.fusion == "mean" else ("mean", "mean")
        yield Variant(CROPS, f"{words} over crops", replace(model, fusion=other), kind, crops)
