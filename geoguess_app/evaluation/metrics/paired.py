"""Paired differences: whether one set of answers is better than another to the same photos.

Photos of one spot tend to be right or wrong together, so whole spots are resampled, as for the
intervals of single shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.metrics.distances import FEW_SPOTS, RESAMPLES

Interval = tuple[float, float]
MEDIAN_RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class PairedShare:
    """The number of photos only the first and only the second answered within a distance.

    ``difference`` is second − first as a share of ``photos``, with its 95% interval; ``p_value``
    is McNemar's exact one, which takes photos for independent. NaN where no photo is judged.
    """

    photos: int
    first_only: int
    second_only: int
    low: float
    high: float
    p_value: float

    @property
    def difference(self) -> float:
        """Second − first, −1…1."""
        return (self.second_only - self.first_only) / self.photos if self.photos else float("nan")

    @property
    def clear(self) -> bool:
        """Tell whether the interval leaves no doubt about which is better."""
        return self.low > 0 or self.high < 0

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys."""
        judged = self.photos > 0
        return {
            "difference": self.difference if judged else None,
            "interval_95": [self.low, self.high] if judged else None,
            "photos": self.photos,
            "first_only": self.first_only,
            "second_only": self.second_only,
            "mcnemar_p": self.p_value if judged else None,
        }


@dataclass(frozen=True, slots=True)
class PairedValue:
    """A difference of two averages (second − first) with its 95% interval."""

    difference: float
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys."""
        return {"difference": self.difference, "interval_95": [self.low, self.high]}


def paired_share(
    first: npt.ArrayLike, second: npt.ArrayLike, *, spot: npt.ArrayLike, seed: int = 0
) -> PairedShare:
    """Compare yes-or-no outcomes (n) of the same photos; ``spot`` (n) numbers their places."""
    difference = np.asarray(second, dtype=np.int64) - np.asarray(first, dtype=np.int64)
    second_only, first_only = int((difference > 0).sum()), int((difference < 0).sum())
    if not difference.size:
        return PairedShare(0, 0, 0, *(float("nan"),) * 3)
    low, high = mean_interval(difference.astype(np.float64), np.asarray(spot), seed)
    p_value = mcnemar(first_only, second_only)
    return PairedShare(difference.size, first_only, second_only, low, high, p_value)


def mcnemar(first_only: int, second_only: int) -> float:
    """McNemar's exact p-value: were as many flips to one side likely if none were better?"""
    from scipy.stats import binomtest

    flips = first_only + second_only
    return float(binomtest(first_only, flips, 0.5).pvalue) if flips else 1.0


def mean_interval(values: FloatArray, spot: IntArray, seed: int) -> Interval:
    """95% interval of a mean (n values), spots resampled; for few spots, Student's t over them.

    Where all values are zero it is as wide as the exact bound on an event never seen.
    """
    _, groups = np.unique(spot, return_inverse=True)
    sizes = np.bincount(groups).astype(np.float64)
    sums = np.bincount(groups, weights=values).astype(np.float64)
    if not np.any(values):
        bound = float(1.0 - 0.025 ** (1.0 / sizes.size))
        return -bound, bound
    if sizes.size < FEW_SPOTS:
        return _student(sums, sizes)
    # Spots of equal size and sum are interchangeable, which leaves few kinds to draw.
    kinds, counts = np.unique(np.stack([sums, sizes], axis=1), axis=0, return_counts=True)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(sizes.size, counts / sizes.size, size=RESAMPLES)
    means = (drawn @ kinds[:, 0]) / (drawn @ kinds[:, 1])
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def paired_median(
    first_km: FloatArray, second_km: FloatArray, *, spot: npt.ArrayLike, seed: int = 0
) -> PairedValue:
    """Difference of the median distances (km), with a bootstrap over spots."""
    groups = np.unique(np.asarray(spot), return_inverse=True)[1]
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    random = np.random.default_rng(seed)
    drawn = np.empty(MEDIAN_RESAMPLES)
    for number in range(MEDIAN_RESAMPLES):
        chosen = random.integers(0, len(members), len(members))
        rows = np.concatenate([members[spot_number] for spot_number in chosen])
        drawn[number] = np.median(second_km[rows]) - np.median(first_km[rows])
    low, high = np.quantile(drawn, [0.025, 0.975])
    difference = float(np.median(second_km) - np.median(first_km))
    return PairedValue(difference, float(low), float(high))


def _student(sums: FloatArray, sizes: FloatArray) -> Interval:
    """Ratio estimator of the mean over clusters with Student's quantile (Cochran 1977, §6.4)."""
    if sizes.size < 2:
        return -1.0, 1.0
    from scipy.stats import t

    mean = float(sums.sum() / sizes.sum())
    residuals = sums - mean * sizes
    spread = np.sqrt(sizes.size / (sizes.size - 1) * np.sum(residuals**2)) / sizes.sum()
    half = float(t.ppf(0.975, sizes.size - 1) * spread)
    return mean - half, mean + half
