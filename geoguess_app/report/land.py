"""Coasts and borders inside a small view of the flat square world, cut off at its edges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from geoguess_app.core.types import FloatArray
from geoguess_app.paths import resource_dir

_EDGE_PX = 6.0
"""Outlines go on so far beyond a view, so that its edges are no coasts."""
_LEAST_ISLAND_PX = 0.8
"""Smaller islands are specks on a map."""
_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class MapWindow:
    """A part of the flat square world (0…1 both ways, y downwards) as a picture of some size."""

    left: float
    top: float
    per_px: float
    """World units for each pixel."""
    width_px: int
    height_px: int

    def pixels(self, world: FloatArray) -> FloatArray:
        """(n, 2) world coordinates as pixels; a ring or line lands as near to the middle as whole
        turns around the world allow."""
        if not len(world):
            return world
        middle = self.left + 0.5 * self.width_px * self.per_px
        turns = np.round(middle - (world[:, 0].min() + world[:, 0].max()) / 2)
        moved = world + np.array([turns, 0.0])
        return np.asarray((moved - np.array([self.left, self.top])) / self.per_px)

    def shows(self, points: FloatArray) -> bool:
        """Tell whether the box around (n, 2) pixels and the picture have a part in common."""
        low, high = points.min(axis=0), points.max(axis=0)
        return bool(
            high[0] > 0 and high[1] > 0 and low[0] < self.width_px and low[1] < self.height_px
        )


def coasts(window: MapWindow, *, fine: bool) -> str:
    """Land inside the window as the path of an SVG; also where it goes around the world."""
    land, _ = _outlines(fine=fine)
    parts = []
    for ring in land:
        for points in _turns(ring, window):
            if float(np.ptp(points, axis=0).max()) < _LEAST_ISLAND_PX:
                continue
            kept = _clipped_ring(points, window)
            if len(kept) > 2:
                parts.append(f"{line_path(kept)}Z")
    return "".join(parts)


def borders(window: MapWindow, *, fine: bool) -> str:
    """Borders between countries inside the window as the path of an SVG."""
    _, lines = _outlines(fine=fine)
    return "".join(
        line_path(piece)
        for line in lines
        for points in _turns(line, window)
        for piece in _inner_pieces(points, window)
    )


def line_path(points: FloatArray) -> str:
    """(n, 2) pixels as a path's commands, to a tenth of a pixel."""
    tenths = np.rint(10 * points).astype(np.int64)
    moved = np.concatenate([[True], np.any(np.diff(tenths, axis=0) != 0, axis=1)])
    x, y = tenths[moved].T / 10
    return "M" + "L".join(f"{a:g} {b:g}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def _turns(line: FloatArray, window: MapWindow) -> Iterator[FloatArray]:
    """A line in pixels, wherever it shows: the world goes on east and west of itself."""
    for turn in (-1.0, 0.0, 1.0):
        points = (line + np.array([turn - window.left, -window.top])) / window.per_px
        if window.shows(points):
            yield points


def _clipped_ring(points: FloatArray, window: MapWindow) -> FloatArray:
    """The part of a ring inside the window and its margin (Sutherland and Hodgman)."""
    ends = (window.width_px + _EDGE_PX, window.height_px + _EDGE_PX)
    kept = [(float(x), float(y)) for x, y in _thinned(points)]
    for axis in (0, 1):
        kept = _half(kept, axis, lambda value: value >= -_EDGE_PX, -_EDGE_PX)
        kept = _half(kept, axis, lambda value, end=ends[axis]: value <= end, ends[axis])  # type: ignore[misc]
    return np.array(kept).reshape(-1, 2)


def _thinned(points: FloatArray) -> FloatArray:
    """Points of a ring or line, one at most for each half pixel in a row."""
    halves = np.rint(2 * points).astype(np.int64)
    moved = np.concatenate([[True], np.any(np.diff(halves, axis=0) != 0, axis=1)])
    return np.asarray(points[moved])


def _half(
    points: list[_Point], axis: int, inside: Callable[[float], bool], edge: float
) -> list[_Point]:
    result: list[_Point] = []
    for number, point in enumerate(points):
        before = points[number - 1]
        if inside(point[axis]) != inside(before[axis]):
            share = (edge - before[axis]) / (point[axis] - before[axis])
            cut = before[1 - axis] + share * (point[1 - axis] - before[1 - axis])
            result.append((edge, cut) if axis == 0 else (cut, edge))
        if inside(point[axis]):
            result.append(point)
    return result


def _inner_pieces(points: FloatArray, window: MapWindow) -> Iterator[FloatArray]:
    """The pieces of a line near the window, each with one point beyond it at both ends."""
    low = -_EDGE_PX
    high = np.array([window.width_px, window.height_px]) + _EDGE_PX
    near = np.all((points >= low) & (points <= high), axis=1)
    wanted = near.copy()
    wanted[:-1] |= near[1:]
    wanted[1:] |= near[:-1]
    for piece in np.split(np.arange(len(points)), np.flatnonzero(np.diff(wanted)) + 1):
        if len(piece) > 1 and wanted[piece[0]]:
            yield _thinned(points[piece])


@cache
def _outlines(*, fine: bool) -> tuple[list[FloatArray], list[FloatArray]]:
    """Rings of land and lines of borders in world coordinates, of the program's own map data."""
    path = resource_dir() / "map" / "data" / ("land-10m.json" if fine else "land-50m.json")
    if not path.is_file():
        return [], []
    data = json.loads(path.read_text(encoding="utf-8"))

    def line(steps: list[int]) -> FloatArray:
        points = np.cumsum(np.array(steps, dtype=np.int64).reshape(-1, 2), axis=0)
        return np.asarray(points / data["grid"])

    return [line(ring) for ring in data["land"]], [line(each) for each in data["borders"]]
