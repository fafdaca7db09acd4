"""From raw network outputs to an answer: plain NumPy, one photo at a time.

The networks' logits are softened by their temperatures and averaged over crops, the scene chooses
who speaks, the hierarchy multiplies the partitions, look-alike training photos sharpen the answer
inside the cells, and the calibration says how far to trust it. The trainer calls the same
functions on cached outputs, so what it calibrates is what the program does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.calibration import (
    Calibration,
    level_of,
    logistic,
    radius_grid,
    radius_holding,
    within_curve,
)
from geoguess_app.core.hierarchy import Hierarchy, combine
from geoguess_app.core.partition import Partition
from geoguess_app.core.posterior import PointPosterior, mass_within, scores
from geoguess_app.core.retrieval import Bank, kernel_weights, margin, nearest, similarities
from geoguess_app.core.scenes import groups, scene_table
from geoguess_app.core.sphere import lat_lon
from geoguess_app.core.types import (
    Candidate,
    Conflict,
    Coordinate,
    FloatArray,
    IntArray,
    Level,
    Neighbour,
    Prediction,
    Radii,
    SceneProbabilities,
)

BASE = "base"
SCENE_HEAD = "places365"
CANDIDATES = 10
"""How many cells an answer lists."""
CELLS_SEARCHED = 32
"""In how many of the most probable cells the bank is searched for the best spot."""
CENTERS_SCORED = 128
"""How many of the heaviest points may become the answer."""
COMBINED = "combined"
"""Key of the joint probabilities over the finest partition's cells."""


@dataclass(frozen=True, eq=False)
class RawOutputs:
    """What the networks gave for one photo: logits[network][head] (crops, classes) and, with a
    bank, the projected embedding of each crop (crops, d)."""

    logits: Mapping[str, Mapping[str, np.ndarray]]
    embedding: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class DecisionModel:
    """What the decision needs to know of a bundle besides the networks' outputs."""

    name: str
    partitions: tuple[Partition, ...]
    """Coarse to fine."""
    hierarchy: Hierarchy
    cell_vectors: FloatArray
    """Unit vectors (n_fine, 3) of the finest cells' mean locations."""
    cell_spread_km: FloatArray
    """Radius of a circle of each finest cell's area, halved (its mass lies within the cell)."""
    cell_tokens: tuple[str, ...]
    calibration: Calibration
    bank: Bank | None = None
    neighbours: int = 64
    scene_network: str | None = None
    context_networks: Mapping[str, str] | None = None
    """Scene name ("indoor", "natural", "urban") to network name; None or empty without CSNs."""
    routing: str = "hard"
    fusion: str = "mean"


@dataclass(frozen=True, eq=False)
class Evidence:
    """The steps before the answer, kept apart so that the trainer can calibrate on them."""

    scene: SceneProbabilities | None
    network: str
    partitions: Mapping[str, FloatArray]
    coarse: FloatArray
    """Probabilities of the coarsest partition's cells, look-alikes included."""
    cells: FloatArray
    """Joint probabilities (n_fine), look-alikes included."""
    posterior: PointPosterior
    neighbours: IntArray
    similarity: FloatArray
    """Of all bank photos; empty without a bank."""
    answer: FloatArray
    """Unit vector (3)."""
    answer_cell: int
    """The finest cell that the answer belongs to, -1 for none."""
    spots: Mapping[int, FloatArray]
    """The best point (unit vector) in the cells that the bank was searched in."""


def softmax(logits: np.ndarray, temperature: float = 1.0) -> FloatArray:
    """Probabilities over the last axis from logits divided by ``temperature``."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True), dtype=np.float64)


def fuse_crops(probabilities: FloatArray, fusion: str) -> FloatArray:
    """One distribution (n) from those of the crops (k, n): their mean, or their maximum scaled
    back to sum to 1."""
    fused = probabilities.max(axis=0) if fusion == "max" else probabilities.mean(axis=0)
    return np.asarray(fused / fused.sum(), dtype=np.float64)


def scene_probabilities(raw: RawOutputs, model: DecisionModel) -> SceneProbabilities | None:
    """Scene probabilities at three granularities, or None without a scene network."""
    if model.scene_network is None:
        return None
    logits = raw.logits[model.scene_network][SCENE_HEAD]
    s365 = fuse_crops(softmax(logits, model.calibration.scene_temperature), model.fusion)
    s3, s16 = groups(s365)
    return SceneProbabilities(s3=s3, s16=s16, s365=s365)


def route(scene: SceneProbabilities | None, model: DecisionModel) -> dict[str, float]:
    """Which networks speak, with weights that sum to 1, the heaviest first.

    Hard routing: the network of the most probable scene. Mix: all, by scene probability. The base
    network where the bundle has no scene network, no CSNs, or none for that scene.
    """
    if scene is None or not model.context_networks:
        return {BASE: 1.0}
    named = list(zip(scene_table().s3_names, scene.s3.tolist(), strict=True))
    if model.routing != "mix":
        named = [(max(named, key=lambda item: item[1])[0], 1.0)]
    weights: dict[str, float] = {}
    for name, weight in sorted(named, key=lambda item: -item[1]):
        network = model.context_networks.get(name, BASE)
        weights[network] = weights.get(network, 0.0) + weight
    total = sum(weights.values())
    return {network: weight / total for network, weight in weights.items()}


def partition_probabilities(
    raw: RawOutputs, weights: Mapping[str, float], model: DecisionModel
) -> list[FloatArray]:
    """Per partition (coarse to fine) the probabilities of its cells, networks mixed by weight."""
    result = []
    for partition in model.partitions:
        temperature = model.calibration.temperature(partition.name)
        mixed = np.zeros(partition.size)
        for network, weight in weights.items():
            crops = softmax(raw.logits[network][partition.name], temperature)
            mixed += weight * fuse_crops(crops, model.fusion)
        result.append(mixed / mixed.sum())
    return result


def hierarchy_product(
    probabilities: list[FloatArray], model: DecisionModel, exponent: float = 1.0
) -> FloatArray:
    """P(fine cell) ∝ (Π over partitions of P(its ancestor there)) ^ exponent."""
    logs = [np.log(np.maximum(p, 1e-300)) for p in probabilities]
    return softmax(combine(model.hierarchy, logs) * exponent)


def weigh(raw: RawOutputs, model: DecisionModel) -> Evidence:
    """All the evidence on one photo, and the point that it speaks for."""
    scene = scene_probabilities(raw, model)
    weights = route(scene, model)
    partitions = partition_probabilities(raw, weights, model)
    cells = hierarchy_product(partitions, model, model.calibration.hierarchy_exponent)
    coarse = partitions[0]
    neighbours = np.zeros(0, dtype=np.int64)
    similarity = np.zeros(0)
    if model.bank is not None and model.bank.size and raw.embedding is not None:
        similarity = similarities(model.bank, raw.embedding)
        neighbours = nearest(similarity, model.neighbours)
        share = retrieval_share(model, model.bank, similarity, neighbours)
        posterior = _with_bank(model, model.bank, cells, similarity, neighbours, share)
        cells, coarse = _with_votes(
            model, model.bank, (cells, coarse), similarity, neighbours, share
        )
    else:
        posterior = PointPosterior(
            model.cell_vectors, cells, model.cell_spread_km, np.arange(len(cells))
        )
    answer, answer_cell, spots = _choose(model, posterior, cells)
    named = {p.name: values for p, values in zip(model.partitions, partitions, strict=True)}
    return Evidence(
        scene=scene,
        network=next(iter(weights)),
        partitions=named,
        coarse=coarse,
        cells=cells,
        posterior=posterior,
        neighbours=neighbours,
        similarity=similarity,
        answer=answer,
        answer_cell=answer_cell,
        spots=spots,
    )


def _with_bank(
    model: DecisionModel,
    bank: Bank,
    cells: FloatArray,
    similarity: FloatArray,
    neighbours: IntArray,
    share: float,
) -> PointPosterior:
    """Points when look-alike photos have a say.

    The networks' mass of the most probable cells moves onto the bank photos inside them (by
    similarity); the neighbours' own share is laid on top, wherever they are.
    """
    fitted = model.calibration.retrieval
    kernel = kernel_weights(similarity[neighbours], fitted.temperature)
    inside, inside_weights = [], []
    at_mean = (1.0 - share) * cells
    for cell in np.argsort(-cells, kind="stable")[:CELLS_SEARCHED]:
        members = bank.members(int(cell))
        if len(members):
            inside.append(members)
            ranked = kernel_weights(similarity[members], fitted.inside_temperature)
            inside_weights.append(at_mean[cell] * ranked)
            at_mean[cell] = 0.0
    photos = np.concatenate([*inside, neighbours])
    photo_weights = np.concatenate([*inside_weights, share * kernel])
    smallest = model.calibration.smallest_radius_km / 2.0
    kept = at_mean > 0.0
    return PointPosterior(
        np.concatenate([bank.vectors[photos], model.cell_vectors[kept]]),
        np.concatenate([photo_weights, at_mean[kept]]),
        np.concatenate([np.full(len(photos), smallest), model.cell_spread_km[kept]]),
        np.concatenate([bank.fine_class[photos], np.flatnonzero(kept)]),
    )


def _with_votes(
    model: DecisionModel,
    bank: Bank,
    own: tuple[FloatArray, FloatArray],
    similarity: FloatArray,
    neighbours: IntArray,
    share: float,
) -> tuple[FloatArray, FloatArray]:
    """The networks' ``own`` finest and coarsest probabilities, with the neighbours' share laid on
    the cells that they are in (those outside all cells have no vote here)."""
    kernel = kernel_weights(similarity[neighbours], model.calibration.retrieval.temperature)
    known = bank.fine_class[neighbours] >= 0
    fine_class, votes = bank.fine_class[neighbours][known], share * kernel[known]
    fine, coarse = (1.0 - share) * own[0], (1.0 - share) * own[1]
    np.add.at(fine, fine_class, votes)
    np.add.at(coarse, model.hierarchy.ancestors[0][fine_class], votes)
    return fine / fine.sum(), coarse / coarse.sum()


def retrieval_share(
    model: DecisionModel, bank: Bank, similarity: FloatArray, neighbours: IntArray
) -> float:
    """The look-alikes' share in the posterior, 0…1: the larger, the more alike the best one."""
    fitted = model.calibration.retrieval
    value = fitted.bias + fitted.similarity * similarity[neighbours[0]]
    if fitted.margin:
        value += fitted.margin * margin(bank, similarity, neighbours)
    return float(logistic(np.asarray(value)))


def _choose(
    model: DecisionModel, posterior: PointPosterior, cells: FloatArray
) -> tuple[FloatArray, int, dict[int, FloatArray]]:
    """The answer, its cell, and the best point of each likely cell."""
    heaviest = np.argsort(-posterior.weights, kind="stable")[:CENTERS_SCORED]
    if model.calibration.answer == "cell":
        in_best = np.flatnonzero(posterior.fine_class == int(cells.argmax()))
        if len(in_best):
            order = np.argsort(-posterior.weights[in_best], kind="stable")
            heaviest = np.union1d(heaviest, in_best[order[:CENTERS_SCORED]])
    score = scores(posterior, posterior.vectors[heaviest])
    spots: dict[int, FloatArray] = {}
    for position in np.argsort(-score, kind="stable"):
        point = heaviest[position]
        cell = int(posterior.fine_class[point])
        if cell >= 0:
            spots.setdefault(cell, posterior.vectors[point])
    favourite = int(cells.argmax())
    if model.calibration.answer == "cell" and favourite in spots:
        return spots[favourite], favourite, spots
    best = heaviest[int(score.argmax())]
    return posterior.vectors[best], int(posterior.fine_class[best]), spots


def curve_of(evidence: Evidence, model: DecisionModel) -> tuple[FloatArray, FloatArray]:
    """Radii (km) and the calibrated probability that the truth lies within each of them."""
    radii = radius_grid()
    mass = mass_within(evidence.posterior, evidence.answer, radii)
    return radii, within_curve(radii, mass, top_similarity(evidence), model.calibration)


def top_similarity(evidence: Evidence) -> float:
    """The cosine similarity to the nearest bank photo; 0 without a bank."""
    if not len(evidence.neighbours):
        return 0.0
    return float(evidence.similarity[evidence.neighbours[0]])


def decide(raw: RawOutputs, model: DecisionModel) -> Prediction:
    """The answer to one photo, from a bundle of kind "cells"."""
    evidence = weigh(raw, model)
    radii, curve = curve_of(evidence, model)
    smallest = model.calibration.smallest_radius_km
    r50, r80, r95 = (
        max(smallest, radius_holding(share, radii, curve)) for share in (0.5, 0.8, 0.95)
    )
    candidates = _candidates(evidence, model)
    level = level_of(radii, curve, model.calibration) if candidates else Level.CANNOT_TELL
    return Prediction(
        coordinate=_coordinate(evidence.answer),
        radii=Radii(r50, r80, r95),
        confidence=float(np.interp(np.log(25.0), np.log(radii), curve)),
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


def _coordinate(vector: FloatArray) -> Coordinate:
    latitude, longitude = lat_lon(vector)
    return Coordinate(float(latitude), float(longitude))


def _candidate(rank: int, cell: int, evidence: Evidence, model: DecisionModel) -> Candidate:
    spot = evidence.spots.get(cell, model.cell_vectors[cell])
    return Candidate(
        rank, model.cell_tokens[cell], cell, _coordinate(spot), float(evidence.cells[cell])
    )


def _candidates(evidence: Evidence, model: DecisionModel) -> tuple[Candidate, ...]:
    """The most probable cells, the one that the answer lies in first."""
    order = [int(c) for c in np.argsort(-evidence.cells, kind="stable")[: CANDIDATES + 1]]
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
    return Conflict(
        coarse=_with_probability(other, float(coarse[favourite])),
        fine=_with_probability(answer, float(coarse[own])),
    )


def _with_probability(candidate: Candidate, probability: float) -> Candidate:
    return Candidate(
        candidate.rank, candidate.cell, candidate.cell_index, candidate.coordinate, probability
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
