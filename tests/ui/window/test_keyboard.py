"""Everything by keyboard: load, look around, choose a candidate, copy, remove."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.ui.locate.photo_row import RowState
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.map_page import MapDriver
from tests.ui.window.conftest import ANSWER_MS, all_done, drop, files

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def test_the_whole_main_job_by_keyboard(
    window: MainWindow, photos: list[Path], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [str(photo) for photo in photos[:3]]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_a, **_k: (names, ""))
    qtbot.keyClick(window, Key.Key_O, CTRL)
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
    assert window.locate.list.current().path == photos[0]

    qtbot.keyClick(window, Key.Key_Down, ALT)
    assert window.locate.list.current().path == photos[1]
    answer = window.locate.list.current().outcome.located.prediction

    qtbot.keyClick(window, Key.Key_3)
    assert window.locate.detail.candidates.rank() == 3
    qtbot.keyClick(window, Key.Key_3)
    assert window.locate.detail.candidates.rank() is None

    qtbot.keyClick(window, Key.Key_1, CTRL)
    assert window.map_pane.layer() == "coarse"
    qtbot.keyClick(window, Key.Key_4, CTRL)
    assert window.map_pane.layer() == "combined"

    qtbot.keyClick(window, Key.Key_C, CTRL)
    copied = cf.parse(QGuiApplication.clipboard().text())
    assert copied.latitude_deg == pytest.approx(answer.coordinate.latitude_deg, abs=1e-5)
    assert copied.longitude_deg == pytest.approx(answer.coordinate.longitude_deg, abs=1e-5)

    window.locate.list.view.setFocus()
    qtbot.keyClick(window.locate.list.view, Key.Key_Delete)
    assert [row.path for row in window.locate.model.rows()] == [photos[0], photos[2]]
    assert photos[1].exists()
    assert window.locate.list.current().path == photos[2]


@pytest.mark.parametrize("way", ["sample", "drop", "paste"])
def test_first_photos_bring_the_keyboard_to_the_list(
    window: MainWindow, photos: list[Path], qtbot: QtBot, way: str
) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    sample = window.welcome.samples[0]
    sample.setFocus()
    qtbot.waitUntil(sample.hasFocus)
    if way == "sample":
        qtbot.keyClick(sample, Key.Key_Space)
    elif way == "drop":
        drop(window, files(*photos[:2]), QPoint(60, 300))
    else:
        QGuiApplication.clipboard().setImage(QImage(str(photos[0])))
        window.intake.paste()
    qtbot.waitUntil(lambda: window.locate.model.rowCount() > 0, timeout=ANSWER_MS)
    assert window.locate.list.view.hasFocus()
    qtbot.waitUntil(all_done(window, 2 if way == "drop" else 1), timeout=ANSWER_MS)
    assert window.locate.list.view.hasFocus()


def has_the_keyboard(pane: QWidget) -> bool:
    focused = QApplication.focusWidget()
    return focused is not None and (pane is focused or pane.isAncestorOf(focused))


def test_f6_goes_round_the_panes_and_delete_means_the_list_alone(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    web = window.map_pane.map
    with qtbot.waitActive(window):
        window.activateWindow()

    def list_has_it() -> bool:
        # Without a window manager the window may become active once more and move the focus.
        window.locate.list.view.setFocus()
        return window.locate.list.view.hasFocus()

    qtbot.waitUntil(list_has_it)
    for pane in (web, window.locate.detail, window.locate.list.view):
        qtbot.keyClick(window, Key.Key_F6)
        qtbot.waitUntil(lambda pane=pane: has_the_keyboard(pane))
    web.setFocus()
    web.escapePressed.emit()
    assert QApplication.focusWidget() is window.locate.list.view
    window.locate.detail.setFocus()
    qtbot.keyClick(window.locate.detail, Key.Key_Delete)
    assert window.locate.model.rowCount() == 1


def test_keys_are_unambiguous_and_every_control_has_a_name(window: MainWindow) -> None:
    seen: dict[str, str] = {}
    for action in window.actions():
        for key in action.shortcuts():
            text = key.toString(QKeySequence.SequenceFormat.PortableText)
            assert text not in seen, f"{text}: {seen.get(text)} and {action.text()}"
            seen[text] = action.text()
    assert len(seen) > 15
    nameless = [
        button
        for button in window.findChildren(QAbstractButton)
        if not (button.text() or button.accessibleName())
        and button.isVisibleTo(window)
        and not button.objectName().startswith("qt_")
    ]
    assert nameless == []
    for widget in (
        window.locate.list.view,
        window.locate.detail,
        window.locate.detail.candidates,
        window.map_pane.map,
    ):
        assert isinstance(widget, QWidget)
        assert widget.accessibleName()


def test_rows_speak_their_state(
    window: MainWindow, photos: list[Path], broken_photo: Path, qtbot: QtBot
) -> None:
    window.intake.open_paths([photos[0], broken_photo])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    located, broken = (
        window.locate.model.index(i).data(Qt.ItemDataRole.AccessibleTextRole) for i in range(2)
    )
    row = window.locate.model.rows()[0]
    assert located.startswith("photo_1.jpg, ")
    assert row.headline in located
    assert "Unreadable" in broken
    assert window.locate.model.rows()[1].state is RowState.FAILED
    icons = {row.icon for row in window.locate.model.rows()}
    assert len(icons) == 2


def test_the_maps_buttons_name_the_keys_of_the_menus(window: MainWindow, qtbot: QtBot) -> None:
    driver = MapDriver.__new__(MapDriver)
    driver.view, driver.qtbot = window.map_pane.map, qtbot
    titles = driver.js("[...document.querySelectorAll('.buttons button')].map(b => b.title)")
    menus = window.actions_
    expected = [menus.find, window.locate.actions_.fit, menus.world]
    assert [titles[0], *titles[3:]] == [action.toolTip() for action in expected]
