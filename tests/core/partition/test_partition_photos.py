"""What becomes of every photo of a partition: its cell's location, its neighbours, its class."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geoguess_app.core.geo.sphere import great_circle_km, spherical_mean
from geoguess_app.core.partition import (
    PartitionRules,
    PhotoPlaces,
    build_partition,
    build_partitions,
)
from geoguess_app.core.types import FloatArray
from tests.core.crowded import crowded_points


def test_locations_are_means_of_vectors(many_points: tuple[FloatArray, FloatArray]) -> None:
    build = build_partition(*many_points, name="x", tau_min=50, tau_max=2000)
    for index in (0, 40, build.partition.size - 1):
        member = build.labels == index
        mean = spherical_mean(many_points[0][member], many_points[1][member])
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
    many_points: tuple[FloatArray, FloatArray],
) -> None:
    lat, lon = many_points[0][:4000], many_points[1][:4000]
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
