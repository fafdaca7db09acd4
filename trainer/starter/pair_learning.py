"""A space for look-alikes, learned from photos that different sources took of one place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM
from geoguess_app.core.types import FloatArray, IntArray
from trainer.starter.place_pairs import place_pairs
from trainer.starter.recipe import PairSchedule

NOT_APART = -1e4
"""The similarity of two photos that are too close to be told apart: no probability is left."""


def pairs_across_sources(points: FloatArray, sources: IntArray, within_km: float) -> IntArray:
    """Rows (p, 2) of ``points`` (n, 3) at most ``within_km`` apart whose ``sources`` (n) differ:
    photos of one source also share camera, style and hour, which no user's photo will share."""
    pairs = place_pairs(points, within_km)
    return np.asarray(pairs[sources[pairs[:, 0]] != sources[pairs[:, 1]]])


def pair_matrix(
    vectors: np.ndarray, points: FloatArray, pairs: IntArray, schedule: PairSchedule
) -> FloatArray:
    """A matrix (d, d) under which each photo is closest to the other one of its pair.

    A linear projection on top of the whitening (Radenović et al., "Fine-tuning CNN image retrieval
    with no human annotation", TPAMI 2019), fitted by InfoNCE (van den Oord et al., "Representation
    learning with contrastive predictive coding", 2018): the other photos of a batch are what a
    photo is told apart from, unless they lie within ``schedule.apart_km``. ``vectors`` (n, crops,
    d) are unit vectors, and every photo shows a random crop each time. The identity where there
    are no ``pairs`` (p, 2).
    """
    identity = torch.eye(vectors.shape[-1])
    matrix = torch.nn.Parameter(identity.clone())
    optimizer = torch.optim.Adam([matrix], schedule.learning_rate)
    positions = torch.from_numpy(np.float32(points))
    for first, second, rows in _batches(vectors, pairs, schedule):
        alike = _similarities(first @ matrix.T, second @ matrix.T) / schedule.temperature
        alike = alike.masked_fill(_too_close(positions[rows], schedule.apart_km), NOT_APART)
        own = torch.arange(len(rows))
        both_ways = functional.cross_entropy(alike, own) + functional.cross_entropy(alike.T, own)
        loss = both_ways / 2.0 + schedule.pull * ((matrix - identity) ** 2).sum()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return np.asarray(matrix.detach().numpy(), dtype=np.float64)


def _batches(
    vectors: np.ndarray, pairs: IntArray, schedule: PairSchedule
) -> Iterator[tuple[Tensor, Tensor, IntArray]]:
    """Yield crops (b, d) of the pairs' first and second photos, and the pairs' rows (b, 2)."""
    random = np.random.default_rng(schedule.seed)
    crops = vectors.shape[1]
    for _ in range(schedule.epochs if len(pairs) else 0):
        order = random.permutation(len(pairs))
        for batch in np.array_split(order, max(1, len(pairs) // schedule.batch)):
            rows = pairs[batch]
            first = vectors[rows[:, 0], random.integers(0, crops, len(rows))]
            second = vectors[rows[:, 1], random.integers(0, crops, len(rows))]
            yield torch.from_numpy(np.float32(first)), torch.from_numpy(np.float32(second)), rows


def _similarities(first: Tensor, second: Tensor) -> Tensor:
    return functional.normalize(first, dim=1) @ functional.normalize(second, dim=1).T


def _too_close(points: Tensor, apart_km: float) -> Tensor:
    """Which (b, b) of the pairs' ``points`` (b, 2, 3) lie within ``apart_km``, themselves not."""
    close = points[:, 0] @ points[:, 1].T > float(np.cos(apart_km / EARTH_RADIUS_KM))
    return close.fill_diagonal_(False)
