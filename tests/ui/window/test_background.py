"""Choosing the map's background in the window: off by default, asked for, told, not remembered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from geoguess_app.ui.map.page import map_profile
from geoguess_app.ui.map.tiles.online import OnlineTiles
from geoguess_app.ui.map.tiles.online_dialog import OnlineDialog
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.map.test_tiles import mbtiles
from tests.ui.window.review_parts import Page


@pytest.fixture(autouse=True)
def no_tiles_afterwards() -> None:
    yield
    map_profile().handler.tiles.use(None)


def test_online_tiles_only_after_the_question_that_names_the_host(
    window: MainWindow, qtbot: QtBot, config: Path
) -> None:
    assert window.status.offline.text() == "Offline"
    window.background.online.trigger()
    dialog = window.findChild(OnlineDialog)
    assert dialog.question.text() == "Load map tiles from tile.openstreetmap.org?"
    assert window.background.built_in.isChecked()
    assert map_profile().handler.tiles.source is None
    dialog.address.setText("http://127.0.0.1:9/{z}/{x}.png")
    assert not dialog.agree.isEnabled()
    dialog.address.setText("http://127.0.0.1:9/{z}/{x}/{y}.png")
    assert dialog.question.text() == "Load map tiles from 127.0.0.1?"
    dialog.agree.click()
    assert isinstance(map_profile().handler.tiles.source, OnlineTiles)
    assert window.status.offline.text() == "Map tiles from 127.0.0.1"
    assert window.background.online.isChecked()
    window.background.built_in.trigger()
    assert map_profile().handler.tiles.source is None
    assert window.status.offline.text() == "Offline"
    window.window_state.sync()
    window.close()
    assert not any("127.0.0.1" in file.read_text() for file in config.iterdir())


def test_a_tile_file_is_remembered_and_a_bad_one_changes_nothing(
    window: MainWindow,
    make_window: Callable[..., MainWindow],
    qtbot: QtBot,
    tmp_path: Path,
    config: Path,
) -> None:
    bad = tmp_path / "bad.mbtiles"
    bad.write_text("nothing")
    window.background.use_file(bad)
    assert "bad.mbtiles is not an MBTiles" in window.notice.text
    assert window.background.built_in.isChecked()
    good = mbtiles(tmp_path / "good.mbtiles")
    window.background.use_file(good)
    assert window.background.file.isChecked()
    assert window.status.offline.text() == "Offline"
    window.window_state.sync()
    kept = QSettings(str(config / "window.ini"), QSettings.Format.IniFormat)
    assert kept.value("tile-file") == str(good)
    again = make_window()
    again.background.restore()
    assert again.background.file.isChecked()


def test_streets_are_offered_where_the_built_in_map_ends(
    located: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window, offer = located, located.background.offer
    page = Page(window, qtbot)
    page.look_at(48.0, 2.0, 12)
    page.look_at(48.0, 2.0, 15)
    qtbot.waitUntil(offer.isVisible)
    inside = offer.mapTo(window.map_pane, offer.rect().bottomRight())
    assert inside.x() < window.map_pane.width() - 50  # the map's buttons stay free
    page.look_at(48.0, 2.0, 9)
    qtbot.waitUntil(offer.isHidden)
    page.look_at(48.0, 2.0, 15)
    qtbot.waitUntil(offer.isVisible)
    window.background.use_file(mbtiles(tmp_path / "roads.mbtiles"))
    assert offer.isHidden()
    window.background.use_built_in()
    assert offer.isVisible()
    offer.never.click()
    assert offer.isHidden()
    page.look_at(48.0, 2.0, 10)
    page.look_at(48.0, 2.0, 16)
    offer.show_or_hide()
    assert offer.isHidden()


def test_the_question_about_online_tiles_can_be_had_from_the_offer(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.background.offer.online.click()
    dialog = window.findChild(OnlineDialog)
    assert dialog.question.text() == "Load map tiles from tile.openstreetmap.org?"
    dialog.reject()
    assert map_profile().handler.tiles.source is None
