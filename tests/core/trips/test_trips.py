"""Trips made by hand, where one can say by thought or by enumeration what must come out."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from geoguess_app.core.calibration.curve import radius_grid
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.decide import decide, weigh
from geoguess_app.core.decision.posterior import PointPosterior, mass_within
from geoguess_app.core.geo.sphere import great_circle_km, unit_vectors
from geoguess_app.core.trips import (
    Shot,
    TripAnswer,
    TripSettings,
    group_trips,
    place_trips,
    prior_of,
    shot_of,
)
from geoguess_app.core.trips.answers import travel_curve
from geoguess_app.core.trips.grouping import gather_trip
from geoguess_app.core.trips.place import _Fit, combine
from geoguess_app.core.trips.types import calibrate_posterior
from geoguess_app.core.types import Coordinate, Level
from tests.core.decision_samples import PARIS as SAMPLE_PARIS
from tests.core.decision_samples import TOKYO as SAMPLE_TOKYO
from tests.core.decision_samples import model, raw, with_bank

PARIS, ROME, TOKYO = (48.8566, 2.3522), (41.8967, 12.4822), (35.6586, 139.7454)
LISBON, CUZCO, NAIROBI = (38.6970, -9.2064), (-13.5170, -71.9785), (-1.2864, 36.8172)
CITIES = (PARIS, ROME, TOKYO, LISBON, CUZCO, NAIROBI)


def points(weights: dict[tuple[float, float], float]) -> PointPosterior:
    places = np.array(list(weights))
    count = len(places)
    return PointPosterior(
        unit_vectors(places[:, 0], places[:, 1]),
        np.array(list(weights.values())),
        np.full(count, 0.4),
        np.full(count, -1),
    )


FEW = points(dict.fromkeys(CITIES, 1 / 6))
"""A world of six places."""


def _world() -> PointPosterior:
    spots = np.random.default_rng(1).uniform((-55, -180), (65, 180), (200, 2))
    return points({**dict.fromkeys(CITIES, 1.0), **{(float(a), float(o)): 1.0 for a, o in spots}})


EVERYWHERE = _world()
"""Six places and two hundred others: agreement on one of them is hardly chance."""


def shot(
    weights: dict[tuple[float, float], float],
    taken_h: float | None,
    folder: str = "a",
    fixed: tuple[float, float] | None = None,
) -> Shot:
    """A photo whose pixels say ``weights`` (calibrated already); its answer is the heaviest."""
    posterior = points(weights)
    answer = posterior.vectors[int(posterior.weights.argmax())]
    curve = mass_within(posterior, answer, radius_grid())
    known = Coordinate(*fixed) if fixed else None
    return Shot(folder, taken_h, posterior, answer, curve, known)


def place(*shots: Shot, without_known: bool = True) -> list[TripAnswer]:
    settings = TripSettings(without_known=without_known)
    return place_trips(shots, EVERYWHERE, Calibration(), settings)


def km_from(placed: TripAnswer, place: tuple[float, float]) -> float:
    here = placed.coordinate
    return float(great_circle_km(here.latitude_deg, here.longitude_deg, *place))


UNSURE = dict.fromkeys(CITIES, 1 / 6)


def test_a_pause_or_another_folder_starts_a_new_trip() -> None:
    taken = [30.0, 1.0, None, 2.0, 1.5, 13.9]
    found = [list(o) for o in group_trips(taken, ["a", "a", "a", "a", "b", "a"], gap_h=12.0)]
    assert sorted(found) == [[0], [1, 3, 5], [2], [4]]


def test_no_photos_and_one_photo() -> None:
    assert place() == []
    alone = place(shot({ROME: 0.6, PARIS: 0.4}, 0.0))[0]
    assert not alone.changed
    assert km_from(alone, ROME) < 0.1
    assert alone.confidence == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("hours", [(0.0, 0.05, 0.9), (0.0, 3.0, 3.0)])
def test_messages_equal_the_sum_over_all_ways_through(hours: tuple[float, ...]) -> None:
    """With exponent 1 the chain is a hidden Markov model: enumerate all its paths."""
    settings = TripSettings(message_exponent=1.0, crowding=0.0, doubt=0.0)
    said = ({PARIS: 0.5, ROME: 0.3, TOKYO: 0.2}, {ROME: 0.5, TOKYO: 0.5}, {LISBON: 0.7, ROME: 0.3})
    shots = [shot(w, t) for w, t in zip(said, hours, strict=True)]
    trip = gather_trip(shots, np.arange(3), FEW)
    fit = _Fit(trip, settings)
    first, second = (fit.table(hours[k + 1] - hours[k], settings.nearness) for k in (0, 1))
    wanted = np.zeros_like(trip.own)
    for path in itertools.product(range(len(trip.vectors)), repeat=3):
        value = np.prod([trip.own[k, s] for k, s in enumerate(path)])
        value *= first[path[0], path[1]] * second[path[1], path[2]]
        for k, s in enumerate(path):
            wanted[k, s] += value
    wanted /= wanted.sum(1, keepdims=True)
    assert combine(trip, fit, settings) == pytest.approx(wanted, abs=1e-5)


def test_together_and_by_chance_balance() -> None:
    """Whatever one photo says, a photo that says nothing must not speak for any place."""
    trip = gather_trip([shot(UNSURE, 0.0), shot(UNSURE, 1.0)], np.arange(2), EVERYWHERE)
    table = _Fit(trip, TripSettings()).table(1.0, 0.5)
    assert table @ trip.anywhere == pytest.approx(np.ones(len(table)), abs=0.05)


def test_more_time_permits_more_distance() -> None:
    trip = gather_trip([shot(UNSURE, 0.0), shot(UNSURE, 1.0)], np.arange(2), EVERYWHERE)
    fit = _Fit(trip, TripSettings(memory_h=1e9))
    paris, rome = (int((trip.vectors @ unit_vectors(*p)).argmax()) for p in (PARIS, ROME))
    later, now = fit.table(16.0, 1.0)[paris, rome], fit.table(0.0, 1.0)[paris, rome]
    assert later > now
    assert fit.table(0.0, 1.0)[paris, paris] > fit.table(16.0, 1.0)[paris, paris] > later


def test_two_doubtful_photos_agree_on_what_both_can_be() -> None:
    first = shot({PARIS: 0.5, ROME: 0.45}, 0.0)
    elsewhere = shot({TOKYO: 0.6, CUZCO: 0.4}, 0.1, "other")
    placed = place(first, shot({ROME: 0.97}, 0.1), elsewhere, shot({ROME: 0.97}, -0.1))
    assert placed[0].changed
    assert km_from(placed[0], ROME) < 1.0
    assert sorted(placed[0].supporters) == [1, 3]
    # Unless asked for, nothing changes where no position is known.
    kept = place(first, shot({ROME: 0.97}, 0.1), shot({ROME: 0.97}, -0.1), without_known=False)
    assert not any(one.changed for one in kept)
    assert placed[0].trip_number == placed[1].trip_number != placed[2].trip_number
    assert not placed[2].changed
    assert km_from(placed[2], TOKYO) < 1.0


def test_a_sure_photo_is_not_talked_out_of_its_place() -> None:
    doubtful = [shot({ROME: 0.4, PARIS: 0.3, LISBON: 0.3}, 0.1 * k) for k in range(1, 6)]
    placed = place(shot({TOKYO: 0.97}, 0.0), *doubtful)
    assert not placed[0].changed
    assert km_from(placed[0], TOKYO) < 0.1


def test_known_positions_place_what_lies_between() -> None:
    placed = place(
        shot(UNSURE, 0.0, fixed=LISBON),
        shot({TOKYO: 0.2, PARIS: 0.1}, 0.1),
        shot(UNSURE, 0.2, fixed=LISBON),
    )
    between = placed[1]
    assert between.changed
    assert km_from(between, LISBON) < 1.0
    assert between.supporters == (0, 2)
    assert between.level is Level.FINE
    assert between.confidence > 0.8
    # 0.1 h of walking lies between: nobody may promise the doorstep.
    assert between.radii.r80_km >= 0.1
    assert not placed[0].changed
    assert placed[0].confidence == 1.0


def test_the_longer_since_the_known_position_the_wider_the_radius() -> None:
    """Another photo nearby in time says nothing about how far one came since the known one."""
    radii = []
    for hours in (0.2, 1.0, 5.0, 20.0):
        now = shot({LISBON: 0.3, TOKYO: 0.1}, hours)
        placed = place(shot(UNSURE, 0.0, fixed=LISBON), now, replace(now, taken_h=hours + 0.01))
        assert placed[1].changed
        radii.append(placed[1].radii.r80_km)
    assert radii == sorted(radii)
    # 80% lie within 4^(1/1.1) = 3.53 km an hour; what is doubtful besides only widens it.
    for hours, radius_km in zip((0.2, 1.0, 5.0, 20.0), radii, strict=True):
        assert 3.5 * hours < radius_km < 50.0 * hours


def test_how_far_one_wanders() -> None:
    settings = TripSettings(wander_km_h=2.0)
    half_km = 2.0 * 3.0 + 0.05
    shares = travel_curve(
        half_km * np.array([0.0, 1.0, 4.0 ** (1 / 1.1), 19.0 ** (1 / 1.1)]), 3.0, settings
    )
    assert shares == pytest.approx([0.0, 0.5, 0.8, 0.95], abs=1e-6)


def test_a_known_position_does_not_reach_over_a_long_pause() -> None:
    placed = place(shot(UNSURE, 0.0, fixed=LISBON), shot({TOKYO: 0.3}, 100.0))
    assert not placed[1].changed
    assert km_from(placed[1], TOKYO) < 0.1


def test_a_photo_placed_by_hand_scores_its_neighbours_again() -> None:
    trip = [shot({PARIS: 0.3, CUZCO: 0.25}, 0.3 * k) for k in range(3)]
    assert all(km_from(p, PARIS) < 1.0 for p in place(*trip))
    by_hand = [trip[0], replace(trip[1], fixed=Coordinate(*CUZCO)), trip[2]]
    assert all(km_from(p, CUZCO) < 1.0 for p in place(*by_hand))


def test_across_the_date_line_near_is_near() -> None:
    west, east = (-17.80, 179.98), (-17.80, -179.98)
    placed = place(shot(UNSURE, 0.0, fixed=west), shot({TOKYO: 0.4, east: 0.35}, 0.2))
    assert km_from(placed[1], east) < 5.0


def test_the_order_of_the_list_does_not_matter() -> None:
    said = ({PARIS: 0.5, ROME: 0.4}, {ROME: 0.7}, {NAIROBI: 0.4, ROME: 0.3}, {LISBON: 0.2})
    shots = [shot(w, 0.2 * k) for k, w in enumerate(said)]
    forth, back = place(*shots), place(*shots[::-1])[::-1]
    for one, other in zip(forth, back, strict=True):
        assert one.coordinate == other.coordinate
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)


def test_rings_hold_what_the_curve_says() -> None:
    posterior = points({PARIS: 0.9, ROME: 0.06, TOKYO: 0.04})
    curve = np.interp(np.log(radius_grid()), np.log([25.0, 2500.0, 20000.0]), [0.3, 0.5, 1.0])
    weighed = calibrate_posterior(posterior, posterior.vectors[0], curve)
    # Paris alone lies within 1 km, where the curve says 0.3. Rome lies at 1107 km, in the ring from
    # 750 to 1500 km: 0.2 · ln 2 / ln 100 = 0.0301. Tokyo, at 9712 km, beyond 5000 km: 1 - 0.6667.
    assert weighed.weights == pytest.approx([0.3, 0.0301, 0.3333], abs=1e-3)


def test_shots_of_a_model_are_calibrated_and_keep_its_answer() -> None:
    which = with_bank(model(), [SAMPLE_PARIS, SAMPLE_TOKYO, SAMPLE_TOKYO])
    outputs = raw(which, {SAMPLE_PARIS: 0.7, SAMPLE_TOKYO: 0.3}, {SAMPLE_PARIS: 0.7})
    outputs = replace(outputs, embedding=np.eye(1, 8))
    evidence = weigh(outputs, which)
    made = shot_of(evidence, which, "a", 0.0)
    decided = decide(outputs, which)
    alone = place_trips([made], prior_of(which), which.calibration)[0]
    assert alone.coordinate == decided.coordinate
    assert (alone.radii, alone.level) == (decided.radii, decided.level)
    assert alone.confidence == decided.confidence
    assert made.posterior.weights.sum() <= 1.0 + 1e-9
    assert len(prior_of(which).weights) == 3
    assert len(prior_of(model()).weights) == len(model().cell_vectors)


def test_many_photos_of_many_places_are_merged_not_lost() -> None:
    rng = np.random.default_rng(3)
    spots = {(float(a), float(o)): 1.0 for a, o in rng.uniform((-60, -180), (70, 180), (3000, 2))}
    shots = [shot({p: 0.5}, 0.01 * k) for k, p in enumerate(spots)]
    trip = gather_trip(shots, np.arange(3000), EVERYWHERE)
    assert len(trip.vectors) <= 768
    assert trip.own.sum(1) == pytest.approx(np.ones(3000))
