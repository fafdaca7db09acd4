"""Dots on the map for the photos of a worklist: fifty thousand of them as one block of bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from geoguess_app.core.geo.mercator import world_points
from geoguess_app.review.values import ReviewPhoto, State

OPEN, DECIDED, KNOWN, REJECTED = range(4)
"""How a dot looks; the page knows these numbers."""
_NONE = 255
_KINDS = {
    State.ACCEPTED: DECIDED,
    State.PLACED: DECIDED,
    State.SAVED: DECIDED,
    State.HAS_GPS: KNOWN,
    State.REJECTED: REJECTED,
}


class ReviewDots:
    """The dots of where each photo is shown, by its number; changed a few at a time."""

    def __init__(self) -> None:
        self._places = np.zeros((0, 2), dtype=np.float32)
        self._kinds = np.zeros(0, dtype=np.uint8)

    def note(self, photos: Iterable[ReviewPhoto]) -> None:
        """Note that these photos are new or different."""
        spots = [(photo.id, *_spot(photo)) for photo in photos]
        if not spots:
            return
        self._make_room(max(number for number, *_ in spots))
        numbers = np.array([number for number, *_ in spots])
        lat, lon = (np.array([spot[i] for spot in spots], dtype=np.float64) for i in (1, 2))
        self._places[numbers] = world_points(lat, lon)
        self._kinds[numbers] = [kind for *_, kind in spots]

    def packed(self, shown: Sequence[int]) -> bytes:
        """Dots of these photos: x and y in the world as float32, numbers as uint32, kinds."""
        numbers = np.asarray(shown, dtype=np.int64)
        numbers = numbers[self._kinds[numbers] != _NONE]
        content: bytes = (
            self._places[numbers].tobytes()
            + numbers.astype("<u4").tobytes()
            + self._kinds[numbers].tobytes()
        )
        return content

    def _make_room(self, most: int) -> None:
        have = len(self._kinds)
        if most < have:
            return
        more = max(most + 1, 2 * have) - have
        self._places = np.concatenate([self._places, np.zeros((more, 2), dtype=np.float32)])
        self._kinds = np.concatenate([self._kinds, np.full(more, _NONE, dtype=np.uint8)])


def _spot(photo: ReviewPhoto) -> tuple[float, float, int]:
    state = photo.state
    shown = photo.proposed
    if state is State.HAS_GPS and photo.known is not None:
        return photo.known.latitude_deg, photo.known.longitude_deg, KNOWN
    if shown is None:
        return 0.0, 0.0, _NONE
    kind = _KINDS.get(state, OPEN)
    return shown.coordinate.latitude_deg, shown.coordinate.longitude_deg, kind
