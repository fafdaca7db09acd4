"""The part of the world where a photo is searched: an area, and the clues that narrow it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date

from geoguess_app.core.area.areas import Area, intersect
from geoguess_app.core.clues.clue import Clue, area_of
from geoguess_app.core.errors import ClueError

LEAST_LEFT = 0.01
"""With less of the probability left, clues and picture contradict each other."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """The part of the world where a photo is searched, and the clues that made it, if any."""

    area: Area | None
    """None where nothing is left of it: ``problem`` says why."""
    clues: tuple[Clue, ...] = ()
    problem: str = ""


@functools.lru_cache(maxsize=256)
def restricted(own: Area | None, clues: tuple[Clue, ...], day: date | None) -> Restriction | None:
    """Return where an area and clues let a photo of that day be searched; None for everywhere."""
    if not clues:
        return Restriction(own) if own is not None else None
    try:
        found = area_of(clues, day)
    except ClueError as problem:
        return Restriction(None, clues, str(problem))
    both = intersect([own, found]) if own is not None else found
    if both is None:
        said = "No country of the search area fits these clues."
        return Restriction(None, clues, said)
    return Restriction(both, clues)
