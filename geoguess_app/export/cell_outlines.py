"""The cells that hold most of an answer's probability, as outlines for maps."""

from __future__ import annotations

from typing import Any, Protocol

from geoguess_app.core.bundle import Bundle
from geoguess_app.core.cells.shapes import drawable_rings
from geoguess_app.core.decision.heatmap import credible_cells
from geoguess_app.core.types import COMBINED, FloatArray, LocatedPhoto

_POINTS_PER_EDGE = 4
_DIGITS = 5


class Outlines(Protocol):
    """A drawer of the outlines of where an answer probably lies."""

    def credible(self, result: LocatedPhoto, mass: float) -> list[tuple[FloatArray, float]]:
        """Cells that hold that share of the probability: open ring and probability of each."""


class CellOutlines:
    """Outlines of the finest cells of one model, made once and kept."""

    def __init__(self, bundle: Bundle) -> None:
        self._ids = bundle.partitions[-1].cell_ids if bundle.partitions else None
        self._rings: dict[int, FloatArray] = {}

    def credible(self, result: LocatedPhoto, mass: float) -> list[tuple[FloatArray, float]]:
        """The smallest set of cells with that share of the probability: ring and probability.

        Rings are open, (points, 2) of latitude and longitude in degrees; longitudes may run
        beyond ±180°. Empty for models without cells.
        """
        values = result.prediction.cell_probabilities.get(COMBINED)
        if values is None or self._ids is None or len(values) != len(self._ids):
            return []
        chosen = credible_cells(values, mass).tolist()
        return [(self._ring(index), float(values[index])) for index in chosen]

    def _ring(self, index: int) -> FloatArray:
        if index not in self._rings:
            assert self._ids is not None
            ids = self._ids[index : index + 1]
            self._rings[index] = drawable_rings(ids, _POINTS_PER_EDGE)[0]
        return self._rings[index]


def multi_polygon(rings: list[FloatArray]) -> dict[str, Any]:
    """A GeoJSON MultiPolygon (RFC 7946) of rings; those across ±180° are cut there in two."""
    parts = [part for ring in rings for part in cut_at_antimeridian(ring)]
    return {"type": "MultiPolygon", "coordinates": [[_close(part)] for part in parts]}


def cut_at_antimeridian(ring: FloatArray) -> list[list[tuple[float, float]]]:
    """Open rings of (longitude, latitude) within ±180°, in the order of the original."""
    points = [(float(longitude), float(latitude)) for latitude, longitude in ring]
    low, high = min(p[0] for p in points), max(p[0] for p in points)
    parts = []
    for turn in (-360.0, 0.0, 360.0):
        if low + turn >= 180 or high + turn <= -180:
            continue
        moved = [(longitude + turn, latitude) for longitude, latitude in points]
        moved = _clip(_clip(moved, -180.0, keep_east=True), 180.0, keep_east=False)
        if len(moved) > 2:
            parts.append(moved)
    return parts


def _clip(
    points: list[tuple[float, float]], meridian: float, *, keep_east: bool
) -> list[tuple[float, float]]:
    """The part of a ring on one side of a meridian (Sutherland and Hodgman)."""

    def inside(point: tuple[float, float]) -> bool:
        return point[0] >= meridian if keep_east else point[0] <= meridian

    result: list[tuple[float, float]] = []
    for index, point in enumerate(points):
        before = points[index - 1]
        if inside(point) != inside(before):
            share = (meridian - before[0]) / (point[0] - before[0])
            result.append((meridian, before[1] + share * (point[1] - before[1])))
        if inside(point):
            result.append(point)
    return result


def _close(points: list[tuple[float, float]]) -> list[list[float]]:
    rounded = [[round(x, _DIGITS) + 0.0, round(y, _DIGITS) + 0.0] for x, y in points]
    return [*rounded, rounded[0]]
