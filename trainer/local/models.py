"""Fitting a setting to photos: similar photos, coordinates, small cells, on a trunk's features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.cells import areas_km2
from geoguess_app.core.decision.fusion import fuse_crops, softmax
from geoguess_app.core.decision.posterior import PointPosterior
from geoguess_app.core.decision.retrieval import kernel_weights
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.geo.sphere import spherical_mean, unit_vectors
from geoguess_app.core.partition import Partition, build_partition
from geoguess_app.core.ranking import highest
from geoguess_app.core.types import FloatArray
from trainer.fitting.logistic import fit_many_classes
from trainer.local.settings import Examples, Setting
from trainer.local.spaces import PLAIN, FeatureMatrix, FeatureSpace, unit_length
from trainer.partitions.suggest import suggest_taus

SPREAD_KM = 0.01
"""As the program smears a similar photo's place: photos of one spot are some metres apart."""
PARTITION = "cells"
_STEPS = 60


@dataclass(frozen=True, eq=False)
class MiddleModel:
    """The floor: the middle of the training photos, whatever the photo shows."""

    vector: FloatArray

    def answers(self, features: FeatureMatrix) -> FloatArray:
        """The same point (3) for each photo."""
        return np.asarray(np.repeat(self.vector[None], len(features), axis=0))


def fit_middle(photos: Examples) -> MiddleModel:
    """Fit the floor from the photos' positions alone."""
    middle = spherical_mean(photos.latitude_deg, photos.longitude_deg)
    return MiddleModel(
        unit_vectors(np.array([middle.latitude_deg]), np.array([middle.longitude_deg]))[0]
    )


@dataclass(frozen=True, eq=False)
class SimilarPhotosModel:
    """Unit-vector mean of the nearest training photos, weighted by softmax(similarity / T)."""

    space: FeatureSpace
    embeddings: np.ndarray
    vectors: FloatArray
    neighbours: int
    temperature: float

    def similarities(self, vectors: np.ndarray) -> FloatArray:
        """Cosine similarity (n, bank) of vectors (n, d) in the space."""
        return np.asarray(vectors @ self.embeddings.T, dtype=np.float64)

    def posteriors(self, features: FeatureMatrix) -> list[PointPosterior]:
        """Return where each photo may be, as the program sees it."""
        return self.posteriors_of(features.photos(self.space))

    def posteriors_of(self, vectors: np.ndarray) -> list[PointPosterior]:
        """The same for vectors (n, d) in the space."""
        found = []
        for row in self.similarities(vectors):
            chosen = highest(row, self.neighbours)
            weights = kernel_weights(row[chosen], self.temperature)
            spread = np.full(len(chosen), SPREAD_KM)
            nowhere = np.full(len(chosen), -1, dtype=np.int64)
            found.append(PointPosterior(self.vectors[chosen], weights, spread, nowhere))
        return found

    def answers(self, features: FeatureMatrix) -> FloatArray:
        """Answer with the weighted means of the nearest photos."""
        means = [p.weights @ p.vectors for p in self.posteriors(features)]
        return np.asarray(unit_length(np.array(means).reshape(-1, 3)))


def fit_similar(photos: Examples, setting: Setting, space: FeatureSpace) -> SimilarPhotosModel:
    """The photos become the bank; nothing is trained."""
    # As the bundle stores them, so that a tie falls here as it will there.
    stored = photos.features.photos(space).astype(np.float16).astype(np.float32)
    return SimilarPhotosModel(
        space,
        unit_length(stored),
        unit_vectors(photos.latitude_deg, photos.longitude_deg),
        min(setting.neighbours, photos.size),
        setting.temperature,
    )


@dataclass(frozen=True, eq=False)
class CoordinatesModel:
    """Two numbers, linear in the features: degrees = (weight · f + bias) × std + mean."""

    weight: np.ndarray
    bias: np.ndarray
    mean: FloatArray
    std: FloatArray

    def answers(self, features: FeatureMatrix) -> FloatArray:
        """The coordinates as unit vectors."""
        given = features.crops(PLAIN).mean(axis=1) @ self.weight.T + self.bias
        degrees = given * self.std + self.mean
        return np.asarray(unit_vectors(np.clip(degrees[:, 0], -90.0, 90.0), degrees[:, 1]))


def fit_coordinates(photos: Examples, setting: Setting) -> CoordinatesModel:
    """Ridge regression in closed form, on coordinates standardised over the photos."""
    degrees = np.stack([photos.latitude_deg, photos.longitude_deg], axis=1)
    mean, std = degrees.mean(axis=0), np.maximum(degrees.std(axis=0), 1e-9)
    inputs = photos.features.crops(PLAIN).mean(axis=1).astype(np.float64)
    centre = inputs.mean(axis=0)
    centred = inputs - centre
    # The dual form: as many unknowns as photos, of which there are fewer than features.
    kernel = centred @ centred.T + setting.shrinkage * np.eye(photos.size)
    weight = np.linalg.solve(kernel, (degrees - mean) / std).T @ centred
    return CoordinatesModel(
        weight.astype(np.float32), (-weight @ centre).astype(np.float32), mean, std
    )


@dataclass(frozen=True, eq=False)
class SmallCellsModel:
    """The mean location of the likeliest cell; the head is linear on a space's vectors."""

    space: FeatureSpace
    partition: Partition
    weight: np.ndarray
    bias: np.ndarray
    temperature: float = 1.0

    @property
    def vectors(self) -> FloatArray:
        """Unit vectors (cells, 3) of the cells' mean locations."""
        return unit_vectors(self.partition.mean_latitude_deg, self.partition.mean_longitude_deg)

    def logits(self, features: FeatureMatrix) -> np.ndarray:
        """Compute the head's logits (n, crops, cells)."""
        return np.asarray(features.crops(self.space) @ self.weight.T + self.bias)

    def probabilities(self, features: FeatureMatrix) -> FloatArray:
        """(n, cells), crops averaged as the program does."""
        crops = softmax(self.logits(features), self.temperature)
        return np.stack([fuse_crops(photo, "mean") for photo in crops])

    def posteriors(self, features: FeatureMatrix) -> list[PointPosterior]:
        """Return where each photo may be, as the program sees it."""
        spread = np.sqrt(areas_km2(self.partition.cell_ids) / np.pi) / 2.0
        cells = np.arange(self.partition.size)
        return [
            PointPosterior(self.vectors, row, spread, cells) for row in self.probabilities(features)
        ]

    def answers(self, features: FeatureMatrix) -> FloatArray:
        """The likeliest cells' mean locations."""
        return np.asarray(self.vectors[self.probabilities(features).argmax(axis=1)])


def fit_cells(photos: Examples, setting: Setting, space: FeatureSpace) -> SmallCellsModel:
    """Cells that hold at most a share of the photos, or as many as the photos can teach, told
    apart by logistic regression."""
    tau_min, tau_max = _taus(photos, setting.largest_share)
    build = build_partition(
        photos.latitude_deg, photos.longitude_deg, name=PARTITION, tau_min=tau_min, tau_max=tau_max
    )
    inside = np.flatnonzero(build.labels >= 0)
    inputs = photos.features.photos(space)[inside]
    weight, bias = fit_many_classes(
        inputs, build.labels[inside], build.partition.size, decay=setting.shrinkage, steps=_STEPS
    )
    return SmallCellsModel(space, build.partition, weight, bias)


def _taus(photos: Examples, largest_share: float) -> tuple[int, int]:
    """Fewest and most photos of a cell; for a share of 0 as ``partition --suggest`` says."""
    if largest_share <= 0.0:
        try:
            return suggest_taus(photos.latitude_deg, photos.longitude_deg).taus[-1]
        except PartitionError:
            largest_share = 0.5
    return 1, max(2, int(largest_share * photos.size))


Model = SimilarPhotosModel | CoordinatesModel | SmallCellsModel


def fit_model(photos: Examples, setting: Setting, space: FeatureSpace) -> Model:
    """Learn from photos as a setting says."""
    if setting.kind == "retrieval":
        return fit_similar(photos, setting, space)
    if setting.kind == "regression":
        return fit_coordinates(photos, setting)
    return fit_cells(photos, setting, space)
