"""Message passing along the photos of a trip.

The photos form a chain in time order. Two places d km apart, t hours apart, fit together as
K(d, t) = Σ_r w_r / (1 + (d / (r + speed·t))²) over the five distances r, divided by what K would
be for a place that the model likes anyway: so agreement on a popular place says less than on a
rare one. Mixed with a constant for "not the same trip". Forward and backward messages are those
of a hidden Markov model (Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77, 1989),
raised to a power below 1, because photos of one trip make the same mistakes. Photos of known
position speak to every photo directly, at full power.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoguess_app.core.calibration.curve import ConfidenceCurve, radius_grid
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.posterior import SCORE_RADII_KM, PointPosterior
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, lat_lon
from geoguess_app.core.trips.answers import better_answer
from geoguess_app.core.trips.grouping import gather_trip, group_trips
from geoguess_app.core.trips.types import Shot, Trip, TripAnswer, TripSettings
from geoguess_app.core.types import Coordinate, FloatArray, Level, Radii

SUPPORTERS_SOUGHT = 12
"""So many photos before and after one are asked whether they speak for its answer."""
SUPPORTERS = 3
"""How many photos are named as speaking for an answer."""


class _Fit:
    """How well the points of a trip fit together, t hours apart; tables for rounded times."""

    def __init__(self, trip: Trip, settings: TripSettings) -> None:
        self._settings = settings
        self._anywhere = trip.anywhere
        cosine = np.clip(trip.vectors @ trip.vectors.T, -1.0, 1.0)
        self._distance_km = (EARTH_RADIUS_KM * np.arccos(cosine)).astype(np.float32)
        np.fill_diagonal(self._distance_km, 0.0)
        self._tables: dict[tuple[int, float], np.ndarray] = {}

    def table(self, hours: float, nearness: float) -> np.ndarray:
        """The ratio (m, m) of "together" to "by chance", float32."""
        step = round(2.0 * np.log2(hours + 1.0 / 60.0))
        key = (step, nearness)
        if key not in self._tables:
            self._tables[key] = self._compute(2.0 ** (step / 2.0), nearness)
        return self._tables[key]

    def _compute(self, hours: float, nearness: float) -> np.ndarray:
        settings = self._settings
        kernel = np.zeros_like(self._distance_km)
        for radius in SCORE_RADII_KM:
            reach = np.float32(radius + settings.speed_km_h * hours)
            weight = np.float32((SCORE_RADII_KM[-1] / radius) ** nearness / len(SCORE_RADII_KM))
            kernel += weight / (1.0 + (self._distance_km / reach) ** 2)
        by_chance = np.maximum(kernel @ self._anywhere.astype(np.float32), np.float32(1e-12))
        ratio = kernel / np.sqrt(by_chance[:, None] * by_chance[None, :])
        left = np.sqrt(np.maximum(ratio @ self._anywhere.astype(np.float32), np.float32(1e-12)))
        ratio /= left[:, None] * left[None, :]
        same = np.float32(settings.same_trip * np.exp(-hours / settings.memory_h))
        return np.asarray((1.0 - same) + same * ratio, dtype=np.float32)


def place_trips(
    shots: Sequence[Shot],
    prior: PointPosterior,
    calibration: Calibration,
    settings: TripSettings | None = None,
) -> list[TripAnswer]:
    """Place all photos, each with the help of its trip; one ``TripAnswer`` per shot, in order.

    ``prior`` is where the model's training photos lie (a bank's vectors, evenly weighed, or the
    cells'). To place a photo by hand, give it ``fixed`` and call again: only its trip changes,
    so passing the shots of that trip is enough.
    """
    settings = settings or TripSettings()
    result: dict[int, TripAnswer] = {}
    groups = group_trips([s.taken_h for s in shots], [s.folder for s in shots], settings.gap_h)
    for number, members in enumerate(groups):
        known = settings.without_known or any(shots[int(i)].fixed for i in members)
        if len(members) == 1 or not known:
            result |= {int(i): _own(shots[int(i)], number, calibration) for i in members}
            continue
        trip = gather_trip(shots, members, prior)
        result.update(_place(shots, trip, number, calibration, settings))
    return [result[index] for index in range(len(shots))]


def _place(
    shots: Sequence[Shot],
    trip: Trip,
    number: int,
    calibration: Calibration,
    settings: TripSettings,
) -> dict[int, TripAnswer]:
    fit = _Fit(trip, settings)
    told = combine(trip, fit, settings)
    placed = {}
    for row, index in enumerate(trip.members):
        shot = shots[int(index)]
        answer = (
            None if shot.fixed else better_answer(shot, trip, told[row], row, settings, calibration)
        )
        if answer is None:
            placed[int(index)] = _own(shot, number, calibration)
            continue
        point, curve = answer
        names = _supporters(trip, fit, settings, row, point, shot)
        placed[int(index)] = _trip_answer(
            trip.vectors[point], curve, calibration, True, number, names
        )
    return placed


def combine(trip: Trip, fit: _Fit, settings: TripSettings) -> FloatArray:
    """Each photo's probabilities over the common points (n, m), all photos heard."""
    own = _smoothed(trip, settings)
    pixels = np.flatnonzero(trip.fixed < 0)
    result = own.copy()
    if len(pixels):
        said = _emissions(trip, own, settings)
        result[pixels] *= _messages(trip, fit, said, pixels, settings)
        result[pixels] *= np.flip(_messages(trip, fit, said, pixels[::-1], settings), axis=0)
        for row in pixels:
            result[row] *= _from_fixed(trip, fit, int(row), settings)
    return np.asarray(result / np.maximum(result.sum(1, keepdims=True), 1e-30))


def _smoothed(trip: Trip, settings: TripSettings) -> FloatArray:
    """What the pixels say, with the chance that they mean nothing and it is where the others are,
    or anywhere."""
    elsewhere = (trip.own.mean(0) + trip.anywhere) / 2.0
    own = (1.0 - settings.doubt) * trip.own + settings.doubt * elsewhere
    own[trip.fixed >= 0] = trip.own[trip.fixed >= 0]
    return np.asarray(own)


def _emissions(trip: Trip, own: FloatArray, settings: TripSettings) -> FloatArray:
    """What each photo tells the others: the less, the more photos the same hour has."""
    apart = np.abs(trip.hours[:, None] - trip.hours[None, :])
    crowd = np.exp(-apart).sum(1)
    power = 1.0 / (1.0 + settings.crowding * (crowd - 1.0))
    elsewhere = (trip.own.mean(0) + trip.anywhere) / 2.0
    said = own ** power[:, None] * np.maximum(elsewhere, 1e-12) ** (1.0 - power[:, None])
    return np.asarray(said / said.sum(1, keepdims=True))


def _messages(
    trip: Trip, fit: _Fit, said: FloatArray, rows: np.ndarray, settings: TripSettings
) -> FloatArray:
    """What each row hears from all rows before it in the order given (len(rows), m)."""
    heard = np.ones((len(rows), said.shape[1]))
    for k in range(1, len(rows)):
        before = heard[k - 1] * said[rows[k - 1]]
        hours = abs(float(trip.hours[rows[k]] - trip.hours[rows[k - 1]]))
        table = fit.table(hours, settings.nearness)
        message = (table @ (before / before.sum()).astype(np.float32)).astype(np.float64)
        message **= settings.message_exponent
        heard[k] = message / message.max()
    return heard


def _from_fixed(trip: Trip, fit: _Fit, row: int, settings: TripSettings) -> FloatArray:
    """What the nearest photos of known position, before and after, say of a row's place (m)."""
    fixed = np.flatnonzero(trip.fixed >= 0)
    nearest = [*fixed[fixed < row][-1:], *fixed[fixed > row][:1]]
    result = np.ones(len(trip.vectors))
    for other in nearest:
        hours = abs(float(trip.hours[row] - trip.hours[other]))
        column = fit.table(hours, settings.nearness_fixed)[:, trip.fixed[other]]
        result *= column.astype(np.float64)
    return result / max(float(result.max()), 1e-30)


def _supporters(
    trip: Trip, fit: _Fit, settings: TripSettings, row: int, point: int, shot: Shot
) -> tuple[int, ...]:
    """The photos that fit the new point better than the photo's own answer, the best first."""
    old = int((trip.vectors @ shot.answer).argmax())
    gains = []
    first, last = max(0, row - SUPPORTERS_SOUGHT), row + SUPPORTERS_SOUGHT + 1
    for other in range(first, min(last, len(trip.members))):
        if other == row:
            continue
        hours = abs(float(trip.hours[row] - trip.hours[other]))
        known = trip.fixed[other] >= 0
        table = fit.table(hours, settings.nearness_fixed if known else settings.nearness)
        new, before = table[[point, old]] @ trip.own[other].astype(np.float32)
        gain = float(np.log(new / before))
        if gain > 0.0:
            gains.append((-gain * (1.0 if known else settings.message_exponent), other))
    return tuple(int(trip.members[other]) for _, other in sorted(gains)[:SUPPORTERS])


def _own(shot: Shot, number: int, calibration: Calibration) -> TripAnswer:
    """The photo's own answer, or its known position."""
    if shot.fixed is not None:
        return TripAnswer(shot.fixed, Radii(0.0, 0.0, 0.0), 1.0, Level.FINE, False, number, ())
    return _trip_answer(shot.answer, shot.curve, calibration, False, number, ())


def _trip_answer(
    vector: FloatArray,
    curve: FloatArray,
    calibration: Calibration,
    changed: bool,
    number: int,
    supporters: tuple[int, ...],
) -> TripAnswer:
    latitude, longitude = lat_lon(vector)
    stated = ConfidenceCurve(radius_grid(), curve)
    return TripAnswer(
        coordinate=Coordinate(float(latitude), float(longitude)),
        radii=stated.radii(calibration.smallest_radius_km),
        confidence=stated.confidence,
        level=stated.level(calibration),
        changed=changed,
        trip_number=number,
        supporters=supporters,
    )
