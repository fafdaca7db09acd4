"""Spaces in which photos are compared: a trunk's features as they are, or their main directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geoguess_app.core.bundle.networks import L2NORM, LayerConfig, linear

SpaceName = Literal["world", "plain", "here"]
"""Directions that tell this area's photos and those of the whole world apart (as the starter model
knows them); features as they are; directions of this area's photos alone."""
LinearStep = tuple[np.ndarray, np.ndarray]
"""A linear layer: matrix (out, in), offset (out)."""
SMALLEST_VARIANCE = 1e-6
"""Of the largest: directions with less hold rounding."""


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """The vectors along the last axis at length 1."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12))


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """l2norm, and after each linear step l2norm again."""

    steps: tuple[LinearStep, ...] = ()
    parent: FeatureSpace | None = None
    """The space without the last step."""

    @property
    def layers(self) -> tuple[LayerConfig, ...]:
        """Describe the layers as a bundle does."""
        layers = [L2NORM]
        for matrix, _ in self.steps:
            layers += [linear(matrix.shape[1], matrix.shape[0]), L2NORM]
        return tuple(layers)

    def tensors(self) -> dict[str, np.ndarray]:
        """Give the tensors as a bundle stores them."""
        stored = {}
        for number, (matrix, offset) in enumerate(self.steps):
            stored[f"layers.{2 * number + 1}.weight"] = matrix
            stored[f"layers.{2 * number + 1}.bias"] = offset
        return stored


PLAIN = FeatureSpace()


class FeatureMatrix:
    """A trunk's pooled features (n, crops, F) of photos, and their vectors in spaces, each computed
    once."""

    def __init__(
        self, pooled: np.ndarray, crops: Mapping[FeatureSpace, np.ndarray] | None = None
    ) -> None:
        self.pooled = pooled
        self._crops = dict(crops or {})
        self._photos: dict[FeatureSpace, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.pooled)

    def __getitem__(self, rows: np.ndarray) -> FeatureMatrix:
        return FeatureMatrix(
            self.pooled[rows], {space: known[rows] for space, known in self._crops.items()}
        )

    def crops(self, space: FeatureSpace) -> np.ndarray:
        """(n, crops, d) of length 1."""
        if space not in self._crops:
            if not space.steps:
                made = unit_length(np.asarray(self.pooled, dtype=np.float32))
            else:
                matrix, offset = space.steps[-1]
                made = unit_length(self.crops(space.parent or PLAIN) @ matrix.T + offset)
            self._crops[space] = made
        return self._crops[space]

    def photos(self, space: FeatureSpace) -> np.ndarray:
        """One vector per photo (n, d) of length 1, as the program averages crops."""
        if space not in self._photos:
            self._photos[space] = unit_length(self.crops(space).mean(axis=1))
        return self._photos[space]


@dataclass(frozen=True, eq=False)
class WorldBank:
    """The knowledge of the starter model about photos from all over the world, on the same trunk.

    ``space`` its projection; ``directions`` (a, d), ``others`` (b, d) its photos in two parts that
    share no place: one to find directions with, one to stand for photos from elsewhere; the
    coordinates are those of ``others``, in degrees.
    """

    space: FeatureSpace
    directions: np.ndarray
    others: np.ndarray
    latitude_deg: np.ndarray
    longitude_deg: np.ndarray


def make_feature_space(
    name: SpaceName, features: FeatureMatrix, world: WorldBank | None, size: int, whitening: float
) -> FeatureSpace:
    """A space by its name, from the photos; no position is looked at."""
    if name == "plain":
        return PLAIN
    if name == "here":
        flat = features.photos(PLAIN).astype(np.float64)
        mean = flat.mean(axis=0)
        values, vectors = _principal(flat - mean)
        return FeatureSpace((_even_out(mean, values, vectors, size, whitening),))
    assert world is not None
    known = features.crops(world.space)
    known = known.reshape(-1, known.shape[-1]).astype(np.float64)
    step = _half_and_half(known, world.directions, size, whitening)
    return FeatureSpace((*world.space.steps, step), world.space)


def _half_and_half(here: np.ndarray, there: np.ndarray, size: int, whitening: float) -> LinearStep:
    """Directions of this area's photos and of the world's, both counting the same."""
    mean = (here.mean(axis=0) + there.mean(axis=0)) / 2.0
    covariance = sum(
        ((part - mean).T @ (part - mean) / (2.0 * len(part)) for part in (here, there)),
        np.zeros((len(mean), len(mean))),
    )
    values, vectors = np.linalg.eigh(covariance)
    return _even_out(mean, values[::-1], vectors[:, ::-1], size, whitening)


def _even_out(
    mean: np.ndarray, values: np.ndarray, vectors: np.ndarray, size: int, whitening: float
) -> LinearStep:
    """The ``size`` directions of the largest variance, each divided by its standard deviation to
    the power ``whitening``.

    Jégou and Chum, "Negative evidences and co-occurrences in image retrieval", ECCV 2012.
    """
    kept = values[:size] > SMALLEST_VARIANCE * values[0]
    values, vectors = values[:size][kept], vectors[:, :size][:, kept]
    matrix = (vectors * (values / values[0]) ** (-whitening / 2.0)).T
    stored = np.ascontiguousarray(matrix, dtype=np.float32)
    return stored, (-stored.astype(np.float64) @ mean).astype(np.float32)


def _principal(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variances, falling, and directions as columns; through the smaller of the two matrices."""
    rows, columns = centred.shape
    if rows >= columns:
        values, vectors = np.linalg.eigh(centred.T @ centred / rows)
        return values[::-1], vectors[:, ::-1]
    values, left = np.linalg.eigh(centred @ centred.T / rows)
    values, left = values[::-1], left[:, ::-1]
    scale = np.sqrt(np.maximum(values, 1e-30) * rows)
    return values, (centred.T @ left) / scale


def spaces_of(
    features: FeatureMatrix,
    names: tuple[SpaceName, ...],
    world: WorldBank | None,
    size: int,
    power: float,
) -> Mapping[SpaceName, FeatureSpace]:
    """The spaces that can be made, by name."""
    return {
        name: make_feature_space(name, features, world, size, power)
        for name in names
        if name != "world" or world is not None
    }
