"""Look-alikes gathered by where they were taken: photos come in bursts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from geoguess_app.core.explain.alike import LookAlike
from geoguess_app.core.geo.sphere import great_circle_km

_SPOT_KM = 0.3
SPOTS_SHOWN = 8
SAME_SPOT_KM = 0.003
"""Nearer than this is the same spot: an answer often is the position of a known photo itself."""


@dataclass(frozen=True, slots=True)
class AlikeSpot:
    """Known photos from one spot."""

    best: LookAlike
    """The most similar of them."""
    count: int
    vote: float
    """Their share, 0…1, in the probabilities of all cells."""


def spots(alike: Sequence[LookAlike], most: int = SPOTS_SHOWN) -> list[AlikeSpot]:
    """The spots of look-alikes that come best first, in the order of their best photos."""
    found: list[AlikeSpot] = []
    for one in alike:
        for i, spot in enumerate(found):
            if one.here == spot.best.here and _km(one, spot.best) < _SPOT_KM:
                found[i] = replace(spot, count=spot.count + 1, vote=spot.vote + one.vote)
                break
        else:
            found.append(AlikeSpot(one, 1, one.vote))
    return found[:most]


def _km(one: LookAlike, other: LookAlike) -> float:
    a, b = one.coordinate, other.coordinate
    return float(great_circle_km(a.latitude_deg, a.longitude_deg, b.latitude_deg, b.longitude_deg))
