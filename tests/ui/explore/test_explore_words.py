"""What Explore mode says, and its state, without a window."""

from __future__ import annotations

import json

import numpy as np
import pytest
import s2sphere
from pytestqt.qtbot import QtBot

from geoguess_app.core import cells
from geoguess_app.core.decision.retrieval import build_bank
from geoguess_app.core.explore.cell_facts import CellRef, ModelCells
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.partition import Partition
from geoguess_app.core.partition.hierarchy import build_hierarchy
from geoguess_app.core.types import Coordinate, Place
from geoguess_app.ui.explore import details, wording
from geoguess_app.ui.explore.explorer import CellFilter, Explorer, Spot
from geoguess_app.ui.explore.work import PreparedCells, level_page, name_level


def partition(name: str, tokens: dict[str, int]) -> Partition:
    ids = cells.ids_from_tokens(sorted(tokens))
    return Partition(name, ids, [tokens[t] for t in sorted(tokens)], *cells.centers(ids))


@pytest.fixture
def model() -> ModelCells:
    """478c has two of its quarters in the fine level; 1 is the same in both."""
    partitions = (
        partition("coarse", {"478c": 50, "1": 20}),
        partition("fine", {"4789": 30, "478b": 15, "1": 20}),
    )
    bank = build_bank(
        np.eye(3), np.array([48.0, 48.0, 47.0]), np.array([8.0, 8.0, 9.0]), np.array([2, 2, 2]), 3
    )
    return ModelCells(partitions, build_hierarchy(partitions), bank)


@pytest.fixture
def explorer(model: ModelCells, qtbot: QtBot) -> Explorer:
    made = Explorer()
    pages = tuple(level_page(model, level, ()) for level in range(2))
    made.set_cells(PreparedCells(model, pages))
    return made


def ref(model: ModelCells, level: int, token: str) -> CellRef:
    return CellRef(level, model.levels[level].partition.tokens.index(token))


def test_how_a_token_stands_to_the_cells(model: ModelCells) -> None:
    def standing(token: str) -> str:
        return wording.token_standing(s2sphere.CellId.from_token(token).id(), model)

    assert standing("4789") == "A fine cell of this model"
    assert standing("478b4") == "Inside the fine cell 478b"
    assert standing("478c") == "A coarse cell of this model"
    assert standing("479") == "Contains 2 fine cells"
    assert standing("478d") == "Inside the coarse cell 478c"
    assert standing("9") == "This model has no cell there"


def test_what_a_division_leaves_out(model: ModelCells) -> None:
    note = details.children_note(model, ref(model, 0, "478c"))
    share = note.removeprefix("They cover ").split("%")[0]
    assert float(share) == pytest.approx(50, abs=8)
    assert details.children_note(model, ref(model, 0, "1")) == ""
    assert details.children_note(model, ref(model, 1, "1")) == ""


def test_an_undivided_cell_says_so(explorer: Explorer, model: ModelCells) -> None:
    (row,) = details.child_rows(explorer, ref(model, 0, "1"))
    assert row.texts[0] == "Not divided at the fine level"
    assert row.target == ref(model, 1, "1")


def test_photos_of_one_spot_are_one_row(model: ModelCells) -> None:
    rows, note = details.photo_rows(model, np.arange(3), PlaceFinder())
    assert [row.texts[1] for row in rows] == ["2", "1"]
    assert rows[0].target.coordinate == Coordinate(48.0, 8.0)
    assert note == "3 photos, shown as dots on the map."


def test_what_the_page_fetches(model: ModelCells) -> None:
    places = (Place("Bern", "", "Switzerland", "CH"), Place("", "", "", ""), Place("", "", "", ""))
    page = json.loads(level_page(model, 1, places))
    tokens = model.levels[1].partition.tokens
    assert page["places"] == ["Bern, Switzerland", "", ""]
    parents = [model.levels[0].partition.tokens[parent] for parent in page["parents"]]
    assert dict(zip(tokens, parents, strict=True)) == {"1": "1", "4789": "478c", "478b": "478c"}
    whole = next(n for n, token in enumerate(tokens) if token == "1")
    assert page["density"][whole] == pytest.approx(20 / page["area"][whole] * 1000, rel=1e-3)


def test_choosing_remembers_the_way_back(explorer: Explorer, model: ModelCells) -> None:
    coarse, fine = ref(model, 0, "478c"), ref(model, 1, "4789")
    explorer.choose(coarse)
    explorer.choose_child()
    assert explorer.chosen == fine
    explorer.choose_at(Coordinate(-50.0, -120.0), "sea")
    assert explorer.chosen == Spot(Coordinate(-50.0, -120.0), "sea")
    explorer.back()
    assert explorer.chosen == fine
    explorer.back()
    assert explorer.chosen == coarse
    assert explorer.level == 0
    explorer.back()
    assert explorer.chosen is None
    explorer.back()
    assert explorer.chosen is None


def test_filter_by_photos_and_country(explorer: Explorer, model: ModelCells) -> None:
    assert explorer.shown(1) is None
    explorer.set_filter(CellFilter(20, ""))
    counts = model.levels[1].partition.photo_counts
    assert explorer.shown(1).tolist() == (counts >= 20).tolist()
    places = tuple(Place("x", "", "Y", code) for code in ("CH", "DE", "CH"))
    explorer.set_names(name_level(model, 1, places))
    explorer.set_filter(CellFilter(0, "CH"))
    assert explorer.shown(1).tolist() == [True, False, True]


def test_towns_inside_or_the_nearest_one(model: ModelCells) -> None:
    inside = details.town_rows(model, ref(model, 0, "478c"), None)
    assert len(inside) == 6
    people = [int(row.texts[1].split()[0].replace(",", "")) for row in inside]
    assert people == sorted(people, reverse=True)
    sea = partition("sea", {"b0c4": 3})
    alone = ModelCells((sea,), build_hierarchy((sea,)), None)
    near = Place("Nuku Hiva", "", "French Polynesia", "PF", 84.0)
    (row,) = details.town_rows(alone, CellRef(0, 0), near)
    assert row.texts == ("Nuku Hiva, French Polynesia", "84\u00a0km away")
    assert details.town_rows(alone, CellRef(0, 0), Place("", "", "", "")) == []
