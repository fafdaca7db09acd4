"""A crowd of photos never makes the window work long at a stretch."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from geoguess_app.paths import resource_dir
from geoguess_app.ui.photo_row import RowState
from geoguess_app.ui.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS

CROWD = 3000


def test_window_thread_works_in_short_bursts_only(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    (crowd / "0.jpg").write_bytes((resource_dir() / "samples" / "china.jpg").read_bytes())
    for number in range(1, CROWD):
        (crowd / f"{number}.jpg").hardlink_to(crowd / "0.jpg")
    # CPU time of this thread, not wall time: other programs on the machine do not count.
    spent_ms: list[float] = []
    last_s = time.thread_time()

    def tick() -> None:
        nonlocal last_s
        now_s = time.thread_time()
        spent_ms.append((now_s - last_s) * 1000)
        last_s = now_s

    timer = QTimer(interval=16)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start()
    window.intake.open_paths([crowd])
    qtbot.waitUntil(lambda: window.model.rowCount() == CROWD, timeout=ANSWER_MS)
    qtbot.waitUntil(lambda: window.model.counts()[RowState.LOCATED] > 20, timeout=ANSWER_MS)
    timer.stop()
    window.commands.cancel()
    assert len(spent_ms) > 30
    assert statistics.quantiles(spent_ms, n=100)[97] < 20
    assert statistics.median(spent_ms) < 8


def test_cancel_comes_through_within_a_photo_or_two(
    window: MainWindow, tmp_path: Path, photos: list[Path], qtbot: QtBot
) -> None:
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    for number in range(500):
        (crowd / f"{number}.jpg").hardlink_to(photos[number % 6])
    window.intake.open_paths([crowd])
    qtbot.waitUntil(lambda: window.model.counts()[RowState.LOCATED] >= 3, timeout=ANSWER_MS)
    done = window.model.counts()[RowState.LOCATED]
    window.status.cancel.click()
    qtbot.waitUntil(lambda: not window.locator.running, timeout=ANSWER_MS)
    assert window.model.counts()[RowState.LOCATED] <= done + 4
    assert all(pool.activeThreadCount() == 0 for pool in window.pools.all()[:2])
