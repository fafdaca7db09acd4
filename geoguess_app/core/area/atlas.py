"""A model's cells, and how much of each lies in an area."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from geoguess_app.core import cells
from geoguess_app.core.area.areas import Area, Box, Intersection, Mapped, Ring
from geoguess_app.core.area.tables import table_of
from geoguess_app.core.bundle import Bundle
from geoguess_app.core.calibration.json_form import calibration_from_json
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.model import cell_spread_km
from geoguess_app.core.errors import SessionError
from geoguess_app.core.geo.sphere import lat_lon, unit_vectors
from geoguess_app.core.partition import Partition
from geoguess_app.core.types import FloatArray, IntArray

_STEPS = 3
"""Each cell is looked at in 4³ = 64 points."""
_TOUCHED = 0.5 / 4**_STEPS
"""The share taken for a cell in which an area lies that is smaller than these points' distance."""
_SPOTS = 64
"""Of so many points of a cell on the right side of a border the nearest to its photos is taken."""
_FINEST = cells.MAX_LEVEL - _STEPS


@dataclass(frozen=True, eq=False)
class Cover:
    """The cover of n cells by an area."""

    area: Area
    share: FloatArray
    """(n) of each cell's area, of its land for a country: 0…1."""
    vectors: FloatArray
    """(n, 3) unit vectors of a point inside the area for each cell with a share."""

    def condition(self, probabilities: FloatArray) -> FloatArray | None:
        """Condition probabilities of the cells (n) on the area; None where nothing is left."""
        inside = np.where(self.share > 0, probabilities * self.share, 0.0)
        total = inside.sum()
        return np.asarray(inside / total) if total > 0 else None


class Atlas:
    """The finest cells of a model and its calibration. Raises SessionError for one without cells.

    Covers are remembered, the last few; safe in one thread.
    """

    def __init__(self, bundle: Bundle) -> None:
        if not bundle.partitions or not bundle.manifest.has_cells:
            raise SessionError(
                f"{bundle.manifest.title} does not support search areas; load another model.",
                code="no-cells",
            )
        self.partition: Partition = tuple(bundle.partitions)[-1]
        self.model = bundle.manifest.title
        self.calibration: Calibration = calibration_from_json(dict(bundle.manifest.calibration))
        self.spread_km = cell_spread_km(self.partition)
        self.vectors = unit_vectors(
            self.partition.mean_latitude_deg, self.partition.mean_longitude_deg
        )
        self.cover = functools.lru_cache(maxsize=8)(self._cover)

    def _cover(self, area: Area) -> Cover:
        """How much of each cell lies in an area."""
        if isinstance(area, Intersection):
            return self._intersection(area)
        if isinstance(area, Mapped):
            return self._mapped(area)
        return self._ring(area, area.ring() if isinstance(area, Box) else area)

    def _ring(self, area: Area, ring: Ring) -> Cover:
        share, vectors = np.zeros(self.partition.size), self.vectors.copy()
        for number in np.flatnonzero(self._near(ring)):
            share[number], vectors[number] = self._part(int(number), ring)
        self._touch(ring, share, vectors)
        return Cover(area, share, vectors)

    def _near(self, ring: Ring) -> np.ndarray:
        """Which cells may lie in the box around a ring."""
        lat, lon = np.array(ring.corners).T
        south, north, west, east = cells.bounds(self.partition.cell_ids).T
        east = np.where(east < west, east + 360.0, east)
        apart = np.mod(west - lon.min(), 360.0)
        width = min(float(np.ptp(lon)), 360.0)
        meets = (apart <= width) | (apart + (east - west) >= 360.0)
        return np.asarray((north >= lat.min()) & (south <= lat.max()) & meets)

    def _part(self, number: int, ring: Ring) -> tuple[float, FloatArray]:
        """The share of a cell in a ring, and the point there nearest to the cell's photos."""
        points = self.partition.cell_ids[number : number + 1]
        if cells.levels(points)[0] <= _FINEST:
            for _ in range(_STEPS):
                points = cells.children(points).ravel()
        latitude, longitude = cells.centers(points)
        inside = ring.holds(latitude, longitude)
        mean = self.vectors[number]
        if not inside.any() or self._holds(ring, mean):
            return float(inside.mean()), mean
        spots = unit_vectors(latitude[inside], longitude[inside])
        return float(inside.mean()), spots[int((spots @ mean).argmax())]

    @staticmethod
    def _holds(ring: Ring, vector: FloatArray) -> bool:
        latitude, longitude = lat_lon(vector)
        return bool(ring.holds(np.atleast_1d(latitude), np.atleast_1d(longitude))[0])

    def _touch(self, ring: Ring, share: FloatArray, vectors: FloatArray) -> None:
        """A small area in a large cell, between its points, counts too."""
        corners = np.array(ring.corners)
        lat, lon = np.vstack([corners, corners.mean(axis=0)]).T
        numbers = self.cells_of(lat, lon)
        for at, number in enumerate(numbers.tolist()):
            if number >= 0 and share[number] <= _TOUCHED:
                share[number] = _TOUCHED
                # The last is the middle, which is the better point.
                vectors[number] = unit_vectors(lat[at], lon[at])

    def cells_of(self, latitude_deg: FloatArray, longitude_deg: FloatArray) -> IntArray:
        """The cell that each point lies in, -1 for none."""
        leaves = cells.leaf_ids(latitude_deg, longitude_deg)
        ids = self.partition.cell_ids
        at = np.searchsorted(cells.range_min(ids), leaves, side="right") - 1
        known = (at >= 0) & (leaves <= cells.range_max(ids)[np.maximum(at, 0)])
        return np.where(known, at, -1)

    def _mapped(self, area: Mapped) -> Cover:
        """By what is known of each cell; on the high seas there is no country."""
        table, fits = table_of(area)
        ids = self.partition.cell_ids
        share, vectors = table.share(ids, fits), self.vectors.copy()
        elsewhere = np.flatnonzero((share > 0) & ~fits[table.at(*lat_lon(vectors))])
        if len(elsewhere):
            spots = unit_vectors(*table.spots(ids[elsewhere], fits, _SPOTS))
            near = np.einsum("nkx,nx->nk", spots, vectors[elsewhere]).argmax(axis=1)
            vectors[elsewhere] = spots[np.arange(len(near)), near]
        return Cover(area, share, vectors)

    def _intersection(self, area: Intersection) -> Cover:
        """Each cell counts with the product of its shares, as if these were independent; its point
        is that of the area which has least of it."""
        each = [self.cover(part) for part in area.areas]
        shares = np.stack([cover.share for cover in each])
        vectors = np.stack([cover.vectors for cover in each])
        chosen = vectors[shares.argmin(axis=0), np.arange(self.partition.size)]
        return Cover(area, shares.prod(axis=0), chosen)


class SharedAtlas:
    """The atlas of one bundle, made when it is first used and shared by threads.

    Raises SessionError on use for a bundle without cells.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._lock = threading.Lock()
        self._atlas: Atlas | None = None

    @contextmanager
    def use(self) -> Iterator[Atlas]:
        """Give the atlas to one thread at a time."""
        with self._lock:
            if self._atlas is None:
                self._atlas = Atlas(self._bundle)
            yield self._atlas
