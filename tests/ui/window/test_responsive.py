"""A crowd of photos: the window lives on, and cancel comes through."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from geoguess_app.paths import resource_dir
from geoguess_app.ui.locate.photo_row import RowState
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS

CROWD, DIFFERENT = 3000, 300


def different(photo: bytes, number: int) -> bytes:
    """The same picture, and yet one that no memory of answers knows: bytes follow its end."""
    return photo + number.to_bytes(4, "big")


def test_a_crowd_is_listed_and_located_while_the_window_lives(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    china = (resource_dir() / "samples" / "china.jpg").read_bytes()
    for number in range(CROWD):
        photo = crowd / f"{number}.jpg"
        if number < DIFFERENT:  # only so many are located before the end
            photo.write_bytes(different(china, number))
        else:
            photo.hardlink_to(crowd / "0.jpg")
    listed: set[int] = set()
    timer = QTimer(interval=16)
    timer.timeout.connect(lambda: listed.add(window.locate.model.rowCount()))
    timer.start()
    window.intake.open_paths([crowd])
    qtbot.waitUntil(lambda: window.locate.model.rowCount() == CROWD, timeout=ANSWER_MS)
    timer.stop()
    # The list grew before the user's eyes, in slices between which the window was free; how late
    # it ever was is for `make bench` to say.
    assert len(listed - {0, CROWD}) >= 3
    qtbot.waitUntil(lambda: window.locate.model.counts()[RowState.LOCATED] > 0, timeout=ANSWER_MS)
    before = window.locate.list.current()
    assert before is not None
    qtbot.keyClick(window, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: window.locate.list.current() is not before, timeout=ANSWER_MS)
    assert window.locate.model.counts()[RowState.WAITING] > 0, "a key need not wait for the end"
    window.locate.commands.cancel()


def test_cancel_comes_through_long_before_the_end(
    window: MainWindow, tmp_path: Path, photos: list[Path], qtbot: QtBot
) -> None:
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    for number in range(500):
        data = photos[number % 6].read_bytes()
        (crowd / f"{number}.jpg").write_bytes(different(data, number))
    window.intake.open_paths([crowd])
    qtbot.waitUntil(lambda: window.locate.model.counts()[RowState.LOCATED] >= 3, timeout=ANSWER_MS)
    window.status.cancel.click()
    qtbot.waitUntil(lambda: not window.locator.running, timeout=ANSWER_MS)
    # The tiny model is quick, and results may be on their way to the list when the click comes.
    assert window.locate.model.counts()[RowState.LOCATED] < 400
    assert all(pool.activeThreadCount() == 0 for pool in window.pools.all()[:2])
