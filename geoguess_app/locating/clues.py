"""Answers under clues: a refinement of ``locate`` that keeps to where the clues can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.bundle import Bundle
from geoguess_app.core.clues.apply import clue_shares, keep_to
from geoguess_app.core.clues.clue import Clue, area_of
from geoguess_app.core.clues.kinds import ClueKind
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import LocatedPhoto
from geoguess_app.photos.metadata import read_metadata


class ClueRefiner:
    """The same clues for every photo. Raises ClueError where no place fits them all, SessionError
    for a model without cells."""

    def __init__(self, clues: Sequence[Clue], bundle: Bundle) -> None:
        self._clues = tuple(clues)
        self._has_clock = any(clue.kind is ClueKind.UTC_OFFSET for clue in clues)
        self._area = area_of(clues)
        self._atlas = Atlas(bundle)
        self._places = PlaceFinder()

    def refine(self, located: LocatedPhoto) -> LocatedPhoto:
        """Condition an answer on the clues; one that a matched reference photo gives stays."""
        if located.reference is not None and located.reference.is_verified:
            return located
        area = area_of(self._clues, self._day(located)) if self._has_clock else self._area
        inside, used = keep_to(located.prediction, self._clues, area, self._atlas)
        if inside is None:
            return replace(located, clues=used)
        (place,) = self._places.at_many([inside.coordinate])
        return replace(located, prediction=inside, place=place, clues=used)

    def shares(self, located: LocatedPhoto) -> list[tuple[str, float]]:
        """Return each clue in words, and the answer's probability, 0…1, of the places that fit it
        alone."""
        return clue_shares(located.prediction, self._clues, self._atlas, self._day(located))

    def _day(self, located: LocatedPhoto) -> date | None:
        return day_of(located.path) if self._has_clock else None


def day_of(photo: Path) -> date | None:
    """Return the day on which a photo was taken, as its file says; None where it does not."""
    try:
        taken = read_metadata(photo).taken
    except (PhotoError, OSError):
        return None
    return taken.date() if taken is not None else None
