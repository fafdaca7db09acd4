"""The decision's steps from logits and embeddings to one target's log-odds, in torch.

Only to differentiate: the values are those of ``fusion`` and ``evidence`` (a test holds the two
together), with the scene's choice of networks and the set of neighbours taken as given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from geoguess_app.core.bundle.checks import SCENE_HEAD
from geoguess_app.core.bundle.manifest import RegressionConfig
from geoguess_app.core.calibration.model import GalleryWeights
from geoguess_app.core.decision.gallery import Gallery
from geoguess_app.core.decision.retrieval import Bank, best_elsewhere
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.decision.types import DecisionModel
from geoguess_app.core.explain.torch_activation import PhotoMaps
from geoguess_app.core.types import FloatArray, IntArray

_LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class ScoreContext:
    """The context of a score: what is taken as given when it is differentiated."""

    networks: Mapping[str, float]
    """Which networks speak, with their weights."""
    neighbours: IntArray
    """Bank indices of the look-alikes, best first; empty without a bank."""


def scene_score(maps: PhotoMaps, model: DecisionModel, granularity: str, index: int) -> Tensor:
    """Log-odds of a scene label; ``granularity`` "s3", "s16" or "s365"."""
    assert model.scene_network is not None
    logits = maps.logits(model.scene_network)[SCENE_HEAD]
    fused = _fuse(logits / model.calibration.scene_temperature, model.fusion)
    if granularity != "s365":
        table = scene_table()
        weights = table.s3_weights if granularity == "s3" else table.s16_weights
        fused = fused @ torch.from_numpy(np.asarray(weights))
    return _log_odds(fused, index)


def layer_score(
    maps: PhotoMaps, model: DecisionModel, given: ScoreContext, layer: str, index: int
) -> Tensor:
    """Log-odds of a cell in one partition, as the networks see it."""
    names = [partition.name for partition in model.partitions]
    return _log_odds(_partitions(maps, model, given)[names.index(layer)], index)


def cell_score(maps: PhotoMaps, model: DecisionModel, given: ScoreContext, index: int) -> Tensor:
    """Log-odds of a finest cell after everything: all partitions and the look-alikes' votes."""
    return _log_odds(cell_probabilities(maps, model, given), index)


def cell_probabilities(maps: PhotoMaps, model: DecisionModel, given: ScoreContext) -> Tensor:
    """The finest cells' probabilities, as ``evidence.weigh`` gives them."""
    logs = [p.clamp_min(_LEAST).log() for p in _partitions(maps, model, given)]
    lines = torch.from_numpy(np.asarray(model.hierarchy.ancestors))
    joint = torch.stack([log[line] for log, line in zip(logs, lines, strict=True)]).sum(dim=0)
    cells = torch.softmax(joint * model.calibration.hierarchy_exponent, dim=0)
    if model.bank is None or not len(given.neighbours):
        return cells
    return _with_votes(maps, model, model.bank, given, cells)


def alike_score(maps: PhotoMaps, bank: Bank, weights: FloatArray, indices: IntArray) -> Tensor:
    """Return how much more similar the photo is to these bank photos (weights sum to 1) than to the
    bank's average."""
    wanted = weights @ bank.embeddings[indices].astype(np.float64)
    direction = wanted - bank.embeddings.mean(axis=0, dtype=np.float64)
    return _photo_vector(maps) @ torch.from_numpy(direction)


def pull_score(logits: Tensor, regression: RegressionConfig) -> Tensor:
    """Return how far a regression leads away from the training photos' mean, in their standard
    deviations, along the way to the answer."""
    away = logits.mean(dim=0)
    direction = away.detach() / away.detach().norm().clamp_min(1e-12)
    pull: Tensor = away @ direction
    return pull


def _partitions(maps: PhotoMaps, model: DecisionModel, given: ScoreContext) -> list[Tensor]:
    if model.gallery is not None:
        return _gallery_partitions(maps, model, model.gallery)
    outputs = {network: maps.logits(network) for network in given.networks}
    found = []
    for partition in model.partitions:
        temperature = model.calibration.temperature(partition.name)
        mixed = torch.zeros(partition.size, dtype=torch.float64)
        for network, weight in given.networks.items():
            mixed = mixed + weight * _fuse(
                outputs[network][partition.name] / temperature, model.fusion
            )
        found.append(mixed / mixed.sum())
    return found


def _gallery_partitions(maps: PhotoMaps, model: DecisionModel, gallery: Gallery) -> list[Tensor]:
    """The gallery's points gathered into each partition's cells, as in ``decision.gallery``."""
    fitted = model.calibration.gallery or GalleryWeights()
    photo = maps.embedding().mean(dim=0)
    similarity = torch.from_numpy(gallery.embeddings) @ photo.float()
    logits = similarity.double() * (gallery.scale / fitted.temperature)
    thinned = logits - fitted.density_exponent * torch.from_numpy(gallery.log_density)
    points = torch.softmax(thinned, dim=0)
    found = []
    for classes, partition in zip(gallery.classes, model.partitions, strict=True):
        inside = torch.from_numpy(classes >= 0)
        empty = torch.zeros(partition.size, dtype=torch.float64)
        mass = empty.index_add(0, torch.from_numpy(classes)[inside], points[inside])
        found.append(mass / mass.sum())
    return found


def _with_votes(
    maps: PhotoMaps, model: DecisionModel, bank: Bank, given: ScoreContext, cells: Tensor
) -> Tensor:
    fitted, chosen = model.calibration.retrieval, given.neighbours
    similarity = torch.from_numpy(bank.embeddings[chosen].astype(np.float64)) @ _photo_vector(maps)
    margin = similarity[0] - similarity[best_elsewhere(bank, chosen)]
    share = torch.sigmoid(fitted.bias + fitted.similarity * similarity[0] + fitted.margin * margin)
    kernel = torch.softmax(similarity / fitted.temperature, dim=0)
    classes = torch.from_numpy(bank.fine_class[chosen])
    known = classes >= 0
    votes = torch.zeros_like(cells).index_add(0, classes[known], kernel[known])
    fine = (1.0 - share) * cells + share * votes
    shares: Tensor = fine / fine.sum()
    return shares


def _photo_vector(maps: PhotoMaps) -> Tensor:
    """One vector for the photo: its crops' mean, at length 1 (held)."""
    mean = maps.embedding().mean(dim=0)
    vector: Tensor = mean / mean.detach().norm().clamp_min(1e-12)
    return vector


def _fuse(logits: Tensor, fusion: str) -> Tensor:
    crops = torch.softmax(logits, dim=1)
    fused = crops.amax(dim=0) if fusion == "max" else crops.mean(dim=0)
    shares: Tensor = fused / fused.sum()
    return shares


def _log_odds(probabilities: Tensor, index: int) -> Tensor:
    """log(p / (1 - p)), with 1 - p added up from the others: exact where p is close to 1."""
    others = torch.cat([probabilities[:index], probabilities[index + 1 :]]).sum()
    return probabilities[index].clamp_min(_LEAST).log() - others.clamp_min(_LEAST).log()
