"""Photos of dropped cells: which kept cell nearby should they train?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.errors import PartitionError
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM
from geoguess_app.core.types import FloatArray, IntArray

_PHOTOS_AROUND = 32
"""Nearest kept photos whose cells count as the cells around (with embeddings)."""
_ROWS = 1 << 14


def reassign(
    points: FloatArray,
    labels: IntArray,
    within_km: float,
    embeddings: npt.NDArray[np.floating] | None = None,
) -> IntArray:
    """Labels in which photos without a class have joined a neighbouring cell where one is near.

    ``points``: unit vectors (n, 3); ``labels``: class or -1. Distance is that to the nearest
    photo of a cell, so it is a neighbour in the sense of the data, whatever the cell's size.
    Without embeddings the nearest cell takes the photo; with ``embeddings`` (n, D) it is the
    cell whose mean embedding has the highest cosine similarity among those of the 32 nearest
    photos within the distance. Cells dropped or kept do not change on the way, so the order of
    the photos does not matter. Raises PartitionError for a distance or embeddings of no use.
    """
    reach = _reach(within_km)
    lost = np.flatnonzero(labels < 0)
    if not lost.size:
        return labels
    if embeddings is None:
        return NearestPhotos(points, [labels]).reassigned(labels, within_km)
    kept = np.flatnonzero(labels >= 0)
    count = min(_PHOTOS_AROUND, kept.size)
    distance, place = _tree(points[kept]).query(points[lost], k=[*range(1, count + 1)])
    candidates = np.where(distance <= reach, labels[kept[np.minimum(place, kept.size - 1)]], -1)
    result = labels.copy()
    result[lost] = _most_alike(candidates, lost, labels, _check(embeddings, labels))
    return result


class NearestPhotos:
    """A search for the nearest kept photo, for several partitions of the same photos.

    ``points``: unit vectors (n, 3); ``labels``: per partition the class or -1 of each photo. The
    photos that every partition keeps are one search tree, which is most of the work; what a
    single one keeps besides gets a small tree of its own.
    """

    def __init__(self, points: FloatArray, labels: Sequence[IntArray]) -> None:
        self._points = points
        self._labels = labels
        self._shared: tuple[Any, IntArray] | None = None

    def reassigned(self, labels: IntArray, within_km: float) -> IntArray:
        """Reassign photos as ``reassign`` does without embeddings."""
        reach = _reach(within_km)
        lost = np.flatnonzero(labels < 0)
        if not lost.size:
            return labels
        if self._shared is None:
            common = np.flatnonzero(np.logical_and.reduce([own >= 0 for own in self._labels]))
            self._shared = _tree(self._points[common]), common
        tree, common = self._shared
        own = labels >= 0
        own[common] = False
        more = np.flatnonzero(own)
        distance = np.full(lost.size, np.inf)
        neighbour = np.full(lost.size, -1, dtype=np.int64)
        for search, rows in ((tree, common), (_tree(self._points[more]), more)):
            if not rows.size:
                continue
            found, place = search.query(self._points[lost])
            closer = found < distance
            distance[closer], neighbour[closer] = found[closer], rows[place[closer]]
        result = labels.copy()
        result[lost] = np.where(distance <= reach, labels[neighbour], -1)
        return result


def _tree(points: FloatArray) -> Any:
    from scipy.spatial import cKDTree  # half a second to import; only partition builders pay

    return cKDTree(points, balanced_tree=False, compact_nodes=False)


def _reach(within_km: float) -> float:
    """The distance as a chord of the unit sphere."""
    if not (math.isfinite(within_km) and within_km >= 0):
        raise PartitionError(
            f"{within_km} km is not a valid distance for reassigning photos.", code="argument"
        )
    return 2 * math.sin(min(within_km / EARTH_RADIUS_KM, math.pi) / 2)


def _check(embeddings: npt.NDArray[np.floating], labels: IntArray) -> npt.NDArray[np.floating]:
    if embeddings.ndim != 2 or embeddings.shape[0] != labels.size:
        raise PartitionError(
            f"Embeddings of shape {embeddings.shape} do not belong to {labels.size} photos.",
            code="embeddings",
        )
    return embeddings


def _most_alike(
    candidates: IntArray, lost: IntArray, labels: IntArray, embeddings: npt.NDArray[np.floating]
) -> IntArray:
    """Per lost photo the candidate class with the most similar mean; the nearest of equals."""
    wanted = np.unique(candidates[candidates >= 0])
    if not wanted.size:
        return np.full(lost.size, -1, dtype=np.int64)
    means = _mean_embeddings(wanted, labels, embeddings)
    best = np.empty(lost.size, dtype=np.int64)
    for row, photo in enumerate(lost.tolist()):
        around = candidates[row]
        around = around[around >= 0]
        if not around.size:
            best[row] = -1
            continue
        similarity = means[np.searchsorted(wanted, around)] @ _unit(embeddings[photo])
        best[row] = around[int(np.argmax(similarity))]
    return best


def _unit(vectors: npt.NDArray[np.floating]) -> FloatArray:
    exact = np.asarray(vectors, dtype=np.float64)
    length = np.linalg.norm(exact, axis=-1, keepdims=True)
    return np.asarray(exact / np.where(length > 0, length, 1.0))


def _mean_embeddings(
    wanted: IntArray, labels: IntArray, embeddings: npt.NDArray[np.floating]
) -> FloatArray:
    """Directions of the mean embeddings of the wanted classes, (len(wanted), D), in pieces.

    The embeddings may be a memory-mapped file of any length.
    """
    sums = np.zeros((wanted.size, embeddings.shape[1]))
    for start in range(0, labels.size, _ROWS):
        part = labels[start : start + _ROWS]
        rows = np.flatnonzero(np.isin(part, wanted))
        if not rows.size:
            continue
        rows = rows[np.argsort(part[rows], kind="stable")]
        classes, first = np.unique(part[rows], return_index=True)
        vectors = _unit(embeddings[start : start + _ROWS][rows])
        sums[np.searchsorted(wanted, classes)] += np.add.reduceat(vectors, first, axis=0)
    return _unit(sums)
