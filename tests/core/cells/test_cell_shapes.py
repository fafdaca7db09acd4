"""Outlines, boxes, centres and areas of S2 cells, bit for bit those of s2sphere."""

from __future__ import annotations

import numpy as np
import pytest
import s2sphere

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, great_circle_km, unit_vectors
from geoguess_app.core.types import FloatArray, IdArray
from tests.core.cells.test_cells import boxed, random_cells


@pytest.fixture(scope="module")
def sample() -> IdArray:
    return random_cells(3100)


def degrees(point: s2sphere.LatLng) -> tuple[float, float]:
    return point.lat().degrees, point.lng().degrees


def all_cells(level: int) -> IdArray:
    return np.array([cell.id() for cell in s2sphere.CellId.walk(level)], dtype=np.uint64)


def test_centres(sample: IdArray) -> None:
    expected = [degrees(cell.to_lat_lng()) for cell in boxed(sample)]
    assert list(zip(*(a.tolist() for a in cells.centers(sample)), strict=True)) == expected


def test_corners(sample: IdArray) -> None:
    outlines = cells.polygons(sample)
    assert outlines.shape == (sample.size, 4, 2)
    for outline, cell in zip(outlines.tolist(), boxed(sample), strict=True):
        corners = [s2sphere.Cell(cell).get_vertex(k) for k in range(4)]
        assert [tuple(p) for p in outline] == [
            degrees(s2sphere.LatLng.from_point(c)) for c in corners
        ]


def test_boxes(sample: IdArray) -> None:
    for box, cell in zip(cells.bounds(sample).tolist(), boxed(sample), strict=True):
        known = s2sphere.Cell(cell).get_rect_bound()
        edges = (known.lat_lo(), known.lat_hi(), known.lng_lo(), known.lng_hi())
        assert box == [edge.degrees for edge in edges]


def test_areas_are_those_of_s2_and_add_up_to_the_earth(sample: IdArray) -> None:
    known = [s2sphere.Cell(cell).exact_area() * EARTH_RADIUS_KM**2 for cell in boxed(sample)]
    np.testing.assert_allclose(cells.areas_km2(sample), known, rtol=1e-6)
    earth = 4 * np.pi * EARTH_RADIUS_KM**2
    for level in range(5):
        assert cells.areas_km2(all_cells(level)).sum() == pytest.approx(earth, rel=1e-12)


def test_more_points_per_edge_keep_the_corners_and_stay_on_the_edges(sample: IdArray) -> None:
    big = sample[cells.levels(sample) < 12]
    fine = cells.polygons(big, points_per_edge=4)
    assert fine.shape == (big.size, 16, 2)
    np.testing.assert_array_equal(fine[:, ::4], cells.polygons(big))
    corners = unit_vectors(*np.moveaxis(cells.polygons(big), -1, 0))
    points = unit_vectors(*np.moveaxis(fine, -1, 0)).reshape(big.size, 4, 4, 3)
    # A point of an edge lies in the plane of the great circle through the edge's ends.
    normals = np.cross(corners, np.roll(corners, -1, axis=1))
    off = np.einsum("neij,nej->nei", points, normals)
    assert np.abs(off).max() < 1e-15


def test_points_per_edge_of_a_power_of_two_are_corners_of_descendants() -> None:
    parent = all_cells(1)[:1]
    own = {tuple(p) for p in cells.polygons(parent, points_per_edge=4)[0].round(9).tolist()}
    grandchildren = cells.children(cells.children(parent)[0]).ravel()
    below = cells.polygons(grandchildren).reshape(-1, 2).round(9)
    assert own <= {tuple(p) for p in below.tolist()}


def test_an_edge_needs_a_point(sample: IdArray) -> None:
    with pytest.raises(PartitionError, match="at least one point"):
        cells.polygons(sample, points_per_edge=0)


def shoelace(ring: FloatArray) -> float:
    lat, lon = ring[:, 0], ring[:, 1]
    return float(np.sum(lon * np.roll(lat, -1) - np.roll(lon, -1) * lat) / 2)


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_drawable_rings_cover_the_flat_map_exactly_once(level: int) -> None:
    """Holes, overlaps, jumps over the date line or a lost pole would all change the sum."""
    rings = cells.drawable_rings(all_cells(level), points_per_edge=64)
    areas = [shoelace(ring) for ring in rings]
    assert min(areas) > 0, "a ring runs clockwise or is folded"
    assert sum(areas) == pytest.approx(360 * 180, rel=2e-3)


def test_drawable_rings_have_no_jump_and_lie_near_the_map(sample: IdArray) -> None:
    for ring in cells.drawable_rings(sample, points_per_edge=8):
        middle = (ring[:, 1].min() + ring[:, 1].max()) / 2
        assert -180.0 <= middle <= 180.0
        steps = np.abs(np.diff(ring[:, 1], append=ring[:1, 1]))
        at_pole = np.abs(ring[:, 0]) > 89.99
        jumps = steps > 90.0
        assert not (jumps & ~(at_pole | np.roll(at_pole, -1))).any()


def test_a_drawable_ring_runs_along_the_cells_edge() -> None:
    leaf = cells.leaf_ids([70.0], [179.99])
    cell = cells.parents(leaf, 4)
    (ring,) = cells.drawable_rings(cell, points_per_edge=2)
    (plain,) = cells.polygons(cell, points_per_edge=2)
    assert great_circle_km(ring[:, 0], ring[:, 1], plain[:, 0], plain[:, 1]).max() < 1e-6


def test_no_cells_have_no_rings() -> None:
    nothing = np.empty(0, dtype=np.uint64)
    assert cells.polygons(nothing).shape == (0, 4, 2)
    assert cells.drawable_rings(nothing) == []
    assert cells.bounds(nothing).shape == (0, 4)
