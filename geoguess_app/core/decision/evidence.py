"""The evidence for each place: the networks' cells, sharpened by look-alike training
photos inside the likely cells and moved by their votes, and the one point that all of it speaks
for."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.calibration.model import GalleryWeights, logistic
from geoguess_app.core.decision.fusion import (
    hierarchy_product,
    partition_probabilities,
    route,
    scene_probabilities,
)
from geoguess_app.core.decision.gallery import (
    Gallery,
    cell_probabilities,
    cosine_similarities,
    gallery_posterior,
    point_probabilities,
)
from geoguess_app.core.decision.posterior import PointPosterior, scores
from geoguess_app.core.decision.retrieval import Bank, kernel_weights, margin, similarities
from geoguess_app.core.decision.types import GALLERY, DecisionModel, Evidence, RawOutputs
from geoguess_app.core.ranking import highest
from geoguess_app.core.types import FloatArray, IntArray, SceneProbabilities

CELLS_SEARCHED = 32
"""In how many of the most probable cells the bank is searched for the best spot."""
CENTERS_SCORED = 128
"""How many of the heaviest points may become the answer."""


def weigh(raw: RawOutputs, model: DecisionModel) -> Evidence:
    """All the evidence on one photo, and the point that it speaks for."""
    if model.members:
        from geoguess_app.core.decision.ensemble import weigh_members  # which needs this module

        return weigh_members(raw, model)
    scene = scene_probabilities(raw, model)
    if model.gallery is not None:
        return _weigh_gallery(raw, model, model.gallery, scene)
    weights = route(scene, model)
    partitions = partition_probabilities(raw, weights, model)
    cells = hierarchy_product(partitions, model, model.calibration.hierarchy_exponent)
    coarse = partitions[0]
    neighbours = np.zeros(0, dtype=np.int64)
    similarity = np.zeros(0)
    if model.bank is not None and model.bank.size and raw.embedding is not None:
        similarity = similarities(model.bank, raw.embedding)
        neighbours = highest(similarity, model.neighbours)
        share = retrieval_share(model, model.bank, similarity, neighbours)
        posterior = _with_bank(model, model.bank, cells, similarity, neighbours, share)
        cells, coarse = _with_votes(
            model, model.bank, (cells, coarse), similarity, neighbours, share
        )
    else:
        posterior = PointPosterior(
            model.cell_vectors, cells, model.cell_spread_km, np.arange(len(cells))
        )
    answer, answer_cell, spots = choose_answer(model, posterior, cells)
    return Evidence(
        scene=scene,
        network=next(iter(weights)),
        partitions=named_partitions(partitions, model),
        coarse=coarse,
        cells=cells,
        posterior=posterior,
        neighbours=neighbours,
        similarity=similarity,
        answer=answer,
        answer_cell=answer_cell,
        spots=spots,
        area=raw.area,
    )


def weigh_places(
    similarity: FloatArray, gallery: Gallery, model: DecisionModel
) -> tuple[list[FloatArray], FloatArray, PointPosterior]:
    """Cells of every partition, their joint probabilities (n_fine) and the posterior, from the
    similarity (n) of a photo to the gallery's points."""
    fitted = model.calibration.gallery or GalleryWeights()
    points = point_probabilities(gallery, similarity, fitted)
    partitions = cell_probabilities(gallery, points, model.partitions)
    cells = hierarchy_product(partitions, model, model.calibration.hierarchy_exponent)
    own = model.cell_vectors, model.cell_spread_km
    return partitions, cells, gallery_posterior(gallery, points, cells, *own, fitted.mode_km)


def named_partitions(partitions: list[FloatArray], model: DecisionModel) -> dict[str, FloatArray]:
    return {p.name: values for p, values in zip(model.partitions, partitions, strict=True)}


def _weigh_gallery(
    raw: RawOutputs, model: DecisionModel, gallery: Gallery, scene: SceneProbabilities | None
) -> Evidence:
    """The evidence of a model that compares the picture with a gallery's points."""
    if raw.embedding is None:
        raise ValueError("a model with a gallery needs the photo's embedding")
    similarity = cosine_similarities(gallery, raw.embedding)
    partitions, cells, posterior = weigh_places(similarity, gallery, model)
    answer, answer_cell, spots = choose_answer(model, posterior, cells)
    return Evidence(
        scene=scene,
        network=GALLERY,
        partitions=named_partitions(partitions, model),
        coarse=partitions[0],
        cells=cells,
        posterior=posterior,
        neighbours=np.zeros(0, dtype=np.int64),
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
    for cell in highest(cells, CELLS_SEARCHED):
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


def choose_answer(
    model: DecisionModel, posterior: PointPosterior, cells: FloatArray
) -> tuple[FloatArray, int, dict[int, FloatArray]]:
    """The answer, its cell, and the best point of each likely cell."""
    heaviest = highest(posterior.weights, CENTERS_SCORED)
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
