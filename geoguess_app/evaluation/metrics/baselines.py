"""Baselines: what a perfect and what a blind model would reach, the ceiling and the floor of an
accuracy.

Both depend only on the cells and on where the photos lie, so they say how hard a set is for a
model and how much of its accuracy is knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.partition import Partition
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.metrics.distances import THRESHOLDS_KM, geoguessr_score

PAIRS_AT_ONCE = 1 << 21
"""Photos are compared with all points in chunks of that many distances: 16 MB."""
MAXIMUM_KM = 20016
FINE_METRES = 100_000


@dataclass(frozen=True)
class Floor:
    """Expected figures of answers drawn from the training prior.

    Nothing is drawn: every photo is judged against every cell's mean location, weighted by that
    cell's training photos, which is the exact expectation. Shares are 0…1, distances km.
    """

    photos: Mapping[float, int]
    """How many photos count at each threshold."""
    accuracy: Mapping[float, float]
    accuracy_every_photo: Mapping[float, float]
    mean_km: float
    median_km: float
    geoguessr_score: float
    cumulative: FloatArray
    """(20017,) share of the draws that end less than 1, 2, 3, … km from the truth."""
    cumulative_metres: FloatArray
    """(100000,) the same for 1, 2, 3, … metres."""
    by_photo: FloatArray
    """(n, thresholds) share of the draws within each threshold, per photo."""

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys."""
        return {
            "method": "expected value of answers drawn from the training photos' cells",
            "accuracy": {
                f"{km:g}": {
                    "share": value if self.photos[km] else None,
                    "photos": self.photos[km],
                }
                for km, value in self.accuracy.items()
            },
            "accuracy_every_photo": {
                f"{km:g}": {"share": value} for km, value in self.accuracy_every_photo.items()
            },
            "mean_km": self.mean_km,
            "median_km": self.median_km,
            "geoguessr_score": self.geoguessr_score,
        }


@dataclass(frozen=True)
class PriorPoints:
    """Points that answers may be drawn from: (m,) degrees, and how likely each is (any positive
    sum)."""

    latitude_deg: FloatArray
    longitude_deg: FloatArray
    weights: FloatArray

    @classmethod
    def of_cells(cls, partition: Partition) -> PriorPoints:
        """The cells' mean locations by their number of training photos."""
        counts = partition.photo_counts.astype(np.float64)
        return cls(partition.mean_latitude_deg, partition.mean_longitude_deg, counts)


def floor(
    points: PriorPoints | Partition,
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    *,
    finest_scorable_km: npt.ArrayLike | None = None,
    thresholds_km: Sequence[float] = THRESHOLDS_KM,
) -> Floor:
    """The floor on these cells or points for photos (≥ 1) at these true positions, degrees.

    The median is exact to 1 km or, below 100 km, to 1 m.
    """
    if isinstance(points, Partition):
        points = PriorPoints.of_cells(points)
    latitude, longitude = _arrays(latitude_deg, longitude_deg)
    judged = (
        np.zeros_like(latitude)
        if finest_scorable_km is None
        else np.asarray(finest_scorable_km, dtype=np.float64)
    )
    weights = points.weights / points.weights.sum()
    hits = np.zeros((latitude.size, len(thresholds_km)))
    histogram = np.zeros(MAXIMUM_KM + 1)
    metres = np.zeros(FINE_METRES + 1)
    mean = score = 0.0
    for part in _chunks(latitude.size, len(points.weights)):
        distances = _to_points(points, latitude[part], longitude[part])
        spread = np.broadcast_to(weights, distances.shape).ravel()
        for column, km in enumerate(thresholds_km):
            hits[part, column] = (distances <= km) @ weights
        mean += float((distances @ weights).sum())
        score += float((geoguessr_score(distances) @ weights).sum())
        whole_km = distances.astype(np.int64).ravel()
        histogram += np.bincount(whole_km, weights=spread, minlength=MAXIMUM_KM + 1)
        whole_m = np.minimum(1000.0 * distances, FINE_METRES).astype(np.int64).ravel()
        metres += np.bincount(whole_m, weights=spread, minlength=FINE_METRES + 1)
    counted = {km: judged <= km for km in thresholds_km}
    return Floor(
        photos={km: int(chosen.sum()) for km, chosen in counted.items()},
        accuracy={
            km: float(hits[counted[km], column].mean()) if counted[km].any() else float("nan")
            for column, km in enumerate(thresholds_km)
        },
        accuracy_every_photo={
            km: float(hits[:, column].mean()) for column, km in enumerate(thresholds_km)
        },
        mean_km=mean / latitude.size,
        median_km=_median_km(histogram, metres, latitude.size / 2),
        geoguessr_score=score / latitude.size,
        cumulative=np.asarray(np.cumsum(histogram) / latitude.size),
        cumulative_metres=np.asarray(np.cumsum(metres[:-1]) / latitude.size),
        by_photo=hits,
    )


def _median_km(histogram: FloatArray, metres: FloatArray, half: float) -> float:
    if metres[:-1].sum() > half:
        return float(np.searchsorted(np.cumsum(metres), half)) / 1000.0
    return float(np.searchsorted(np.cumsum(histogram), half))


@dataclass(frozen=True)
class Ceiling:
    """Distances (n,) in km that a perfect choice would leave, and how many truths lie outside."""

    distance_km: FloatArray
    outside_cells: int


def cell_ceiling(
    partition: Partition, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike
) -> Ceiling:
    """A classifier that always names the right cell and answers with its mean location.

    A truth outside every cell gets the nearest cell mean, the best any choice of cell could do.
    """
    latitude, longitude = _arrays(latitude_deg, longitude_deg)
    classes = np.asarray(partition.class_at(latitude, longitude))
    distances = great_circle_km(
        latitude,
        longitude,
        partition.mean_latitude_deg[classes],
        partition.mean_longitude_deg[classes],
    )
    outside = np.flatnonzero(classes < 0)
    if outside.size:
        means = PriorPoints.of_cells(partition)
        nearest = nearest_ceiling(means, latitude[outside], longitude[outside])
        distances[outside] = nearest.distance_km
    return Ceiling(distances, int(outside.size))


def nearest_ceiling(
    points: PriorPoints, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike
) -> Ceiling:
    """Whoever answers with one of these points could not come closer than the nearest."""
    latitude, longitude = _arrays(latitude_deg, longitude_deg)
    distances = np.zeros(latitude.size)
    for part in _chunks(latitude.size, len(points.weights)):
        distances[part] = _to_points(points, latitude[part], longitude[part]).min(axis=1)
    return Ceiling(distances, 0)


def bank_ceiling(
    partition: Partition,
    bank_latitude_deg: npt.ArrayLike,
    bank_longitude_deg: npt.ArrayLike,
    bank_class: npt.ArrayLike,
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
) -> Ceiling:
    """Compute the ceiling, as ``cell_ceiling`` does, answering with the best single bank photo
    inside the right cell.

    Where the right cell holds no bank photo its mean location is used. Answers that average
    several bank photos may do better still, so this is a ceiling of single look-alikes.
    """
    latitude, longitude = _arrays(latitude_deg, longitude_deg)
    means = cell_ceiling(partition, latitude, longitude)
    distances = means.distance_km.copy()
    classes = np.asarray(partition.class_at(latitude, longitude))
    members = _members(np.asarray(bank_class))
    bank_latitude, bank_longitude = _arrays(bank_latitude_deg, bank_longitude_deg)
    for photo, chosen in enumerate(classes.tolist()):
        inside = members.get(chosen) if chosen >= 0 else None
        if inside is not None:
            distances[photo] = great_circle_km(
                latitude[photo], longitude[photo], bank_latitude[inside], bank_longitude[inside]
            ).min()
    return Ceiling(distances, means.outside_cells)


def _members(bank_class: IntArray) -> dict[int, IntArray]:
    order = np.argsort(bank_class, kind="stable")
    classes, starts = np.unique(bank_class[order], return_index=True)
    parts = np.split(order, starts[1:])
    return dict(zip(classes.tolist(), parts, strict=True))


def _chunks(photos: int, points: int) -> Iterator[slice]:
    step = max(1, PAIRS_AT_ONCE // max(1, points))
    return (slice(start, start + step) for start in range(0, photos, step))


def _to_points(points: PriorPoints, latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    """Distances (photos, points), km."""
    return great_circle_km(
        latitude[:, None], longitude[:, None], points.latitude_deg, points.longitude_deg
    )


def _arrays(latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    return (
        np.atleast_1d(np.asarray(latitude, dtype=np.float64)),
        np.atleast_1d(np.asarray(longitude, dtype=np.float64)),
    )
