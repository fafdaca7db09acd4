"""Held-out answers without touching the test split: whole sources are left out in turn.

Validation places are unknown to the training photos, while users' photos often show places that
somebody else photographed too. Leaving out one group of sources after the other, within train +
val, imitates that: the held-out photos come from other hands, but may show the same places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core.decision.decide import DecisionModel, RawOutputs
from geoguess_app.core.decision.posterior import distances_km
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.photo_table import COARSE_PRECISIONS, GeoTable


@dataclass(frozen=True, eq=False)
class HeldOutFold:
    """Photos that a model never saw: their outputs and the truth as unit vectors (n, 3)."""

    model: DecisionModel
    rows: IntArray
    """Which photos of the geo table."""
    raw: tuple[RawOutputs, ...]
    truth: FloatArray
    exact: np.ndarray
    """False where the coordinate only names a city: says nothing about a kilometre."""
    source: IntArray
    """A number (n) for each photo's source, the same in all folds."""

    def take(self, chosen: IntArray) -> HeldOutFold:
        """Some of the photos."""
        return replace(
            self,
            rows=self.rows[chosen],
            raw=tuple(self.raw[index] for index in chosen),
            truth=self.truth[chosen],
            exact=self.exact[chosen],
            source=self.source[chosen],
        )


def source_folds(sources: Iterable[str], folds: int) -> IntArray:
    """A fold number (n) for each photo: sources stay whole, folds are about equally large."""
    names = list(sources)
    counts = Counter(names)
    load = [0] * folds
    fold_of: dict[str, int] = {}
    for name in sorted(counts, key=lambda source: (-counts[source], source)):
        fold_of[name] = int(np.argmin(load))
        load[fold_of[name]] += counts[name]
    return np.array([fold_of[name] for name in names], dtype=np.int64)


def truth_of(table: GeoTable, rows: IntArray) -> FloatArray:
    """Unit vectors of the rows' positions."""
    return unit_vectors(table.latitude_deg[rows], table.longitude_deg[rows])


def exact_of(table: GeoTable, rows: IntArray) -> np.ndarray:
    """Return which rows have a position worth judging below 25 km."""
    return np.array([table.precision[int(row)] not in COARSE_PRECISIONS for row in rows])


def cross_fit(
    rows: IntArray,
    folds: IntArray,
    fit: Callable[[IntArray], tuple[DecisionModel, Callable[[IntArray], list[RawOutputs]]]],
    table: GeoTable,
) -> list[HeldOutFold]:
    """``fit`` learns from some rows and gives a model and a way to run it; it is called once per
    fold, without that fold's rows."""
    held = []
    _, number = np.unique(np.array(table.source), return_inverse=True)
    for fold in np.unique(folds):
        out, kept = rows[folds == fold], rows[folds != fold]
        model, run = fit(kept)
        held.append(
            HeldOutFold(
                model,
                out,
                tuple(run(out)),
                truth_of(table, out),
                exact_of(table, out),
                np.asarray(number[out], dtype=np.int64),
            )
        )
    return held


def errors_km(answers: FloatArray, truth: FloatArray) -> FloatArray:
    """Distances (n) between unit vectors (n, 3)."""
    return distances_km(answers, truth)
