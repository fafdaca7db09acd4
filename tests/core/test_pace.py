"""Speeds and times left: a night in the middle is no slowness."""

from __future__ import annotations

import pytest

from geoguess_app.core import pace
from geoguess_app.core.pace import WorkPace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as one number that tests move on."""
    now = [1000.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    return now


def work(clock: list[float], *steps_s: float, known: WorkPace | None = None) -> WorkPace:
    done = known or WorkPace()
    for step_s in steps_s:
        clock[0] += step_s
        done.note()
    return done


def test_nothing_done_has_no_speed(clock: list[float]) -> None:
    assert WorkPace().per_s == 0.0
    assert WorkPace().left_s(9) is None


def test_the_time_left_follows_the_mean(clock: list[float]) -> None:
    done = work(clock, 1.0, 3.0)
    assert done.per_s == pytest.approx(0.5)
    assert done.left_s(10) == pytest.approx(20.0)


def test_a_night_and_a_second_one_do_not_count(clock: list[float]) -> None:
    done = work(clock, *[1.0] * 9, 8 * 3600.0, 1.0, 9 * 3600.0, 1.0)
    assert done.left_s(10) == pytest.approx(10.0)
    assert done.worked_s == pytest.approx(11.0)


def test_work_that_becomes_slow_for_good_is_believed(clock: list[float]) -> None:
    done = work(clock, *[0.01] * 100, *[50.0] * 50)
    assert done.left_s(1) == pytest.approx(49 * 50 / 149, rel=0.01)


def test_a_pause_is_left_out(clock: list[float]) -> None:
    done = work(clock, 2.0)
    clock[0] += 20.0
    done.rest()
    assert work(clock, 2.0, known=done).left_s(1) == pytest.approx(2.0)
