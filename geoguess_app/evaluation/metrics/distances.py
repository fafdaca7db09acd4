"""Distances of answers from the truth: accuracy, quartiles, score, each with its denominator.

Distances are great circles on a sphere of R = 6371 km; an answer counts at a threshold when its
distance is ≤ that threshold. Everything works on plain arrays, so the trainer uses it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.types import FloatArray, IntArray

THRESHOLDS_KM: tuple[float, ...] = (1.0, 25.0, 200.0, 750.0, 2500.0)
"""Street, city, region, country, continent: the field's five distances."""

GEOGUESSR_MAXIMUM = 5000.0
GEOGUESSR_SCALE_KM = 1492.7
RESAMPLES = 2000
FEW_SPOTS = 20
"""Below this many spots a bootstrap is far too sure of itself; Wilson's interval is used."""
SPOT_DEG = 0.01

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``photos``, with a 95% interval of the share; NaN where there are none."""

    count: int
    photos: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share as a number, 0…1."""
        return self.count / self.photos if self.photos else float("nan")

    def to_json(self) -> dict[str, Any]:
        """``share``, ``within``, ``photos`` (the denominator) and ``interval_95``."""
        return {
            "share": _finite(self.value),
            "within": self.count,
            "photos": self.photos,
            "interval_95": [_finite(self.low), _finite(self.high)],
        }


@dataclass(frozen=True)
class ErrorSummary:
    """The figures of one set of answers.

    ``accuracy`` counts a photo at a threshold only if its true position is exact enough to judge
    that distance; ``accuracy_every_photo`` counts all photos at all thresholds, as most published
    tables do. Mean, median, quartiles and
    the root of the mean square are over all photos, km.
    """

    photos: int
    accuracy: Mapping[float, Share]
    accuracy_every_photo: Mapping[float, Share]
    mean_km: float
    median_km: float
    quartile_1_km: float
    quartile_3_km: float
    rmse_km: float
    geoguessr_score: float

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys; thresholds become "1", "25", …"""
        return {
            "photos": self.photos,
            "accuracy": _shares_json(self.accuracy),
            "accuracy_every_photo": _shares_json(self.accuracy_every_photo),
            "mean_km": _finite(self.mean_km),
            "median_km": _finite(self.median_km),
            "quartile_1_km": _finite(self.quartile_1_km),
            "quartile_3_km": _finite(self.quartile_3_km),
            "rmse_km": _finite(self.rmse_km),
            "geoguessr_score": _finite(self.geoguessr_score),
        }


def geoguessr_score(distance_km: npt.ArrayLike) -> FloatArray:
    """5000 · exp(−d / 1492.7), the score of the game on its world map."""
    distances = np.asarray(distance_km, dtype=np.float64)
    return np.asarray(GEOGUESSR_MAXIMUM * np.exp(-distances / GEOGUESSR_SCALE_KM))


def accuracy(
    distance_km: npt.ArrayLike, thresholds_km: Sequence[float] = THRESHOLDS_KM
) -> dict[float, float]:
    """Share of distances ≤ each threshold, 0…1 (NaN for no distances at all)."""
    distances = np.asarray(distance_km, dtype=np.float64)
    if not distances.size:
        return dict.fromkeys(thresholds_km, float("nan"))
    return {km: float(np.mean(distances <= km)) for km in thresholds_km}


def spots(
    latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, spot_deg: float = SPOT_DEG
) -> IntArray:
    """(n,) number of the spot (a square of 0.01°) of each photo: photos of one spot are not
    independent."""
    cells = np.stack(
        [
            np.floor(np.asarray(latitude_deg, dtype=np.float64) / spot_deg),
            np.floor(np.asarray(longitude_deg, dtype=np.float64) / spot_deg),
        ],
        axis=1,
    )
    _, numbers = np.unique(cells, axis=0, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64)


def share(
    hits: npt.ArrayLike,
    *,
    spot: npt.ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Share:
    """The share of hits with a bootstrap 95% interval.

    Whole spots are resampled where ``spot`` gives a number (≥ 0) per photo, since a burst of
    photos of one place says little more than one of them. With few spots Wilson's interval for
    that many yes-or-no answers is given, and where all or none hit, the exact binomial bound.
    """
    flags = np.asarray(hits, dtype=bool)
    if not flags.size:
        return Share(0, 0, float("nan"), float("nan"))
    groups = np.arange(flags.size) if spot is None else np.asarray(spot, dtype=np.int64)
    sizes = np.bincount(groups)
    successes = np.bincount(groups[flags], minlength=sizes.size)[sizes > 0]
    sizes = sizes[sizes > 0]
    count = int(flags.sum())
    bound = 1.0 - 0.025 ** (1.0 / sizes.size)
    if count == 0:
        return Share(0, flags.size, 0.0, bound)
    if count == flags.size:
        return Share(count, flags.size, 1.0 - bound, 1.0)
    if sizes.size < FEW_SPOTS:
        return Share(count, flags.size, *_wilson(count / flags.size, sizes.size))
    low, high = _interval(successes, sizes, resamples, seed)
    return Share(count, flags.size, low, high)


def _wilson(value: float, n: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share observed in n independent trials."""
    z2 = 1.959964**2
    center = (value + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (value * (1 - value) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return float(center - half), float(center + half)


def _interval(
    successes: IntArray, sizes: IntArray, resamples: int, seed: int
) -> tuple[float, float]:
    """2.5 and 97.5% quantiles of the share over resamples of whole spots.

    Spots of equal size and success are interchangeable, so how often each kind is drawn is
    multinomial over the few kinds: the same law as drawing the spots, at any number of photos.
    """
    largest = int(sizes.max()) + 1
    kinds, counts = np.unique(successes * largest + sizes, return_counts=True)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(sizes.size, counts / sizes.size, size=resamples)
    shares = (drawn @ (kinds // largest)) / (drawn @ (kinds % largest))
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


def summarise_distances(
    distance_km: npt.ArrayLike,
    *,
    finest_scorable_km: npt.ArrayLike | None = None,
    spot: npt.ArrayLike | None = None,
    thresholds_km: Sequence[float] = THRESHOLDS_KM,
    seed: int = 0,
) -> ErrorSummary:
    """All figures of one set of distances (km).

    ``finest_scorable_km`` says per photo the finest threshold its true position can judge (0 or
    absent: any); ``spot`` which photos belong together when intervals are computed.
    """
    distances = np.asarray(distance_km, dtype=np.float64)
    finest = np.zeros_like(distances) if finest_scorable_km is None else finest_scorable_km
    judged = np.asarray(finest, dtype=np.float64)
    groups = np.arange(distances.size) if spot is None else np.asarray(spot)
    fair: dict[float, Share] = {}
    every: dict[float, Share] = {}
    for km in thresholds_km:
        hits, counted = distances <= km, judged <= km
        every[km] = share(hits, spot=groups, seed=seed)
        fair[km] = share(hits[counted], spot=groups[counted], seed=seed)
    first, median, third = (
        np.quantile(distances, [0.25, 0.5, 0.75]) if distances.size else [float("nan")] * 3
    )
    return ErrorSummary(
        photos=int(distances.size),
        accuracy=fair,
        accuracy_every_photo=every,
        mean_km=float(distances.mean()) if distances.size else float("nan"),
        median_km=float(median),
        quartile_1_km=float(first),
        quartile_3_km=float(third),
        rmse_km=float(np.sqrt(np.mean(distances**2))) if distances.size else float("nan"),
        geoguessr_score=(
            float(geoguessr_score(distances).mean()) if distances.size else float("nan")
        ),
    )


def most_confident(confidence: npt.ArrayLike, fraction: float) -> IntArray:
    """Indices of the most confident ``fraction`` of the answers (at least one, rounded down)."""
    values = np.asarray(confidence, dtype=np.float64)
    if not values.size:
        return np.empty(0, dtype=np.int64)
    order = np.argsort(-values, kind="stable")
    return order[: max(1, int(values.size * fraction))].astype(np.int64)


def _shares_json(shares: Mapping[float, Share]) -> dict[str, Any]:
    return {f"{km:g}": value.to_json() for km, value in shares.items()}


def _finite(value: float) -> float | None:
    """JSON knows no NaN: absent figures are null."""
    return float(value) if np.isfinite(value) else None
