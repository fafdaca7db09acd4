"""The clock of a trip: by how much photos taken near a moment say that clocks were ahead of UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

TRIP_DAY = timedelta(days=1)
"""Photos taken within so much of each other are of one trip, and mostly of one time zone."""
_MOST = 2
"""With more offsets than on one flight, clocks of several people or trips are mixed."""


def offsets_near(
    taken: datetime, others: Iterable[tuple[datetime, timedelta]]
) -> list[tuple[timedelta, int]]:
    """Return each offset that photos near a moment say, and how many say it; most first.

    ``others``: local time and offset of each other photo; ``taken``: local time, too. Both offsets
    of two are returned, none of three.
    """
    counted = Counter(offset for at, offset in others if abs(at - taken) <= TRIP_DAY)
    return counted.most_common() if len(counted) <= _MOST else []
