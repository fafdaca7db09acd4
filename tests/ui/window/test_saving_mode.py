"""Closing the window in the middle of a save from the Review mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from geoguess_app.files.user_data import session_path
from geoguess_app.photos.journal import read_runs
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import State
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from tests.photos.saving import hashes
from tests.review.samples import PLACES
from tests.ui.window.conftest import ANSWER_MS

WAIT_MS = 30_000


def filled(mode: ReviewMode, folder: Path, count: int, qtbot: QtBot) -> None:
    """The folder is in the review and located."""
    mode.services.host.intake.open_paths([folder])
    counts: Callable[[], int] = lambda: mode.controller.counts()[State.LOCATED]  # noqa: E731
    qtbot.waitUntil(lambda: counts() == count and not mode.work.running, timeout=ANSWER_MS)
    qtbot.waitUntil(lambda: mode.list.current() is not None, timeout=WAIT_MS)


def test_the_window_closes_in_the_middle_of_a_save(
    window: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    mode = window.modes.switch("review")
    assert isinstance(mode, ReviewMode)
    qtbot.waitUntil(lambda: mode.controller is not None, timeout=WAIT_MS)
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    for number in range(150):
        (crowd / f"{number}.jpg").write_bytes(photos[0].read_bytes())
    before = hashes(crowd)
    filled(mode, crowd, 150, qtbot)
    mode.controller.accept([p.id for p in mode.controller.session])
    saving = mode.saving.saving
    qtbot.waitUntil(lambda: saving.live.plan is not None, timeout=WAIT_MS)
    with qtbot.waitSignal(saving.writer.progressed, timeout=WAIT_MS):
        saving.writer.save(saving.live.plan)
    qtbot.waitUntil(lambda: mode.controller.counts()[State.SAVED] > 0, timeout=WAIT_MS)
    mode.services.host.close()
    after = hashes(crowd)
    changed = {name for name in before if after[name] != before[name]}
    assert 0 < len(changed) < 150
    with ReviewSession(session_path(), PLACES) as again:
        assert {p.path.name for p in again if p.state is State.SAVED} == changed
        assert sum(p.state is State.ACCEPTED for p in again) == 150 - len(changed)
    (run,) = read_runs()
    assert {entry.target.name for entry in run.entries} == changed
