"""Views of a session: which photos to show, and in which order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from geoguess_app.core.geo.gazetteer import fold
from geoguess_app.core.types import Place
from geoguess_app.photos.scan import natural_key
from geoguess_app.review.values import ReviewPhoto, State


class Order(StrEnum):
    """Orders of the list; photos that lack what is sorted by come last."""

    ADDED = "as added"
    UNCERTAIN_FIRST = "least certain first"
    CERTAIN_FIRST = "most certain first"
    TIME = "by time"
    NAME = "by name"


@dataclass(frozen=True, slots=True)
class PhotoFilter:
    """The conditions for a photo to be shown; the plain one shows all."""

    states: frozenset[State] | None = None
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    """Of being right within 25 km, 0…1; photos without an answer pass only the full range."""
    country_code: str | None = None
    """Of the position shown; "" for places without a country."""
    has_gps: bool | None = None
    text: str = ""
    """Part of the path or of the place's names, without regard to case and accents."""
    matched: bool = False
    """Only photos whose answer rests on a verified match with a reference photo."""

    def shows(self, photo: ReviewPhoto) -> bool:
        """Tell whether a photo passes."""
        if self.states is not None and photo.state not in self.states:
            return False
        if self.has_gps is not None and (photo.known is not None) != self.has_gps:
            return False
        if self.matched and not (photo.current is not None and photo.current.is_match):
            return False
        if not self._confident(photo):
            return False
        if self.country_code is not None and not self._in_country(photo):
            return False
        return not self.text.strip() or _folded(self.text) in _text(photo)

    def _confident(self, photo: ReviewPhoto) -> bool:
        if photo.current is None:
            return self.min_confidence <= 0.0 and self.max_confidence >= 1.0
        return self.min_confidence <= photo.current.confidence <= self.max_confidence

    def _in_country(self, photo: ReviewPhoto) -> bool:
        return photo.proposed is not None and photo.place.country_code == self.country_code


def _text(photo: ReviewPhoto) -> str:
    return f"{_folded(str(photo.path))} {_names(photo.place)}"


# The list is filtered again at every letter typed.
_folded = functools.lru_cache(maxsize=1 << 17)(fold)


@functools.lru_cache(maxsize=1 << 14)
def _names(place: Place) -> str:
    return fold(" ".join((place.city, place.region, place.country)))


def view(photos: Iterable[ReviewPhoto], wanted: PhotoFilter, order: Order) -> list[int]:
    """Numbers of the photos that pass, in order; equal ones as added."""
    shown = [photo for photo in photos if wanted.shows(photo)]
    if order is not Order.ADDED:
        shown.sort(key=_KEYS[order])
    return [photo.id for photo in shown]


def _uncertain(photo: ReviewPhoto) -> tuple[bool, float]:
    answer = photo.current
    return answer is None, answer.confidence if answer is not None else 0.0


def _certain(photo: ReviewPhoto) -> tuple[bool, float]:
    missing, confidence = _uncertain(photo)
    return missing, -confidence


def _time(photo: ReviewPhoto) -> tuple[bool, datetime]:
    return photo.taken is None, photo.taken or datetime.min


def _name(photo: ReviewPhoto) -> tuple[Any, str]:
    return natural_key(photo.path.name), str(photo.path.parent)


_KEYS: dict[Order, Callable[[ReviewPhoto], Any]] = {
    Order.UNCERTAIN_FIRST: _uncertain,
    Order.CERTAIN_FIRST: _certain,
    Order.TIME: _time,
    Order.NAME: _name,
}
