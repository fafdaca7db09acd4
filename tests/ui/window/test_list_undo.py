"""Ctrl+Z in Locate: photos taken off the list and positions by hand go back, and forth again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import Origin, State
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done

CTRL = Qt.KeyboardModifier.ControlModifier
KYOTO, PARIS = Coordinate(35.0211, 135.7539), Coordinate(48.8584, 2.2945)


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def rows_of(window: MainWindow) -> list[PhotoRow]:
    return list(window.locate.model.rows())


def press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier = CTRL) -> None:
    QTest.keyClick(QApplication.focusWidget() or window, key, modifier)


def test_photos_taken_off_the_list_come_back_where_they_stood(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:4])
    qtbot.waitUntil(all_done(window, 4), timeout=ANSWER_MS)
    with qtbot.waitActive(window):
        window.activateWindow()
    before = [row.path for row in rows_of(window)]
    answers = [row.outcome.located.prediction.coordinate for row in rows_of(window)]
    view = window.locate.list.view
    view.setFocus()
    view.clearSelection()
    for position in (0, 2):
        index = window.locate.list.shown.index(position, 0)
        flag = view.selectionModel().SelectionFlag.Select
        view.selectionModel().select(index, flag)
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert [row.path for row in rows_of(window)] == [before[1], before[3]]
    assert window.locate.actions_.undo.text() == "Undo: remove 2 photos"
    press(window, Qt.Key.Key_Z)
    assert [row.path for row in rows_of(window)] == before
    qtbot.waitUntil(all_done(window, 4), timeout=ANSWER_MS)
    assert [row.outcome.located.prediction.coordinate for row in rows_of(window)] == answers
    press(window, Qt.Key.Key_Y)
    assert [row.path for row in rows_of(window)] == [before[1], before[3]]
    press(window, Qt.Key.Key_Z)
    qtbot.waitUntil(all_done(window, 4), timeout=ANSWER_MS)


def test_a_list_that_was_cleared_comes_back_by_key_or_notice(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    with qtbot.waitActive(window):
        window.activateWindow()
    window.locate.commands.clear()
    assert rows_of(window) == []
    press(window, Qt.Key.Key_Z)
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    assert not window.welcome.isVisible()
    window.locate.commands.clear()
    window.notice.button.click()
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    assert [row.path for row in rows_of(window)] == photos[:2]


def test_what_came_back_meanwhile_is_not_listed_twice(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:3])
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
    window.locate.commands.clear()
    window.intake.open_paths(photos[1:2])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    window.locate.steps.undo()
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
    assert sorted(row.path for row in rows_of(window)) == photos[:3]
    model = window.locate.model
    assert all(model.row(model.find(path)).path == path for path in photos[:3])


def test_a_position_by_hand_goes_back_to_what_was_decided_before(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window = located
    with qtbot.waitActive(window):
        window.activateWindow()
    row = rows_of(window)[0]
    review = window.modes.get("review")
    assert isinstance(review, ReviewMode)
    window.locate.placing.place(KYOTO)
    qtbot.waitUntil(lambda: row.position is not None, timeout=LOADING_MS)
    window.locate.placing.place(PARIS)
    qtbot.waitUntil(lambda: row.position.coordinate == PARIS)
    press(window, Qt.Key.Key_Z)
    qtbot.waitUntil(lambda: row.position.coordinate == KYOTO)
    assert row.position.origin is Origin.MANUAL
    window.map_pane.map.setFocus()
    press(window, Qt.Key.Key_Z)  # the map does not keep the key for itself
    qtbot.waitUntil(lambda: row.reviewed is None)
    assert review.of_paths([photos[0]])[0].decision.chosen is None
    press(window, Qt.Key.Key_Y)
    qtbot.waitUntil(lambda: row.position is not None and row.position.coordinate == KYOTO)
    window.locate.placing.forget()
    qtbot.waitUntil(lambda: row.reviewed is None)
    press(window, Qt.Key.Key_Z)
    qtbot.waitUntil(lambda: row.position is not None)
    assert review.of_paths([photos[0]])[0].state is State.PLACED
    press(window, Qt.Key.Key_Z)
    qtbot.waitUntil(lambda: row.reviewed is None)


def test_what_was_accepted_in_the_review_is_accepted_again(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window = located
    row = rows_of(window)[0]
    window.locate.placing.place(KYOTO)  # opens the review, and takes the photo in
    qtbot.waitUntil(lambda: row.position is not None, timeout=LOADING_MS)
    review = window.modes.get("review")
    assert isinstance(review, ReviewMode)
    number = review.controller.session.number_of(photos[0])
    review.controller.clear([number])
    window.modes.switch("review")
    qtbot.waitUntil(lambda: review.controller.photo(number).answer is not None, timeout=ANSWER_MS)
    review.controller.accept([number], unsure=True)
    window.modes.switch("locate")
    assert row.reviewed.state is State.ACCEPTED
    window.locate.placing.place(PARIS)
    assert row.reviewed.state is State.PLACED
    window.locate.steps.undo()
    assert row.reviewed.state is State.ACCEPTED
    assert review.controller.steps()[0] == "restore"


def test_ctrl_z_in_a_field_is_the_fields(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window = located
    with qtbot.waitActive(window):
        window.activateWindow()
    window.locate.list.select(photos[1])
    window.locate.commands.remove_selected()
    assert len(rows_of(window)) == 1
    search = window.locate.list.bar.search
    search.setFocus()
    QTest.keyClicks(search, "x")
    press(window, Qt.Key.Key_Z)
    assert search.text() == ""
    assert len(rows_of(window)) == 1
    search.clear()
