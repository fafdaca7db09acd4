"""The decision: from raw network outputs to an answer, in plain NumPy, one photo at a time.

The networks' logits are softened by their temperatures and averaged over crops, the scene chooses
who speaks, the hierarchy multiplies the partitions, look-alike training photos sharpen the answer
inside the cells, and the calibration says how far to trust it. The trainer calls the same
functions on cached outputs, so what it calibrates is what the program does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoguess_app.core.calibration.candidates import calibrated_candidates
from geoguess_app.core.decision.confidence import curve_of, top_similarity
from geoguess_app.core.decision.evidence import retrieval_share, weigh
from geoguess_app.core.decision.fusion import (
    fuse_crops,
    hierarchy_product,
    partition_probabilities,
    route,
    scene_probabilities,
    softmax,
)
from geoguess_app.core.decision.types import BASE, DecisionModel, Evidence, RawOutputs
from geoguess_app.core.geo.sphere import coordinate_of
from geoguess_app.core.ranking import highest
from geoguess_app.core.types import (
    COMBINED,
    Candidate,
    Conflict,
    Coordinate,
    Level,
    Neighbour,
    Prediction,
)

__all__ = [
    "BASE",
    "CANDIDATES",
    "DecisionModel",
    "Evidence",
    "RawOutputs",
    "curve_of",
    "decide",
    "fuse_crops",
    "hierarchy_product",
    "partition_probabilities",
    "retrieval_share",
    "route",
    "scene_probabilities",
    "softmax",
    "top_similarity",
    "weigh",
]

CANDIDATES = 10
"""How many cells an answer lists."""


def decide(raw: RawOutputs, model: DecisionModel) -> Prediction:
    """The answer to one photo, from a bundle of kind "cells" or "gallery"."""
    evidence = weigh(raw, model)
    curve = curve_of(evidence, model)
    calibration = model.calibration
    share = calibration.candidate_share
    candidates = calibrated_candidates(candidates_of(evidence, model), curve.confidence, share)
    level = curve.level(calibration) if candidates else Level.CANNOT_TELL
    return Prediction(
        coordinate=coordinate_of(evidence.answer),
        radii=curve.radii(calibration.smallest_radius_km),
        confidence=curve.confidence,
        level=level,
        candidates=candidates,
        # An answer that claims nothing has nothing to be contradicted in.
        conflict=None if level is Level.CANNOT_TELL else _conflict(evidence, model, candidates),
        scene=evidence.scene,
        network=evidence.network,
        cell_probabilities={**evidence.partitions, COMBINED: evidence.cells},
        neighbours=_neighbours(evidence, model),
        model=model.name,
    )


def _candidate(rank: int, cell: int, evidence: Evidence, model: DecisionModel) -> Candidate:
    spot = evidence.spots.get(cell, model.cell_vectors[cell])
    return Candidate(
        rank, model.cell_tokens[cell], cell, coordinate_of(spot), 0.0, float(evidence.cells[cell])
    )


def candidates_of(evidence: Evidence, model: DecisionModel) -> tuple[Candidate, ...]:
    """The heaviest cells, the one that the answer lies in first; their probabilities are not
    calibrated yet and 0."""
    order = highest(evidence.cells, CANDIDATES + 1).tolist()
    own = evidence.answer_cell
    if own >= 0:
        order = [own] + [cell for cell in order if cell != own]
    chosen = order[:CANDIDATES]
    return tuple(_candidate(rank, c, evidence, model) for rank, c in enumerate(chosen, start=1))


def _conflict(
    evidence: Evidence, model: DecisionModel, candidates: tuple[Candidate, ...]
) -> Conflict | None:
    """Both hypotheses when the coarse arg-max is not the ancestor of the answer's cell."""
    if len(model.partitions) < 2 or not candidates:
        return None
    coarse = evidence.coarse
    ancestors = model.hierarchy.ancestors[0]
    answer, favourite = candidates[0], int(coarse.argmax())
    own = int(ancestors[answer.cell_index])
    inside = np.flatnonzero(ancestors == favourite)
    if own == favourite or not len(inside):
        return None
    best = int(inside[evidence.cells[inside].argmax()])
    rank = int((evidence.cells > evidence.cells[best]).sum()) + 1
    other = _candidate(max(rank, 2), best, evidence, model)
    share = model.calibration.candidate_share
    answer, other = calibrated_candidates((answer, other), answer.probability, share)
    return Conflict(
        coarse=replace(other, weight=float(coarse[favourite])),
        fine=replace(answer, weight=float(coarse[own])),
    )


def _neighbours(evidence: Evidence, model: DecisionModel) -> tuple[Neighbour, ...]:
    """The most alike training photos, best first."""
    if model.bank is None:
        return ()
    bank = model.bank
    return tuple(
        Neighbour(
            int(index),
            Coordinate(float(bank.latitude_deg[index]), float(bank.longitude_deg[index])),
            float(evidence.similarity[index]),
        )
        for index in evidence.neighbours[:CANDIDATES]
    )
