"""Lines of ancestors and the product along them, against loops and dictionaries."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import s2sphere
from hypothesis import given, settings
from hypothesis import strategies as st

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.partition import Partition, build_partition
from geoguess_app.core.partition.hierarchy import Hierarchy, build_hierarchy, combine
from geoguess_app.core.types import FloatArray

RULES = [(50, 5000), (50, 2000), (50, 1000), (10, 300), (10, 100)]


@pytest.fixture(scope="module")
def world(some_tables: Path) -> Hierarchy:
    table = np.loadtxt(some_tables / "coordinates_100K.csv", delimiter=",", skiprows=1)
    return build_hierarchy(
        [
            build_partition(
                *table.T, name=f"p{tau_max}", tau_min=tau_min, tau_max=tau_max
            ).partition
            for tau_min, tau_max in RULES
        ]
    )


def of_tokens(name: str, *names: str) -> Partition:
    ids = np.sort(cells.ids_from_tokens(names))
    return Partition(name, ids, np.ones(ids.size, dtype=np.int64), *cells.centers(ids))


def naive_ancestor(coarse: Partition, token: str) -> int | None:
    cell = s2sphere.CellId.from_token(token)
    while cell.to_token() not in coarse.tokens:
        if cell.level() == 0:
            return None
        cell = cell.parent()
    return coarse.tokens.index(cell.to_token())


def naive_nearest(coarse: Partition, fine: Partition, index: int) -> int:
    here = s2sphere.LatLng.from_degrees(
        fine.mean_latitude_deg[index], fine.mean_longitude_deg[index]
    )
    distances = [
        here.get_distance(s2sphere.LatLng.from_degrees(lat, lon)).radians
        for lat, lon in zip(coarse.mean_latitude_deg, coarse.mean_longitude_deg, strict=True)
    ]
    return distances.index(min(distances))


def test_ancestors_contain_their_cells_and_orphans_go_to_the_nearest(world: Hierarchy) -> None:
    fine = world.finest
    assert world.ancestors.shape == (len(RULES), fine.size)
    np.testing.assert_array_equal(world.ancestors[-1], np.arange(fine.size))
    for line, orphans, coarse in zip(world.ancestors, world.orphans, world.partitions, strict=True):
        naive = [naive_ancestor(coarse, token) for token in fine.tokens]
        assert orphans.tolist() == [i for i, found in enumerate(naive) if found is None]
        for index, found in enumerate(naive):
            wanted = found if found is not None else naive_nearest(coarse, fine, index)
            assert line[index] == wanted
    assert world.orphans[0].size > 0, "the real points must exercise orphans"
    assert world.orphans[-1].size == 0


def test_same_points_and_no_dropped_cells_leave_no_orphans() -> None:
    rng = np.random.default_rng(4)
    lat, lon = rng.uniform(-90, 90, 2000), rng.uniform(-180, 180, 2000)
    hierarchy = build_hierarchy(
        [
            build_partition(lat, lon, name="x", tau_min=1, tau_max=tau_max).partition
            for tau_max in (500, 100, 20, 5, 1)
        ]
    )
    assert [lost.size for lost in hierarchy.orphans] == [0] * 5


def test_an_orphan_is_reported_and_goes_to_the_cell_nearby() -> None:
    # 478ec beside 478e4; the coarse partition kept 478e4's parent's other branch only.
    coarse = of_tokens("coarse", "478e4", "0944")
    fine = of_tokens("fine", "478e1", "478ec", "0945")
    hierarchy = build_hierarchy([coarse, fine])
    assert fine.tokens == ("0945", "478e1", "478ec")
    assert hierarchy.ancestors[0].tolist() == [0, 1, 1]
    assert hierarchy.orphans[0].tolist() == [2]


def test_a_cell_divided_only_in_the_coarser_partition_is_an_orphan() -> None:
    quarters = cells.tokens(cells.children(cells.ids_from_tokens(["478e4"]))[0])
    coarse = of_tokens("coarse", *quarters, "0944")
    fine = of_tokens("fine", "478e4", "0944", "0954", "89e4", "11c")
    hierarchy = build_hierarchy([coarse, fine])
    index = fine.tokens.index("478e4")
    assert index in hierarchy.orphans[0]
    assert coarse.tokens[hierarchy.ancestors[0, index]] in quarters


def test_partitions_in_the_wrong_order_are_refused(world: Hierarchy) -> None:
    with pytest.raises(PartitionError, match="“p100” is finer than “p5000”"):
        build_hierarchy(world.partitions[::-1])
    with pytest.raises(PartitionError, match="at least one"):
        build_hierarchy([])


# --- the product ---------------------------------------------------------------------------


def naive_product(hierarchy: Hierarchy, probabilities: list[list[float]]) -> list[float]:
    """Report A §2.4 in plain numbers: multiply along the line of ancestors, then divide."""
    products = []
    for cell in range(hierarchy.finest.size):
        product = 1.0
        for p, values in enumerate(probabilities):
            product *= values[hierarchy.ancestors[p, cell]]
        products.append(product)
    total = math.fsum(products)
    return [product / total for product in products]


def draw(hierarchy: Hierarchy, seed: int, shape: tuple[int, ...] = ()) -> list[FloatArray]:
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.full(p.size, 0.3), shape) + 1e-12 for p in hierarchy.partitions]


def test_combined_probabilities_are_the_plain_product(world: Hierarchy) -> None:
    for seed in range(3):
        values = draw(world, seed)
        values = [v / v.sum() for v in values]
        combined = np.exp(combine(world, [np.log(v) for v in values]))
        np.testing.assert_allclose(
            combined, naive_product(world, [v.tolist() for v in values]), rtol=1e-9, atol=1e-300
        )


@given(st.integers(0, 1000), st.floats(-1e4, 1e4))
@settings(max_examples=25, deadline=None)
def test_combined_probabilities_sum_to_one_for_logits_too(seed: int, shift: float) -> None:
    hierarchy = small_hierarchy()
    logs = [np.log(v) for v in draw(hierarchy, seed, (4,))]
    combined = combine(hierarchy, logs)
    np.testing.assert_allclose(np.exp(combined).sum(axis=-1), 1.0, rtol=1e-12)
    # A constant added to all classes of a partition (logits against log-softmax) cancels out.
    shifted = combine(hierarchy, [logs[0] + shift, *logs[1:]])
    np.testing.assert_allclose(shifted, combined, atol=1e-9)
    # Each photo by itself, in any order.
    np.testing.assert_array_equal(combine(hierarchy, [v[::-1] for v in logs]), combined[::-1])
    np.testing.assert_array_equal(combine(hierarchy, [v[2] for v in logs]), combined[2])


def small_hierarchy() -> Hierarchy:
    rng = np.random.default_rng(8)
    lat, lon = rng.normal(40, 20, 600).clip(-90, 90), rng.normal(0, 40, 600)
    return build_hierarchy(
        [
            build_partition(lat, lon, name="x", tau_min=2, tau_max=tau_max).partition
            for tau_max in (100, 30, 10)
        ]
    )


def test_a_single_partition_is_only_normalised() -> None:
    hierarchy = build_hierarchy([of_tokens("x", "0945", "478e4", "89e4")])
    combined = np.exp(combine(hierarchy, [[1.0, 2.0, 3.0]]))
    assert combined == pytest.approx(np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum())


def test_log_space_survives_what_plain_products_do_not() -> None:
    hierarchy = small_hierarchy()
    logs = [np.full(p.size, -5e5) for p in hierarchy.partitions]
    logs[-1][3] = -4e5
    assert np.exp(combine(hierarchy, logs))[3] == pytest.approx(1.0)
    as_float32 = [v.astype(np.float32) for v in logs]
    assert combine(hierarchy, as_float32).dtype == np.float64


def test_a_product_of_nothing_but_zeros_falls_back_to_the_finest() -> None:
    coarse, fine = of_tokens("coarse", "478e4", "0944"), of_tokens("fine", "478e1", "0945")
    hierarchy = build_hierarchy([coarse, fine])
    with np.errstate(divide="ignore"):
        logs = [np.log([[1.0, 0.0], [0.5, 0.5]]), np.log([[0.0, 1.0], [0.25, 0.75]])]
    np.testing.assert_allclose(np.exp(combine(hierarchy, logs)), [[0, 1], [0.25, 0.75]])


@pytest.mark.parametrize(
    "shapes", [((3,), (2,)), ((2,),), ((2,), (4, 2)), ((2, 2), (2, 3)), ((), ())]
)
def test_arrays_that_do_not_fit_are_refused(shapes: tuple[tuple[int, ...], ...]) -> None:
    hierarchy = build_hierarchy(
        [of_tokens("coarse", "478e4", "0944"), of_tokens("fine", "478e1", "0945")]
    )
    with pytest.raises(ValueError, match="log-probabilities"):
        combine(hierarchy, [np.zeros(shape) for shape in shapes])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    hierarchy = build_hierarchy([of_tokens("x", "0945", "478e4")])
    with pytest.raises(ValueError, match="must be numbers"):
        combine(hierarchy, [[value, 0.0]])
