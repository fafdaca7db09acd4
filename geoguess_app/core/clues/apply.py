"""An answer under clues: conditioned on where they can be seen, with what that did to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from geoguess_app.core.area.areas import Area
from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.area.condition import condition, probability_inside
from geoguess_app.core.clues.clue import Clue, describe
from geoguess_app.core.clues.restriction import LEAST_LEFT
from geoguess_app.core.types import CluesUsed, Level, Prediction


def keep_to(
    prediction: Prediction,
    clues: Sequence[Clue],
    area: Area,
    atlas: Atlas,
    similarity: float | None = None,
) -> tuple[Prediction | None, CluesUsed]:
    """Condition a prediction on an area that clues have made, which may be smaller than theirs.

    Where clues and picture contradict each other the model cannot tell, whatever is left. The
    prediction is None where nothing is. ``similarity``: as for ``condition``.
    """
    left = probability_inside(prediction, area, atlas)
    # A model that cannot tell spreads its probability too thinly to contradict anybody.
    could_tell = prediction.level is not Level.CANNOT_TELL
    used = CluesUsed(
        tuple(map(str, clues)),
        tuple(map(describe, clues)),
        left,
        contradict=bool(clues) and could_tell and left < LEAST_LEFT,
    )
    inside = condition(prediction, area, atlas, similarity)
    if inside is not None and used.contradict:
        inside = replace(inside, level=Level.CANNOT_TELL)
    return inside, used


def clue_shares(
    prediction: Prediction, clues: Sequence[Clue], atlas: Atlas, day: date | None = None
) -> list[tuple[str, float]]:
    """Return each clue in words, and the probability, 0…1, of the places that fit it alone.

    ``day``: when the photo was taken, for its clock.
    """
    return [
        (describe(clue), probability_inside(prediction, clue.area(day), atlas)) for clue in clues
    ]
