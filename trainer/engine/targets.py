"""Targets: the classes in each partition that a photo's position means for the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.partition import (
    Partition,
    PartitionRules,
    PhotoPlaces,
    build_partitions,
    read_cells_csv,
)
from geoguess_app.core.partition.reassign import reassign
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.errors import TrainError
from trainer.engine.recipe import TrainRecipe


@dataclass(frozen=True, eq=False)
class Targets:
    """Partitions, coarse to fine, and how photos outside of all cells are treated."""

    partitions: tuple[Partition, ...]
    reassign_km: float

    def classes(self, latitude_deg: FloatArray, longitude_deg: FloatArray) -> IntArray:
        """(n, partitions) the cell that holds each point, -1 where none does."""
        if not self.partitions:
            return np.zeros((len(latitude_deg), 0), dtype=np.int64)
        return np.stack([p.class_at(latitude_deg, longitude_deg) for p in self.partitions], axis=1)

    def training_classes(self, latitude_deg: FloatArray, longitude_deg: FloatArray) -> IntArray:
        """Give classes as ``classes``, but photos of dropped cells join the nearest kept cell near
        enough."""
        classes = self.classes(latitude_deg, longitude_deg)
        points = unit_vectors(latitude_deg, longitude_deg)
        for column in range(classes.shape[1]):
            if (classes[:, column] >= 0).any():
                classes[:, column] = reassign(points, classes[:, column], self.reassign_km)
        return classes


def make_targets(
    recipe: TrainRecipe,
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
    folder: Path | None = None,
) -> Targets:
    """The recipe's partitions, built of the training photos' positions or read from ``folder``
    (``NAME.csv`` each, as ``geoguess-train partition`` writes them)."""
    choices = recipe.partitions if recipe.task == "cells" else ()
    if folder is not None:
        read = tuple(_read(folder / f"{choice.name}.csv", choice.name) for choice in choices)
        return Targets(read, recipe.cells.reassign_km)
    if not choices:
        return Targets((), recipe.cells.reassign_km)
    builds = build_partitions(
        PhotoPlaces(latitude_deg, longitude_deg),
        [PartitionRules(choice.name, choice.tau_min, choice.tau_max) for choice in choices],
        reassign_within_km=recipe.cells.reassign_km,
    )
    return Targets(tuple(build.partition for build in builds), recipe.cells.reassign_km)


def _read(path: Path, name: str) -> Partition:
    if not path.is_file():
        raise TrainError(f"{path}: there is no such cells table.", code="missing")
    return read_cells_csv(path, name)
