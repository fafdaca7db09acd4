"""The answer that reference photos give: their position, and one curve that says how sure it is.

Where matching points prove that a reference shows the same place, its position is the answer, and
several that agree give their mean. Where none is proven, the most alike one speaks as a look-alike
does: it is believed as often as look-alikes of that similarity were right in this collection. What
is left of the probability stays with the model's own answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core.calibration.candidates import calibrated_candidates
from geoguess_app.core.calibration.curve import ConfidenceCurve, radius_grid
from geoguess_app.core.decision.decide import CANDIDATES
from geoguess_app.core.decision.model import cell_at
from geoguess_app.core.decision.types import DecisionModel
from geoguess_app.core.geo.sphere import great_circle_km, spherical_mean
from geoguess_app.core.matching import Match, SamePlace
from geoguess_app.core.matching.same_place import LEAST_RADIUS_KM
from geoguess_app.core.trips.remembered import stated_curve
from geoguess_app.core.types import (
    Candidate,
    Coordinate,
    FloatArray,
    Level,
    Prediction,
    ReferenceMatch,
)
from geoguess_app.references.values import LookAlikeTrust, NearReference

AGREE_KM = 0.2
"""Verified references this near to one another show one place from several corners."""
_OTHER_PLACE_KM = 1.0
"""A verified reference farther away than this contradicts."""
_LEAST_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class ComparedReference:
    """A reference photo beside another photo: how alike they are, and which points agree."""

    near: NearReference
    match: Match | None
    """None where one of the pictures could not be read."""
    same_place: SamePlace | None

    @property
    def is_verified(self) -> bool:
        """Tell whether matching points prove that both show the same place."""
        return self.same_place is not None and self.same_place.verified

    @property
    def probability(self) -> float:
        """Probability that both show the same thing; 0 where that was not looked at."""
        return self.same_place.probability if self.same_place is not None else 0.0


def answer_by_match(
    own: Prediction, compared: Sequence[ComparedReference], model: DecisionModel
) -> tuple[Prediction, ReferenceMatch] | None:
    """The position of the verified references; None without any, or where they contradict."""
    verified = sorted(
        (one for one in compared if one.is_verified), key=lambda one: -one.probability
    )
    if not verified:
        return None
    best = verified[0]
    agreeing = [one for one in verified if _apart_km(best, one) <= AGREE_KM]
    against = [one.probability for one in verified if _apart_km(best, one) > _OTHER_PLACE_KM]
    belief = best.probability / (best.probability + max(against, default=0.0))
    place = best.same_place
    if place is None or belief * best.probability < _LEAST_SHARE:
        return None
    here = _mean([one.near for one in agreeing], [one.probability for one in agreeing])
    within = np.array([belief * place.within(float(km)) for km in radius_grid()])
    curve = _mixed_curve(own, here, within, belief * place.probability)
    answer = _answer(own, here, curve, Level.SAME_PLACE, model)
    matches = best.match.n_inliers if best.match is not None else 0
    return answer, _reference_match(best.near, matches, belief * place.probability_1km)


def answer_by_look_alike(
    own: Prediction, near: Sequence[NearReference], model: DecisionModel, trust: LookAlikeTrust
) -> tuple[Prediction, ReferenceMatch] | None:
    """The position of the most alike reference; None where it is to be believed less than the
    model's own answer."""
    if not near:
        return None
    share = trust.share(near[0].similarity)
    if share < _LEAST_SHARE or share <= own.confidence:
        return None
    here = near[0].reference.coordinate
    curve = _mixed_curve(own, here, share * trust.within(radius_grid()), share)
    answer = _answer(own, here, curve, curve.level(model.calibration), model)
    return answer, _reference_match(near[0], 0, share)


def _mixed_curve(
    own: Prediction, here: Coordinate, within: FloatArray, believed: float
) -> ConfidenceCurve:
    """P(the truth lies within each radius of ``here``): what the references say, and with the rest
    of the probability what the model says, seen from there."""
    radii = radius_grid()
    apart_km = _distance_km(here, own.coordinate)
    reach = np.log(np.maximum(radii - apart_km, radii[0]))
    stated = np.interp(reach, np.log(radii), stated_curve(own))
    rest = (1.0 - believed) * np.where(radii > apart_km, stated, 0.0)
    return ConfidenceCurve(radii, np.maximum.accumulate(within + rest))


def _answer(
    own: Prediction, here: Coordinate, curve: ConfidenceCurve, level: Level, model: DecisionModel
) -> Prediction:
    confidence = curve.confidence
    return replace(
        own,
        coordinate=here,
        radii=curve.radii(LEAST_RADIUS_KM),
        confidence=confidence,
        level=level,
        candidates=_candidates(own, here, confidence, model),
        conflict=None,
    )


def _candidates(
    own: Prediction, here: Coordinate, confidence: float, model: DecisionModel
) -> tuple[Candidate, ...]:
    """The reference's place first; the model's candidates share what its confidence leaves."""
    if not own.candidates or not model.partitions:
        return ()
    index, token = cell_at(model, here)
    others = [c for c in own.candidates if c.cell_index != index][: CANDIDATES - 1]
    weight = sum(c.weight for c in own.candidates if c.cell_index == index)
    first = Candidate(1, token, index, here, 0.0, weight)
    ranked = (first, *(replace(c, rank=rank) for rank, c in enumerate(others, start=2)))
    return calibrated_candidates(ranked, confidence, model.calibration.candidate_share)


def _reference_match(near: NearReference, matches: int, probability: float) -> ReferenceMatch:
    photo = near.reference
    return ReferenceMatch(photo.path, photo.coordinate, photo.taken, matches, probability)


def _mean(near: Sequence[NearReference], weights: Sequence[float]) -> Coordinate:
    spots = [one.reference.coordinate for one in near]
    return spherical_mean(
        [spot.latitude_deg for spot in spots], [spot.longitude_deg for spot in spots], weights
    )


def _apart_km(one: ComparedReference, other: ComparedReference) -> float:
    return _between_km(one.near, other.near)


def _between_km(one: NearReference, other: NearReference) -> float:
    return _distance_km(one.reference.coordinate, other.reference.coordinate)


def _distance_km(here: Coordinate, there: Coordinate) -> float:
    return float(
        great_circle_km(
            here.latitude_deg, here.longitude_deg, there.latitude_deg, there.longitude_deg
        )
    )
