"""Heat maps of probabilities over cells: regions, cells worth drawing, a legend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geoguess_app.core.ranking import highest
from geoguess_app.core.types import FloatArray, IntArray


def _probabilities(values: npt.ArrayLike) -> FloatArray:
    p = np.asarray(values, dtype=np.float64)
    if p.ndim != 1 or p.size == 0:
        raise ValueError(f"expected probabilities of one photo, got shape {p.shape}")
    if not np.isfinite(p).all() or (p < 0).any() or p.sum() <= 0:
        raise ValueError("probabilities must be finite, not negative and not all zero")
    return p


def credible_cells(probabilities: npt.ArrayLike, mass: float) -> IntArray:
    """The smallest set of cells that holds ``mass`` (0…1] of the probability.

    Indices by falling probability; equal cells in the order of their index. The probabilities
    need not sum to 1: mass counts as a share of their sum. Raises ValueError for unusable input.
    """
    p = _probabilities(probabilities)
    if not 0 < mass <= 1:
        raise ValueError(f"mass {mass} is outside 0…1")
    order = np.argsort(-p, kind="stable")
    count = int(np.searchsorted(np.cumsum(p[order]), _target(p, mass), side="left")) + 1
    return order[: min(count, p.size)]


def _target(p: FloatArray, mass: float) -> float:
    """What a running sum must reach: one of many small numbers may end a hair below."""
    return mass * float(p.sum()) * (1 - 1e-12)


def cells_to_draw(
    probabilities: npt.ArrayLike, mass: float = 0.99, most: int = 2000
) -> tuple[IntArray, FloatArray]:
    """Indices and probabilities of the cells that hold ``mass``, at most ``most`` of them.

    By falling probability, so the strongest cells come first.
    """
    p = _probabilities(probabilities)
    indices = highest(p, most)
    running = np.cumsum(p[indices])
    count = int(np.searchsorted(running, _target(p, mass), side="left")) + 1
    return indices[:count], p[indices[:count]]
