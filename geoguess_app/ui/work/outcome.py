"""Outcomes of locating, as the window keeps them: names for every candidate, and a compact map
state."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoguess_app.core.types import Coordinate, LocatedPhoto, Place
from geoguess_app.ui.kit import words
from geoguess_app.ui.work.map_state import MapState, map_state

if TYPE_CHECKING:
    from geoguess_app.core.geo.places import PlaceFinder


@dataclass(frozen=True, slots=True)
class LocatingOutcome:
    """One located photo, ready to be shown.

    The per-cell probabilities live only in ``map_state``, reduced to the cells that hold 99% of
    the mass: thousands of rows stay in memory.
    """

    located: LocatedPhoto
    map_state: MapState
    candidate_places: tuple[Place, ...]
    """One for each of ``located.prediction.candidates``."""
    conflict_places: tuple[Place, Place] | None
    """Names of the coarse and the fine hypothesis, when they disagree."""


def make_outcome(located: LocatedPhoto, places: PlaceFinder | None) -> LocatingOutcome:
    """Compile all that the window shows for ``located``; meant to run off the GUI thread."""
    prediction = located.prediction
    points = [candidate.coordinate for candidate in prediction.candidates]
    if prediction.conflict is not None:
        points += [prediction.conflict.coarse.coordinate, prediction.conflict.fine.coordinate]
    names = _names(points, places)
    conflict = (names[-2], names[-1]) if prediction.conflict is not None else None
    slim = dataclasses.replace(prediction, cell_probabilities={})
    return LocatingOutcome(
        located=dataclasses.replace(located, prediction=slim),
        map_state=map_state(
            prediction, located.known, words.place_short(located.place, prediction.level)
        ),
        candidate_places=tuple(names[: len(prediction.candidates)]),
        conflict_places=conflict,
    )


def _names(points: list[Coordinate], places: PlaceFinder | None) -> list[Place]:
    if places is None or not points:
        return [Place("", "", "", "") for _ in points]
    return list(places.at_many(points))
