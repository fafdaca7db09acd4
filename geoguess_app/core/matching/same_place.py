"""Trust in a match: how near each other two photos were taken.

P(distance ≤ r) is the product of two: that both show the same thing, logistic in what the match
shows and in what another place shows (its *rival*: where one type of house stands in many streets,
several match), and that cameras which show the same thing stand within r of each other. More points
make the first surer, not the second: one house is seen from many corners. The numbers stand in
``resources/matching/trust.json``, fitted on pairs of photos with known positions by
``geoguess-train matching``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np

from geoguess_app.core.calibration.model import EARTH_HALF_ROUND_KM, RadiusKm, Weight, logistic
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.matching.verification import Match
from geoguess_app.core.records.forms import decode
from geoguess_app.core.records.marks import Range
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.paths import resource_dir

LEAST_RADIUS_KM = 0.05
"""Two cameras that see one house stand tens of metres apart: no radius is below this."""


RIVAL_KM = 0.3
"""Candidates farther apart than this show different places."""
_PAIRS_BY_CHANCE = 7
"""So many pairs of points agree on a geometry in any two pictures."""

COLUMNS = ("bias", "inliers", "distinct", "spread", "share", "similarity", "rival")
"""The fields of ``TrustModel`` that the probability is linear in, before the logistic function."""


@dataclass(frozen=True, slots=True)
class TrustModel:
    """The fitted numbers of ``trust``: what ``trust.json`` holds."""

    bias: Weight
    inliers: Weight
    """Of the logarithm of 1 + the number of pairs."""
    distinct: Weight
    """Of the logarithm of 1 + the number of grid cells with pairs."""
    spread: Weight
    """Of the smaller of both pictures' spreads."""
    share: Weight
    """Of the share of the clear pairs that agree."""
    similarity: Weight
    """Of the cosine of both photos' embeddings."""
    rival: Weight
    """Of the logarithm of 1 + the pairs, beyond those by chance, of the strongest rival."""
    median_km: RadiusKm
    """Half of the cameras that show the same thing stand within this of each other."""
    steepness: Annotated[float, Range(0.1, 100.0)]
    """Of the distances' distribution (Weibull's): the larger, the more alike they are."""
    fewest: Annotated[int, Range(1, 1000)]
    """Fewer pairs than this occur between any two photos and say nothing."""
    verified_from: Annotated[float, Range(0.0, 1.0)]
    """A match counts as verified from this probability on that both show the same thing."""

    @property
    def weights(self) -> FloatArray:
        """The weights (7) in the order of ``COLUMNS``."""
        return np.array([getattr(self, name) for name in COLUMNS])


@dataclass(frozen=True, slots=True)
class SamePlace:
    """A judgement on one match."""

    probability: float
    """That both photos show the same thing."""
    verified: bool
    probability_100m: float
    probability_1km: float
    model: TrustModel

    def within(self, radius_km: float) -> float:
        """P(the two photos were taken at most ``radius_km`` apart)."""
        return self.probability * _near_share(radius_km, self.model)

    def radius_km(self, share: float) -> float:
        """The distance within which the other camera stood with this probability; never below
        ``LEAST_RADIUS_KM``, and half the Earth's circumference where no distance reaches it."""
        if share >= self.probability:
            return EARTH_HALF_ROUND_KM
        halvings = -np.log2(1.0 - share / self.probability)
        radius = self.model.median_km * halvings ** (1.0 / self.model.steepness)
        return float(np.clip(radius, LEAST_RADIUS_KM, EARTH_HALF_ROUND_KM))


def trust(
    match: Match, similarity: float, rival: int = 0, model: TrustModel | None = None
) -> SamePlace:
    """Judge a match of two photos whose embeddings have the cosine ``similarity``.

    ``rival``: what ``strongest_rivals`` gives, where there are other candidates. ``model``: other
    numbers than those that come with the program.
    """
    fitted = model or shipped_trust()
    if match.n_inliers < fitted.fewest:
        return judge(0.0, fitted)
    log_odds = match_columns(match, similarity, rival) @ fitted.weights
    return judge(float(logistic(np.array(log_odds))), fitted)


def judge(probability: float, model: TrustModel) -> SamePlace:
    """Draw the curve of two photos that show the same thing with this probability."""
    near, around = (probability * _near_share(radius_km, model) for radius_km in (0.1, 1.0))
    return SamePlace(probability, probability >= model.verified_from, near, around, model)


def strongest_rivals(
    inliers: IntArray, latitude_deg: FloatArray, longitude_deg: FloatArray
) -> IntArray:
    """Count for each candidate (k) of one photo the most pairs of points that another one has,
    taken more than ``RIVAL_KM`` from it; 0 where there is none."""
    apart_km = great_circle_km(
        latitude_deg[:, None], longitude_deg[:, None], latitude_deg, longitude_deg
    )
    rivals = np.where(apart_km > RIVAL_KM, inliers, 0)
    return np.asarray(rivals.max(axis=1, initial=0), dtype=np.int64)


def rival_column(rival: int | IntArray) -> FloatArray:
    """Weigh a strongest rival (or several) as the probability is logistic in it."""
    beyond = np.maximum(np.asarray(rival) - _PAIRS_BY_CHANCE, 0)
    return np.asarray(np.log1p(beyond), dtype=np.float64)


def match_columns(match: Match, similarity: float, rival: int = 0) -> FloatArray:
    """The numbers (7) that the probability is logistic in, in the order of ``COLUMNS``."""
    return np.array(
        [
            1.0,
            np.log1p(match.n_inliers),
            np.log1p(match.distinct),
            min(match.spread_query, match.spread_reference),
            match.n_inliers / max(match.tentative, 1),
            similarity,
            float(rival_column(rival)),
        ]
    )


def read_trust(path: Path) -> TrustModel:
    """Read the numbers from a file; raises ValueError where it holds anything else."""
    return decode(TrustModel, json.loads(path.read_text(encoding="utf-8")), where=path.name)


@cache
def shipped_trust() -> TrustModel:
    """The numbers that come with the program."""
    return read_trust(resource_dir() / "matching" / "trust.json")


def _near_share(radius_km: float, model: TrustModel) -> float:
    """The share of cameras showing the same thing that stand within the radius."""
    halvings = (radius_km / model.median_km) ** model.steepness
    return float(1.0 - 0.5**halvings)
