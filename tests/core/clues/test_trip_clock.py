"""The offset that photos taken near a moment say."""

from __future__ import annotations

from datetime import datetime, timedelta

from geoguess_app.core.clues.trip_clock import offsets_near

NOON = datetime(2024, 7, 1, 12)
TOKYO, ROME, DELHI = timedelta(hours=9), timedelta(hours=2), timedelta(hours=5, minutes=30)


def test_only_photos_within_a_day_count() -> None:
    others = [
        (NOON + timedelta(hours=24), TOKYO),
        (NOON - timedelta(hours=23), TOKYO),
        (NOON + timedelta(hours=25), ROME),
    ]
    assert offsets_near(NOON, others) == [(TOKYO, 2)]
    assert offsets_near(NOON + timedelta(days=9), others) == []


def test_both_of_two_offsets_and_none_of_three() -> None:
    others = [(NOON, ROME), (NOON, TOKYO), (NOON, TOKYO)]
    assert offsets_near(NOON, others) == [(TOKYO, 2), (ROME, 1)]
    assert offsets_near(NOON, [*others, (NOON, DELHI)]) == []
