"""A view that is opened before the model is there: kept until then, or until something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.core.area.areas import Box, Country
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.explore.explorer import CellFilter, Spot
from geoguess_app.ui.explore.mode import ExploreMode
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.map_state import Display
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done
from tests.ui.window.view_parts import OPEN_MS, change, look_at, save, settled_at_place

SHOWN = Display("linear", "cell", 0.001, 7, 80)
SPOT = Spot(Coordinate(-34.0, 150.0), "Sydney", 0x6B12B00000000000)
NORTH = Box(10.0, -20.0, 80.0, 170.0)


@pytest.fixture(scope="module")
def cells(
    first: MainWindow, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """A view of the finer cells by area, few of them, and a spot."""
    qtbot, mode = QtBot(request), first.modes.switch("explore")
    assert isinstance(mode, ExploreMode)
    explorer = mode.explorer
    qtbot.waitUntil(lambda: explorer.cells is not None, timeout=OPEN_MS)
    explorer.set_measure("area")
    explorer.set_log(False)
    explorer.set_filter(CellFilter(2))
    explorer.choose(SPOT)
    explorer.set_level(1)
    look_at(first, qtbot)
    path = tmp_path_factory.mktemp("views") / "cells.geoview"
    save(first, path)
    return path


@pytest.fixture
def listed(first: MainWindow, photos: list[Path], qtbot: QtBot) -> Path:
    """A view of a list, a finer layer, another display, answers in an area only."""
    first.modes.switch("locate")
    first.locate.model.clear()
    first.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(first, 2), timeout=ANSWER_MS)
    first.locate.list.select(photos[1])
    first.locate.areas.search(NORTH)
    qtbot.waitUntil(
        lambda: first.locate.areas.settled(first.locate.list.current()), timeout=ANSWER_MS
    )
    first.map_pane.choose_layer(2)
    first.map_pane.map.set_display(SHOWN)
    look_at(first, qtbot)
    path = photos[0].parent / "list.geoview"
    state = save(first, path)
    assert state["area"] == {"box": [10.0, -20.0, 80.0, 170.0]}
    first.locate.areas.search(None)
    return path


@pytest.fixture
def second(make_window: Callable[..., MainWindow], tiny_model: Path, qtbot: QtBot) -> MainWindow:
    """Another window, which has not begun to load its model."""
    return make_window(tiny_model)


def load(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.map_pane.ready, timeout=LOADING_MS):
        window.start([])
    qtbot.waitUntil(lambda: window.locator.model is not None, timeout=LOADING_MS)


def test_a_list_and_what_needs_the_model(
    first: MainWindow, second: MainWindow, listed: Path, photos: list[Path], qtbot: QtBot
) -> None:
    second.views.open(listed)
    load(second, qtbot)
    qtbot.waitUntil(all_done(second, 2), timeout=ANSWER_MS)
    settled_at_place(second, qtbot)
    pane = second.map_pane
    assert pane.layer() == first.map_pane.layer() == pane.layers()[1]
    assert pane.map.display() == SHOWN
    assert second.locate.areas.area == NORTH
    assert second.locate.list.current().path == photos[1]
    assert "Searched only in the area on the map" in second.locate.detail.restricted.title.text()


def test_cells_are_looked_at_once_they_are_read(
    second: MainWindow, cells: Path, qtbot: QtBot
) -> None:
    second.views.open(cells)
    load(second, qtbot)
    mode = second.modes.current
    assert isinstance(mode, ExploreMode)
    explorer = mode.explorer
    qtbot.waitUntil(lambda: explorer.measure == "area", timeout=LOADING_MS)
    assert (explorer.level, explorer.log, explorer.filter) == (1, False, CellFilter(2))
    assert explorer.chosen == SPOT
    settled_at_place(second, qtbot)


def test_what_the_user_turns_to_in_the_meantime_stays(
    second: MainWindow, cells: Path, listed: Path, qtbot: QtBot
) -> None:
    second.views.open(listed)
    second.views.open(cells)  # another view
    second.modes.switch("compare")  # and another mode
    load(second, qtbot)
    mode = second.modes.switch("explore")
    assert isinstance(mode, ExploreMode)
    qtbot.waitUntil(lambda: mode.explorer.cells is not None, timeout=LOADING_MS)
    assert (mode.explorer.measure, mode.explorer.level) == ("photos", 0)
    assert second.locate.areas.area is None
    assert second.map_pane.layer() == second.map_pane.layers()[-1]


BAD = {
    "box": {"area": {"box": [80.0, 0.0, 10.0, 5.0]}},
    "short": {"area": {"box": [1.0, 2.0, 3.0]}},
    "huge": {"area": {"ring": [[0, 0], [1, 1], [10**400, 2]]}},
    "flat": {"area": {"ring": [[0, 0], [0, 0], [0, 0]]}},
    "country": {"area": {"countries": ["Peru"]}},
    "number": {"area": {"countries": [7]}},
}


def test_a_bad_area_is_one_sentence(first: MainWindow, listed: Path) -> None:
    for bad in BAD.values():
        change(listed, **bad)
        first.views.open(listed)
        assert first.notice.text.startswith(f"{listed}: ")
        assert first.notice.text.endswith("; save the view again.")
        assert first.locate.areas.area is None


def test_countries_are_searched_again(
    first: MainWindow, listed: Path, photos: list[Path], qtbot: QtBot
) -> None:
    change(listed, area={"countries": ["FR"]})
    first.locate.list.select(photos[0])
    first.views.open(listed)
    assert first.locate.areas.area == Country("FR")
    settled_at_place(first, qtbot)
    assert first.locate.list.current().path == photos[1]
    view = json.loads(listed.read_text())
    view["map"].update(width=2 * view["map"]["width"], height=2 * view["map"]["height"])
    listed.write_text(json.dumps(view))
    first.views.open(listed)  # saved in a window twice as large
    qtbot.waitUntil(lambda: abs(first.map_pane.map.zoom() - 4.5) < 0.2, timeout=OPEN_MS)
    first.locate.areas.search(None)
