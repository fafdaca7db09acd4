"""Payload: what the map draws of a comparison: the cells of both sides in one file, the rest as
JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.core.decision.heatmap import cells_to_draw
from geoguess_app.core.types import Coordinate, FloatArray, IntArray, Level
from geoguess_app.ui.compare.work import LikelyCell, Side, same_cells
from geoguess_app.ui.map.mercator import arc, packed_rings
from geoguess_app.ui.map.payload import region_payload

_MOST_CELLS = 700
_LEAST_DIFFERENCE = 1e-4
_FARTHEST_KM = 10_000.0
"""A wider circle says nothing."""


def comparison_payload(a: Side, b: Side, publish: Callable[[str, bytes], str]) -> dict[str, Any]:
    """Describe both sides; ``publish`` puts a file where the page finds it, and returns where."""
    described = []
    for name, side in (("A", a), ("B", b)):
        rings, probabilities = drawn_cells(side)
        described.append(side_payload(side, publish(name, rings), probabilities))
    differing = differing_cells(a, b)
    difference = None
    if differing is not None:
        difference = {"path": publish("d", differing[0]), "p": differing[1]}
    line = line_payload(a.prediction.coordinate, b.prediction.coordinate)
    return {"sides": described, "difference": difference, "line": line}


def drawn_cells(side: Side) -> tuple[bytes, list[float]]:
    """Outlines of the cells that hold 99% of a side's probability, and their probabilities."""
    if side.partition is None:
        return packed_rings([]), []
    indices, probabilities = cells_to_draw(side.cells, most=_MOST_CELLS)
    return _rings(side, indices), _round(probabilities)


def differing_cells(a: Side, b: Side) -> tuple[bytes, list[float]] | None:
    """The cells whose probability differs, and by how much (A less B); None for unlike cells."""
    if not same_cells(a, b):
        return None
    difference = a.cells - b.cells
    order = np.argsort(-np.abs(difference), kind="stable")[:_MOST_CELLS]
    order = order[np.abs(difference[order]) >= _LEAST_DIFFERENCE]
    return _rings(a, order), _round(difference[order])


def side_payload(side: Side, path: str, probabilities: list[float]) -> dict[str, Any]:
    """One side for the page; ``path`` is where its outlines were published."""
    prediction = side.prediction
    sure = prediction.level is not Level.CANNOT_TELL
    radius_km = prediction.radii.r80_km
    ring = region_payload(prediction.coordinate, radius_km) if sure else []
    return {
        "path": path,
        "p": probabilities,
        "at": [prediction.coordinate.latitude_deg, prediction.coordinate.longitude_deg],
        "ring": ring if radius_km < _FARTHEST_KM else [],
    }


def cell_payload(cell: LikelyCell) -> list[float]:
    """The outline of one cell, flat world coordinates."""
    (ring,) = cell_rings(np.array([cell.cell_id], dtype=np.uint64))
    flat: list[float] = ring.round(9).ravel().tolist()
    return flat


def line_payload(a: Coordinate, b: Coordinate) -> list[float]:
    """The shortest way between both answers, flat world coordinates."""
    flat: list[float] = arc(a, b).round(7).ravel().tolist()
    return flat


def _rings(side: Side, indices: IntArray) -> bytes:
    assert side.partition is not None
    return packed_rings(cell_rings(side.partition.cell_ids[indices]))


def _round(values: FloatArray) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
