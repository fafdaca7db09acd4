"""A photo's text with what it says of the place: lines, clues to offer, places to look at."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image

from geoguess_app.core.area.areas import Box, Country
from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.area.condition import probability_inside
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.clues.found import ClueSource, FoundClue, distinct
from geoguess_app.core.clues.kinds import ClueKind
from geoguess_app.core.clues.sign_clues import SignClue, sign_clues
from geoguess_app.core.clues.sign_places import Probability, SignPlace, sign_places
from geoguess_app.core.reading.script_detection import script_of
from geoguess_app.core.reading.text_reader import TextReader, cut_out
from geoguess_app.core.types import Coordinate, Prediction, TextLine

LEAST_CONFIDENCE = 0.6
"""Below, a line is more often a pattern than letters."""
_LEAST_SIGNS = 2
"""A single letter is more often a window or a wheel."""
_NEAR_KM = 100.0
_KM_PER_DEG = 111.2


@dataclass(frozen=True, slots=True)
class PhotoText:
    """The text on a photo, and the clues and places that it offers."""

    lines: tuple[TextLine, ...]
    clues: tuple[SignClue, ...]
    places: tuple[SignPlace, ...]

    @property
    def offered(self) -> tuple[FoundClue, ...]:
        """Return the clues and the places as clues that nobody has decided about."""
        found = [FoundClue(each.clue, ClueSource.SIGN, each.text) for each in self.clues]
        found += [FoundClue(each.clue, ClueSource.SIGN, each.text) for each in self.places]
        return distinct(found)


def read_photo_text(
    photo: Image.Image,
    reader: TextReader,
    probability: Probability | None = None,
    token: CancelToken | None = None,
) -> PhotoText | None:
    """Read an upright RGB photo; None where it was cancelled.

    ``probability``: what the model gives to a point and to a country, if it was asked.
    """
    lines, unread = [], []
    for corners in reader.boxes(photo):
        if token is not None and token.cancelled:
            return None
        piece = cut_out(photo, corners)
        text, confidence = reader.read(piece)
        signs = sum(map(str.isalnum, text))
        if signs >= _LEAST_SIGNS and confidence >= LEAST_CONFIDENCE:
            lines.append(TextLine(text, corners, confidence))
        else:
            unread.append(piece)
    said = [line.text for line in lines]
    clues = sign_clues(said)
    script = script_of(unread)
    if script is not None:
        clues.append(SignClue(Clue(ClueKind.SCRIPT, (script,)), "", -1))
    places = sign_places(said, clues, probability) if said else []
    return PhotoText(tuple(lines), tuple(clues), tuple(places))


def model_probability(prediction: Prediction, atlas: Atlas) -> Probability:
    """Return the question what a prediction gives to within 100 km of a point, and to a country."""

    def ask(where: Coordinate, country_code: str) -> tuple[float, float]:
        near = probability_inside(prediction, _around(where), atlas)
        return near, probability_inside(prediction, Country(country_code), atlas)

    return ask


def _around(where: Coordinate) -> Box:
    """A box that reaches 100 km from a point in every direction."""
    up = _NEAR_KM / _KM_PER_DEG
    across = min(179.0, up / max(math.cos(math.radians(where.latitude_deg)), 0.01))
    return Box(
        max(-90.0, where.latitude_deg - up),
        _wrapped(where.longitude_deg - across),
        min(90.0, where.latitude_deg + up),
        _wrapped(where.longitude_deg + across),
    )


def _wrapped(longitude_deg: float) -> float:
    return (longitude_deg + 180.0) % 360.0 - 180.0
