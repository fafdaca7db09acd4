"""Time zones over the Earth, on cells of some 30 km: where clocks are by so much ahead of UTC."""

from __future__ import annotations

import functools
import json
import zlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geoguess_app.core.types import IntArray
from geoguess_app.paths import resource_dir

ZONE_LEVEL = 8
"""S2 level of the cells whose zone is known."""
_SHIFT = 61 - 2 * ZONE_LEVEL
_SEASONS = ((1, 15), (7, 15))


@functools.cache
def zone_table() -> tuple[tuple[str, ...], IntArray]:
    """Return the names of the zones, and the number of the zone of each cell (n) along the curve.

    Made by ``resources/clues/tools/build_zones.py``.
    """
    packed = zlib.decompress((resource_dir() / "clues" / "zones.bin").read_bytes())
    head, _, rest = packed.partition(b"\n")
    runs = np.frombuffer(rest, "<i4").reshape(-1, 2)
    return tuple(json.loads(head)), np.repeat(runs[:, 0], runs[:, 1]).astype(np.int64)


def cells_at_offset(minutes: tuple[int, ...], day: date | None) -> npt.NDArray[np.bool_]:
    """Tell of each cell (n) whether its clocks are by any of so many minutes ahead of UTC.

    On that day at noon; without a day in winter or in summer, whichever fits.
    """
    names, zones = zone_table()
    days = [day] if day is not None else [date(_this_year(), *season) for season in _SEASONS]
    fits = [any(_offset(name, each) in minutes for each in days) for name in names]
    return np.asarray(np.array(fits)[zones])


def positions_of(leaves: npt.NDArray[np.uint64]) -> IntArray:
    """The numbers along the curve of the cells that leaf cells lie in."""
    return np.asarray((leaves >> np.uint64(_SHIFT)).astype(np.int64))


def center_ids(positions: IntArray) -> npt.NDArray[np.uint64]:
    """The S2 ids of cells, given their numbers along the curve."""
    first = positions.astype(np.uint64) << np.uint64(_SHIFT)
    return np.asarray(first | np.uint64(1 << (_SHIFT - 1)))


@functools.lru_cache(maxsize=4096)
def _offset(zone: str, day: date) -> int | None:
    if not zone:
        return None
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    ahead = noon.utcoffset() or timedelta()
    return round(ahead.total_seconds() / 60)


def _this_year() -> int:
    return datetime.now(UTC).year
