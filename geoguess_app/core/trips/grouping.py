"""Grouping of photos into trips, and the points at which they could have been taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoguess_app.core.decision.posterior import PointPosterior
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, unit_vectors
from geoguess_app.core.trips.types import Shot, Trip
from geoguess_app.core.types import FloatArray, IntArray

MOST_POINTS = 768
"""Points are merged, first within 1 km, then ever more coarsely, until no more are left."""
LONGEST = 512
"""A longer trip is cut: its ends have little to say to each other."""
FIXED_SPREAD_KM = 0.05
PRIOR_POINTS = 300


def group_trips(
    taken_h: Sequence[float | None], folders: Sequence[str], gap_h: float
) -> list[IntArray]:
    """Positions of the photos of each trip, in time order: one folder, no pause above ``gap_h``.

    A photo without a time is a trip of its own.
    """
    alone = [i for i, hour in enumerate(taken_h) if hour is None]
    result = [np.array([i], dtype=np.int64) for i in alone]
    by_folder: dict[str, list[tuple[float, int]]] = {}
    for index, (hour, folder) in enumerate(zip(taken_h, folders, strict=True)):
        if hour is not None:
            by_folder.setdefault(folder, []).append((hour, index))
    for timed in by_folder.values():
        timed.sort()
        hours = np.array([hour for hour, _ in timed])
        order = np.array([index for _, index in timed], dtype=np.int64)
        for part in np.split(order, np.flatnonzero(np.diff(hours) > gap_h) + 1):
            result += [part[start : start + LONGEST] for start in range(0, len(part), LONGEST)]
    return result


def gather_trip(shots: Sequence[Shot], members: IntArray, prior: PointPosterior) -> Trip:
    """The members' posteriors laid on common points."""
    chosen = [shots[int(i)] for i in members]
    parts = [s.posterior if s.fixed is None else _known_point(s) for s in chosen]
    step = max(1, len(prior.weights) // PRIOR_POINTS)
    thin = (prior.vectors[::step], prior.weights[::step], prior.spread_km[::step])
    vectors = np.concatenate([*(p.vectors for p in parts), thin[0]])
    weights = np.concatenate([*(p.weights for p in parts), thin[1] / thin[1].sum()])
    spread = np.concatenate([*(p.spread_km for p in parts), thin[2]])
    owner = np.repeat(np.arange(len(parts) + 1), [*(len(p.weights) for p in parts), len(thin[1])])
    group, side_km = _merge(vectors, MOST_POINTS)
    count = int(group.max()) + 1
    total = np.maximum(np.bincount(group, weights, count), 1e-30)
    points = np.zeros((count, 3))
    np.add.at(points, group, weights[:, None] * vectors)
    # A group all of whose points weigh nothing has no mean: its first point stands for it.
    first = np.unique(group, return_index=True)[1]
    empty = np.linalg.norm(points, axis=1) < 1e-25
    points[empty] = vectors[first[empty]]
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    table = np.zeros((len(parts) + 1, count))
    np.add.at(table, (owner, group), weights)
    anywhere = table[-1]
    own = table[:-1] + np.maximum(1.0 - table[:-1].sum(1), 0.0)[:, None] * anywhere
    starts = np.flatnonzero(np.diff(owner, prepend=-1))[:-1]
    fixed = np.array(
        [
            group[start] if s.fixed is not None else -1
            for s, start in zip(chosen, starts, strict=True)
        ]
    )
    return Trip(
        members=members,
        hours=np.array([s.taken_h or 0.0 for s in chosen]),
        vectors=points,
        spread_km=np.maximum(np.bincount(group, weights * spread, count) / total, side_km / 4.0),
        own=own / own.sum(1, keepdims=True),
        anywhere=anywhere,
        fixed=fixed.astype(np.int64),
    )


def _known_point(shot: Shot) -> PointPosterior:
    assert shot.fixed is not None
    vector = unit_vectors(shot.fixed.latitude_deg, shot.fixed.longitude_deg)[None]
    return PointPosterior(
        vector, np.ones(1), np.full(1, FIXED_SPREAD_KM), np.full(1, -1, dtype=np.int64)
    )


def _merge(vectors: FloatArray, most: int) -> tuple[IntArray, float]:
    """A group number for each point, points in one cube of a grid together, and its side (km)."""
    side_km = 1.0
    while True:
        cube = np.round(vectors * (EARTH_RADIUS_KM / side_km)).astype(np.int64)
        key = (cube[:, 0] * 20011 + cube[:, 1]) * 20011 + cube[:, 2]
        found, group = np.unique(key, return_inverse=True)
        if len(found) <= most:
            return np.asarray(group, dtype=np.int64), side_km
        side_km *= 2.0
