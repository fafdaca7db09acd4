"""Several models answer together, on common cells.

The members' probabilities are pooled log-linearly (Genest and Zidek, "Combining Probability
Distributions", 1986), each weighed by its own confidence in the photo: a memory of places that has
seen this one speaks louder than a model of the world, and says next to nothing otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.calibration.model import logistic, logit
from geoguess_app.core.cells import leaf_ids
from geoguess_app.core.decision.confidence import curve_of
from geoguess_app.core.decision.evidence import choose_answer, named_partitions, weigh
from geoguess_app.core.decision.posterior import PointPosterior
from geoguess_app.core.decision.types import DecisionModel, Evidence, PoolMember, RawOutputs
from geoguess_app.core.geo.sphere import lat_lon
from geoguess_app.core.partition import Partition
from geoguess_app.core.ranking import highest
from geoguess_app.core.types import MEMBER, FloatArray, IntArray

DOUBT = 0.02
"""Share of each member's probability that is spread as the training photos are: without it, one
member's zero would silence all the others."""
WIDE_KM = 50.0
CELLS_KEPT = 512
"""So many of the heaviest cells speak through their mean; what is left lies at the means of the
coarsest cells."""


def pool_member(
    name: str, model: DecisionModel, bias: float, confidence: float, finest: Partition
) -> PoolMember:
    """Work out where a member's finest cells lie among the common ones."""
    own = model.partitions[-1]
    inside = finest.class_of(own.cell_ids)
    owner = own.class_of(finest.cell_ids)
    larger = owner >= 0
    larger[larger] = inside[owner[larger]] < 0
    parts = np.flatnonzero(larger)
    parts = parts[np.argsort(owner[parts], kind="stable")]
    counts = finest.photo_counts[parts] + 1.0
    totals = np.bincount(owner[parts], counts, minlength=own.size)
    starts = np.searchsorted(owner[parts], np.arange(own.size + 1))
    return PoolMember(
        name,
        model,
        bias,
        confidence,
        inside.astype(np.int64),
        starts.astype(np.int64),
        parts.astype(np.int64),
        counts / totals[owner[parts]],
    )


@dataclass(frozen=True, eq=False)
class MemberView:
    """A member's evidence on a photo, seen through the common cells."""

    evidence: Evidence
    confidence: float
    cells: FloatArray
    """Probabilities of the common cells (n); sums to 1."""
    points: IntArray
    """Which points of its posterior lie at a spot of their own, inside a common cell."""
    classes: IntArray
    """The common cell of each of these."""


def view_of(member: PoolMember, raw: RawOutputs, finest: Partition) -> MemberView:
    """A member's answer, spread over the common cells."""
    evidence = weigh(raw, member.model)
    posterior = evidence.posterior
    latitude_deg, longitude_deg = lat_lon(posterior.vectors)
    common = finest.class_of(leaf_ids(latitude_deg, longitude_deg))
    own = posterior.fine_class
    at_mean = np.zeros(len(own), dtype=bool)
    known = own >= 0
    means = member.model.cell_vectors[own[known]]
    at_mean[known] = (posterior.vectors[known] == means).all(axis=1)
    cells = np.zeros(finest.size)
    # A wide point outside all cells stands for what is left somewhere: it is no spot.
    left = ~known & (posterior.spread_km > WIDE_KM)
    spots = np.flatnonzero(~at_mean & ~left & (common >= 0))
    np.add.at(cells, common[spots], posterior.weights[spots])
    for index in np.flatnonzero(at_mean):
        _spread(member, int(own[index]), float(posterior.weights[index]), cells)
    total = cells.sum()
    cells = cells / total if total > 0 else np.full(finest.size, 1.0 / finest.size)
    confidence = curve_of(evidence, member.model).confidence
    return MemberView(evidence, confidence, cells, spots, common[spots])


def _spread(member: PoolMember, cell: int, weight: float, cells: FloatArray) -> None:
    """Lay the probability of a member's cell on the common cells; of one that overlaps none it is
    lost."""
    inside = int(member.inside[cell])
    if inside >= 0:
        cells[inside] += weight
        return
    some = slice(int(member.part_starts[cell]), int(member.part_starts[cell + 1]))
    cells[member.parts[some]] += weight * member.part_shares[some]


def log_shares(views: Sequence[FloatArray], finest: Partition) -> FloatArray:
    """Logarithms (members, n) of what the members say of the common cells, less their doubt."""
    prior = (finest.photo_counts + 1.0) / (finest.photo_counts + 1.0).sum()
    return np.asarray(np.log((1.0 - DOUBT) * np.stack(views) + DOUBT * prior))


def pooled(logs: FloatArray, weights: FloatArray) -> FloatArray:
    """The log-linear pool (…, n) of ``log_shares``, for weights (…, members)."""
    total = weights @ logs
    values = np.exp(total - total.max(axis=-1, keepdims=True))
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


def say(bias: float, confidence_weight: float, confidence: float) -> float:
    """Return how often a member's log-probabilities count, 0…2, given its confidence."""
    value = bias + confidence_weight * logit(np.asarray(confidence))
    return float(2.0 * logistic(value))


def said_by_members(raw: RawOutputs, model: DecisionModel) -> FloatArray:
    """The share that each member of an ensemble adds to the common cells (members, n)."""
    views, weights = _heard(raw, model)
    return np.stack([weight * view.cells for weight, view in zip(weights, views, strict=True)])


def _heard(raw: RawOutputs, model: DecisionModel) -> tuple[list[MemberView], list[float]]:
    """The members' views of one photo, and how often the logarithms of each count."""
    finest = model.partitions[-1]
    views = [view_of(member, raw.members[member.name], finest) for member in model.members]
    weights = [
        say(member.bias, member.confidence, view.confidence)
        for member, view in zip(model.members, views, strict=True)
    ]
    return views, weights


def weigh_members(raw: RawOutputs, model: DecisionModel) -> Evidence:
    """All the evidence on one photo of an ensemble, and the point that it speaks for."""
    views, weights = _heard(raw, model)
    logs = log_shares([view.cells for view in views], model.partitions[-1])
    cells = pooled(logs, np.array(weights))
    posterior = _posterior(model, views, weights, cells)
    answer, answer_cell, spots = choose_answer(model, posterior, cells)
    parts = [
        np.asarray(np.bincount(line, cells, minlength=partition.size), dtype=np.float64)
        for line, partition in zip(model.hierarchy.ancestors, model.partitions, strict=True)
    ]
    cell = answer_cell if answer_cell >= 0 else int(cells.argmax())
    said = [weight * view.cells[cell] for weight, view in zip(weights, views, strict=True)]
    with_bank = next((view.evidence for view in views if len(view.evidence.neighbours)), None)
    return Evidence(
        scene=next((v.evidence.scene for v in views if v.evidence.scene is not None), None),
        network=f"{MEMBER}{model.members[int(np.argmax(said))].name}",
        partitions=named_partitions(parts, model),
        coarse=parts[0],
        cells=cells,
        posterior=posterior,
        neighbours=with_bank.neighbours if with_bank else np.zeros(0, dtype=np.int64),
        similarity=with_bank.similarity if with_bank else np.zeros(0),
        answer=answer,
        answer_cell=answer_cell,
        spots=spots,
    )


def _posterior(
    model: DecisionModel, views: Sequence[MemberView], weights: Sequence[float], cells: FloatArray
) -> PointPosterior:
    """The pooled probability of each cell, on the members' own spots inside it as far as they know
    of any, else at its mean."""
    vectors, mass, spread, classes = [], [], [], []
    held = np.zeros(len(cells))
    for view, weight in zip(views, weights, strict=True):
        posterior = view.evidence.posterior
        held += weight * view.cells
        vectors.append(posterior.vectors[view.points])
        mass.append(weight * posterior.weights[view.points])
        spread.append(posterior.spread_km[view.points])
        classes.append(view.classes)
    own_class, own_mass = np.concatenate(classes), np.concatenate(mass)
    scale = cells / np.maximum(held, 1e-300)
    scale = np.where(held > 1e-12, scale, 0.0)
    own = own_mass * scale[own_class]
    rest = np.maximum(cells - np.bincount(own_class, own, minlength=len(cells)), 0.0)
    kept = highest(rest, CELLS_KEPT)
    far = rest.copy()
    far[kept] = 0.0
    coarse = model.partitions[0]
    wide = np.bincount(model.hierarchy.ancestors[0], far, minlength=coarse.size)
    wide_vectors, wide_spread_km = _coarse_places(model)
    return PointPosterior(
        np.concatenate([*vectors, model.cell_vectors[kept], wide_vectors]),
        np.concatenate([own, rest[kept], wide]),
        np.concatenate([*spread, model.cell_spread_km[kept], wide_spread_km]),
        np.concatenate([own_class, kept, np.full(coarse.size, -1)]),
    )


def _coarse_places(model: DecisionModel) -> tuple[FloatArray, FloatArray]:
    """Unit vectors and spread (km) of the coarsest cells: those of their fine cells, joined."""
    line = model.hierarchy.ancestors[0]
    size = model.partitions[0].size
    sums = np.stack([np.bincount(line, axis, minlength=size) for axis in model.cell_vectors.T], 1)
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    vectors = np.where(length > 1e-9, sums / np.maximum(length, 1e-9), [1.0, 0.0, 0.0])
    spread_km = np.sqrt(np.bincount(line, model.cell_spread_km**2, minlength=size))
    return vectors, np.asarray(spread_km)
