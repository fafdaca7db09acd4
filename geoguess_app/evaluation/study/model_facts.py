"""Facts of a model that the figures need: its cells, its bank, where it was trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.decision.model import cell_spread_km
from geoguess_app.core.geo.sphere import great_circle_km, spherical_mean
from geoguess_app.core.partition import Partition
from geoguess_app.core.types import Coordinate, FloatArray, IntArray
from geoguess_app.evaluation.metrics.scale import Scale, scale_for_extent

if TYPE_CHECKING:
    from geoguess_app.core.bundle.manifest import RegressionConfig
    from geoguess_app.evaluation.answers.collect import EvaluatedModel

MEDIAN_OF_ROUND_NORMAL = 1.1774
"""Half of a round normal distribution lies within this many standard deviations."""


@dataclass(frozen=True)
class BankPlaces:
    """The places of the photos in a bundle's retrieval bank: (n,) degrees, cell index."""

    latitude_deg: FloatArray
    longitude_deg: FloatArray
    cell_index: IntArray


@dataclass(frozen=True)
class ModelFacts:
    """Facts about the model that is judged, and how it was run.

    ``center`` is the mean point of the training photos and ``extent_km`` the median distance from
    it, as far as the bundle tells; ``scale`` the distances that fit that.
    """

    name: str
    kind: str
    device: str
    crops: int
    partitions: tuple[Partition, ...]
    bank: BankPlaces | None
    center: Coordinate | None
    extent_km: float
    scale: Scale


def model_facts(predictor: EvaluatedModel, scale: Scale | None = None) -> ModelFacts:
    """The facts of a loaded model; ``scale`` instead of the one that fits its extent."""
    bundle = predictor.bundle
    manifest = bundle.manifest
    partitions = tuple(bundle.partitions)
    bank = None
    if manifest.retrieval is not None:
        tensors = bundle.tensors(manifest.retrieval.weights)
        bank = BankPlaces(
            np.asarray(tensors["latitude_deg"], dtype=np.float64),
            np.asarray(tensors["longitude_deg"], dtype=np.float64),
            np.asarray(tensors["fine_class"], dtype=np.int64),
        )
    center, extent_km = _area(partitions, bank, manifest.regression)
    return ModelFacts(
        name=manifest.title,
        kind=manifest.kind,
        device=predictor.device_name,
        crops=predictor.crops,
        partitions=partitions,
        bank=bank,
        center=center,
        extent_km=extent_km,
        scale=scale or scale_for_extent(extent_km),
    )


def _area(
    partitions: tuple[Partition, ...], bank: BankPlaces | None, regression: RegressionConfig | None
) -> tuple[Coordinate | None, float]:
    """Mean point and median distance from it of the training photos."""
    if partitions:
        finest = partitions[-1]
        center, extent_km = _spread(
            finest.mean_latitude_deg, finest.mean_longitude_deg, finest.photo_counts
        )
        # Of a single cell, the size says how far apart its photos may lie.
        return center, max(extent_km, float(np.median(cell_spread_km(finest))))
    if bank is not None:
        return _spread(bank.latitude_deg, bank.longitude_deg, np.ones(len(bank.latitude_deg)))
    if regression is None:
        return None, float("inf")
    latitude, longitude = regression.mean
    middle = Coordinate(latitude, longitude)
    one_off = great_circle_km(
        latitude,
        longitude,
        np.array([latitude + regression.std[0], latitude]),
        np.array([longitude, longitude + regression.std[1]]),
    )
    return middle, float(MEDIAN_OF_ROUND_NORMAL * np.sqrt(np.mean(one_off**2)))


def _spread(
    latitude_deg: FloatArray, longitude_deg: FloatArray, weights: FloatArray | IntArray
) -> tuple[Coordinate, float]:
    counted = np.asarray(weights, dtype=np.float64)
    if not counted.sum() > 0:
        counted = np.ones_like(counted)
    center = spherical_mean(latitude_deg, longitude_deg, counted)
    distances = great_circle_km(
        center.latitude_deg, center.longitude_deg, latitude_deg, longitude_deg
    )
    order = np.argsort(distances)
    passed = np.cumsum(counted[order])
    return center, float(distances[order][np.searchsorted(passed, passed[-1] / 2)])
