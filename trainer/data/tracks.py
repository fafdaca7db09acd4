"""Positions judged by the clock: old fixes, and places that cannot have been reached in time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import FloatArray, IntArray

_SHORTEST_KM = 20.0
"""Nearer jumps are not judged: fixes wander, and clocks tell whole seconds."""

Times = npt.NDArray[np.datetime64]


def stale_hours(taken_local: Times, fixed_utc: Times, longitude_deg: FloatArray) -> FloatArray:
    """(n) hours by which a position is older than its photo; 0 where that cannot be told.

    The photo's local time is compared with the mean solar time of the fix, since photos seldom say
    their time zone (which differs from that by 3 hours at most). A fix from after the photo counts
    as 0: then the camera's clock is wrong, not the position.
    """
    known = ~(np.isnat(taken_local) | np.isnat(fixed_utc)) & np.isfinite(longitude_deg)
    hours = np.zeros(longitude_deg.size)
    apart = (taken_local[known] - fixed_utc[known]) / np.timedelta64(1, "h")
    hours[known] = np.maximum(apart - longitude_deg[known] / 15, 0)
    return hours


def implausible_jumps(
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
    taken: Times,
    camera: IntArray,
    max_speed_kmh: float,
) -> dict[int, float]:
    """Rows that lie off the way of their camera, with the lower of the two speeds needed (km/h).

    A photo is off when both the way from the photo before and that to the next one would take more
    than ``max_speed_kmh``, while those two are within reach of each other: a single wrong position.
    ``camera`` (n) numbers each person's cameras.
    """
    order = np.lexsort((np.arange(taken.size), taken, camera))
    order = order[~np.isnat(taken[order])]
    if order.size < 3:
        return {}
    before, here, after = order[:-2], order[1:-1], order[2:]
    same = (camera[before] == camera[here]) & (camera[here] == camera[after])
    before, here, after = before[same], here[same], after[same]

    def way(start: IntArray, end: IntArray) -> tuple[FloatArray, FloatArray]:
        km = great_circle_km(
            latitude_deg[start], longitude_deg[start], latitude_deg[end], longitude_deg[end]
        )
        hours = (taken[end] - taken[start]) / np.timedelta64(1, "h")
        return km, km / np.maximum(hours, 1 / 3600)

    (km_in, speed_in), (km_out, speed_out) = way(before, here), way(here, after)
    _, speed_past = way(before, after)
    off = (np.minimum(km_in, km_out) > _SHORTEST_KM) & (speed_past <= max_speed_kmh)
    off &= np.minimum(speed_in, speed_out) > max_speed_kmh
    slower = np.minimum(speed_in, speed_out)[off]
    return dict(zip(here[off].tolist(), slower.tolist(), strict=True))
