"""Answers under clues: a refinement of ``locate`` that keeps to where the clues can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.area.condition import condition, probability_inside
from geoguess_app.core.bundle import Bundle
from geoguess_app.core.clues.clue import Clue, area_of, describe
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import CluesUsed, Level, LocatedPhoto

LEAST_LEFT = 0.01
"""With less of the probability left, clues and picture contradict each other."""


class ClueRefiner:
    """The same clues for every photo. Raises ClueError where no place fits them all, SessionError
    for a model without cells."""

    def __init__(self, clues: Sequence[Clue], bundle: Bundle) -> None:
        self._clues = tuple(clues)
        self._area = area_of(clues)
        self._atlas = Atlas(bundle)
        self._places = PlaceFinder()

    def refine(self, located: LocatedPhoto) -> LocatedPhoto:
        """Condition an answer on the clues; one that a matched reference photo gives stays.

        Where clues and picture contradict each other the model cannot tell, whatever is left.
        """
        if located.reference is not None and located.reference.is_verified:
            return located
        left = probability_inside(located.prediction, self._area, self._atlas)
        # A model that cannot tell spreads its probability too thinly to contradict anybody.
        could_tell = located.prediction.level is not Level.CANNOT_TELL
        used = CluesUsed(
            tuple(map(str, self._clues)),
            tuple(map(describe, self._clues)),
            left,
            contradict=could_tell and left < LEAST_LEFT,
        )
        inside = condition(located.prediction, self._area, self._atlas)
        if inside is None:
            return replace(located, clues=used)
        if used.contradict:
            inside = replace(inside, level=Level.CANNOT_TELL)
        (place,) = self._places.at_many([inside.coordinate])
        return replace(located, prediction=inside, place=place, clues=used)
