"""Look-alike training photos: cosine similarities against the bank, neighbours, kernel weights.

Embeddings are compared per crop and averaged, so the order of the crops is of no account.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.geo.sphere import great_circle_km, unit_vectors
from geoguess_app.core.types import FloatArray, IntArray

OTHER_PLACE_KM = 25.0
"""A neighbour farther than this from the best one speaks for another place."""


@dataclass(frozen=True, eq=False)
class Bank:
    """The training photos that a bundle carries: L2-normalised embeddings and where they were.

    ``embeddings`` float32 (n, d); coordinates in degrees (n); ``fine_class`` the class in the
    finest partition (n), -1 outside all cells.
    """

    embeddings: np.ndarray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    fine_class: IntArray
    vectors: FloatArray
    """Unit vectors (n, 3) of the coordinates."""
    by_class: IntArray
    """Bank indices sorted by fine class, with ``class_starts`` the first of each."""
    class_starts: IntArray

    @property
    def size(self) -> int:
        """Return how many photos the bank holds."""
        return len(self.latitude_deg)

    def members(self, fine_class: int) -> IntArray:
        """Bank indices of the photos inside one cell of the finest partition."""
        return self.by_class[self.class_starts[fine_class] : self.class_starts[fine_class + 1]]


def build_bank(
    embeddings: np.ndarray,
    latitude_deg: np.ndarray,
    longitude_deg: np.ndarray,
    fine_class: np.ndarray,
    cells: int,
) -> Bank:
    """Make a bank over ``cells`` cells ready for look-ups; embeddings are normalised again."""
    wide = np.asarray(embeddings, dtype=np.float32)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    latitude = np.asarray(latitude_deg, dtype=np.float64)
    longitude = np.asarray(longitude_deg, dtype=np.float64)
    classes = np.asarray(fine_class, dtype=np.int64)
    order = np.argsort(classes, kind="stable")
    starts = np.searchsorted(classes[order], np.arange(cells + 1))
    return Bank(
        embeddings=wide / np.maximum(length, 1e-12),
        latitude_deg=latitude,
        longitude_deg=longitude,
        fine_class=classes,
        vectors=unit_vectors(latitude, longitude),
        by_class=order.astype(np.int64),
        class_starts=starts.astype(np.int64),
    )


def photo_vector(embedding: np.ndarray) -> np.ndarray:
    """One vector (d) float32 of length 1 for a photo's crops (k, d): the mean of the normalised
    ones, normalised again."""
    crops = np.asarray(embedding, dtype=np.float64)
    crops = crops / np.maximum(np.linalg.norm(crops, axis=1, keepdims=True), 1e-12)
    mean = crops.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)


def similarities(bank: Bank, embedding: np.ndarray) -> FloatArray:
    """Cosine similarity (n) of a photo's crops (k, d), as one vector, to each bank photo."""
    return np.asarray(bank.embeddings @ photo_vector(embedding), dtype=np.float64)


def kernel_weights(similarity: FloatArray, temperature: float) -> FloatArray:
    """softmax(similarity / temperature): sums to 1."""
    weights = np.exp((similarity - similarity.max()) / temperature)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def margin(bank: Bank, similarity: FloatArray, neighbours: IntArray) -> float:
    """Return how much more alike the best neighbour is than the best one at another place.

    With no other place among the neighbours, the margin to the last neighbour.
    """
    other = best_elsewhere(bank, neighbours)
    return float(similarity[neighbours[0]] - similarity[neighbours[other]])


def best_elsewhere(bank: Bank, neighbours: IntArray) -> int:
    """Position among the neighbours (best first) of the first one at another place than the
    best's; the last position where all are at that place."""
    best = neighbours[0]
    distance = great_circle_km(
        bank.latitude_deg[best],
        bank.longitude_deg[best],
        bank.latitude_deg[neighbours],
        bank.longitude_deg[neighbours],
    )
    elsewhere = np.flatnonzero(distance > OTHER_PLACE_KM)
    return int(elsewhere[0]) if len(elsewhere) else len(neighbours) - 1
