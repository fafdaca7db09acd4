"""A second start gives its photos to the first window, in processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from pytestqt.qtbot import QtBot

import geoguess_app
from geoguess_app.ui.shell.single_instance import InstanceServer, hand_over, server_name

SECOND = """
import sys
from pathlib import Path
from geoguess_app.ui.shell.single_instance import hand_over
sys.exit(0 if hand_over([Path(name) for name in sys.argv[1:]]) else 7)
"""


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GEOGUESS_CONFIG_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def second(tmp_path: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Starts the program's other half; it is only asked to hand over."""

    def start(*paths: Path | str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", SECOND, *map(str, paths)]
        root = str(Path(geoguess_app.__file__).parents[1])
        return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": root}, cwd=tmp_path)

    return start


def test_the_first_window_gets_the_photos_of_a_second_start(
    second: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, qtbot: QtBot
) -> None:
    first = InstanceServer()
    assert first.listen()
    with qtbot.waitSignal(first.opened, timeout=20_000) as got:
        process = second(tmp_path / "a photo.jpg", "süß.jpg")
    assert got.args == [[tmp_path / "a photo.jpg", tmp_path / "süß.jpg"]]  # where it was started
    assert process.wait(20) == 0
    with qtbot.waitSignal(first.opened, timeout=20_000) as got:
        process = second()
    assert got.args == [[]]  # only to be shown
    assert process.wait(20) == 0
    first.close()
    assert second("a.jpg").wait(20) == 7  # a window that closes takes nothing


def test_without_a_first_window_nothing_is_handed_over() -> None:
    assert not hand_over([Path("a.jpg")])


@pytest.mark.skipif(os.name == "nt", reason="pipes of Windows end with their program")
def test_what_a_crashed_window_left_behind_is_taken_over(config: Path) -> None:
    killed = f"""
import os
from PySide6.QtCore import QLockFile
lock = QLockFile({str(config / "window.lock")!r})
assert lock.tryLock(0)
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", killed], check=True)
    assert (config / "window.lock").exists()
    left = Path(tempfile.gettempdir()) / server_name()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))  # a socket that nobody listens to any more
    assert not hand_over([Path("a.jpg")])
    first = InstanceServer()
    assert first.listen()
    assert not InstanceServer().listen()  # the second one leaves it alone
    first.close()
    assert not left.exists()


def test_a_window_that_hangs_does_not_swallow_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    from geoguess_app.ui.shell import single_instance

    monkeypatch.setattr(single_instance, "_ANSWER_MS", 200)
    deaf = QLocalServer()
    assert deaf.listen(server_name())
    assert not hand_over([Path("a.jpg")])
    deaf.close()


def test_what_is_no_list_of_photos_is_ignored(qtbot: QtBot) -> None:
    first = InstanceServer()
    assert first.listen()
    opened: list[list[Path]] = []
    first.opened.connect(opened.append)
    stranger = QLocalSocket()
    stranger.connectToServer(server_name())
    stranger.write(b'{"run": "rm"}\n')
    qtbot.waitUntil(lambda: stranger.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    assert opened == []
    first.close()
