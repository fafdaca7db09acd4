"""Accuracy of the nearest reference photo, tried on the collection itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.values import NearReference, Reference, ReferenceSpace

LIMITS_KM = (0.1, 1.0, 25.0)
_BURST = timedelta(minutes=10)
"""Photos taken so shortly after one another show one scene and prove nothing."""
_BURST_KM = 0.015
"""Where photos do not say when they were taken, those so near to one another count as a burst."""
_MOST_TRIED = 2_000
_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class NearestAccuracy:
    """The accuracy of the nearest reference in a feature space, each photo tried against the
    others."""

    space: ReferenceSpace
    tried: int
    within: tuple[float, ...]
    """Share (0…1) of the photos whose nearest reference lies within each of ``LIMITS_KM``."""


@dataclass(frozen=True, slots=True)
class TriedPhoto:
    """A photo of the collection beside the most alike one of another burst."""

    similarity: float
    distance_km: float


def tried_photos(
    collection: ReferenceCollection, space: ReferenceSpace, most: int = _MOST_TRIED
) -> Iterator[TriedPhoto]:
    """Try photos of the collection, ``most`` at most, against all others.

    Copies of a photo and those taken within ten minutes of it do not count as references for it.
    A photo without any other has similarity 0 and is infinitely far away.
    """
    file, rows = collection.vector_file(space), collection.table.contents(space.key)
    if file is None or not rows:
        return
    for photo in _sample(collection, most):
        row = rows.get(photo.content)
        if row is None:
            continue
        vector = file.read(np.array([row]))[0]
        near = collection.nearest(space, vector, _LOOKED_AT, own_content=photo.content)
        yield _beside_nearest(photo, near)


def check_space(
    collection: ReferenceCollection, space: ReferenceSpace, token: CancelToken | None = None
) -> NearestAccuracy | None:
    """Measure how near the most alike reference is, on 2,000 photos at most.

    None for a space without vectors, or when cancelled.
    """
    distances = []
    for tried in tried_photos(collection, space):
        if token is not None and token.cancelled:
            return None
        distances.append(tried.distance_km)
    if not distances:
        return None
    within = tuple(float(np.mean([km <= limit for km in distances])) for limit in LIMITS_KM)
    return NearestAccuracy(space, len(distances), within)


def check_spaces(
    collection: ReferenceCollection, token: CancelToken | None = None
) -> Iterator[NearestAccuracy]:
    """Try every feature space in which all photos have a vector; the one in use comes first."""
    for space in collection.spaces():
        if collection.is_complete(space):
            found = check_space(collection, space, token)
            if found is not None:
                yield found


def better_space(results: Sequence[NearestAccuracy]) -> ReferenceSpace | None:
    """The space to use instead of the first: it finds more photos within 100 m. None to stay."""
    best = max(results, key=lambda result: result.within[0], default=None)
    if best is None or best.within[0] <= results[0].within[0]:
        return None
    return best.space


def _sample(collection: ReferenceCollection, most: int) -> list[Reference]:
    """One photo of each content, evenly over the collection."""
    photos = {photo.content: photo for photo in collection.photos()}
    found = list(photos.values())
    return found[:: max(1, -(-len(found) // most))]


def _beside_nearest(photo: Reference, near: Sequence[NearReference]) -> TriedPhoto:
    for other in near:
        if not _same_burst(photo, other.reference):
            return TriedPhoto(other.similarity, _apart_km(photo, other.reference))
    return TriedPhoto(0.0, math.inf)


def _same_burst(one: Reference, other: Reference) -> bool:
    if one.taken is None or other.taken is None:
        return _apart_km(one, other) <= _BURST_KM
    return abs(one.taken - other.taken) <= _BURST


def _apart_km(one: Reference, other: Reference) -> float:
    here, there = one.coordinate, other.coordinate
    return float(
        great_circle_km(
            here.latitude_deg, here.longitude_deg, there.latitude_deg, there.longitude_deg
        )
    )
