"""What people type into the search of a map of cells."""

from __future__ import annotations

import numpy as np
import pytest

from geoguess_app.core import cells
from geoguess_app.core.explore.cell_places import cell_names, largest_towns
from geoguess_app.core.explore.cell_search import HitKind, search
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.partition import Partition


@pytest.fixture(scope="module")
def finder() -> PlaceFinder:
    return PlaceFinder()


@pytest.mark.parametrize("text", ["sao paulo", "São Paulo", "SAO PAULO, br"])
def test_a_town_whatever_the_accents(finder: PlaceFinder, text: str) -> None:
    first = search(text, finder).hits[0]
    assert first.kind is HitKind.PLACE
    assert first.place is not None
    assert (first.place.city, first.place.country_code) == ("São Paulo", "BR")


def test_the_largest_town_of_a_name_comes_first(finder: PlaceFinder) -> None:
    hits = search("paris", finder).hits
    assert [hit.place.country_code for hit in hits[:2] if hit.place] == ["FR", "US"]


@pytest.mark.parametrize(
    "text", ["48.8584, 2.2945", "48°51′30.24″N 2°17′40.2″E", "geo:48.8584,2.2945", "48.8584 2.2945"]
)
def test_a_coordinate_in_any_form(finder: PlaceFinder, text: str) -> None:
    (hit,) = search(text, finder).hits
    assert hit.kind is HitKind.COORDINATE
    assert hit.coordinate.latitude_deg == pytest.approx(48.8584, abs=1e-6)
    assert hit.coordinate.longitude_deg == pytest.approx(2.2945, abs=1e-6)


@pytest.mark.parametrize("text", ["47e66fdc", "47E66FDC", " 47e66fdc "])
def test_a_token(finder: PlaceFinder, text: str) -> None:
    hit = search(text, finder).hits[0]
    assert hit.kind is HitKind.TOKEN
    assert hit.cell_id == 0x47E66FDC00000000


def test_words_that_are_tokens_too_come_as_places_first(finder: PlaceFinder) -> None:
    kinds = [hit.kind for hit in search("bad", finder).hits]
    assert kinds[0] is HitKind.PLACE
    assert all(kind is HitKind.PLACE for kind in kinds[:5])


@pytest.mark.parametrize(
    ("text", "reason"),
    [("95, 3", "latitude"), ("qqzzqqzz", "qqzzqqzz"), ("ffff", "ffff")],
)
def test_what_means_nothing_is_explained(finder: PlaceFinder, text: str, reason: str) -> None:
    found = search(text, finder)
    assert found.hits == ()
    assert reason in found.problem


def test_nothing_typed_is_no_problem(finder: PlaceFinder) -> None:
    assert search("  ", finder).hits == ()
    assert search("  ", finder).problem == ""


def test_towns_inside_a_cell_by_size() -> None:
    around_paris = int(cells.parents(cells.leaf_ids(48.8566, 2.3522), 8))
    towns = largest_towns(around_paris, 4)
    assert towns[0].place.city == "Paris"
    assert [town.population for town in towns] == sorted(
        (town.population for town in towns), reverse=True
    )
    for town in towns:
        leaf = cells.leaf_ids(town.coordinate.latitude_deg, town.coordinate.longitude_deg)
        assert int(cells.parents(leaf, 8)) == around_paris
    in_the_pacific = int(cells.parents(cells.leaf_ids(-40.0, -120.0), 8))
    assert largest_towns(in_the_pacific) == []


def test_cells_are_named_after_where_their_photos_are(finder: PlaceFinder) -> None:
    ids = cells.parents(cells.leaf_ids([48.8566, -40.0], [2.3522, -120.0]), 6)
    where = {int(ids[0]): (48.8566, 2.3522), int(ids[1]): (-40.0, -120.0)}
    places = [where[int(cell)] for cell in sorted(ids)]
    partition = Partition(
        "two", sorted(ids), [1, 1], [lat for lat, _ in places], [lon for _, lon in places]
    )
    names = dict(zip(partition.tokens, cell_names(partition, finder), strict=True))
    cities = {name.city for name in names.values()}
    assert cities == {"Paris", ""}


def test_a_large_cell_is_not_named_after_a_town(finder: PlaceFinder) -> None:
    paris = cells.leaf_ids([48.8566], [2.3522])
    for level, expected in ((6, "Paris"), (5, "Paris"), (4, ""), (2, "")):
        ids = cells.parents(paris, level)
        partition = Partition("one", ids, [1], [48.8566], [2.3522])
        (name,) = cell_names(partition, finder)
        assert name.city == expected, level
        assert name.country == "France"
        assert bool(name.region) == (level > 2)
        assert cell_names(partition, finder, np.array([0])) == (name,)
