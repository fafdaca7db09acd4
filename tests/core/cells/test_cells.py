"""S2 ids, bit for bit those of s2sphere: on real points and on the points that go wrong first."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import s2sphere
from hypothesis import example, given
from hypothesis import strategies as st

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.types import FloatArray, IdArray

CORNER_LATITUDE_DEG = math.degrees(math.asin(math.sqrt(1 / 3)))
"""Where three faces of the cube meet."""


def s2_leaf_ids(lat: FloatArray, lon: FloatArray) -> IdArray:
    points = zip(lat.tolist(), lon.tolist(), strict=True)
    return np.array(
        [s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(a, b)).id() for a, b in points],
        dtype=np.uint64,
    )


def around(value: float) -> list[float]:
    """A number and its nearest neighbours among the floats."""
    return [float(np.nextafter(value, -np.inf)), value, float(np.nextafter(value, np.inf))]


def edge_points() -> tuple[FloatArray, FloatArray]:
    latitudes = {0.0, -0.0, 5e-324, -5e-324, 1e-310, 1e-16, 90.0, -90.0, 89.9999999999999}
    for value in (45.0, CORNER_LATITUDE_DEG, 90.0, 30.0):
        latitudes.update(around(value), around(-value))
    longitudes = {0.0, -0.0, 5e-324, -5e-324, 1e-310, -1e-16, 360.0, 540.0, -270.0, 1e6}
    for value in (45.0, 90.0, 135.0, 180.0, 22.5):
        longitudes.update(around(value), around(-value))
    # -0.0 == 0.0, so a set keeps only one of them.
    lat = [x for x in latitudes if abs(x) <= 90] + [-0.0, 0.0]
    lon = [*longitudes, -0.0, 0.0]
    pairs = np.array(list(itertools.product(lat, lon)))
    return pairs[:, 0], pairs[:, 1]


def corner_points(count: int) -> tuple[FloatArray, FloatArray]:
    """Corners of cells of all levels, and points a hair beside them: rounding decides there."""
    rng = np.random.default_rng(30)
    corners = []
    for level in range(31):
        for _ in range(count // 31):
            face, position = int(rng.integers(6)), int(rng.integers(1 << 61)) | 1
            cell = s2sphere.Cell(s2sphere.CellId.from_face_pos_level(face, position, level))
            corner = s2sphere.LatLng.from_point(cell.get_vertex(int(rng.integers(4))))
            corners.append((corner.lat().degrees, corner.lng().degrees))
    lat, lon = np.array(corners).T
    nudge = np.nextafter(lat, 0)
    return np.concatenate([lat, nudge, lat]), np.concatenate([lon, lon, np.nextafter(lon, 0)])


def random_cells(count: int) -> IdArray:
    """Cells of all levels, and every cell of levels 0 to 3."""
    rng = np.random.default_rng(6)
    ids = [
        s2sphere.CellId.from_face_pos_level(
            int(rng.integers(6)), int(rng.integers(1 << 61)) | 1, level
        ).id()
        for level in range(31)
        for _ in range(count // 31)
    ]
    ids += [cell.id() for level in range(4) for cell in s2sphere.CellId.walk(level)]
    return np.array(ids, dtype=np.uint64)


def boxed(ids: IdArray) -> list[s2sphere.CellId]:
    return [s2sphere.CellId(i) for i in ids.tolist()]


@pytest.fixture(scope="module")
def sample_cells() -> IdArray:
    return random_cells(3100)


# --- points → ids --------------------------------------------------------------------------


def test_leaf_ids_of_100_000_points(many_points: tuple[FloatArray, FloatArray]) -> None:
    lat, lon = many_points
    assert lat.size == 100_000
    np.testing.assert_array_equal(cells.leaf_ids(lat, lon), s2_leaf_ids(lat, lon))


@pytest.mark.parametrize("points", [edge_points, lambda: corner_points(6200)])
def test_leaf_ids_on_borders(points: Callable[[], tuple[FloatArray, FloatArray]]) -> None:
    lat, lon = points()
    np.testing.assert_array_equal(cells.leaf_ids(lat, lon), s2_leaf_ids(lat, lon))


@pytest.mark.parametrize("units", [-3, -1, 1, 3])
def test_leaf_ids_do_not_depend_on_the_processors_sine(
    monkeypatch: pytest.MonkeyPatch, units: int
) -> None:
    """NumPy's vectorised sine and cosine differ in the last bits from processor to processor."""
    lat, lon = corner_points(3100)
    expected = s2_leaf_ids(lat, lon)
    for name in ("sin", "cos"):
        exact = getattr(np, name)
        monkeypatch.setattr(np, name, lambda x, exact=exact: _shifted(exact(x), units))
    np.testing.assert_array_equal(cells.leaf_ids(lat, lon), expected)


def _shifted(values: FloatArray, units: int) -> FloatArray:
    return values + units * np.spacing(values)


@given(st.floats(-90, 90), st.floats(-720, 720))
@example(-0.0, -180.0)
@example(90.0, 123.456)
def test_leaf_id_of_any_point(lat: float, lon: float) -> None:
    expected = s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(lat, lon)).id()
    assert int(cells.leaf_ids(lat, lon)) == expected


def test_leaf_ids_keep_the_shape_and_the_chunks_fit_together() -> None:
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(-90, 90, (3, 50_000)), rng.uniform(-180, 180, (3, 50_000))
    ids = cells.leaf_ids(lat, lon)
    assert ids.shape == (3, 50_000)
    assert ids.dtype == np.uint64
    row = cells.leaf_ids(lat[2, 49_990:], lon[2, 49_990:])
    np.testing.assert_array_equal(ids[2, 49_990:], row)
    assert cells.leaf_ids([], []).shape == (0,)


@pytest.mark.parametrize(
    ("lat", "lon", "words"),
    [
        (90.0001, 0.0, "swapped"),
        (-139.7, 35.7, "swapped"),
        (math.nan, 0.0, "not a finite number"),
        (0.0, math.inf, "not a finite number"),
    ],
)
def test_leaf_ids_refuse_what_is_no_place(lat: float, lon: float, words: str) -> None:
    with pytest.raises(PartitionError, match=words):
        cells.leaf_ids([0.0, lat], [0.0, lon])


# --- the tree ------------------------------------------------------------------------------


def test_levels_tokens_and_ranges(sample_cells: IdArray) -> None:
    known = boxed(sample_cells)
    assert cells.levels(sample_cells).tolist() == [c.level() for c in known]
    assert cells.tokens(sample_cells) == [c.to_token() for c in known]
    assert cells.range_min(sample_cells).tolist() == [c.range_min().id() for c in known]
    assert cells.range_max(sample_cells).tolist() == [c.range_max().id() for c in known]
    assert cells.are_valid(sample_cells).all()


@pytest.mark.parametrize("level", range(31))
def test_parents(many_points: tuple[FloatArray, FloatArray], level: int) -> None:
    leaves = cells.leaf_ids(many_points[0][:500], many_points[1][:500])
    expected = [c.parent(level).id() for c in boxed(leaves)]
    assert cells.parents(leaves, level).tolist() == expected


def test_parent_of_a_cell_at_its_own_level_is_itself(sample_cells: IdArray) -> None:
    for level in range(31):
        same = sample_cells[cells.levels(sample_cells) == level]
        np.testing.assert_array_equal(cells.parents(same, level), same)


def test_children(sample_cells: IdArray) -> None:
    inner = sample_cells[cells.levels(sample_cells) < 30]
    expected = [[child.id() for child in c.children()] for c in boxed(inner)]
    assert cells.children(inner).tolist() == expected
    assert cells.children(inner[0]).shape == (4,)


def test_tokens_that_look_like_numbers_lead_back() -> None:
    names = ["478e4", "0945", "89e3774", "3", "b", "1", "0000000000000001"]
    ids = cells.ids_from_tokens(names)
    assert ids.tolist() == [s2sphere.CellId.from_token(n).id() for n in names]
    assert cells.tokens(ids) == names


@given(st.integers(0, 5), st.integers(0, (1 << 61) - 1), st.integers(0, 30))
def test_tokens_lead_back(face: int, position: int, level: int) -> None:
    cell = s2sphere.CellId.from_face_pos_level(face, position | 1, level)
    token = cell.to_token()
    for spelling in (token, token.upper(), token.ljust(16, "0")):
        assert cells.ids_from_tokens([spelling]).tolist() == [cell.id()]
    assert cells.tokens([cell.id()]) == [token]


@pytest.mark.parametrize(
    "token", ["", "x", "47 8e4", "4.78E+04", "inf", "0x47", "4_7", "٤", "c", "0", "2", "47" * 9]
)
def test_what_is_no_token_is_named(token: str) -> None:
    with pytest.raises(PartitionError) as caught:
        cells.ids_from_tokens(["478e4", token])
    assert f"“{token}”" in str(caught.value)


def test_validity_is_that_of_s2() -> None:
    rng = np.random.default_rng(3)
    ids = rng.integers(0, 2**64 - 2, 2000, dtype=np.uint64)
    ids[:1000] &= ~np.uint64(0xFFFF)
    ids[0] = 0
    assert cells.are_valid(ids).tolist() == [c.is_valid() for c in boxed(ids)]


def test_levels_that_do_not_exist_are_refused(sample_cells: IdArray) -> None:
    with pytest.raises(PartitionError, match="outside 0…30"):
        cells.parents(sample_cells, 31)
    with pytest.raises(PartitionError, match="coarser than S2 level 5"):
        cells.parents(sample_cells, 5)
    with pytest.raises(PartitionError, match="cannot be divided"):
        cells.children(cells.leaf_ids([1.0], [2.0]))


def test_cells_grow_into_empty_land_and_no_farther() -> None:
    paris, london, sydney = cells.leaf_ids([48.86, 51.51, -33.87], [2.35, -0.13, 151.21])
    chosen = cells.parents(np.array([paris, sydney]), 11)
    grew = cells.grown(chosen, cells.parents(np.array([london]), 9))
    assert all(cells.range_min(grew) <= cells.range_min(np.sort(chosen)))
    assert all(cells.range_max(np.sort(chosen)) <= cells.range_max(grew))
    assert not np.any((cells.range_min(grew) <= london) & (london <= cells.range_max(grew)))
    # Half a hemisphere is empty around Sydney, and its parent face; London is near to Paris.
    assert cells.levels(grew).tolist() == [cells.levels(cells.grown([paris], [london]))[0], 0]
    assert 0 < cells.levels(grew)[0] < 11
    above = cells.parents(grew[:1], int(cells.levels(grew)[0]) - 1)
    assert cells.range_min(above) <= london <= cells.range_max(above)
