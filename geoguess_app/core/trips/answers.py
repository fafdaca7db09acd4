"""Answers of a trip about one photo, and how far they may be trusted."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.calibration.curve import correct_curve, radius_grid
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.posterior import (
    SCORE_RADII_KM,
    PointPosterior,
    distances_km,
    mass_within,
    scores,
)
from geoguess_app.core.trips.types import Shot, Trip, TripSettings
from geoguess_app.core.types import FloatArray

_CENTERS = 64
_POINTS_SCORED = 400
_DRIFT_KM_H = 3.0
"""A photo lies about this far from one taken an hour before or after: a walk with pauses."""
_WANDER_POWER = 1.1
_RECEIVER_KM = 0.05


def better_answer(
    shot: Shot,
    trip: Trip,
    told: FloatArray,
    row: int,
    settings: TripSettings,
    calibration: Calibration,
) -> tuple[int, FloatArray] | None:
    """The trip's point for a photo and its curve, if that is expected to be right more often."""
    heaviest = np.argsort(-told, kind="stable")[:_POINTS_SCORED]
    hours, known = _nearest(trip, row)
    drift_km = _DRIFT_KM_H * hours
    posterior = PointPosterior(
        trip.vectors[heaviest],
        told[heaviest],
        np.maximum(trip.spread_km[heaviest], drift_km / 2.0),
        np.full(len(heaviest), -1, dtype=np.int64),
    )
    best = int(scores(posterior, posterior.vectors[:_CENTERS]).argmax())
    center, radii = posterior.vectors[best], radius_grid()
    alone = mass_within(shot.posterior, center, radii)
    together = mass_within(posterior, center, radii)
    if known is not None:
        apart_km = float(distances_km(center, trip.vectors[known]))
        near = travel_curve(np.array([apart_km]), hours, settings)[0]
        # The farther the answer lies from the known position, the less it relies on it.
        share = settings.followed * (1.0 - near)
        together = share * travel_curve(radii, hours, settings) + (1.0 - share) * together
    # What the model promised too much alone, it promises too much in company.
    together = correct_curve(together, calibration)
    curve = (1.0 - settings.misled) * together + settings.misled * alone
    if _expected_accuracy(curve) <= _expected_accuracy(shot.curve) + settings.gain:
        return None
    return int(heaviest[best]), curve


def _nearest(trip: Trip, row: int) -> tuple[float, int | None]:
    """Hours to the photo that a place relies on, and its point if that is known: the nearest of
    known position, else the nearest of all."""
    apart_h = np.abs(trip.hours - trip.hours[row])
    known = np.flatnonzero(trip.fixed >= 0)
    if not len(known):
        return float(np.delete(apart_h, row).min()), None
    nearest = int(known[apart_h[known].argmin()])
    return float(apart_h[nearest]), int(trip.fixed[nearest])


def travel_curve(distance_km: FloatArray, hours: float, settings: TripSettings) -> FloatArray:
    """P(within each distance of where one was so many hours before or after): log-logistic."""
    half_km = settings.wander_km_h * hours + _RECEIVER_KM
    ratio = np.maximum(distance_km, 1e-9) / half_km
    return np.asarray(1.0 / (1.0 + ratio**-_WANDER_POWER))


def _expected_accuracy(curve: FloatArray) -> float:
    """The expected accuracy, as the mean over the five distances."""
    return float(np.interp(np.log(SCORE_RADII_KM), np.log(radius_grid()), curve).mean())
