"""Areas on the map: what was drawn becomes an area, and an area an outline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoguess_app.core.area.areas import Area, Box, Intersection, Mapped, Ring
from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.core.geo.mercator import world_points


def area_of(kind: str, corners: Sequence[Sequence[float]]) -> Area:
    """Return what was drawn, from corners (latitude, longitude) whose longitudes run on without a
    jump.

    Raises SessionError for what encloses nothing.
    """
    if kind == "ring":
        return Ring(tuple((float(lat), float(lon)) for lat, lon in corners))
    lats = [float(lat) for lat, _ in corners]
    lons = [float(lon) for _, lon in corners]
    if max(lons) - min(lons) >= 360.0:
        return Box(min(lats), -180.0, max(lats), 180.0)
    return Box(min(lats), _wrap(min(lons)), max(lats), _wrap(max(lons)))


def outline(area: Area | None) -> list[float] | None:
    """An area's outline in world points that run on without a jump; None where there is none."""
    if isinstance(area, Intersection):
        return next((line for part in area.areas if (line := outline(part)) is not None), None)
    if area is None or isinstance(area, Mapped):
        return None
    ring = area.ring() if isinstance(area, Box) else area
    lat, lon = np.array(ring.corners).T
    flat: list[float] = world_points(lat, lon).round(7).ravel().tolist()
    return flat


def outlines(cell_ids: Sequence[int]) -> list[list[float]]:
    """Outlines of cells in world points that run on without a jump, one list a cell."""
    rings = cell_rings(np.array(cell_ids, dtype=np.uint64))
    return [ring.round(7).ravel().tolist() for ring in rings]


def _wrap(longitude_deg: float) -> float:
    return (longitude_deg + 180.0) % 360.0 - 180.0
