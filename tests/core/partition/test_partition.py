"""Dividing the Earth: published counts, a plain re-implementation on s2sphere, refusals."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import s2sphere
from hypothesis import given, settings
from hypothesis import strategies as st

from geoguess_app.core.errors import PartitionError
from geoguess_app.core.partition import build_partition
from geoguess_app.core.types import FloatArray
from tests.core.conftest import read_points
from tests.core.crowded import crowded_points

GOLDEN = [
    (50, 5000, 82, 99_584),
    (50, 2000, 158, 99_232),
    (50, 1000, 276, 97_866),
    (10, 1000, 341, 99_846),
    (10, 500, 634, 99_496),
    (10, 200, 1422, 97_843),
    (5, 100, 2751, 97_921),
]
"""τ_min, τ_max, cells, photos: measured with published code, which keeps a cell above τ_min."""


@pytest.mark.real_data
@pytest.mark.parametrize(("tau_min", "tau_max", "size", "photos"), GOLDEN)
def test_golden_counts(
    real_tables: Path, tau_min: int, tau_max: int, size: int, photos: int
) -> None:
    points = read_points(real_tables)
    build = build_partition(*points, name="golden", tau_min=tau_min + 1, tau_max=tau_max)
    assert (build.report.cells, build.report.kept) == (size, photos)
    assert build.report.photos == 100_000
    assert build.report.kept + build.report.reassigned + build.report.dropped == 100_000
    assert sum(build.report.cells_per_level.values()) == size


def naive_cells(
    lat: FloatArray, lon: FloatArray, tau_min: int, tau_max: int, start: int, stop: int
) -> dict[int, int]:
    """The rules of Report A §2.1, one point and one cell at a time."""
    leaves = [
        s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(a, b))
        for a, b in zip(lat.tolist(), lon.tolist(), strict=True)
    ]
    kept: dict[int, int] = {}
    waiting = [(start, leaves)]
    while waiting:
        level, members = waiting.pop()
        groups: dict[int, list[s2sphere.CellId]] = {}
        for leaf in members:
            groups.setdefault(leaf.parent(level).id(), []).append(leaf)
        for cell, inside in groups.items():
            if len(inside) > tau_max and level < stop:
                waiting.append((level + 1, inside))
            elif len(inside) >= tau_min:
                kept[cell] = len(inside)
    return kept


@pytest.mark.parametrize(
    ("tau_min", "tau_max", "start", "stop"),
    [(1, 1, 0, 30), (5, 20, 2, 30), (5, 5, 3, 12), (20, 200, 0, 30), (3, 50, 8, 8)],
)
def test_division_is_that_of_a_plain_implementation(
    tau_min: int, tau_max: int, start: int, stop: int
) -> None:
    lat, lon = crowded_points(800, seed=2)
    build = build_partition(
        lat,
        lon,
        name="x",
        tau_min=tau_min,
        tau_max=tau_max,
        start_level=start,
        stop_level=stop,
        reassign_within_km=None,
    )
    found = dict(
        zip(build.partition.cell_ids.tolist(), build.partition.photo_counts.tolist(), strict=True)
    )
    assert found == naive_cells(lat, lon, tau_min, tau_max, start, stop)
    assert build.report.reassigned == 0
    assert build.report.dropped == (build.labels < 0).sum() == 800 - sum(found.values())


@pytest.mark.parametrize(("tau_min", "tau_max"), [(50, 2000), (10, 200)])
def test_division_of_a_world_of_photos(
    many_points: tuple[FloatArray, FloatArray], tau_min: int, tau_max: int
) -> None:
    lat, lon = many_points[0][:20_000], many_points[1][:20_000]
    build = build_partition(lat, lon, name="x", tau_min=tau_min, tau_max=tau_max)
    expected = naive_cells(lat, lon, tau_min, tau_max, 2, 30)
    assert set(build.partition.cell_ids.tolist()) == set(expected)
    report = build.report
    assert report.kept == sum(expected.values())
    assert report.kept + report.reassigned + report.dropped == 20_000


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(0, 40))
@settings(max_examples=30, deadline=None)
def test_whatever_the_order_of_the_photos(seed: int, tau_min: int, more: int) -> None:
    lat, lon = crowded_points(300, seed)
    order = np.random.default_rng(seed).permutation(300)
    rules = {"name": "x", "tau_min": tau_min, "tau_max": tau_min + more}
    first = build_partition(lat, lon, **rules)  # type: ignore[arg-type]
    second = build_partition(lat[order], lon[order], **rules)  # type: ignore[arg-type]
    np.testing.assert_array_equal(first.partition.cell_ids, second.partition.cell_ids)
    assert (first.report.kept, first.report.dropped) == (second.report.kept, second.report.dropped)
    own = first.partition.class_at(lat, lon)
    np.testing.assert_array_equal(first.labels[own >= 0], own[own >= 0])
    assert first.report.kept == (own >= 0).sum()
    counts = np.bincount(first.labels[first.labels >= 0], minlength=first.partition.size)
    np.testing.assert_array_equal(first.partition.photo_counts, counts)


def test_both_limits_are_included() -> None:
    lat, lon = np.repeat([10.0, -40.0], [50, 49]), np.repeat([20.0, 80.0], [50, 49])
    build = build_partition(lat, lon, name="x", tau_min=50, tau_max=50)
    assert build.partition.photo_counts.tolist() == [50], "50 photos suffice and do not divide"
    assert build.partition.levels.tolist() == [2]


def test_identical_coordinates_are_flagged() -> None:
    lat = np.concatenate([np.full(1645, 48.8566), [48.8567, 10.0]])
    lon = np.concatenate([np.full(1645, 2.3522), [2.3522, 10.0]])
    build = build_partition(lat, lon, name="fine", tau_min=50, tau_max=1000)
    (flagged,) = build.report.flagged
    assert (flagged.photos, flagged.distinct_coordinates) == (1645, 1)
    assert flagged.token == build.partition.tokens[0]
    assert build.partition.levels.tolist() == [30]
    assert (flagged.latitude_deg, flagged.longitude_deg) == pytest.approx((48.8566, 2.3522))


def test_cells_that_may_not_divide_further_are_flagged_too() -> None:
    lat, lon = crowded_points(500, seed=9)
    build = build_partition(lat, lon, name="x", tau_min=1, tau_max=10, stop_level=4)
    sizes = Counter(build.partition.class_at(lat, lon).tolist())
    assert sorted(f.photos for f in build.report.flagged) == sorted(
        n for n in sizes.values() if n > 10
    )
    assert max(f.distinct_coordinates for f in build.report.flagged) > 10


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tau_min": 0}, "τ_min 0"),
        ({"tau_min": 9, "tau_max": 8}, "τ_min 9 and τ_max 8"),
        ({"start_level": 5, "stop_level": 4}, "Start level 5"),
        ({"stop_level": 31}, "stop level 31"),
        ({"tau_min": 200, "tau_max": 300}, "No cell contains 200 photos"),
        ({"reassign_within_km": -1.0}, "-1.0 km"),
        ({"reassign_within_km": math.nan}, "nan km"),
        ({"embeddings": np.zeros((3, 2))}, r"\(3, 2\)"),
    ],
)
def test_unusable_rules_are_refused(changes: dict[str, object], words: str) -> None:
    lat, lon = crowded_points(100, seed=1)
    rules: dict[str, object] = {"tau_min": 20, "tau_max": 40, "reassign_within_km": 50.0}
    with pytest.raises(PartitionError, match=words):
        build_partition(lat, lon, name="x", **(rules | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lat", "lon"), [([], []), ([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]]), ([95.0], [1.0])]
)
def test_unusable_coordinates_are_refused(lat: list[float], lon: list[float]) -> None:
    with pytest.raises(PartitionError):
        build_partition(lat, lon, name="x", tau_min=1, tau_max=1)
