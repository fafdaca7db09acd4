"""From Locate to the review, and a list that comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from geoguess_app.review.values import State
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, all_done

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def test_a_list_that_was_cleared_comes_back(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    window.locate.commands.clear()
    assert window.locate.model.rowCount() == 0
    assert window.notice.text == "Removed 2 photos from the list."
    window.notice.button.click()
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    assert {row.path for row in window.locate.model.rows()} == set(photos[:2])


def test_located_photos_are_reviewed_with_the_answers_that_they_have(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    answers = {r.path: r.outcome.located.prediction for r in window.locate.model.rows()}
    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_R, CTRL)
    review = window.modes.get("review")
    assert isinstance(review, ReviewMode)
    assert window.modes.current is review

    def located() -> bool:
        if review.controller is None:
            return False
        found = list(review.controller.session)
        return len(found) == 2 and all(p.state is State.LOCATED for p in found)

    qtbot.waitUntil(located, timeout=ANSWER_MS)
    for photo in review.controller.session:
        assert photo.answer.coordinate == answers[photo.path].coordinate
        assert photo.answer.confidence == answers[photo.path].confidence


def test_a_photo_is_looked_at_closely_with_space_or_a_click(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    locate = window.locate
    locate.list.select(locate.model.rows()[0].path)
    locate.list.view.setFocus()
    QTest.keyClick(locate.list.view, Qt.Key.Key_Space)
    assert locate.viewer.isVisible()
    QTest.keyClick(locate.viewer, Qt.Key.Key_Down)
    assert locate.list.current() is locate.model.rows()[1]
    assert locate.viewer.accessibleDescription().startswith(locate.model.rows()[1].name)
    QTest.keyClick(locate.viewer, Qt.Key.Key_Space)
    assert not locate.viewer.isVisible()
    qtbot.waitUntil(locate.list.view.hasFocus)
    QTest.mouseClick(locate.detail.photo, Qt.MouseButton.LeftButton)
    assert locate.viewer.isVisible()
    window.modes.switch("explore")
    assert not locate.viewer.isVisible()
    window.modes.switch("locate")
