"""Paired differences against scipy, by hand, and against a plain bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from geoguess_app.evaluation.metrics.paired import (
    mcnemar,
    mean_interval,
    paired_median,
    paired_share,
)


def test_mcnemar_by_hand() -> None:
    # One flip of six to the rarer side: 2 · (1 + 6) / 2^6.
    assert mcnemar(1, 5) == pytest.approx(2 * 7 / 64)
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 10) == pytest.approx(2 / 1024)


def test_flips_are_counted_on_their_own_side() -> None:
    first = [True, True, False, False, True]
    second = [True, False, True, True, True]
    result = paired_share(first, second, spot=np.arange(5))
    assert (result.photos, result.first_only, result.second_only) == (5, 1, 2)
    assert result.difference == pytest.approx(0.2)
    assert result.low < 0.2 < result.high
    assert not result.clear


def test_few_spots_get_students_interval() -> None:
    values = np.array([1.0, 0.0, 0.0, -1.0, 1.0, 1.0, 0.0, 1.0])
    low, high = mean_interval(values, np.arange(8), seed=0)
    expected = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high))


def test_many_spots_agree_with_a_plain_bootstrap() -> None:
    random = np.random.default_rng(1)
    values = random.choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=400)
    low, high = mean_interval(values, np.arange(400), seed=0)
    means = [values[random.integers(0, 400, 400)].mean() for _ in range(4000)]
    assert (low, high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.008)


def test_photos_of_one_spot_count_little_more_than_one() -> None:
    random = np.random.default_rng(2)
    values = np.repeat(random.choice([-1.0, 1.0], size=40), 25)
    alone = mean_interval(values, np.arange(1000), seed=0)
    together = mean_interval(values, np.repeat(np.arange(40), 25), seed=0)
    assert together[1] - together[0] > 3 * (alone[1] - alone[0])


def test_no_flip_at_all_is_no_certainty() -> None:
    result = paired_share([True] * 30, [True] * 30, spot=np.arange(30))
    assert result.difference == 0
    assert result.low == pytest.approx(-(1 - 0.025 ** (1 / 30)))
    assert result.p_value == 1.0


def test_nothing_judged_is_null_in_json() -> None:
    assert paired_share([], [], spot=[]).to_json()["difference"] is None


def test_median_shift_is_found_where_every_photo_improves() -> None:
    random = np.random.default_rng(3)
    first = random.lognormal(3, 1, 300)
    result = paired_median(first, first * 0.5, spot=np.arange(300))
    assert result.difference == pytest.approx(-0.5 * float(np.median(first)))
    assert result.low < result.difference < result.high < 0
