"""Calibration of a model: temperatures, retrieval weights and the curve "right within R km".

The numbers stand in the bundle's ``calibration`` object and are fitted by the trainer on photos
whose sources the fitted model never saw. A bundle without them gets neutral defaults, so that an
uncalibrated model still answers (its confidence then is the network's own). The type hints say what
each number may be; ``json_form`` reads and writes them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np

from geoguess_app.core.records.marks import Count, OmitDefault, Range
from geoguess_app.core.types import FloatArray, Level

RADIUS_SHARES = (0.5, 0.8, 0.95)
"""How often the truth shall lie within each of the three radii of an answer."""
CITY_KM = 25.0
"""An answer as near as this is right at city scale."""
EARTH_HALF_ROUND_KM = 20015.1
"""Half of a great circle: nothing is farther away than this."""
MASS_LIMIT = 1e-3
"""Probabilities are kept this far from 0 and 1 before a logarithm of their odds is taken."""

Weight = Annotated[float, Range(-1e6, 1e6)]
RisingWeight = Annotated[float, Range(0.0, 1e6)]
Temperature = Annotated[float, Range(1e-3, 1e3)]
RadiusKm = Annotated[float, Range(1e-3, EARTH_HALF_ROUND_KM)]
ErrorKm = Annotated[float, Range(1e-6, EARTH_HALF_ROUND_KM)]
Share = Annotated[float, Range(1e-3, 1.0)]


@dataclass(frozen=True, slots=True)
class WithinPoint:
    """P(truth within ``radius_km``) = logistic(bias + mass·logit(m) + similarity·s).

    m is the share of the photo's own posterior within that radius of the answer, s the cosine
    similarity to the nearest bank photo (0 without a bank).
    """

    radius_km: RadiusKm
    bias: Weight = 0.0
    mass: RisingWeight = 1.0
    """A falling curve would turn more evidence into less confidence."""
    similarity: Weight = 0.0


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A level is trusted when P(within ``radius_km``) reaches ``probability``."""

    radius_km: RadiusKm
    probability: Annotated[float, Range(0.0, 1.0)]


@dataclass(frozen=True, slots=True)
class RetrievalWeights:
    """The weights of look-alike training photos: softmax(similarity / temperature), and their say.

    Their share in the posterior is logistic(bias + similarity·s1 + margin·(s1 - s2)), where s1 is
    the highest similarity and s2 the highest one at another place (> 25 km from the first).
    ``inside_temperature`` ranks the photos inside one cell.
    """

    temperature: Annotated[float, Range(1e-4, 1e6)] = 0.05
    inside_temperature: Annotated[float, Range(1e-4, 1e6)] = 0.05
    bias: Weight = 0.0
    similarity: Weight = 0.0
    margin: Weight = 0.0


@dataclass(frozen=True, slots=True)
class GalleryWeights:
    """The weights of a gallery's points; see ``core.decision.gallery``."""

    temperature: Temperature = 1.0
    density_exponent: Annotated[float, Range(0.0, 2.0)] = 0.0
    """0: the softmax as it is, with the gallery's own density; 1: every km² counts the same."""
    mode_km: RadiusKm = 25.0
    """A point's mass lies within twice this distance of it: how far apart points of one mode
    may be."""


@dataclass(frozen=True, slots=True)
class ShareWithin:
    """The share of answers that are right within a radius."""

    radius_km: RadiusKm
    share: Annotated[float, Range(0.0, 1.0)]


@dataclass(frozen=True, slots=True)
class Recognition:
    """P(the photo shows the model's area at all) = logistic(bias + similarity·s + area·a).

    A photo from elsewhere resembles no training photo much (s as above), and a network ``area``
    that has learned to tell the area from elsewhere gives a low number a. The area of a model of
    the world is whatever is a place, rather than an animal or a thing.
    """

    bias: Weight
    similarity: RisingWeight
    area: RisingWeight = 0.0
    otherwise: Annotated[tuple[ShareWithin, ...], OmitDefault()] = ()
    """How often the answers to other photos were right, by rising radius: the model is somewhere in
    the world even when it sees no place. Empty: never."""

    def probability(
        self, similarity: float | FloatArray, area: float | FloatArray | None
    ) -> FloatArray:
        """P(here) (…); 1 where the network was not asked, because somebody else has said so."""
        if self.area and area is None:
            return np.ones_like(similarity, dtype=np.float64)
        seen = 0.0 if area is None else area
        return logistic(np.asarray(self.bias + self.similarity * similarity + self.area * seen))

    def right_otherwise(self, radii_km: FloatArray) -> FloatArray:
        """P(an answer to another photo is right within each radius)."""
        if not self.otherwise:
            return np.zeros(len(radii_km))
        known = np.log([point.radius_km for point in self.otherwise])
        shares = [point.share for point in self.otherwise]
        return np.asarray(np.interp(np.log(np.maximum(radii_km, 1e-9)), known, shares, left=0.0))


def _default_levels() -> Mapping[Level, LevelRule]:
    return {
        Level.FINE: LevelRule(25.0, 0.5),
        Level.MIDDLE: LevelRule(200.0, 0.5),
        Level.COARSE: LevelRule(750.0, 0.5),
    }


@dataclass(frozen=True, slots=True)
class Calibration:
    """All parameters that are fitted after the networks; see the single fields."""

    temperatures: Mapping[str, Temperature] = field(default_factory=dict)
    """Per partition: logits are divided by it before the softmax (1 where none is given)."""
    scene_temperature: Temperature = 1.0
    hierarchy_exponent: Annotated[float, Range(1e-3, 1e3)] = 1.0
    """The combined log-probabilities are multiplied by it: below 1 undoes the over-confidence
    that comes from multiplying partitions which saw the same pixels."""
    retrieval: RetrievalWeights = field(default_factory=RetrievalWeights)
    gallery: Annotated[GalleryWeights | None, OmitDefault()] = None
    """Of a model with a gallery; None stands for ``GalleryWeights()``."""
    answer: Literal["cell", "score"] = "cell"
    """"cell": the best point of the most probable cell. "score": the point with the largest mean
    posterior mass within 1, 25, 200, 750 and 2500 km (better when many cells are about equal)."""
    within: Annotated[tuple[WithinPoint, ...], Count(10_000, least=1)] = (
        WithinPoint(1.0),
        WithinPoint(2500.0),
    )
    """If the model has a ``recognition``, on condition that the photo shows its area."""
    recognition: Annotated[Recognition | None, OmitDefault()] = None
    basis: Annotated[Literal["photos", "published"], OmitDefault()] = "photos"
    """What the curves rest on: answers to located photos, or only what was published of the model,
    which says nothing of photos like the user's."""
    radius_shares: tuple[Share, Share, Share] = RADIUS_SHARES
    """What the fitted curve says where it held the truth for 50, 80 and 95% of the photos that it
    was not fitted to: higher than these where it promised too much. ``corrected`` maps it back."""
    candidate_share: Annotated[float, Range(0.0, 1.0)] = 1.0
    """How often the places of the other candidates hold the truth, relative to their weight, when
    the answer is wrong (see ``candidate_probabilities``)."""
    levels: Mapping[Level, LevelRule] = field(default_factory=_default_levels)
    smallest_radius_km: RadiusKm = 0.8
    """No radius is given below this: what a training coordinate (0.01°) can be worth."""
    regression_radii_km: Annotated[tuple[ErrorKm, ErrorKm, ErrorKm] | None, OmitDefault()] = None
    """50, 80 and 95% quantiles of the error of a regression model on photos it never saw."""

    def __post_init__(self) -> None:
        radii_km = [point.radius_km for point in self.within]
        for correct, problem in (
            (_check_rising(radii_km), "within must have rising radii"),
            (list(self.radius_shares) == sorted(self.radius_shares), "radius_shares must not fall"),
            (Level.CANNOT_TELL not in self.levels, f"levels must not hold {Level.CANNOT_TELL}"),
            (Level.SAME_PLACE not in self.levels, f"levels must not hold {Level.SAME_PLACE}"),
        ):
            if not correct:
                raise ValueError(problem)

    def temperature(self, partition: str) -> float:
        """The softmax temperature of a partition."""
        return self.temperatures.get(partition, 1.0)


def _check_rising(values: list[float]) -> bool:
    return all(low < high for low, high in itertools.pairwise(values))


def logit(probability: FloatArray) -> FloatArray:
    """Log-odds, with probabilities kept within [MASS_LIMIT, 1 - MASS_LIMIT]."""
    kept = np.clip(probability, MASS_LIMIT, 1.0 - MASS_LIMIT)
    return np.asarray(np.log(kept) - np.log1p(-kept), dtype=np.float64)


def logistic(value: FloatArray) -> FloatArray:
    """1 / (1 + exp(-value)), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(value, dtype=np.float64))))
