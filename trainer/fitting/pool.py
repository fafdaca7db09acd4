"""Fit how much each member of an ensemble says, on located photos.

The log-linear pool is held to its best member: where no weights beat it on photos that they were
not fitted to, that member speaks alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core.bundle.manifest import EnsembleMember
from geoguess_app.core.decision.ensemble import log_shares, pooled, say, view_of
from geoguess_app.core.decision.posterior import SCORE_RADII_KM, distances_km
from geoguess_app.core.decision.types import DecisionModel
from geoguess_app.core.partition import Partition
from geoguess_app.core.types import FloatArray, IntArray
from trainer.fitting.crossfit import HeldOutFold
from trainer.fitting.gallery import MOST_PHOTOS, drawn
from trainer.fitting.temperatures import SMALLEST_MASS

BIASES = (-3.0, -1.5, 0.0, 1.5)
SLOPES = (0.0, 0.5, 1.0)
SILENT = -50.0
"""The bias of a member that says nothing."""


@dataclass(frozen=True, eq=False)
class PhotoViews:
    """One photo: what the members say of the common cells, how sure they are, and between which of
    the five distances of the truth each cell lies (n)."""

    cells: tuple[FloatArray, ...]
    confidence: tuple[float, ...]
    rings: IntArray
    fold: int


@dataclass(frozen=True, slots=True)
class PoolChoice:
    """The chosen members, and the mean log mass around the truth: of each alone, and together on
    photos that the weights were not fitted to."""

    members: tuple[EnsembleMember, ...]
    alone: tuple[float, ...]
    together: float


def fit_pool(held: Sequence[HeldOutFold]) -> PoolChoice:
    """Choose biases and slopes of all members by maximum likelihood of the truth, crossed over the
    folds; of a fold's photos the model must be the same ensemble."""
    some = drawn(held, MOST_PHOTOS)
    views = [view for number, fold in enumerate(some) for view in _views(fold, number)]
    return choose_pool(views, held[0].model)


def choose_pool(views: Sequence[PhotoViews], model: DecisionModel) -> PoolChoice:
    """Choose biases and slopes by what the members of ``model`` said of photos."""
    names = [member.name for member in model.members]
    # Of three or more members there are too many settings for slopes of their own.
    slopes = SLOPES if len(names) == 2 else SLOPES[1:2]
    settings = list(itertools.product(itertools.product(BIASES, slopes), repeat=len(names)))
    finest = model.partitions[-1]
    single = [_only(index, len(names)) for index in range(len(names))]
    values = np.stack([_values(view, [*settings, *single], finest) for view in views], axis=1)
    table = values[: len(settings)]
    alone = values[len(settings) :].mean(axis=1).tolist()
    fold = np.array([view.fold for view in views])
    together = float(np.mean(_crossed(table, fold)))
    best = settings[int(table.mean(axis=1).argmax())]
    if together <= max(alone):
        best = _only(int(np.argmax(alone)), len(names))
        together = max(alone)
    members = tuple(
        EnsembleMember(name, bias, slope) for name, (bias, slope) in zip(names, best, strict=True)
    )
    return PoolChoice(members, tuple(alone), together)


def with_members(model: DecisionModel, members: Sequence[EnsembleMember]) -> DecisionModel:
    """The ensemble with these weights."""
    pool = tuple(
        replace(own, bias=member.bias, confidence=member.confidence)
        for own, member in zip(model.members, members, strict=True)
    )
    return replace(model, members=pool)


def _views(fold: HeldOutFold, number: int) -> list[PhotoViews]:
    model = fold.model
    finest = model.partitions[-1]
    found = []
    for raw, truth in zip(fold.raw, fold.truth, strict=True):
        seen = [view_of(member, raw.members[member.name], finest) for member in model.members]
        rings = np.searchsorted(SCORE_RADII_KM, distances_km(model.cell_vectors, truth))
        found.append(
            PhotoViews(
                tuple(view.cells for view in seen),
                tuple(view.confidence for view in seen),
                rings.astype(np.int64),
                number,
            )
        )
    return found


Setting = tuple[tuple[float, float], ...]
"""Bias and slope of each member."""


def _only(index: int, count: int) -> Setting:
    """One member alone, its probabilities as they are."""
    return tuple((0.0, 0.0) if i == index else (SILENT, 0.0) for i in range(count))


def _values(view: PhotoViews, settings: Sequence[Setting], finest: Partition) -> FloatArray:
    """The mean log mass (settings) around the truth with each setting."""
    weights = [
        [
            say(bias, slope, confidence)
            for (bias, slope), confidence in zip(setting, view.confidence, strict=True)
        ]
        for setting in settings
    ]
    cells = pooled(log_shares(view.cells, finest), np.array(weights))
    in_ring = np.equal.outer(view.rings, np.arange(len(SCORE_RADII_KM)))
    mass = np.cumsum(cells @ in_ring.astype(np.float64), axis=1)
    return np.asarray(np.log(mass + SMALLEST_MASS).mean(axis=1))


def _crossed(table: FloatArray, fold: IntArray) -> FloatArray:
    """Every photo's value (n) with the setting that was best on the other folds."""
    values = np.empty(table.shape[1])
    for number in np.unique(fold):
        out = fold == number
        rest = ~out if not out.all() else out
        values[out] = table[int(table[:, rest].mean(axis=1).argmax()), out]
    return values
