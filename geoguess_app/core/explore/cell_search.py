"""Finding a spot on a map of cells: by S2 token, by coordinate in any form, by place name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from geoguess_app.core import cells
from geoguess_app.core.errors import CoordinateError, PartitionError
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Coordinate, Place

_SHORTEST_NAME = 2
"""Letters: one letter fits too many names to be of use."""


class HitKind(StrEnum):
    """A kind of search text."""

    TOKEN = "token"
    COORDINATE = "coordinate"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Hit:
    """A spot that a text may mean."""

    kind: HitKind
    coordinate: Coordinate
    place: Place | None = None
    """Of a place name."""
    cell_id: int | None = None
    """Of a token."""


@dataclass(frozen=True, slots=True)
class CellSearchResult:
    """All that a text may mean, best first, or one sentence that says why it means nothing."""

    hits: tuple[Hit, ...]
    problem: str = ""


def search(text: str, finder: PlaceFinder, limit: int = 12) -> CellSearchResult:
    """Return what a text may mean. Nothing for an empty text."""
    text = text.strip()
    if not text:
        return CellSearchResult(())
    problem = f"No match for “{text[:40]}”: try a town, coordinates or an S2 token."
    try:
        return CellSearchResult((Hit(HitKind.COORDINATE, cf.parse(text)),))
    except CoordinateError as error:
        if error.code == "out-of-range":
            problem = str(error)
    token = _token(text)
    named: list[Hit] = []
    if len(text) >= _SHORTEST_NAME:
        found = finder.search(text, limit)
        named = [Hit(HitKind.PLACE, spot, place=place) for place, spot in found]
    # "bad" is a token as well as the beginning of many names: with a digit it is meant as one.
    meant = any(character.isdigit() for character in text)
    hits = tuple([*token, *named] if meant else [*named, *token])[:limit]
    return CellSearchResult(hits, "" if hits else problem)


def _token(text: str) -> list[Hit]:
    try:
        ids = cells.ids_from_tokens([text.lower()])
    except PartitionError:
        return []
    latitude, longitude = cells.centers(ids)
    center = Coordinate(float(latitude[0]), float(longitude[0]))
    return [Hit(HitKind.TOKEN, center, cell_id=int(ids[0]))]
