"""Types of trips: what goes into their placing, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.calibration.curve import radius_grid
from geoguess_app.core.decision.decide import DecisionModel, Evidence, curve_of
from geoguess_app.core.decision.posterior import PointPosterior, distances_km
from geoguess_app.core.types import Coordinate, FloatArray, IntArray, Level, Radii

POINTS_KEPT = 400
"""Points of a photo's posterior that take part: the rest hold next to nothing."""
RINGS_KM = np.array([1.0, 5.0, 25.0, 100.0, 200.0, 400.0, 750.0, 1500.0, 2500.0, 5000.0, 20100.0])


@dataclass(frozen=True, slots=True)
class TripSettings:
    """Settings of how far photos of one trip may speak for each other.

    Chosen on photos of sources that the answering model had not seen (docs/trips.md).
    """

    gap_h: float = 24.0
    """A longer pause starts a new trip."""
    speed_km_h: float = 10.0
    """How far photos usually move apart, pauses included. What lies beyond becomes less likely with
    the square of the distance, so that a flight is not impossible."""
    same_trip: float = 0.95
    """How likely two photos at the same moment belong to one trip at all."""
    memory_h: float = 200.0
    """That belief falls to 1/e of itself over this time."""
    nearness: float = 0.5
    """How much more a short distance says than a long one, for photos placed by their pixels."""
    nearness_fixed: float = 1.0
    """The same for a photo whose position is known."""
    message_exponent: float = 0.3
    """Power of what photos pass on: 0 nothing, 1 as if their errors were independent."""
    crowding: float = 0.3
    """How much less each of many photos of the same hour says: they make the same mistakes."""
    doubt: float = 0.3
    """The chance that a photo's own pixels mean nothing."""
    misled: float = 0.1
    """The chance that a trip misleads (a wrong clock, files of several trips in one folder): an
    answer's curve holds this much of what the photo says alone. Few travellers were there to
    learn from, so nothing surer is claimed."""
    wander_km_h: float = 1.0
    """Half of the photos lie within this for each hour to the nearest photo of known position:
    less than walking, because people come back and stay. 80% lie within 3.5 times, 95% within 15
    times as much, on three travellers from 3 minutes to 3 days."""
    followed: float = 0.9
    """How far that is believed, rather than what all photos say together."""
    without_known: bool = False
    """Whether trips without any known position may change answers as well. Off, because on real
    trips that did not lower the error of the starter model."""
    gain: float = 0.1
    """An answer is replaced only if it is expected to be right this much more often, as the mean
    over 1, 25, 200, 750 and 2500 km."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One photo: when and in which folder, and what its pixels say.

    ``posterior`` holds calibrated probabilities and may sum to less than 1: the rest could be
    anywhere. ``fixed`` is a position that is known (GPS, or placed by hand).
    """

    folder: str
    taken_h: float | None
    """Local capture time in hours since any fixed moment; None if unknown."""
    posterior: PointPosterior
    answer: FloatArray
    """Unit vector (3)."""
    curve: FloatArray
    """Calibrated P(truth within each radius of ``radius_grid``) of that answer."""
    fixed: Coordinate | None = None


@dataclass(frozen=True, eq=False)
class TripAnswer:
    """The answer to one photo after its trip was heard."""

    coordinate: Coordinate
    radii: Radii
    confidence: float
    """Probability that the answer is right within 25 km."""
    level: Level
    changed: bool
    """Whether the trip replaced the photo's own answer."""
    trip_number: int
    supporters: tuple[int, ...]
    """The photos (positions in the list given) that speak most for a changed answer."""


def shot_of(
    evidence: Evidence,
    model: DecisionModel,
    folder: str,
    taken_h: float | None,
    fixed: Coordinate | None = None,
) -> Shot:
    """A photo of a trip, from the evidence on it."""
    curve = curve_of(evidence, model).probability
    posterior = calibrate_posterior(evidence.posterior, evidence.answer, curve)
    return Shot(folder, taken_h, posterior, evidence.answer, curve, fixed)


def prior_of(model: DecisionModel) -> PointPosterior:
    """Return where the model's training photos lie: how its answers spread before it sees a
    photo."""
    if model.bank is not None and model.bank.size:
        vectors = model.bank.vectors
        spread_km = np.full(len(vectors), model.calibration.smallest_radius_km / 2.0)
    else:
        vectors, spread_km = model.cell_vectors, model.cell_spread_km
    weights = np.full(len(vectors), 1.0 / max(len(vectors), 1))
    return PointPosterior(vectors, weights, spread_km, np.full(len(vectors), -1, dtype=np.int64))


def calibrate_posterior(
    posterior: PointPosterior, answer: FloatArray, curve: FloatArray
) -> PointPosterior:
    """The heaviest points, weighed so that each ring around the answer holds what ``curve`` says.

    A network's own mass is over-confident; the curve was fitted on photos it had not seen. Rings
    without a point lose their share: it could be anywhere.
    """
    kept = np.argsort(-posterior.weights, kind="stable")[:POINTS_KEPT]
    weights = posterior.weights[kept]
    distance = distances_km(posterior.vectors[kept], answer)
    ring = np.minimum(np.searchsorted(RINGS_KM, distance), len(RINGS_KM) - 1)
    wanted = np.diff(np.interp(np.log(RINGS_KM), np.log(radius_grid()), curve), prepend=0.0)
    held = np.bincount(ring, weights, len(RINGS_KM))
    factor = np.where(held > 1e-9, wanted / np.maximum(held, 1e-9), 0.0)
    return PointPosterior(
        posterior.vectors[kept],
        weights * factor[ring],
        posterior.spread_km[kept],
        posterior.fine_class[kept],
    )


@dataclass(frozen=True, eq=False)
class Trip:
    """The photos (n) of one trip over common points (m)."""

    members: IntArray
    """Positions in the list given, in time order."""
    hours: FloatArray
    vectors: FloatArray
    spread_km: FloatArray
    own: FloatArray
    """What each photo's pixels say (n, m); rows sum to 1."""
    anywhere: FloatArray
    """How the model's answers are spread before it sees a photo (m); sums to 1."""
    fixed: IntArray
    """The point of each photo whose position is known; -1 for others."""
