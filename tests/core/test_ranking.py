"""The highest of many values."""

from __future__ import annotations

import numpy as np
import pytest

from geoguess_app.core.ranking import highest


@pytest.mark.parametrize("count", [1, 7, 199, 200, 999])
@pytest.mark.parametrize("different", [4, 200])
def test_the_highest_come_first_and_equal_ones_by_their_index(count: int, different: int) -> None:
    values = np.random.default_rng(2).integers(0, different, 200) / different
    expected = np.argsort(-values, kind="stable")[:count]
    assert highest(values, count).tolist() == expected.tolist()
