"""Which points an area holds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline

from geoguess_app.core.area.areas import Box, Country, Ring
from geoguess_app.core.errors import SessionError

corners = st.lists(
    st.tuples(st.integers(-80, 80).map(float), st.integers(-170, 170).map(float)),
    min_size=3,
    max_size=3,
    unique=True,
)


@settings(deadline=None)
@given(corners, st.integers(0, 1000))
def test_triangles_as_matplotlib_sees_them(triangle: list[tuple[float, float]], seed: int) -> None:
    chance = np.random.default_rng(seed)
    lat, lon = chance.uniform(-85, 85, 200), chance.uniform(-179, 179, 200)
    theirs = Outline(triangle).contains_points(np.stack([lat, lon], axis=1))
    assert (Ring(tuple(triangle)).holds(lat, lon) == theirs).all()


@pytest.mark.parametrize("turn", [0, 360, -360])
def test_across_the_date_line(turn: int) -> None:
    """However often round the world the map was dragged before the area was drawn."""
    fiji = Box(-20, 176, -15, -178)
    ring = Ring(tuple((lat, lon + turn) for lat, lon in fiji.ring().corners))
    lat, lon = np.array([-17, -17, -17, -17.0]), np.array([177.5, -179, -177, 0])
    assert ring.holds(lat, lon).tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Ring(((0.0, 0.0), (1.0, 1.0))),
        lambda: Ring(((0.0, 0.0), (0.0, 0.0), (1.0, 1.0))),
        lambda: Ring(((0.0, 0.0), (1.0, 0.0), (math.nan, 1.0))),
        lambda: Box(10, 0, 5, 1),
        lambda: Box(0, 7, 5, 7),
        lambda: Country("France"),
        lambda: Country("1;"),
    ],
)
def test_what_encloses_nothing_is_refused(make: object) -> None:
    with pytest.raises(SessionError):
        make()  # type: ignore[operator]
