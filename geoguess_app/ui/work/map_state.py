"""The state of the map for one photo, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from geoguess_app.core.records.marks import Check, Range
from geoguess_app.core.types import (
    Candidate,
    Conflict,
    Coordinate,
    FloatArray,
    IntArray,
    Level,
    Prediction,
    Radii,
)

DRAWN_MASS = 0.99
"""Share of the probability whose cells are drawn."""


@dataclass(frozen=True, slots=True)
class MapState:
    """One photo's answer as the map draws it."""

    layers: Mapping[str, tuple[IntArray, FloatArray]] = field(default_factory=dict)
    """Per partition name, and ``"combined"`` over the finest partition: the indices of the cells
    to draw and their probabilities (0…1), usually those that hold 99% of the mass."""
    answer: Coordinate | None = None
    radii: Radii | None = None
    candidates: tuple[Candidate, ...] = ()
    conflict: Conflict | None = None
    known: Coordinate | None = None
    """Where the photo's own metadata says it was taken."""
    cannot_tell: bool = False
    """The model does not know: cells are shown, but neither a pin nor regions."""
    name: str = ""
    """What the answer's place is called, beside its pin, which hides what the map writes there."""


@dataclass(frozen=True, slots=True)
class Display:
    """The choice of what is shown of an answer's cells."""

    scale: Literal["log", "linear"] = "log"
    """How probabilities turn into colours."""
    per: Literal["area", "cell"] = "area"
    """Whether a cell's colour stands for its probability, or for that of an equal area in it."""
    least: Annotated[float, Range(0.0, 1.0)] = 0.0
    """Cells of lower probability (0…1) are left out."""
    top: Annotated[int, Range(0, 1_000_000)] = 0
    """Only so many of the likeliest cells are shown; 0 for all."""
    region: Annotated[int, Check((0, 50, 80, 95).__contains__, "0, 50, 80 or 95")] = 0
    """The smallest set of cells that holds so many per cent is outlined: 50, 80, 95; 0 for none."""


def map_state(prediction: Prediction, known: Coordinate | None = None, name: str = "") -> MapState:
    """The part of a prediction that the map draws: for each layer the cells of 99% of the mass."""
    from geoguess_app.core.decision.heatmap import cells_to_draw

    layers = {
        name: cells_to_draw(probabilities, mass=DRAWN_MASS)
        for name, probabilities in prediction.cell_probabilities.items()
    }
    return MapState(
        layers=layers,
        answer=prediction.coordinate,
        radii=prediction.radii,
        candidates=prediction.candidates,
        conflict=prediction.conflict,
        known=known,
        cannot_tell=prediction.level is Level.CANNOT_TELL,
        name=name,
    )
