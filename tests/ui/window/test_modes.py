"""The window's modes: each comes by key, shares the map, fits, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollBar
from pytestqt.qtbot import QtBot

from geoguess_app.ui.map.page import map_profile
from geoguess_app.ui.shell.modes import MODES
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.map_page import MapDriver
from tests.ui.window.conftest import ANSWER_MS, all_done

NAMES = [entry.name for entry in MODES]


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reviews, runs and remembered answers of the test's own."""
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path / "data"))


def driver_of(window: MainWindow, qtbot: QtBot) -> MapDriver:
    driver = MapDriver.__new__(MapDriver)
    driver.view, driver.qtbot = window.map_pane.map, qtbot
    return driver


def test_every_mode_comes_by_its_key_with_its_menu(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    for number, name in enumerate(NAMES, start=1):
        QTest.keySequence(window, QKeySequence(f"Ctrl+Alt+{number}"))
        mode = window.modes.current
        assert mode.name == name
        marked = [action.data() for action in window.actions_.modes.actions() if action.isChecked()]
        assert marked == [name]
        titles = [action.text() for action in window.menuBar().actions()]
        assert titles.count(mode.menu) == 1
        assert not {m.menu for m in window.modes if m is not mode} & set(titles)
        assert window.left.currentWidget().isVisible()
        assert window.right.currentWidget().isVisible()
    QTest.keySequence(window, QKeySequence("Ctrl+Alt+1"))
    assert window.modes.current.name == "locate"


def test_every_mode_fits_into_the_window(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    for size in ((1280, 800), (900, 600)):
        window.resize(*size)
        for name in NAMES:
            window.modes.switch(name)
            qtbot.wait(60)
            assert_fits(window, size, f"{name} in {size}")


def assert_fits(window: MainWindow, size: tuple[int, int], where: str) -> None:
    assert (window.width(), window.height()) == size, where
    for pane in (window.left, window.map_pane, window.right):
        corner = pane.mapTo(window, pane.rect().bottomRight())
        assert corner.x() <= size[0], where
        assert corner.y() <= size[1], where
    bars = window.right.currentWidget().findChildren(QScrollBar)
    sideways = [b for b in bars if b.orientation() is Qt.Orientation.Horizontal]
    assert not [bar for bar in sideways if bar.isVisible() and bar.maximum() > 0], where


def test_no_mode_leaves_anything_on_the_map_or_asks_the_network(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    driver = driver_of(window, qtbot)
    driver.await_js("geoguess.prediction !== null && !geoguess.dirty")
    before = driver.js("geoguess.controls.legend.textContent")
    for name in NAMES[1:]:
        window.modes.switch(name)
        qtbot.wait(150)
        window.modes.switch("locate")
        driver.await_js("geoguess.prediction !== null")
        driver.await_js("geoguess.parts.all.every((part) => part.isEmpty !== false)")
        driver.await_js(f"geoguess.controls.legend.textContent === {before!r}")
    for number in (1, 2, 3, 4):
        window.map_pane.choose_layer(number)
    window.map_pane.map.fit_answer()
    qtbot.wait(300)
    assert map_profile().interceptor.requested
    asked = {QUrl(address).scheme() for address in map_profile().interceptor.requested}
    assert asked <= {"geoguess", "qrc", "data", "blob"}
    assert map_profile().interceptor.blocked == set()


def test_the_export_menu_offers_what_the_mode_shows(window: MainWindow) -> None:
    def titles() -> list[str]:
        return [action.text() for action in window.actions_.exports.actions() if action.text()]

    in_locate = titles()
    assert in_locate[:3] == [
        "Report of this photo…",
        "Report without the photo…",
        "Table (CSV)…",
    ]
    window.modes.switch("review")
    assert titles()[0] == "Export review…"
    assert "Table (CSV)…" not in titles()
    window.modes.switch("explore")
    assert set(titles()) < set(in_locate)
    window.modes.switch("locate")
    assert titles() == in_locate
