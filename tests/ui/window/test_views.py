"""A view as a file: a list, errors and cells come back; what is missing or unknown is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.views.view_file import ViewFile, write_view
from tests.ui.window.conftest import ANSWER_MS, all_done, drop, files
from tests.ui.window.sharing_parts import errors, three_answers
from tests.ui.window.view_parts import OPEN_MS


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return three_answers(tmp_path)


def test_a_view_of_the_list_comes_back(
    located: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    view = located.map_pane.map
    located.map_pane.choose_layer(1)
    place = Coordinate(47.0, 8.0)
    with qtbot.waitSignal(view.viewMoved, timeout=OPEN_MS):
        view.go_to(place, 6.0)
    qtbot.waitUntil(lambda: view.zoom() == 6.0, timeout=OPEN_MS)
    path = tmp_path / "photos" / "here.geoview"
    located.views.save_view(path)
    written = json.loads(path.read_text())
    assert written["photos"] == ["photo_1.jpg", "photo_2.jpg"]  # they may move together
    located.locate.model.clear()
    located.map_pane.choose_layer(2)
    located.modes.switch("accuracy")
    drop(located, files(path), located.map_pane.mapTo(located, located.map_pane.rect().center()))
    qtbot.waitUntil(all_done(located, 2), timeout=ANSWER_MS)
    assert located.modes.current.name == "locate"
    assert [row.path for row in located.locate.model.rows()] == photos[:2]
    assert located.map_pane.layer() == located.map_pane.layers()[0]
    qtbot.waitUntil(
        lambda: view.zoom() == 6.0 and abs(view.center().latitude_deg - 47.0) < 0.1,
        timeout=OPEN_MS,
    )
    assert located.locate.list.current().path == photos[0]


def test_a_view_of_errors_comes_back_with_its_filters(
    window: MainWindow, table: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    mode = errors(window, table, qtbot)
    combo = mode.side.filters.scene
    combo.setCurrentIndex(combo.findData("urban"))
    mode.choose_photo(1)
    path = tmp_path / "errors.geoview"
    window.views.save_view(path)
    mode.side.filters.reset()
    mode.choose_photo(2)
    window.modes.switch("locate")
    window.views.open(path)
    qtbot.waitUntil(lambda: mode.index == 1, timeout=OPEN_MS)
    assert window.modes.current is mode
    assert mode.side.tally.text() == "2 of 3 photos"
    table.unlink()
    window.views.open(path)
    assert "the evaluation was not found" in window.notice.text


def test_a_view_of_cells_comes_back(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    mode = window.modes.switch("explore")
    explorer = mode.explorer
    qtbot.waitUntil(lambda: explorer.cells is not None, timeout=OPEN_MS)
    explorer.set_level(1)
    explorer.set_measure("area")
    explorer.set_log(False)
    path = tmp_path / "cells.geoview"
    window.views.save_view(path)
    explorer.set_level(0)
    explorer.set_measure("photos")
    explorer.set_log(True)
    window.modes.switch("locate")
    window.views.open(path)
    assert window.modes.current is mode
    assert (explorer.level, explorer.measure, explorer.log) == (1, "area", False)


def test_missing_photos_and_another_model_are_said(
    window: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "old.geoview"
    gone = tmp_path / "gone.jpg"
    view = ViewFile("locate", Coordinate(1.0, 2.0), 3.0, model="Other 2", photos=(photos[0], gone))
    write_view(path, view)
    window.views.open(path)
    assert window.notice.text == (
        "1 of this view’s 2 photos were not found. "
        "This view was saved with the model Other 2; the answers shown are from Tiny 0.1."
    )
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)


def test_an_unknown_mode_is_said(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "future.geoview"
    write_view(path, ViewFile("teleport", Coordinate(1.0, 2.0), 3.0))
    window.views.open(path)
    assert "this version has no mode" in window.notice.text
    assert window.modes.current.name == "locate"


def test_neither_a_view_nor_a_model_among_the_photos_is_opened(
    window: MainWindow, tiny_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path, model = tmp_path / "loop.geoview", window.locator.model
    packed = tmp_path / "other.geomodel"
    packed.write_bytes(b"PK")
    write_view(path, ViewFile("locate", Coordinate(1.0, 2.0), 3.0, photos=(path, packed)))
    window.views.open(path)
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    assert [row.outcome for row in window.locate.model.rows()] == [None, None]
    assert window.locator.model is model
    assert not window.locator.loading
