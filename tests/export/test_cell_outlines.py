"""Areas across the date line are cut in two, as GeoJSON asks."""

from __future__ import annotations

import numpy as np
import pytest

from geoguess_app.export.cell_outlines import cut_at_antimeridian, multi_polygon


def area(points: list[tuple[float, float]]) -> float:
    """Signed area in square degrees (shoelace formula); positive is counter-clockwise."""
    xs, ys = np.array(points).T
    return float((xs * np.roll(ys, -1) - np.roll(xs, -1) * ys).sum() / 2)


def test_a_ring_elsewhere_stays_whole() -> None:
    ring = np.array([[0.0, 10.0], [0.0, 20.0], [5.0, 20.0], [5.0, 10.0]])
    (part,) = cut_at_antimeridian(ring)
    assert part == [(10.0, 0.0), (20.0, 0.0), (20.0, 5.0), (10.0, 5.0)]
    geometry = multi_polygon([ring])
    assert geometry["type"] == "MultiPolygon"
    assert geometry["coordinates"][0][0][0] == geometry["coordinates"][0][0][-1] == [10.0, 0.0]


@pytest.mark.parametrize("turn", [0.0, -360.0])
def test_a_ring_across_the_date_line_is_cut(turn: float) -> None:
    ring = np.array([[0.0, 170.0], [0.0, 190.0], [8.0, 190.0], [8.0, 170.0]])
    ring[:, 1] += turn
    parts = cut_at_antimeridian(ring)
    assert len(parts) == 2
    assert sorted({x for part in parts for x, _ in part}) == [-180.0, -170.0, 170.0, 180.0]
    # Nothing is lost, and both parts still run counter-clockwise.
    assert [area(part) for part in parts] == pytest.approx([80.0, 80.0])
