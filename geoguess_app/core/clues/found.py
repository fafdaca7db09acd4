"""Clues that the program found by itself: what each rests on, and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from geoguess_app.core.clues.clue import Clue


class ClueSource(StrEnum):
    """The part of a photo that a clue was found in."""

    CLOCK = "the camera’s clock"
    GPS_CLOCK = "GPS time and local time"
    TRIP_CLOCK = "other photos of this trip"
    PLACE_FIELD = "place in the file"
    CAPTION = "caption"
    FILE_NAME = "file name"
    FOLDER_NAME = "folder name"
    SIGN = "text in the picture"
    DEVICE = "model of the camera"
    USER = "you"


_NAMES = "where measured, 94% of names of places were right"
TRUST = {
    ClueSource.CLOCK: "Fitted 2 of 3 photos measured; wrong where the camera was left on the "
    "time at home.",
    ClueSource.GPS_CLOCK: "Fitted 9 of 9 photos measured; wrong where the camera was left on "
    "the time at home.",
    ClueSource.TRIP_CLOCK: "Not measured; wrong where this photo is of another trip, or the other "
    "camera was left on the time at home.",
    ClueSource.PLACE_FIELD: "Somebody wrote it, or a program did from a position.",
    ClueSource.CAPTION: f"A caption also names places that the photo does not show; {_NAMES}.",
    ClueSource.FILE_NAME: f"A name can also be a person’s or a thing’s; {_NAMES}.",
    ClueSource.FOLDER_NAME: f"A folder holds a whole trip, and names can be a person’s; {_NAMES}.",
    ClueSource.SIGN: "Signs also name places elsewhere: 3 of 23 photos measured.",
    ClueSource.DEVICE: "Says where the device was sold, not where it was used: people travel, and "
    "devices are sold on. Not measured.",
    ClueSource.USER: "",
}
"""How far to trust a source, where the finder does not know better; docs/clues.md has the
figures."""


@dataclass(frozen=True, slots=True)
class FoundClue:
    """A clue that nobody has decided about, and where it comes from.

    ``said``: the very words, such as "2014 Lisboa". ``trust``: a sentence about this one; empty for
    what is true of its source.
    """

    clue: Clue
    source: ClueSource
    said: str = ""
    trust: str = ""

    @property
    def how_far(self) -> str:
        """Return how far to trust it, as a sentence."""
        return self.trust or TRUST[self.source]


def distinct(found: Iterable[FoundClue]) -> tuple[FoundClue, ...]:
    """Return each clue once, as the first that found it says."""
    by_clue: dict[Clue, FoundClue] = {}
    for each in found:
        by_clue.setdefault(each.clue, each)
    return tuple(by_clue.values())
