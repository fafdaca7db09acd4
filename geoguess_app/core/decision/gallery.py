"""A gallery of located embeddings: what a picture's embedding says about every one of them.

A contrastive model such as GeoCLIP (Vivanco Cepeda, Nayak and Shah, "GeoCLIP: Clip-Inspired
Alignment between Locations and Images for Effective Worldwide Geo-localization", NeurIPS 2023)
compares a picture with points of the Earth. Its softmax over a gallery carries the gallery's own
density, and one place holds many points: here the points are thinned by that density and gathered
into the cells of partitions, so that the rest of the decision is that of any other model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.calibration.model import GalleryWeights
from geoguess_app.core.cells import areas_km2, leaf_ids
from geoguess_app.core.decision.posterior import PointPosterior
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.partition import Partition
from geoguess_app.core.types import FloatArray, IntArray

POINTS_KEPT = 1024
CELLS_KEPT = 512
"""So many of the heaviest points speak for themselves, and so many cells for the others in them;
what is left lies at the means of the coarsest cells. A decision looks at every one of them."""


@dataclass(frozen=True, eq=False)
class Gallery:
    """Located embeddings (n, d) float32 of length 1, and where they lie.

    ``scale`` multiplies cosine similarities before the softmax. ``classes`` (partitions, n): each
    point's class in each partition, coarse to fine, -1 outside all cells. ``log_density`` (n): log
    of the gallery's points per km² around each point, relative to the mean of all points.
    ``coarse_of`` (n_fine): each finest cell's class in the coarsest partition, -1 for none; with
    these ``coarse_vectors`` (n_coarse, 3) and ``coarse_spread_km`` (n_coarse).
    """

    embeddings: np.ndarray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    vectors: FloatArray
    scale: float
    classes: IntArray
    log_density: FloatArray
    coarse_of: IntArray
    coarse_vectors: FloatArray
    coarse_spread_km: FloatArray

    @property
    def size(self) -> int:
        """Return how many points the gallery holds."""
        return len(self.latitude_deg)


def build_gallery(
    embeddings: np.ndarray,
    latitude_deg: np.ndarray,
    longitude_deg: np.ndarray,
    scale: float,
    partitions: Sequence[Partition],
) -> Gallery:
    """Make a gallery ready for look-ups in these partitions (coarse to fine, at least one)."""
    latitude = np.asarray(latitude_deg, dtype=np.float64)
    longitude = np.asarray(longitude_deg, dtype=np.float64)
    leaves = leaf_ids(latitude, longitude)
    classes = np.stack([partition.class_of(leaves) for partition in partitions])
    coarse = partitions[0]
    return Gallery(
        # Files hold half precision; a product in it is slower here than one in single precision.
        embeddings=np.ascontiguousarray(embeddings, dtype=np.float32),
        latitude_deg=latitude,
        longitude_deg=longitude,
        vectors=unit_vectors(latitude, longitude),
        scale=scale,
        classes=classes.astype(np.int64),
        log_density=_log_density(classes[-1], partitions[-1]),
        coarse_of=coarse.class_of(partitions[-1].cell_ids),
        coarse_vectors=unit_vectors(coarse.mean_latitude_deg, coarse.mean_longitude_deg),
        coarse_spread_km=np.sqrt(areas_km2(coarse.cell_ids) / np.pi) / 2.0,
    )


def _log_density(classes: IntArray, finest: Partition) -> FloatArray:
    """Points per km² of each point's finest cell, as a log around its mean; 0 outside all cells.

    The cells are small where points are many, which makes this a nearest-neighbour estimate.
    """
    inside = classes >= 0
    counts = np.bincount(classes[inside], minlength=finest.size)
    density = np.log(np.maximum(counts, 1) / areas_km2(finest.cell_ids))
    result = np.zeros(len(classes))
    if inside.any():
        result[inside] = density[classes[inside]]
        result[inside] -= result[inside].mean()
    return result


def cosine_similarities(gallery: Gallery, embedding: np.ndarray) -> FloatArray:
    """Cosine similarity (n) of a photo to every point, the mean over its crops (k, d)."""
    crops = np.asarray(embedding, dtype=np.float64)
    crops = crops / np.maximum(np.linalg.norm(crops, axis=1, keepdims=True), 1e-12)
    mean = crops.mean(axis=0).astype(np.float32)
    return np.asarray(gallery.embeddings @ mean, dtype=np.float64)


def point_probabilities(
    gallery: Gallery, similarity: FloatArray, fitted: GalleryWeights
) -> FloatArray:
    """The probability (n) of every point: softmax(scale · similarity / temperature), divided by
    the gallery's density there to the power ``density_exponent``."""
    logits = gallery.scale * similarity / fitted.temperature
    logits = logits - fitted.density_exponent * gallery.log_density
    weights = np.exp(logits - logits.max())
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def cell_probabilities(
    gallery: Gallery, points: FloatArray, partitions: Sequence[Partition]
) -> list[FloatArray]:
    """Probabilities of each partition's cells: the points gathered into them.

    Points outside all cells of a partition have no vote there.
    """
    found = []
    for classes, partition in zip(gallery.classes, partitions, strict=True):
        inside = classes >= 0
        mass = np.bincount(classes[inside], points[inside], minlength=partition.size)
        total = mass.sum()
        found.append(mass / total if total > 0 else np.full(partition.size, 1 / partition.size))
    return found


def gallery_posterior(
    gallery: Gallery,
    points: FloatArray,
    cells: FloatArray,
    cell_vectors: FloatArray,
    cell_spread_km: FloatArray,
    mode_km: float,
) -> PointPosterior:
    """The posterior over points: each cell's probability (n_fine), spread over the points inside
    it by their own.

    The ``POINTS_KEPT`` heaviest points stand for themselves, each smeared over ``mode_km``; what
    the others hold lies at the mean of their cell, for the ``CELLS_KEPT`` heaviest of these, and at
    that of their coarsest cell for the rest.
    """
    classes = gallery.classes[-1]
    inside = classes >= 0
    mass = np.bincount(classes[inside], points[inside], minlength=len(cells))
    weights = np.zeros_like(points)
    weights[inside] = points[inside] * (cells / np.maximum(mass, 1e-300))[classes[inside]]
    kept = _heaviest(weights, POINTS_KEPT)
    rest = cells - np.bincount(classes[kept], weights[kept], minlength=len(cells))
    own = _heaviest(np.maximum(rest, 0.0), CELLS_KEPT)
    spoken = rest[own].copy()
    rest[own] = 0.0
    known = gallery.coarse_of >= 0
    wide = np.bincount(
        gallery.coarse_of[known],
        np.maximum(rest[known], 0.0),
        minlength=len(gallery.coarse_vectors),
    )
    far = np.flatnonzero(wide > 0.0)
    return PointPosterior(
        np.concatenate([gallery.vectors[kept], cell_vectors[own], gallery.coarse_vectors[far]]),
        np.concatenate([weights[kept], spoken, wide[far]]),
        np.concatenate(
            [np.full(len(kept), mode_km), cell_spread_km[own], gallery.coarse_spread_km[far]]
        ),
        np.concatenate([classes[kept], own, np.full(len(far), -1)]),
    )


def _heaviest(weights: FloatArray, most: int) -> IntArray:
    """Indices of the ``most`` largest weights above 0, in ascending order."""
    count = min(most, len(weights))
    chosen = np.sort(np.argpartition(-weights, count - 1)[:count])
    return np.asarray(chosen[weights[chosen] > 0.0], dtype=np.int64)
