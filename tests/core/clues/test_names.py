"""Names of places in names of files and folders, captions and place fields."""

from __future__ import annotations

import pytest

from geoguess_app.core.clues.clue import describe, parse_clue
from geoguess_app.core.clues.names import place_called, places_in, tokens
from geoguess_app.core.errors import ClueError


@pytest.mark.parametrize(
    ("text", "clues"),
    [
        ("2014 Lisboa", ["near=Lisbon/PT"]),
        ("Lisboa_2014", ["near=Lisbon/PT"]),
        ("Urlaub Rom", ["near=Rome/IT"]),
        ("NYC", ["near=New York City/US"]),
        ("NewYork2018", ["near=New York City/US"]),
        ("São Paulo 2019", ["near=São Paulo/BR"]),
        ("sao-paulo", ["near=São Paulo/BR"]),
        ("Aix en Provence", ["near=Aix-en-Provence/FR"]),
        ("東京", ["near=Tokyo/JP"]),
        ("2019-05 Japan", ["country=JP"]),
        ("Deutschland", ["country=DE"]),
        ("Reise nach Wien und Prag", ["near=Vienna/AT", "near=Prague/CZ"]),
    ],
)
def test_places_are_found_in_names(text: str, clues: list[str]) -> None:
    assert [str(place.clue) for place in places_in(text)] == clues


@pytest.mark.parametrize(
    "text",
    [
        *("IMG_2034.JPG", "DCIM", "100CANON", "DSC01234", "20190503_101112", "Screenshot"),
        *("May 2019", "Sunday", "Mobile uploads", "Reading week", "nice view", "Anna und Martin"),
        *("", "___", "a", "new folder"),
    ],
)
def test_words_of_cameras_days_and_people_are_no_places(text: str) -> None:
    assert places_in(text) == ()


def test_words_are_split_where_people_and_programs_split_them() -> None:
    assert tokens("2014_LisboaTrip.final-2") == ["Lisboa", "Trip", "final"]


def test_fields_name_a_place_with_its_country() -> None:
    sintra = place_called("Sintra", "Portugal")
    assert sintra is not None
    assert str(sintra.clue) == "near=Sintra/PT"
    springfield = place_called("Springfield", "US", "Illinois")
    assert springfield is not None
    assert describe(springfield.clue) == "near Springfield, Illinois, United States"
    roma = place_called("Roma", "Italia")
    assert roma is not None
    assert str(roma.clue) == "near=Rome/IT"
    unknown = place_called("Nirgendwo", "Österreich")
    assert unknown is not None
    assert (str(unknown.clue), unknown.is_country) == ("country=AT", True)
    assert place_called("Sintra") is None  # small, and nobody says in which country
    assert place_called("", "") is None


def test_a_place_on_the_command_line() -> None:
    lisbon = parse_clue("near=lisbon")
    assert describe(lisbon) == "near Lisbon, Portugal"
    assert parse_clue(str(lisbon)) == lisbon
    with pytest.raises(ClueError, match="near=Nirgendwo is not known"):
        parse_clue("near=Nirgendwo")
