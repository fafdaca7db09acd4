"""A whole folder through the review: by keyboard to the saved files, added to, and gone on with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QFileDialog,
)
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import Origin, State
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.saving.save_dialog import SaveDialog
from geoguess_app.ui.shell.window import MainWindow
from tests.photos.saving import exiftool
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, drop, files
from tests.ui.window.review_parts import located, open_review, press, state_of, trip

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LYON = Coordinate(45.764, 4.8357)


@pytest.fixture
def review(window: MainWindow, qtbot: QtBot) -> ReviewMode:
    """The review mode, on and open."""
    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(window, Key.Key_2, CTRL | ALT)
    assert window.modes.current is window.modes.get("review")
    return open_review(window, qtbot)


@pytest.fixture
def filled(
    review: ReviewMode,
    photo_sets: Path,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> ReviewMode:
    """The folder was added by its key, and all of it is located."""
    folder = trip(photo_sets, tmp_path / "trip")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(folder))
    QTest.keyClick(review.services.host, Key.Key_O, CTRL | SHIFT)
    qtbot.waitUntil(located(review, 21), timeout=ANSWER_MS)
    return review


def test_a_folder_by_keyboard_only(filled: ReviewMode, qtbot: QtBot) -> None:
    review, controller = filled, filled.controller
    assert controller is not None
    assert controller.counts()[State.LOCATED] == 18
    assert controller.counts()[State.HAS_GPS] == 2
    assert controller.counts()[State.FAILED] == 1
    assert review.services.host.locate.list.view.isVisible() is False

    # Ten accepted, each time on to the next that is open.
    seen = []
    for _ in range(10):
        current = review.list.current()
        assert state_of(review, current) is State.LOCATED
        seen.append(current)
        press(review, Key.Key_Return)
    assert [state_of(review, number) for number in seen] == [State.ACCEPTED] * 10
    assert len(set(seen)) == 10

    # Back to the last one, another candidate for it, and it is open again.
    press(review, Key.Key_Backspace)
    assert review.list.current() == seen[-1]
    press(review, Key.Key_3)
    chosen = controller.photo(seen[-1]).decision.chosen
    assert chosen is not None
    assert (chosen.origin, chosen.rank) == (Origin.CANDIDATE, 3)
    press(review, Key.Key_Return)
    assert state_of(review, seen[-1]) is State.PLACED

    # Reject, and clear it again.
    current = review.list.current()
    press(review, Key.Key_R)
    assert state_of(review, current) is State.REJECTED
    press(review, Key.Key_Backspace)
    assert review.list.current() == current
    press(review, Key.Key_Delete)
    assert state_of(review, current) is State.LOCATED

    # Save, and read back what stands in the files.
    saving = review.saving.saving
    assert saving is not None
    qtbot.waitUntil(lambda: saving.bar.save.isEnabled(), timeout=ANSWER_MS)
    press(review, Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: bool(review.services.host.findChildren(SaveDialog)))
    dialog = review.services.host.findChildren(SaveDialog)[0]
    qtbot.waitUntil(lambda: saving.live.plan is not None, timeout=ANSWER_MS)
    with qtbot.waitSignal(saving.writer.finished, timeout=ANSWER_MS) as done:
        QTest.keyClick(dialog, Key.Key_Return)
    assert done.args is not None
    assert controller.counts()[State.SAVED] == 10, done.args[0].bad[:2]
    paths = [controller.photo(number).path for number in seen if number is not None]
    read = exiftool(paths, "-n")
    for number in seen:
        photo = controller.photo(number) if number is not None else None
        assert photo is not None
        assert photo.saved is not None
        tags, where = read[photo.path.name], photo.saved.coordinate
        found = (tags["GPSLatitude"], tags["GPSLongitude"])
        assert found == pytest.approx((where.latitude_deg, where.longitude_deg), abs=1e-6)


def test_the_review_goes_on_where_it_stopped(
    filled: ReviewMode, make_window: Callable[..., MainWindow], tiny_model: Path, qtbot: QtBot
) -> None:
    first = filled.list.current()
    assert first is not None
    press(filled, Key.Key_Return)
    filled.services.host.close()

    window = make_window(tiny_model)
    window.start([])
    mode = window.modes.switch("review")
    assert isinstance(mode, ReviewMode)
    qtbot.waitUntil(lambda: mode.model.rowCount() == 21, timeout=LOADING_MS)
    assert "Resumed your review of 21 photos: 17 to review" in window.notice.text
    assert state_of(mode, first) is State.ACCEPTED
    press(mode, Key.Key_Z, CTRL)
    assert state_of(mode, first) is State.LOCATED
    qtbot.waitUntil(lambda: window.locator.model is not None, timeout=LOADING_MS)


def test_files_dropped_on_the_map_are_added(
    window: MainWindow, photos: list[Path], photo_sets: Path, qtbot: QtBot
) -> None:
    review = open_review(window, qtbot)
    drop(window, files(photos[0].parent), QPoint(640, 400))
    qtbot.waitUntil(located(review, 6), timeout=ANSWER_MS)
    more = sorted((photo_sets / "world").iterdir())[10]
    drop(review.services.host, files(more), QPoint(640, 400))
    qtbot.waitUntil(located(review, 7), timeout=ANSWER_MS)
    assert review.services.host.locate.model.rowCount() == 0
