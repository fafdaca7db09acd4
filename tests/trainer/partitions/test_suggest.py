"""Suggested τ: what they promise is what the partition command then makes."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.errors import PartitionError
from geoguess_app.core.partition import build_partition
from geoguess_app.core.types import FloatArray
from geoguess_app.evaluation.metrics.baselines import cell_ceiling
from geoguess_app.evaluation.metrics.distances import accuracy
from trainer.partitions.suggest import suggest_taus


def town(photos: int, seed: int = 3) -> tuple[FloatArray, FloatArray]:
    """Photos of twelve corners of a campus about a kilometre wide."""
    rng = np.random.default_rng(seed)
    corners = rng.normal(0, 0.003, (12, 2))
    points = np.array([52.0, 4.3]) + corners[rng.integers(12, size=photos)]
    points += rng.normal(0, 0.0006, (photos, 2))
    return points[:, 0], points[:, 1]


@pytest.mark.parametrize("photos", [20, 60, 300, 1000, 5000])
def test_pairs_run_from_coarse_to_fine_and_keep_the_photos(photos: int) -> None:
    lat, lon = town(photos)
    suggestion = suggest_taus(lat, lon)
    assert 1 <= len(suggestion.taus) <= 3
    sizes = [choice.cells for choice in suggestion.chosen]
    assert sizes == sorted(set(sizes))
    assert all(3 <= low < high for low, high in suggestion.taus)
    assert min(choice.in_cells for choice in suggestion.chosen) >= 0.9
    # As many cells as the photos can teach: 12,893 for 4.72 million, fewer but fuller ones here.
    assert sizes[-1] == pytest.approx(12_893 * (photos / 4_720_000) ** 0.6, rel=0.8)
    assert photos / sizes[-1] >= 3
    assert suggestion.scale.local
    assert suggestion.reason.endswith(".")


def test_promises_are_kept_on_real_positions(some_tables: Path) -> None:
    lat, lon = np.loadtxt(some_tables / "coordinates_100K.csv", delimiter=",", skiprows=1).T
    suggestion = suggest_taus(lat, lon)
    assert not suggestion.scale.local
    # A world of photos carries more levels than three.
    assert 5 <= len(suggestion.chosen) <= 7
    sizes = [choice.cells for choice in suggestion.chosen]
    assert all(low <= 0.8 * high for low, high in itertools.pairwise(sizes))
    for choice in suggestion.chosen[-1:]:
        build = build_partition(lat, lon, name="x", tau_min=choice.tau_min, tau_max=choice.tau_max)
        assert (build.report.cells, build.report.dropped) == (choice.cells, choice.dropped)
        ceiling = cell_ceiling(build.partition, lat, lon).distance_km
        assert choice.ceiling == pytest.approx(accuracy(ceiling), abs=1e-9)
        assert choice.ceiling_median_km == pytest.approx(float(np.median(ceiling)), rel=1e-9)
    finer, coarser = suggestion.finer, suggestion.coarser
    assert finer is not None
    assert coarser is not None
    assert coarser.cells < suggestion.chosen[-1].cells < finer.cells
    for number in (suggestion.chosen[-1].cells, finer.cells, coarser.cells):
        assert f"{number:,} cells" in suggestion.reason


def test_more_photos_make_more_cells_each_with_more_photos() -> None:
    few, many = (suggest_taus(*town(n)).chosen[-1].cells for n in (300, 30_000))
    assert few < many
    assert 300 / few < 30_000 / many


@pytest.mark.parametrize(
    ("lat", "lon"), [([50.0] * 40, [4.0] * 40), ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])]
)
def test_what_cannot_be_divided_is_said(lat: list[float], lon: list[float]) -> None:
    with pytest.raises(PartitionError, match="are too few for two cells"):
        suggest_taus(lat, lon)


def test_two_spots_far_apart_are_two_cells() -> None:
    suggestion = suggest_taus([50.0] * 6 + [-30.0] * 6, [4.0] * 6 + [150.0] * 6)
    assert [choice.cells for choice in suggestion.chosen] == [2]
    assert suggestion.chosen[0].ceiling[1.0] == 1.0
