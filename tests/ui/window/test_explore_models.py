"""Explore mode with models that have no cells, and when the model changes under it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from geoguess_app.ui.explore.explorer import Spot
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import LOADING_MS
from tests.ui.window.exploring import PART, Exploring
from tests.ui.window.test_town_models import TOWN, by_coordinates, by_look_alikes


def opened(make_window: Callable[..., MainWindow], model: Path, qtbot: QtBot) -> MainWindow:
    window = make_window(model)
    with qtbot.waitSignal(window.map_pane.ready, timeout=LOADING_MS):
        window.start([])
    qtbot.waitUntil(lambda: window.locator.model is not None, timeout=LOADING_MS)
    return window


def test_a_model_of_look_alikes_shows_its_training_photos(
    make_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    model = by_look_alikes(tmp_path / "town.geomodel")
    exploring = Exploring(qtbot, opened(make_window, model, qtbot))
    assert exploring.cells.levels == ()
    assert exploring.browser.message.text() == "This model has no cells."
    assert "look-alikes" in exploring.panel.note.text()
    assert sum(int(row.texts[1]) for row in exploring.panel.photos.rows) == 30
    assert exploring.browser.message.isVisible()
    assert not exploring.browser.table.isVisible()
    assert exploring.panel.facts.facts[0].value == "30"
    exploring.map.await_js(f"{PART}.points?.length === 60")
    exploring.map.await_js("geoguess.map.getZoom() > 10")
    exploring.map.settle()
    center = exploring.map.js("geoguess.map.getCenter()")
    assert center["lat"] == pytest.approx(TOWN[0], abs=0.05)
    assert center["lng"] == pytest.approx(TOWN[1], abs=0.05)
    field = exploring.browser.search.field
    qtbot.keyClicks(field, "Munich, DE")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    chosen = exploring.explorer.chosen
    assert isinstance(chosen, Spot)
    assert chosen.coordinate.latitude_deg == pytest.approx(48.137, abs=0.01)
    for action in exploring.mode.actions():
        action.trigger()


def test_a_model_of_coordinates_says_that_there_is_nothing(
    make_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    model = by_coordinates(tmp_path / "town.geomodel")
    exploring = Exploring(qtbot, opened(make_window, model, qtbot))
    assert "predicts coordinates" in exploring.panel.note.text()
    assert exploring.map.js(f"{PART}.points") is None
    for action in exploring.mode.actions():
        action.trigger()
    assert exploring.map.problems == []


def test_another_model_replaces_the_cells(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    exploring = Exploring(qtbot, window)
    exploring.explorer.choose(None)
    exploring.explorer.set_level(1)
    before = exploring.explorer.cells
    window.load_model(by_look_alikes(tmp_path / "town.geomodel"))
    qtbot.waitUntil(lambda: exploring.explorer.cells not in (before, None), timeout=LOADING_MS)
    assert exploring.explorer.level == -1
    assert exploring.explorer.chosen is None
    exploring.map.await_js(f"{PART}.state.level === -1")
    assert exploring.map.js("geoguess.controls.panel.hidden") is True


def test_entered_before_the_model_is_there(
    make_window: Callable[..., MainWindow], tiny_model: Path, qtbot: QtBot
) -> None:
    window = make_window(tiny_model)
    mode = window.modes.switch("explore")
    assert mode.browser.message.text() == "Waiting for the model…"
    with qtbot.waitSignal(window.map_pane.ready, timeout=LOADING_MS):
        window.start([])
    exploring = Exploring(qtbot, window)
    assert exploring.browser.table.isVisible()
    assert exploring.explorer.level == 0


def test_closing_while_the_cells_are_read(
    make_window: Callable[..., MainWindow], tiny_model: Path, qtbot: QtBot
) -> None:
    window = opened(make_window, tiny_model, qtbot)
    window.modes.switch("explore")
    window.close()
    assert window.modes.get("explore").close()
