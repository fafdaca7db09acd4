"""Positions judged by the clock: single wrong ones on a way, and fixes older than the photo."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.data.tracks import Times, implausible_jumps, stale_hours

PARIS, LYON, TOKYO = (48.8566, 2.3522), (45.764, 4.8357), (35.68, 139.69)
NEVER = "NaT"


def times(*texts: str) -> Times:
    return np.array(texts, dtype="datetime64[s]")


def hour(number: float) -> str:
    start = np.datetime64("2024-05-01T08:00:00")
    return str(start + np.timedelta64(round(3600 * number), "s"))


def jumps(
    places: list[tuple[float, float]], hours: list[float | None], cameras: list[int] | None = None
) -> dict[int, float]:
    lat, lon = np.array(places).T
    taken = times(*(NEVER if h is None else hour(h) for h in hours))
    return implausible_jumps(lat, lon, taken, np.array(cameras or [0] * len(places)), 1200.0)


def test_one_wrong_position_on_a_way_is_found_with_its_speed() -> None:
    found = jumps([PARIS, TOKYO, PARIS], [0, 1, 3])
    assert list(found) == [1]
    # Back to Paris took two hours: the slower of both ways.
    assert found[1] == pytest.approx(9_712 / 2, rel=0.01)


def test_the_order_is_that_of_the_clock_not_of_the_table() -> None:
    assert list(jumps([TOKYO, PARIS, PARIS], [1, 0, 2])) == [0]


def test_a_journey_is_no_jump() -> None:
    assert jumps([PARIS, TOKYO, TOKYO], [0, 1, 2]) == {}, "it stays: who knows which is wrong"
    assert jumps([PARIS, TOKYO, PARIS], [0, 12, 24]) == {}
    assert jumps([PARIS, TOKYO, PARIS], [0, 1, 25]) == {}, "back is a flight: the clock is wrong"
    assert jumps([PARIS, LYON, PARIS], [0, 2, 4]) == {}


def test_cameras_are_judged_apart_and_photos_without_a_time_not_at_all() -> None:
    assert jumps([PARIS, TOKYO, PARIS], [0, 1, 2], [0, 1, 0]) == {}
    assert jumps([PARIS, TOKYO, PARIS], [0, None, 2]) == {}
    assert jumps([PARIS, TOKYO], [0, 1]) == {}


def test_fixes_that_wander_are_no_jumps() -> None:
    near = (PARIS[0] + 0.15, PARIS[1])  # 17 km
    far = (PARIS[0] + 0.25, PARIS[1])  # 28 km
    second = 1 / 3600
    assert jumps([PARIS, near, PARIS], [0, second, 2 * second]) == {}
    assert list(jumps([PARIS, far, PARIS], [0, second, 2 * second])) == [1]


def test_the_age_of_a_fix_is_told_in_solar_time() -> None:
    taken = times("2024-05-02T10:00:00", "2024-05-02T10:00:00", NEVER, "2024-05-01T06:00:00")
    fixed = times("2024-05-01T08:00:00", "2024-05-02T01:00:00", "2024-05-01T08:00:00", hour(0))
    hours = stale_hours(taken, fixed, np.array([0.0, 135.0, 0.0, 0.0]))
    # A day and two hours; nine time zones to the east; no time; the fix is the younger one.
    assert hours.tolist() == [26.0, 0.0, 0.0, 0.0]
