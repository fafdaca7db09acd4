"""Partitions: published counts, a plain re-implementation on s2sphere, and every photo's fate."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import s2sphere
from hypothesis import given, settings
from hypothesis import strategies as st

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.partition import (
    Partition,
    PartitionRules,
    PhotoPlaces,
    build_partition,
    build_partitions,
)
from geoguess_app.core.sphere import great_circle_km, spherical_mean
from geoguess_app.core.types import FloatArray

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


@pytest.fixture(scope="module")
def real_points(shared_data: Path) -> tuple[FloatArray, FloatArray]:
    table = np.loadtxt(shared_data / "coordinates_100K.csv", delimiter=",", skiprows=1)
    return table[:, 0], table[:, 1]


def crowded_points(count: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Points around few towns, the poles and the date line, a tenth of them identical."""
    rng = np.random.default_rng(seed)
    towns = np.array([[48.8, 2.3], [89.9, 10], [-16.8, 179.95], [0, 0], [35.2644, 45], [52, 13]])
    town = towns[rng.integers(len(towns), size=count)]
    points = town + rng.normal(0, 1, (count, 2)) * rng.exponential(0.5, (count, 1))
    points[: count // 10] = [48.85, 2.35]
    return np.clip(points[:, 0], -90, 90), (points[:, 1] + 180) % 360 - 180


# --- division ------------------------------------------------------------------------------


@pytest.mark.parametrize(("tau_min", "tau_max", "size", "photos"), GOLDEN)
def test_golden_counts(
    real_points: tuple[FloatArray, FloatArray], tau_min: int, tau_max: int, size: int, photos: int
) -> None:
    build = build_partition(*real_points, name="golden", tau_min=tau_min + 1, tau_max=tau_max)
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


# --- locations -----------------------------------------------------------------------------


def test_locations_are_means_of_vectors(real_points: tuple[FloatArray, FloatArray]) -> None:
    build = build_partition(*real_points, name="x", tau_min=50, tau_max=2000)
    for index in (0, 40, build.partition.size - 1):
        member = build.labels == index
        mean = spherical_mean(real_points[0][member], real_points[1][member])
        assert build.partition.mean_latitude_deg[index] == pytest.approx(mean.latitude_deg)
        assert build.partition.mean_longitude_deg[index] == pytest.approx(mean.longitude_deg)


def test_location_across_the_date_line() -> None:
    lon = np.array([179.9, -179.9, 179.7, -179.7])
    # A whole cube face: no smaller cell reaches over 180°.
    build = build_partition(
        np.zeros(4), lon, name="x", tau_min=1, tau_max=10, start_level=0, stop_level=0
    )
    assert abs(build.partition.mean_longitude_deg[0]) == pytest.approx(180.0)


def test_location_near_the_pole() -> None:
    lon = np.arange(-180.0, 180.0, 10.0)
    build = build_partition(
        np.full(36, 88.0), lon, name="x", tau_min=1, tau_max=99, start_level=0, stop_level=0
    )
    assert build.partition.mean_latitude_deg[0] == pytest.approx(90.0)


# --- photos of dropped cells ---------------------------------------------------------------


def lone_photo(offset_km: float) -> tuple[FloatArray, FloatArray]:
    """Ten photos at one spot and one north of them, in another cell of level 12."""
    north = 10.0 + math.degrees(offset_km / 6371.0)
    return np.array([10.0] * 10 + [north]), np.full(11, 20.0)


@pytest.mark.parametrize(("within_km", "label"), [(None, -1), (29.9, -1), (30.1, 0)])
def test_a_lone_photo_joins_the_neighbour_within_the_distance(
    within_km: float | None, label: int
) -> None:
    build = build_partition(
        *lone_photo(30.0),
        name="x",
        tau_min=5,
        tau_max=50,
        start_level=12,
        reassign_within_km=within_km,
    )
    assert build.labels.tolist() == [0] * 10 + [label]
    assert build.partition.photo_counts.tolist() == [11 + min(label, 0)]
    assert build.report.sparse_cells == 1
    assert (build.report.reassigned, build.report.dropped) == ((1, 0) if label == 0 else (0, 1))


def test_reassignment_is_that_of_plain_distances(
    real_points: tuple[FloatArray, FloatArray],
) -> None:
    lat, lon = real_points[0][:4000], real_points[1][:4000]
    build = build_partition(lat, lon, name="x", tau_min=20, tau_max=100, reassign_within_km=80.0)
    own = build.partition.class_at(lat, lon)
    kept, lost = np.flatnonzero(own >= 0), np.flatnonzero(own < 0)
    assert lost.size > 100
    km = great_circle_km(lat[lost, None], lon[lost, None], lat[kept], lon[kept])
    nearest = km.min(axis=1)
    expected = np.where(nearest <= 80.0, own[kept[km.argmin(axis=1)]], -1)
    np.testing.assert_array_equal(build.labels[lost], expected)
    assert build.report.reassigned == (nearest <= 80.0).sum() > 0
    assert build.report.dropped == (nearest > 80.0).sum() > 0


def two_towns() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Towns A and B 60 km apart, and a photo between them, nearer to A but looking like B."""
    lon = np.array([20.0] * 10 + [20.5] * 10 + [20.2])
    looks = np.array([[2.0, 0.1]] * 10 + [[0.1, 9.0]] * 10 + [[0.0, 1.0]])
    return np.full(21, 10.0), lon, looks


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_embeddings_choose_among_the_neighbours(kind: type) -> None:
    lat, lon, looks = two_towns()
    rules = {"name": "x", "tau_min": 5, "tau_max": 50, "start_level": 12}
    by_distance = build_partition(lat, lon, reassign_within_km=80, **rules)  # type: ignore[arg-type]
    town_a, town_b = by_distance.labels[0], by_distance.labels[10]
    assert by_distance.labels[-1] == town_a
    by_looks = build_partition(
        lat,
        lon,
        reassign_within_km=80,
        embeddings=looks.astype(kind),
        **rules,  # type: ignore[arg-type]
    )
    assert by_looks.labels[-1] == town_b
    too_far = build_partition(
        lat,
        lon,
        reassign_within_km=25,
        embeddings=looks.astype(kind),
        **rules,  # type: ignore[arg-type]
    )
    assert too_far.labels[-1] == town_a, "the look-alike town lies beyond the distance"


def test_embeddings_without_any_neighbour_in_reach() -> None:
    lat, lon, looks = two_towns()
    build = build_partition(
        lat,
        lon,
        name="x",
        tau_min=5,
        tau_max=50,
        start_level=12,
        reassign_within_km=1,
        embeddings=looks,
    )
    assert build.labels[-1] == -1
    assert build.report.dropped == 1


# --- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tau_min": 0}, "τ_min 0"),
        ({"tau_min": 9, "tau_max": 8}, "τ_min 9 and τ_max 8"),
        ({"start_level": 5, "stop_level": 4}, "Start level 5"),
        ({"stop_level": 31}, "stop level 31"),
        ({"tau_min": 200, "tau_max": 300}, "No cell holds 200 photos"),
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


# --- the table -----------------------------------------------------------------------------


def small_partition() -> Partition:
    ids = cells.ids_from_tokens(["0945", "478e4", "478ec", "89e3774"])
    return Partition("small", ids, np.array([3, 5, 7, 9]), *cells.centers(ids))


def test_class_of_a_point_or_cell() -> None:
    partition = small_partition()
    assert partition.tokens == ("0945", "478e4", "478ec", "89e3774")
    assert partition.class_at(*cells.centers(partition.cell_ids)).tolist() == [0, 1, 2, 3]
    assert partition.class_at([0.0, 90.0, -90.0], [0.0, 0.0, 0.0]).tolist() == [-1, -1, -1]
    ids = partition.cell_ids
    inside = cells.children(ids)
    assert partition.class_of(inside).tolist() == [[k] * 4 for k in range(4)]
    assert partition.class_of(ids).tolist() == [0, 1, 2, 3]
    assert partition.class_of(cells.parents(ids, 3)).tolist() == [-1] * 4, "a parent is no part"
    assert partition.class_of(cells.range_min(ids)).tolist() == [0, 1, 2, 3]
    assert partition.class_of(cells.range_max(ids)).tolist() == [0, 1, 2, 3]
    beyond = cells.range_max(ids) + np.uint64(2)
    assert partition.class_of(beyond).tolist() == [-1, 2, -1, -1], "478e4 and 478ec do touch"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cell_ids": cells.ids_from_tokens(["478e4", "0945"])}, "out of order"),
        ({"cell_ids": cells.ids_from_tokens(["478c", "478e4"])}, "478c and 478e4 overlap"),
        ({"cell_ids": cells.ids_from_tokens(["0945", "0945"])}, "overlap"),
        ({"cell_ids": np.array([0, 1], dtype=np.uint64)}, "no S2 cell"),
        ({"cell_ids": np.array([], dtype=np.uint64)}, "differ in length"),
        ({"photo_counts": np.array([1, -1])}, "negative number"),
        ({"mean_latitude_deg": np.array([0.0, 91.0])}, "does not lie on the Earth"),
        ({"mean_longitude_deg": np.array([0.0, math.nan])}, "does not lie on the Earth"),
    ],
)
def test_a_broken_partition_is_refused(changes: dict[str, object], words: str) -> None:
    columns: dict[str, object] = {
        "cell_ids": cells.ids_from_tokens(["0945", "478e4"]),
        "photo_counts": np.array([1, 2]),
        "mean_latitude_deg": np.array([0.0, 1.0]),
        "mean_longitude_deg": np.array([0.0, 1.0]),
    }
    with pytest.raises(PartitionError, match=words) as caught:
        Partition("broken one", **(columns | changes))  # type: ignore[arg-type]
    assert "“broken one”" in str(caught.value)


def test_a_partition_needs_cells() -> None:
    nothing = np.array([])
    with pytest.raises(PartitionError, match="no cells"):
        Partition("x", nothing.astype(np.uint64), nothing.astype(np.int64), nothing, nothing)


# --- several partitions of the same photos -------------------------------------------------


@pytest.mark.parametrize("within_km", [None, 0.0, 30.0, 400.0])
def test_several_at_once_are_what_each_is_alone(within_km: float | None) -> None:
    lat, lon = crowded_points(4000, seed=5)
    # Rising and falling τ_min: neither keeps a subset of what the other keeps.
    rules = [
        PartitionRules("a", 60, 900, 3),
        PartitionRules("b", 5, 300),
        PartitionRules("c", 25, 25),
    ]
    builds = build_partitions(PhotoPlaces(lat, lon), rules, reassign_within_km=within_km)
    for rule, build in zip(rules, builds, strict=True):
        alone = build_partition(
            lat,
            lon,
            name=rule.name,
            tau_min=rule.tau_min,
            tau_max=rule.tau_max,
            start_level=rule.start_level,
            reassign_within_km=within_km,
        )
        assert build.report == alone.report
        np.testing.assert_array_equal(build.labels, alone.labels)
        np.testing.assert_array_equal(
            build.partition.mean_latitude_deg, alone.partition.mean_latitude_deg
        )
    assert len({build.report.reassigned for build in builds}) == (1 if not within_km else 3)


def test_several_at_once_re_assign_to_the_nearest_kept_photo() -> None:
    lat, lon = crowded_points(700, seed=8)
    rules = [PartitionRules("coarse", 30, 200), PartitionRules("fine", 12, 40)]
    for build in build_partitions(PhotoPlaces(lat, lon), rules, reassign_within_km=250.0):
        own = build.partition.class_at(lat, lon)
        kept = np.flatnonzero(own >= 0)
        for photo in np.flatnonzero(own < 0).tolist():
            km = great_circle_km(lat[photo], lon[photo], lat[kept], lon[kept])
            nearest = set(own[kept[km <= km.min() + 1e-9]].tolist())
            assert build.labels[photo] in (nearest if km.min() <= 250.0 else {-1})


def test_places_are_counted_once_each() -> None:
    places = PhotoPlaces([48.85, 48.85, 48.8501, -16.0], [2.35, 2.35, 2.35, 180.0])
    assert (places.photos, places.distinct) == (4, 3)
