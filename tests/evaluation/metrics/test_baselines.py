"""Ceiling and floor on hand-made cells, and the floor against a draw of 200,000 answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from s2sphere import CellId, LatLng

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.partition import Partition, build_partition
from geoguess_app.evaluation.metrics.baselines import bank_ceiling, cell_ceiling, floor

KM_PER_DEG = np.pi / 180 * 6371.0


def cell(latitude: float, longitude: float, level: int) -> int:
    return int(CellId.from_lat_lng(LatLng.from_degrees(latitude, longitude)).parent(level).id())


@pytest.fixture
def two_cells() -> Partition:
    """A cell around 20°N 20°E with 30 photos and one around 40°S 60°W with 10."""
    entries = sorted([(cell(20, 20, 3), 30, 20.0, 20.0), (cell(-40, -60, 3), 10, -40.0, -60.0)])
    ids, counts, latitudes, longitudes = zip(*entries, strict=True)
    return Partition(
        name="fine",
        cell_ids=np.array(ids, dtype=np.uint64),
        photo_counts=np.array(counts),
        mean_latitude_deg=np.array(latitudes),
        mean_longitude_deg=np.array(longitudes),
    )


def test_ceiling_is_the_true_cells_mean_or_the_nearest(two_cells: Partition) -> None:
    result = cell_ceiling(two_cells, [20.5, -40.0, 40.0], [20.0, -60.0, 20.0])
    np.testing.assert_allclose(
        result.distance_km, [0.5 * KM_PER_DEG, 0.0, 20 * KM_PER_DEG], atol=1e-6
    )
    assert result.outside_cells == 1


def test_bank_ceiling_is_the_best_photo_inside_the_true_cell(two_cells: Partition) -> None:
    first = int(two_cells.class_at(20.0, 20.0))
    result = bank_ceiling(
        two_cells,
        [20.5, 20.2, 20.6],
        [20.0, 20.0, 20.0],
        [first, first, -1],  # the last lies in no cell: not to be used
        [20.61, -40.5, 40.0],
        [20.0, -60.0, 20.0],
    )
    expected = np.array([0.11, 0.5, 20.0]) * KM_PER_DEG
    np.testing.assert_allclose(result.distance_km, expected, atol=1e-6)
    assert result.outside_cells == 1


def test_floor_by_hand(two_cells: Partition) -> None:
    # Three of four draws say 20°N 20°E, 55.6 km from the photo; the others are far away.
    result = floor(two_cells, [20.5], [20.0])
    assert list(result.accuracy_every_photo.values()) == pytest.approx([0, 0, 0.75, 0.75, 0.75])
    far = float(great_circle_km(20.5, 20.0, -40.0, -60.0))
    assert result.mean_km == pytest.approx(0.75 * 0.5 * KM_PER_DEG + 0.25 * far)
    assert result.median_km == pytest.approx(0.5 * KM_PER_DEG, abs=1e-3)  # exact to a metre


def test_floor_counts_coarse_truths_where_they_can_be_judged(two_cells: Partition) -> None:
    result = floor(two_cells, [20.0, 20.0], [20.0, 20.0], finest_scorable_km=[25, 200])
    assert [result.photos[km] for km in (1, 25, 200)] == [0, 1, 2]
    as_json = result.to_json()
    assert as_json["accuracy"]["1"] == {"share": None, "photos": 0}
    assert as_json["accuracy_every_photo"]["1"]["share"] == pytest.approx(0.75)


def test_floor_is_the_expectation_of_drawing(some_tables: Path) -> None:
    points = np.loadtxt(some_tables / "coordinates_100K.csv", delimiter=",", skiprows=1)
    train, test = points[:20_000], points[-600:]
    cells = build_partition(train[:, 0], train[:, 1], name="fine", tau_min=10, tau_max=200)
    partition = cells.partition
    result = floor(partition, test[:, 0], test[:, 1])
    random = np.random.default_rng(1)
    weights = partition.photo_counts / partition.photo_counts.sum()
    drawn = random.choice(partition.size, p=weights, size=(300, len(test)))
    distances = great_circle_km(
        test[:, 0],
        test[:, 1],
        partition.mean_latitude_deg[drawn],
        partition.mean_longitude_deg[drawn],
    )
    for km, expected in result.accuracy_every_photo.items():
        assert expected == pytest.approx((distances <= km).mean(), abs=0.004)
    assert result.mean_km == pytest.approx(distances.mean(), rel=0.01)
    assert result.median_km == pytest.approx(np.median(distances), rel=0.01)
    # The ceiling of the same cells is far above it, and better the finer the distance allowed.
    ceiling = cell_ceiling(partition, test[:, 0], test[:, 1]).distance_km
    assert (ceiling <= 200).mean() > 0.7 > 10 * result.accuracy_every_photo[200.0]
