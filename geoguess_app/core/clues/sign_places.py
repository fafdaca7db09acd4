"""Places that words on a photo name, by how probable it is that the photo was taken there.

Signs name far places, dishes and people as readily as the town they stand in. So a name counts
more for a large place, for a line of its own, for a country that other words speak of, and where
the model looks, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.clues.kinds import ClueKind, near_value
from geoguess_app.core.clues.names import known_names, stop_words
from geoguess_app.core.clues.sign_clues import (
    SignClue,
    names_within,
    sign_clues,
    word_groups,
)
from geoguess_app.core.clues.tables import clue_tables
from geoguess_app.core.geo.gazetteer import Gazetteer, fold, load_gazetteer
from geoguess_app.core.geo.places import rows_named
from geoguess_app.core.types import Coordinate, Place

Probability = Callable[[Coordinate, str], tuple[float, float]]
"""The model's probability, 0…1, of what lies around a point, and of a country (ISO 3166)."""

MOST_PLACES = 5
_LEAST_LETTERS = 4
_OF_A_NAME = 3
"""So many places of one name are looked at, the largest: there are 30 Springfields."""
_LEAST_SCORE = 5.5
"""A city of 300,000 that nothing else speaks for, or a town of 30,000 on a line of its own."""
_WHOLE_LINE, _EACH_WORD, _COMMON = 1.0, 0.5, -1.0
_COUNTRY_SAID, _COUNTRY_DENIED, _REGION_SAID = 1.5, -1.5, 1.0
_NEAR, _IN_COUNTRY = 2.0, 1.0
"""Most that the model adds where all of its probability lies around the place, or in its
country."""
_NOTICED = 1e-3
"""Smaller probabilities of the model count for nothing."""


@dataclass(frozen=True, slots=True)
class SignPlace:
    """A place that words on a photo may name."""

    row: int
    """Of the gazetteer."""
    place: Place
    coordinate: Coordinate
    text: str
    """The words as they stand on the photo."""
    line: int
    """Index of the line in which they stand."""
    score: float
    """How much speaks for it; ``_LEAST_SCORE`` and more are worth a look."""

    @property
    def clue(self) -> Clue:
        """Return the clue that the photo was taken near it."""
        return Clue(ClueKind.NEAR, (near_value(self.row),))


def sign_places(
    lines: Sequence[str],
    clues: Sequence[SignClue] | None = None,
    probability: Probability | None = None,
) -> list[SignPlace]:
    """Find the places that lines of text name, best first, at most five, one of each name.

    ``clues``: those of the same lines; ``probability``: what the model gives to a point and to a
    country. Loads the gazetteer: about a second, the first time.
    """
    gazetteer = load_gazetteer()
    said = _countries_said(sign_clues(lines) if clues is None else clues)
    found: dict[int, SignPlace] = {}
    groups = {folded for line in lines for _, folded in word_groups(line)}
    for row, text, index, bonus in _named(lines):
        region = fold(gazetteer.region[row])
        if region in groups and region != fold(gazetteer.city[row]):
            bonus += _REGION_SAID
        one = _scored(gazetteer, row, text, index, bonus, said)
        if row not in found or found[row].score < one.score:
            found[row] = one
    scored = [_by_model(place, probability) for place in found.values()]
    best: dict[str, SignPlace] = {}
    for place in sorted(scored, key=lambda place: -place.score):
        if place.score >= _LEAST_SCORE and not _is_part(place, best.values()):
            best.setdefault(fold(place.text), place)
    return list(best.values())[:MOST_PLACES]


def _named(lines: Sequence[str]) -> Iterator[tuple[int, str, int, float]]:
    """Rows of the gazetteer, the words that name them, the line, and what the words are worth."""
    cities, countries = known_names()
    for index, line in enumerate(lines):
        whole = fold(line)
        for text, folded in word_groups(line):
            letters = sum(letter.isalpha() for letter in folded)
            if letters < _LEAST_LETTERS or not text[:1].isupper() or folded in countries:
                continue
            bonus = _EACH_WORD * folded.count(" ") + (_WHOLE_LINE if folded == whole else 0.0)
            if folded in stop_words():
                bonus += _COMMON
            rows = rows_named(folded, _OF_A_NAME)
            if folded in cities and cities[folded] not in rows:
                rows.append(cities[folded])  # by a name in another language
            for row in rows:
                yield row, text, index, bonus
        for name in names_within(line, cities):
            yield cities[name], name, index, _WHOLE_LINE if name == whole else 0.0


def _scored(
    gazetteer: Gazetteer,
    row: int,
    text: str,
    index: int,
    bonus: float,
    said: Collection[str],
) -> SignPlace:
    population = int(gazetteer.population[row])
    code = gazetteer.country_code[row]
    score = math.log10(max(population, 1)) + bonus
    if said:
        score += _COUNTRY_SAID if code in said else _COUNTRY_DENIED
    place = Place(gazetteer.city[row], gazetteer.region[row], gazetteer.country(row), code)
    return SignPlace(row, place, gazetteer.coordinate(row), text, index, score)


def _by_model(place: SignPlace, probability: Probability | None) -> SignPlace:
    if probability is None:
        return place
    near, in_country = probability(place.coordinate, place.place.country_code)
    added = _NEAR * _weight(near) + _IN_COUNTRY * _weight(in_country)
    return replace(place, score=place.score + added)


def _weight(probability: float) -> float:
    """0 for a probability that does not count … 1 for certainty, by its order of magnitude."""
    return max(0.0, 1.0 + math.log(max(probability, 1e-9)) / -math.log(_NOTICED))


def _is_part(place: SignPlace, better: Collection[SignPlace]) -> bool:
    """Whether its words are a part of a better place's: "York" of "New York"."""
    return any(
        other.line == place.line and place.text != other.text and place.text in other.text
        for other in better
    )


def _countries_said(clues: Sequence[SignClue]) -> frozenset[str]:
    """The countries that fit the clue that says most; none where no clue says anything."""
    countries = clue_tables().countries
    for found in clues:
        values = set(found.clue.values)
        match found.clue.kind:
            case ClueKind.COUNTRY:
                return frozenset(values)
            case ClueKind.PHONE:
                return frozenset(c for c, row in countries.items() if row.phone in values)
            case ClueKind.DOMAIN:
                return frozenset(c for c, row in countries.items() if row.domain in values)
            case ClueKind.SCRIPT:
                return frozenset(c for c, row in countries.items() if values & {*row.scripts})
            case ClueKind.LANGUAGE:
                return frozenset(c for c, row in countries.items() if values & {*row.languages})
    return frozenset()
