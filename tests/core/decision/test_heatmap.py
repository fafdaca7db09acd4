"""What a map draws of a distribution over cells."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoguess_app.core.decision.heatmap import cells_to_draw, credible_cells

distributions = st.lists(st.floats(0, 1), min_size=1, max_size=12).filter(lambda p: sum(p) > 1e-6)


def test_credible_cells_by_hand() -> None:
    p = [0.1, 0.4, 0.2, 0.3]
    assert credible_cells(p, 0.4).tolist() == [1]
    assert credible_cells(p, 0.41).tolist() == [1, 3]
    assert credible_cells(p, 0.7).tolist() == [1, 3]
    assert credible_cells(p, 0.95).tolist() == [1, 3, 2, 0]
    assert credible_cells([0.25] * 4, 0.5).tolist() == [0, 1]
    assert credible_cells([0.0, 1.0, 0.0], 1.0).tolist() == [1]


@given(distributions, st.floats(0.01, 1))
def test_credible_cells_are_the_smallest_set(p: list[float], mass: float) -> None:
    chosen = credible_cells(p, mass).tolist()
    values = [p[i] for i in chosen]
    assert values == sorted(values, reverse=True)
    total = sum(p)
    held = sum(values) / total
    assert held >= mass - 1e-9
    # No set of fewer cells holds as much: try them all.
    if len(chosen) > 1:
        best = max(sum(c) for c in itertools.combinations(p, len(chosen) - 1)) / total
        assert best < mass + 1e-9


def test_a_mass_of_many_small_numbers_needs_no_cell_too_many() -> None:
    p = np.full(1000, 0.001)
    assert credible_cells(p, 0.5).size == 500
    assert credible_cells(p, 1.0).size == 1000


def test_cells_to_draw_are_limited_and_strongest_first() -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(5000, 0.5))
    indices, values = cells_to_draw(p, mass=0.99, most=2000)
    np.testing.assert_array_equal(values, p[indices])
    assert (np.diff(values) <= 0).all()
    assert indices.size <= 2000
    assert values.sum() >= 0.99 or indices.size == 2000
    assert cells_to_draw(p, most=10)[0].size == 10
    np.testing.assert_array_equal(cells_to_draw(p, most=10)[0], indices[:10])


@pytest.mark.parametrize("p", [[], [0.0, 0.0], [-0.1, 1.1], [math.nan, 1.0], [[0.5, 0.5]]])
def test_what_is_no_distribution_is_refused(p: list[float]) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        credible_cells(p, 0.5)


@pytest.mark.parametrize("mass", [0.0, -1.0, 1.5, math.nan])
def test_mass_must_be_a_share(mass: float) -> None:
    with pytest.raises(ValueError, match="mass"):
        credible_cells([1.0], mass)
