"""What the desktop is told of long runs, over a real bus where there is one to start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

import geoguess_app
from geoguess_app.ui.shell import attention
from geoguess_app.ui.shell.attention import Attention

SENDER = """
from PySide6.QtWidgets import QApplication, QMainWindow
from geoguess_app.ui.shell import attention
app = QApplication(["geoguess"])
window = QMainWindow()
told = attention.Attention(window)
told.show_progress(0.254)
told.show_progress(None)
attention.LONG_S = 0.0
told.begin("locate")
told.end("locate", "Located: 12 photos")
"""


def test_only_a_long_run_behind_other_windows_is_told(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    told: list[str] = []
    watch = Attention(window, told.append)
    watch.begin("locate")
    watch.end("locate", "short")
    watch.end("train", "never begun")
    assert told == []
    monkeypatch.setattr(attention, "LONG_S", 0.0)
    watch.begin("locate")
    watch.begin("train")
    watch.end("locate", "Located: 12 photos")
    assert told == ["Located: 12 photos"]
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    watch.end("train", "in front of the user")
    assert told == ["Located: 12 photos"]


@pytest.mark.skipif(
    not shutil.which("dbus-run-session") or not shutil.which("dbus-monitor"),
    reason="no message bus on this computer",
)
def test_progress_and_note_reach_the_desktop(tmp_path: Path) -> None:
    script, said = tmp_path / "sender.py", tmp_path / "said.txt"
    script.write_text(SENDER, encoding="utf-8")
    shell = (
        f"dbus-monitor --session > {said} 2>/dev/null & watcher=$!; "
        f"until grep -q NameAcquired {said}; do sleep 0.1; done; "
        f"{sys.executable} {script}; "
        f"until grep -q AddNotification {said}; do sleep 0.1; done; kill $watcher"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(geoguess_app.__file__).parents[1])}
    command = ["dbus-run-session", "--", "sh", "-c", shell]
    subprocess.run(command, env=environment, check=False, timeout=60, capture_output=True)
    text = said.read_text(encoding="utf-8")
    assert text.count("member=Update") == 2
    assert "double 0.25" in text
    assert "boolean true" in text
    assert "boolean false" in text
    assert 'string "Located: 12 photos"' in text


@pytest.mark.parametrize(
    ("share", "number"), [(None, 0), (0.0, 1), (0.254, 25), (0.999, 99), (1.0, 99)]
)
def test_without_a_bus_the_icon_shows_per_cent(share: float | None, number: int) -> None:
    assert attention.badge_of(share) == number


def test_a_desktop_without_a_bus_is_told_by_qt(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "_WITHOUT_BUS", (sys.platform,))
    window = QMainWindow()
    qtbot.addWidget(window)
    watch = Attention(window)
    for share in (0.25, None):
        watch.show_progress(share)  # Qt's own call, which shows nothing on this platform
