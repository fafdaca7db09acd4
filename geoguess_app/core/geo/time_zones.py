"""Time zones over the Earth, on cells of some 30 km: where clocks are by so much ahead of UTC."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geoguess_app.core.geo.earth_table import Fits, earth_table

_SEASONS = ((1, 15), (7, 15))


def zones_at_offset(minutes: tuple[int, ...], day: date | None) -> Fits:
    """Tell of each zone of the table whether its clocks are by any of so many minutes ahead of UTC.

    On that day at noon; without a day in winter or in summer, whichever fits.
    """
    days = [day] if day is not None else [date(_this_year(), *season) for season in _SEASONS]
    names = earth_table("zones").names
    return np.array([any(_offset(name, each) in minutes for each in days) for name in names])


@functools.lru_cache(maxsize=4096)
def _offset(zone: str, day: date) -> int | None:
    if not zone:
        return None
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    ahead = noon.utcoffset() or timedelta()
    return round(ahead.total_seconds() / 60)


def _this_year() -> int:
    return datetime.now(UTC).year
