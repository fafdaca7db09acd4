"""From Locate to the review, and a list that comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from geoguess_app.core.clues.clue import parse_clue
from geoguess_app.review.values import ReviewPhoto, State
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.review.panel import clues_of
from geoguess_app.ui.saving.exporting import shown_result
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


def test_clues_go_with_a_photo_into_the_review_and_out_again(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    north, south = parse_clue("hemisphere=north"), parse_clue("hemisphere=south")
    window.intake.open_paths(photos[2:4])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    window.locate.list.select(photos[2])
    window.locate.clues.use(north)
    window.commands.review(photos[2:4])
    review = window.modes.current
    assert isinstance(review, ReviewMode)

    def photo(number: int = 2) -> ReviewPhoto | None:
        found = review.of_paths([photos[number]])
        return found[0] if found else None

    def kept(*texts: str) -> bool:
        there = photo()
        return there is not None and there.decision.clues == texts

    qtbot.waitUntil(lambda: kept("hemisphere=north"), timeout=ANSWER_MS)
    narrowed = photo()
    assert narrowed is not None
    assert narrowed.current is narrowed.decision.narrowed
    assert narrowed.current.coordinate.latitude_deg > 0
    assert narrowed.decision.own_area is None
    result = shown_result(narrowed, None)
    assert result is not None
    assert result.clues is not None
    assert result.clues.words == ("northern hemisphere",)
    other = photo(3)
    assert other is not None
    assert other.decision.clues == ()
    # In the review a clue is added and taken away like in Locate, for the photos selected.
    review.listing.show([narrowed.id])
    panel = review.panel
    qtbot.waitUntil(
        lambda: [chip.text() for chip in panel.clues.chips] == ["Northern hemisphere ×"]
    )
    assert "of the probability fits" in panel.clue_note.text()
    qtbot.mouseClick(panel.clues.chips[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: kept())
    assert photo().decision.narrowed is None
    index = panel.clues.list.findText("Southern hemisphere")
    panel.clues.list.activated.emit(index)
    qtbot.waitUntil(lambda: kept("hemisphere=south"), timeout=ANSWER_MS)
    assert photo().current.coordinate.latitude_deg < 0
    assert clues_of(photo()) == (south,)
