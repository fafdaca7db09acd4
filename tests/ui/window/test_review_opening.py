"""A review that cannot be opened: in use, or damaged; the window says what to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from geoguess_app.files.user_data import session_path
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import State
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from tests.review.samples import PLACES, facts, filled
from tests.review.test_kept_later import full_disk


@pytest.fixture
def opened(make_window: Callable[..., MainWindow]) -> Callable[[], ReviewMode]:
    """Enters the review in a window without a model; nothing is located."""

    def enter() -> ReviewMode:
        mode = make_window().modes.switch("review")
        assert isinstance(mode, ReviewMode)
        return mode

    return enter


def test_a_review_in_use_can_be_tried_again(
    opened: Callable[[], ReviewMode], config: Path, qtbot: QtBot
) -> None:
    other = ReviewSession(session_path(), PLACES)
    other.add(facts(3))
    mode = opened()
    pane = mode.pane
    qtbot.waitUntil(pane.trouble.isVisible, timeout=20_000)
    assert "open in another window" in pane.card.body.text()
    assert not pane.anew.isVisible()
    other.close()
    pane.again.click()
    qtbot.waitUntil(lambda: mode.model.rowCount() == 3, timeout=20_000)
    assert not pane.trouble.isVisible()


def test_a_damaged_review_is_put_aside_for_a_new_one(
    opened: Callable[[], ReviewMode], config: Path, qtbot: QtBot
) -> None:
    path = session_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no review " * 1000)
    mode = opened()
    qtbot.waitUntil(mode.pane.trouble.isVisible, timeout=20_000)
    mode.pane.anew.click()
    qtbot.waitUntil(lambda: mode.controller is not None, timeout=20_000)
    assert mode.pane.invitation.isVisible()
    kept = [p for p in path.parent.iterdir() if p.name.startswith("review-")]
    assert [p.read_bytes() for p in kept] == [b"no review " * 1000]


def test_thousands_are_opened_and_the_first_open_one_is_looked_at(
    opened: Callable[[], ReviewMode], config: Path, qtbot: QtBot
) -> None:
    made = filled(3000, session_path())
    made.accept(range(1, 100))
    made.close()
    mode = opened()
    qtbot.waitUntil(lambda: mode.model.rowCount() == 3000, timeout=30_000)
    qtbot.waitUntil(lambda: mode.list.current() is not None, timeout=5000)
    assert mode.controller is not None
    assert mode.controller.counts()[State.ACCEPTED] == 90
    assert mode.list.current() == 101  # the least certain that is open: 100 has GPS


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_window_asks_before_it_loses_steps(
    opened: Callable[[], ReviewMode], config: Path, qtbot: QtBot
) -> None:
    path = session_path()
    filled(200, path).close()
    mode = opened()
    qtbot.waitUntil(lambda: mode.model.rowCount() == 200, timeout=30_000)
    review = mode.controller
    assert review is not None
    asked: list[str] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        asked.append(box.informativeText())
        box.defaultButton().click()

    with full_disk(path.stat().st_size + 4096):
        with qtbot.waitSignal(review.keptChanged, timeout=20_000):
            for spot in range(60):
                review.place(range(1, 201), f"{spot}, 2")
        assert "disk" in mode.services.host.notice.text
        QTimer.singleShot(1500, answer)
        assert not mode.services.host.close()
        assert "lost" in asked[0]
    assert mode.services.host.close()
    assert len(asked) == 1
    with ReviewSession(path, PLACES) as again:
        assert again[1].decision.chosen is not None
        assert again[1].decision.chosen.coordinate.latitude_deg == 59
