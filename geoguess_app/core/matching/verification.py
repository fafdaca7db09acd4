"""Verification that two pictures show one thing: pairs of points that agree on a geometry.

Points pair up where each is the other's nearest by far (ratio test, both ways). Of the pairs those
count that one homography (a flat scene, or a camera that only turned) or one fundamental matrix
(any rigid scene) explains, found by MAGSAC; whichever explains more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.matching.features import LocalFeatures
from geoguess_app.core.matching.opencv import opencv
from geoguess_app.core.types import FloatArray, IntArray

RATIO = 0.8
"""A pair is clear where its distance is below this share of the second nearest one's."""
FEWEST_PAIRS = 8
"""Fewer pairs than this fit some geometry by chance."""
HOMOGRAPHY_INLIERS = 12
"""From this many pairs on a homography is worth laying one picture over the other."""
_HOMOGRAPHY_PX, _FUNDAMENTAL_PX = 4.0, 1.5
_CONFIDENCE, _ROUNDS = 0.999, 2000
_GRID = 24
"""Cells along a picture's side; pairs that share a cell in either picture count once."""


@dataclass(frozen=True, eq=False)
class Match:
    """The pairs of points of two pictures that agree on one geometry.

    ``query_points`` and ``reference_points`` (k, 2) float32, row by row a pair, as shares of each
    picture's width and height. ``homography`` (3, 3) takes the reference's shares to the query's.
    ``spread_query`` and ``spread_reference`` are the shares of the pictures' areas inside the
    pairs' convex hull; ``distinct`` counts pairs in cells of a grid, so that a repeated or tiny
    pattern counts little; ``tentative`` counts the pairs before any geometry.
    """

    query_points: np.ndarray
    reference_points: np.ndarray
    homography: FloatArray | None
    spread_query: float
    spread_reference: float
    distinct: int
    tentative: int

    @property
    def n_inliers(self) -> int:
        """Count the pairs that agree on the geometry."""
        return len(self.query_points)


def verify(query: LocalFeatures, reference: LocalFeatures) -> Match:
    """Compare two pictures' features; in any thread, in some hundredths of a second.

    The same features always give the same match.
    """
    pairs = clear_pairs(query.descriptors, reference.descriptors)
    if len(pairs) < FEWEST_PAIRS:
        return _no_match(len(pairs))
    query_px = query.pixels()[pairs[:, 0]]
    reference_px = reference.pixels()[pairs[:, 1]]
    homography_px, flat = _homography(reference_px, query_px)
    rigid = _fundamental(reference_px, query_px)
    inliers = flat if flat.sum() >= rigid.sum() else rigid
    chosen = pairs[inliers]
    query_points, reference_points = query.points[chosen[:, 0]], reference.points[chosen[:, 1]]
    if homography_px is not None and flat.sum() >= HOMOGRAPHY_INLIERS:
        laid_over = _in_shares(homography_px, query, reference)
    else:
        laid_over = None
    return Match(
        query_points,
        reference_points,
        laid_over,
        hull_share(query_points),
        hull_share(reference_points),
        _distinct(query_points, reference_points),
        len(pairs),
    )


def clear_pairs(query: np.ndarray, reference: np.ndarray) -> IntArray:
    """Indices (k, 2) of descriptors (n, 128), (m, 128) that are each other's nearest by far."""
    if min(len(query), len(reference)) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    likeness = _unit(query) @ _unit(reference).T
    best = likeness.argmax(axis=1)
    rows = np.arange(len(likeness))
    top = likeness[rows, best]
    mutual = likeness.argmax(axis=0)[best] == rows
    likeness[rows, best] = -1.0
    second = likeness.max(axis=1)
    # Of vectors of length 1 the squared distance is 2 - 2·likeness.
    clear = (1.0 - top) < RATIO**2 * (1.0 - second)
    kept = np.flatnonzero(mutual & clear)
    return np.stack([kept, best[kept]], axis=1)


def hull_share(points: np.ndarray) -> float:
    """The share of a picture inside the convex hull of points (k, 2) given as shares."""
    if len(points) < 3:
        return 0.0
    cv = opencv()
    return float(cv.contourArea(cv.convexHull(points.astype(np.float32))))


def _unit(descriptors: np.ndarray) -> np.ndarray:
    wide = descriptors.astype(np.float32)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-9))


def _homography(
    reference_px: np.ndarray, query_px: np.ndarray
) -> tuple[FloatArray | None, np.ndarray]:
    cv = opencv()
    try:
        matrix, mask = cv.findHomography(
            reference_px,
            query_px,
            cv.USAC_MAGSAC,
            _HOMOGRAPHY_PX,
            maxIters=_ROUNDS,
            confidence=_CONFIDENCE,
        )
    except cv.error:  # points on a line, for instance, give OpenCV no geometry to polish
        matrix, mask = None, None
    return matrix, _inliers(mask if matrix is not None else None, len(query_px))


def _fundamental(reference_px: np.ndarray, query_px: np.ndarray) -> np.ndarray:
    cv = opencv()
    try:
        matrix, mask = cv.findFundamentalMat(
            reference_px, query_px, cv.USAC_MAGSAC, _FUNDAMENTAL_PX, _CONFIDENCE, _ROUNDS
        )
    except cv.error:
        matrix, mask = None, None
    return _inliers(mask if matrix is not None else None, len(query_px))


def _inliers(mask: np.ndarray | None, count: int) -> np.ndarray:
    return np.zeros(count, dtype=bool) if mask is None else mask.ravel().astype(bool)


def _in_shares(
    homography_px: FloatArray, query: LocalFeatures, reference: LocalFeatures
) -> FloatArray:
    """The homography between shares of the pictures instead of their pixels."""
    to_pixels = np.diag([float(reference.width_px), float(reference.height_px), 1.0])
    to_shares = np.diag([1.0 / query.width_px, 1.0 / query.height_px, 1.0])
    scaled = to_shares @ homography_px @ to_pixels
    return np.asarray(scaled / scaled[2, 2])


def _distinct(query_points: np.ndarray, reference_points: np.ndarray) -> int:
    """Count the grid cells that pairs fall into, in the picture where these are fewer."""
    counts = (
        len(np.unique(np.minimum((points * _GRID).astype(np.int64), _GRID - 1), axis=0))
        for points in (query_points, reference_points)
    )
    return min(counts)


def _no_match(tentative: int) -> Match:
    none = np.zeros((0, 2), dtype=np.float32)
    return Match(none, none, None, 0.0, 0.0, 0, tentative)
