"""Scales of distances at which a model is judged: the field's five, or metres for a model of a
town."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.evaluation.metrics.distances import SPOT_DEG, THRESHOLDS_KM

LOCAL_EXTENT_KM = 25.0
"""A model whose training photos lie closer together than this cannot be judged at 25 km."""
LOCAL_STEPS_KM = tuple(m / 1000 for m in (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000))
"""Round distances of which five in a row are taken."""
COUNT = 5
_DISTANCE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(km|m)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scale:
    """Five distances in km, rising; ``key`` is the one that headlines and flips speak of.

    ``shown_km`` is the range of the axes on which errors are drawn.
    """

    thresholds_km: tuple[float, ...]
    key_km: float
    local: bool
    shown_km: tuple[float, float]

    @property
    def spot_deg(self) -> float:
        """Photos in one square of this side count as one place when intervals are made."""
        return self.thresholds_km[0] / 111.0 if self.local else SPOT_DEG

    @property
    def wide_km(self) -> float:
        """The second largest distance: the coarser headline."""
        return self.thresholds_km[-2]


WORLD = Scale(THRESHOLDS_KM, 25.0, False, (0.1, 20_037.0))


def scale_for_extent(extent_km: float) -> Scale:
    """The scale for a model whose training photos lie this far from their mean point (median).

    Below 25 km: the smallest round distance that is no less than the extent, where always
    answering the mean point is right about half the time, and the four before it.
    """
    if not extent_km < LOCAL_EXTENT_KM:
        return WORLD
    top = next((i for i, km in enumerate(LOCAL_STEPS_KM) if km >= extent_km), None)
    last = len(LOCAL_STEPS_KM) - 1 if top is None else max(top, COUNT - 1)
    return scale_of_thresholds(LOCAL_STEPS_KM[last - COUNT + 1 : last + 1])


def scale_of_thresholds(thresholds_km: Sequence[float]) -> Scale:
    """A scale of five rising distances (km); local where the middle one is below 10 km."""
    if tuple(thresholds_km) == THRESHOLDS_KM:
        return WORLD
    local = thresholds_km[COUNT // 2] < 10.0
    shown = (thresholds_km[0] / 5, 10 * thresholds_km[-1]) if local else WORLD.shown_km
    return Scale(tuple(thresholds_km), thresholds_km[COUNT // 2], local, shown)


def parse_thresholds(text: str) -> tuple[float, ...]:
    """ "50m,100m,0.2,500 m,1km" to kilometres (no unit: km); raises GeoGuessError."""
    found = [_DISTANCE.fullmatch(part) for part in text.split(",")]
    values = [
        float(match[1]) / (1000 if (match[2] or "").lower() == "m" else 1)
        for match in found
        if match
    ]
    if (
        len(values) != COUNT
        or len(found) != COUNT
        or values[0] <= 0
        or sorted(set(values)) != values
    ):
        raise GeoGuessError(
            f"--thresholds {text}: give five rising distances, such as 50m,100m,200m,500m,1km.",
            code="thresholds",
        )
    return tuple(values)
