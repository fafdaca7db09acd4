"""Partitions, the basic head, the multi-scale heads and the Context-Specific Networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.decision.posterior import distances_km
from geoguess_app.core.decision.scenes import S3_NAMES
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.network.network import Network
from geoguess_app.core.partition import (
    Partition,
    PartitionReport,
    PartitionRules,
    PhotoPlaces,
    build_partitions,
)
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.photo_table import GeoTable
from trainer.common.recipe_sections import PartitionChoice
from trainer.starter.heads import one_hot, train_network
from trainer.starter.recipe import GeoTraining
from trainer.starter.space import head_config


@dataclass(frozen=True, eq=False)
class GeoLabels:
    """Partitions coarse to fine and each training photo's class in them, -1 where dropped."""

    partitions: tuple[Partition, ...]
    labels: tuple[IntArray, ...]
    reports: tuple[PartitionReport, ...]


def make_partitions(table: GeoTable, choices: Sequence[PartitionChoice]) -> GeoLabels:
    """The partitions of the photos' places, as the recipe orders them (coarse to fine)."""
    builds = build_partitions(
        PhotoPlaces(table.latitude_deg, table.longitude_deg),
        [PartitionRules(choice.name, choice.tau_min, choice.tau_max) for choice in choices],
        # Photos far from every kept cell must not be lost: they are rare and all there is.
        reassign_within_km=2500.0,
    )
    return GeoLabels(
        tuple(build.partition for build in builds),
        tuple(build.labels for build in builds),
        tuple(build.report for build in builds),
    )


def cell_targets(
    table: GeoTable, labels: IntArray, partition: Partition, smoothing_km: float
) -> FloatArray:
    """Soft labels (n, cells): exp(-(d_cell - d_own) / smoothing_km), scaled to sum to 1.

    d is the distance from the photo to a cell's mean location: a near miss costs less than a far
    one (Haas et al., "PIGEON", CVPR 2024). 0 km gives hard labels.
    """
    hard = one_hot(labels, partition.size)
    if smoothing_km <= 0.0:
        return hard
    photos = unit_vectors(table.latitude_deg, table.longitude_deg)
    means = unit_vectors(partition.mean_latitude_deg, partition.mean_longitude_deg)
    distance = distances_km(photos[:, None, :], means[None, :, :])
    own = distance[np.arange(len(labels)), np.maximum(labels, 0)]
    soft = np.exp(-np.maximum(distance - own[:, None], 0.0) / smoothing_km)
    soft = np.where((labels >= 0)[:, None], soft, 0.0)
    return np.asarray(soft / np.maximum(soft.sum(axis=1, keepdims=True), 1e-12))


def geo_targets(table: GeoTable, geo: GeoLabels, smoothing_km: float) -> dict[str, FloatArray]:
    """Soft labels of every partition's head."""
    return {
        partition.name: cell_targets(table, labels, partition, smoothing_km)
        for partition, labels in zip(geo.partitions, geo.labels, strict=True)
    }


def train_base(
    vectors: np.ndarray, targets: Mapping[str, FloatArray], training: GeoTraining, title: str = ""
) -> Network:
    """Heads on the space's vectors; with one head only, Report A's basic predictor."""
    heads = {name: rows.shape[1] for name, rows in targets.items()}
    return train_network(head_config(heads), vectors, targets, training.schedule, title=title)


def train_context(
    base: Network,
    vectors: np.ndarray,
    targets: Mapping[str, FloatArray],
    scenes: FloatArray,
    training: GeoTraining,
) -> dict[str, Network]:
    """Heads per scene, fine-tuned from the multi-scale ones, on the photos whose scene
    probability (n, 3) is above τ_s; the base heads for a scene with too few photos."""
    networks = {}
    for index, scene in enumerate(S3_NAMES):
        rows = np.flatnonzero(scenes[:, index] > training.context_threshold)
        if len(rows) < training.context_schedule.batch:
            networks[scene] = base
            continue
        networks[scene] = train_network(
            base.config,
            vectors[rows],
            {name: values[rows] for name, values in targets.items()},
            training.context_schedule,
            start=base,
        )
    return networks
