"""A crowd of photos: the window lives on, and cancel comes through."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer
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
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        ticks += 1

    timer = QTimer(interval=16)
    timer.timeout.connect(tick)
    timer.start()
    window.intake.open_paths([crowd])
    qtbot.waitUntil(lambda: window.locate.model.rowCount() == CROWD, timeout=ANSWER_MS)
    qtbot.waitUntil(lambda: window.locate.model.counts()[RowState.LOCATED] > 20, timeout=ANSWER_MS)
    timer.stop()
    window.locate.commands.cancel()
    # The event loop turned all the while; how late it was is for `make bench` to say.
    assert ticks > 30


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
