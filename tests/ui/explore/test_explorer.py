"""What is looked at in Explore mode: levels, filters, the chosen cell and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from geoguess_app.core import cells
from geoguess_app.core.explore.cell_facts import CellRef, ModelCells
from geoguess_app.core.partition import Partition
from geoguess_app.core.partition.hierarchy import build_hierarchy
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.explore.explorer import CellFilter, Explorer, Spot
from geoguess_app.ui.explore.work import PreparedCells, level_page

PARIS, ORLY, TOKYO = Coordinate(48.86, 2.35), Coordinate(48.73, 2.37), Coordinate(35.68, 139.69)
POLE = Coordinate(-80.0, 0.0)
COARSE, FINE = 0, 1


def partition(name: str, level: int) -> Partition:
    """The cells of one level that hold the places; the first has one photo, each next one more."""
    places = (PARIS, ORLY, TOKYO)
    leaves = cells.leaf_ids([p.latitude_deg for p in places], [p.longitude_deg for p in places])
    ids = np.unique(cells.parents(leaves, level))
    return Partition(name, ids, np.arange(1, len(ids) + 1), *cells.centers(ids))


@pytest.fixture
def explorer(qapp: QApplication) -> Explorer:
    partitions = (partition("coarse", 4), partition("fine", 10))
    model = ModelCells(partitions, build_hierarchy(partitions), None)
    made = Explorer()
    made.set_cells(PreparedCells(model, tuple(level_page(model, level, ()) for level in (0, 1))))
    return made


def at(explorer: Explorer, level: int, place: Coordinate) -> CellRef:
    assert explorer.cells is not None
    found = explorer.cells.at(level, place)
    assert found is not None
    return found


def test_another_model_begins_at_its_coarsest_level(explorer: Explorer) -> None:
    assert explorer.level_names() == ["coarse", "fine"]
    explorer.set_level(FINE)
    explorer.choose(at(explorer, FINE, PARIS))
    explorer.choose(at(explorer, FINE, TOKYO))
    explorer.set_filter(CellFilter(2))
    told: list[None] = []
    explorer.loaded.connect(lambda: told.append(None))
    explorer.set_cells(None)
    assert len(told) == 1
    assert (explorer.level, explorer.chosen, explorer.filter) == (-1, None, CellFilter())
    assert explorer.level_names() == []
    explorer.back()
    assert explorer.chosen is None, "the way back led through the other model"


def test_levels_end_at_both_ends_and_are_told_when_they_change(explorer: Explorer) -> None:
    told: list[int] = []
    explorer.levelChanged.connect(lambda: told.append(explorer.level))
    explorer.step_level(-1)
    explorer.step_level(1)
    explorer.step_level(1)
    explorer.set_level(FINE)
    explorer.set_level(7)
    assert told == [FINE]


def test_a_place_chooses_its_cell_or_itself(explorer: Explorer) -> None:
    explorer.choose_at(PARIS, "Paris")
    assert explorer.chosen == explorer.cell() == at(explorer, COARSE, PARIS)
    explorer.choose_at(POLE, "Nowhere")
    assert explorer.chosen == Spot(POLE, "Nowhere")
    assert explorer.cell() is None


def test_a_cell_of_another_level_brings_its_level(explorer: Explorer) -> None:
    explorer.choose(at(explorer, FINE, TOKYO))
    assert explorer.level == FINE
    explorer.choose_parent()
    assert explorer.chosen == at(explorer, COARSE, TOKYO)
    assert explorer.level == COARSE
    explorer.choose_parent()
    assert explorer.chosen == at(explorer, COARSE, TOKYO), "there is nothing coarser"


def test_the_child_is_the_one_with_most_photos(explorer: Explorer) -> None:
    assert explorer.cells is not None
    around = at(explorer, COARSE, PARIS)
    children = explorer.cells.children(around)
    assert set(children) == {at(explorer, FINE, PARIS), at(explorer, FINE, ORLY)}
    counts = explorer.cells.levels[FINE].partition.photo_counts
    explorer.choose(around)
    explorer.choose_child()
    child = explorer.cell()
    assert child is not None
    assert counts[child.cell] == max(counts[ref.cell] for ref in children)
    explorer.choose_child()
    assert explorer.chosen == child, "there is nothing finer"


def test_the_way_back_leads_over_what_was_chosen(explorer: Explorer) -> None:
    first, second = at(explorer, COARSE, PARIS), at(explorer, FINE, TOKYO)
    went: list[bool] = []
    explorer.chosenChanged.connect(went.append)
    explorer.choose(first)
    explorer.choose(first)
    explorer.choose(second, go=True)
    explorer.back()
    assert (explorer.chosen, explorer.level) == (first, COARSE)
    explorer.back()
    assert explorer.chosen is None
    explorer.back()
    assert went == [False, False, True, True, True]


def test_an_s2_cell_is_found_at_any_level_or_shown_as_asked(explorer: Explorer) -> None:
    fine = at(explorer, FINE, ORLY)
    assert explorer.cells is not None
    explorer.choose_token(explorer.cells.cell_id(fine), ORLY, "asked")
    assert explorer.chosen == fine
    between = int(cells.parents(cells.leaf_ids(ORLY.latitude_deg, ORLY.longitude_deg), 7))
    explorer.choose_token(between, ORLY, "asked")
    assert explorer.chosen == Spot(ORLY, "asked", between)


def test_the_filter_is_told_once_and_lets_the_fuller_cells_through(explorer: Explorer) -> None:
    told: list[None] = []
    explorer.filterChanged.connect(lambda: told.append(None))
    assert explorer.shown(FINE) is None
    for _ in range(2):
        explorer.set_filter(CellFilter(2))
    assert len(told) == 1
    shown = explorer.shown(FINE)
    assert shown is not None
    assert shown.tolist() == [False, True, True]
    assert not CellFilter().is_on
    assert CellFilter(country_code="FR").is_on
