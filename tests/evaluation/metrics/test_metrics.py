"""Figures against hand-computed cases, plain simulations and the published OSV-5M sample."""

from __future__ import annotations

import csv
import json
import math
import time
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.evaluation.metrics import distances as metrics
from geoguess_app.evaluation.metrics.calibration_curve import calibrate
from geoguess_app.evaluation.metrics.summary import summarise


def test_osv5m_distances_and_scores(some_tables: Path) -> None:
    """The sample's own columns: haversine on R = 6371 km and the score of that distance."""
    with (some_tables / "osv5m" / "evaluation_sample.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    column = {
        k: np.array([float(row[k]) for row in rows])
        for k in ("true_lat", "true_lon", "pred_lat", "pred_lon", "distance", "score")
    }
    result = summarise(
        column["true_lat"], column["true_lon"], column["pred_lat"], column["pred_lon"]
    )
    np.testing.assert_allclose(result.distance_km, column["distance"], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(
        metrics.geoguessr_score(result.distance_km), column["score"], rtol=1e-10
    )
    assert result.overall.mean_km == pytest.approx(column["distance"].mean())
    assert result.overall.geoguessr_score == pytest.approx(column["score"].mean())
    assert result.overall.median_km == pytest.approx(np.median(column["distance"]))
    for km, share in result.overall.accuracy.items():
        assert share.count == sum(d <= km for d in column["distance"].tolist())
    assert result.best[0] == int(np.argmin(column["distance"]))
    assert result.worst[0] == int(np.argmax(column["distance"]))


def test_thresholds_are_inclusive() -> None:
    assert metrics.accuracy([1.0, 1.0000001, 25.0, 2500.0, 2501.0]) == {
        1.0: 0.2,
        25.0: 0.6,
        200.0: 0.6,
        750.0: 0.6,
        2500.0: 0.8,
    }


def test_one_degree_on_the_equator_is_a_hand_computed_distance() -> None:
    result = summarise([0.0], [179.5], [0.0], [-179.5])
    assert result.distance_km[0] == pytest.approx(math.pi / 180 * 6371.0)


def test_coarse_truths_are_judged_only_where_they_can_be() -> None:
    distances = [0.5, 0.5, 10.0, 10.0, 300.0]
    finest = [0, 25, 0, 25, 200]
    summary = metrics.summarise_distances(distances, finest_scorable_km=finest)
    fair = {km: (s.count, s.photos) for km, s in summary.accuracy.items()}
    assert fair == {1: (1, 2), 25: (4, 4), 200: (4, 5), 750: (5, 5), 2500: (5, 5)}
    every = {km: (s.count, s.photos) for km, s in summary.accuracy_every_photo.items()}
    assert every == {1: (2, 5), 25: (4, 5), 200: (4, 5), 750: (5, 5), 2500: (5, 5)}
    as_json = json.loads(json.dumps(summary.to_json(), allow_nan=False))
    assert as_json["accuracy"]["1"]["photos"] == 2
    assert as_json["accuracy_every_photo"]["1"]["share"] == 0.4


def test_interval_agrees_with_the_binomial_law() -> None:
    hits = np.arange(400) < 100
    share = metrics.share(hits)
    error = 1.96 * math.sqrt(0.25 * 0.75 / 400)
    assert share.low == pytest.approx(0.25 - error, abs=0.008)
    assert share.high == pytest.approx(0.25 + error, abs=0.008)
    assert share == metrics.share(hits)  # seeded


def test_bursts_widen_the_interval() -> None:
    """Forty spots of ten photos that succeed or fail together are forty facts, not 400."""
    hits = np.repeat(np.arange(40) < 10, 10)
    share = metrics.share(hits, spot=np.repeat(np.arange(40), 10))
    error = 1.96 * math.sqrt(0.25 * 0.75 / 40)
    assert share.value == 0.25
    assert share.high - share.low == pytest.approx(2 * error, rel=0.12)


def test_interval_is_that_of_drawing_the_spots() -> None:
    """Against the plain cluster bootstrap, spot by spot."""
    random = np.random.default_rng(2)
    spot = random.integers(0, 60, 300)
    hits = random.random(300) < np.linspace(0.1, 0.9, 60)[spot]
    shares = []
    for _ in range(4000):
        drawn = random.integers(0, 60, 60)
        chosen = np.concatenate([np.flatnonzero(spot == s) for s in drawn])
        shares.append(hits[chosen].mean())
    share = metrics.share(hits, spot=spot)
    assert (share.low, share.high) == pytest.approx(np.quantile(shares, [0.025, 0.975]), abs=0.012)


def test_many_photos_take_no_time() -> None:
    random = np.random.default_rng(3)
    start = time.monotonic()
    summary = metrics.summarise_distances(
        random.uniform(0, 4000, 200_000), spot=random.integers(0, 150_000, 200_000)
    )
    assert summary.accuracy[750.0].value == pytest.approx(750 / 4000, abs=0.01)
    assert time.monotonic() - start < 20


def test_no_success_does_not_mean_impossible() -> None:
    assert metrics.share([False] * 10).high == pytest.approx(0.3085, abs=1e-4)  # Clopper-Pearson
    assert metrics.share([True] * 10).low == pytest.approx(0.6915, abs=1e-4)


def test_few_spots_are_few_facts() -> None:
    """Wilson's interval for 1 of 10, a textbook case; ten photos a spot add nothing."""
    alone = metrics.share(np.arange(10) < 1)
    bursts = metrics.share(np.repeat(np.arange(10) < 1, 10), spot=np.repeat(np.arange(10), 10))
    assert (alone.low, alone.high) == pytest.approx((0.0179, 0.4042), abs=1e-4)
    assert (bursts.low, bursts.high) == pytest.approx((alone.low, alone.high))


def test_spots_join_what_lies_together() -> None:
    spots = metrics.spots([48.851, 48.8549, 48.861, -48.851], [2.291, 2.2999, 2.291, 2.291])
    assert spots[0] == spots[1]
    assert len(set(spots.tolist())) == 3


def test_most_confident_rounds_down_and_keeps_one() -> None:
    confidence = [0.1, 0.9, 0.5, 0.9, 0.3]
    assert metrics.most_confident(confidence, 0.5).tolist() == [1, 3]
    assert metrics.most_confident(confidence, 0.01).tolist() == [1]
    assert metrics.most_confident([], 0.1).size == 0


def test_calibration_by_hand() -> None:
    distances = [10.0, 30.0, 20.0, 900.0]
    confidence = [0.9, 0.95, 1.0, 0.05]
    radii = [[5, 15, 20], [5, 15, 20], [20, 25, 30], [100, 1000, 2000]]
    result = calibrate(distances, confidence, radii)
    assert result is not None
    assert {p: s.count for p, s in result.coverage.items()} == {50: 1, 80: 3, 95: 3}
    assert result.median_radius_km == {50: 12.5, 80: 20.0, 95: 25.0}
    assert [(b.low, b.photos, b.right) for b in result.bins] == [(0.0, 1, 0), (0.9, 3, 2)]
    expected = (1 * 0.05 + 3 * abs(2.85 / 3 - 2 / 3)) / 4
    assert result.expected_calibration_error == pytest.approx(expected)
    assert result.brier == pytest.approx((0.01 + 0.9025 + 0 + 0.0025) / 4)


def test_only_the_first_candidate_near_the_truth_is_right() -> None:
    candidates = [
        [(0.5, 900.0), (0.3, 10.0), (0.1, 12.0)],  # the second is right, its neighbour late
        [(0.6, 5.0), (0.2, 6.0)],  # the answer itself was right
        [(0.7, 40.0)],
    ]
    radii = np.ones((3, 3))
    result = calibrate([900.0, 5.0, 40.0], [0.5, 0.6, 0.7], radii, candidates=candidates)
    assert result is not None
    found = [(b.low, b.photos, b.right, b.mean_confidence) for b in result.candidate_bins]
    assert found == [(0.1, 1, 0, 0.1), (0.2, 1, 0, 0.2), (0.3, 1, 1, 0.3)]
    assert len(result.to_json()["candidate_bins"]) == 3
    alone = calibrate([1.0], [0.9], np.ones((1, 3)))
    assert alone is not None
    assert alone.candidate_bins == ()


def test_honest_confidence_is_found_to_be_honest_and_boasting_is_not() -> None:
    random = np.random.default_rng(5)
    chance = random.random(4000)
    distances = np.where(random.random(4000) < chance, 1.0, 1000.0)
    honest = calibrate(distances, chance, np.ones((4000, 3)))
    boasting = calibrate(distances, np.sqrt(chance), np.ones((4000, 3)))
    assert honest is not None
    assert boasting is not None
    assert honest.expected_calibration_error < 0.025
    # The mean of √u - u over uniform u is 1/6.
    assert boasting.expected_calibration_error == pytest.approx(1 / 6, abs=0.025)
    assert honest.brier == pytest.approx(1 / 6, abs=0.01)  # the mean of u (1 - u)


def test_groups_and_extremes() -> None:
    latitude = np.zeros(12)
    answers = np.arange(12) / 10
    result = summarise(
        latitude,
        latitude,
        latitude,
        answers,
        confidence=1 - answers / 2,
        radii_km=np.full((12, 3), [5, 50, 500]),
        labels={"scene": ["urban"] * 4 + [""] * 4 + ["natural"] * 4},
    )
    assert list(result.by["scene"]) == ["natural", "urban"]
    assert result.by["scene"]["urban"].summary.photos == 4
    assert result.most_confident["quarter"].summary.photos == 3
    assert result.best == (0, 1, 2, 3, 4)
    assert result.worst == (11, 10, 9, 8, 7)
    covered = result.by["scene"]["urban"].within_80_radius
    assert covered is not None
    assert covered.count == 4
    text = json.dumps(result.to_json(), allow_nan=False)
    assert set(json.loads(text)) == {"overall", "calibration", "most_confident", "by"}


def test_nothing_to_judge_gives_nulls_not_errors() -> None:
    result = summarise([], [], [], [], confidence=[], radii_km=np.empty((0, 3)))
    assert result.calibration is None
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["overall"]["mean_km"] is None
