"""What nobody caught reaches the log and one dialog, from every thread."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qInstallMessageHandler, qWarning
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.commands.common import set_up_logging
from geoguess_app.ui.shell.app import show_error
from geoguess_app.ui.shell.logs import CrashReporter, route_qt_messages, without_places, write_log


@pytest.fixture
def uncaught(qapp: object) -> Iterator[CrashReporter]:
    made = CrashReporter()
    yield made
    made.restore()


def test_errors_of_both_kinds_are_told(
    uncaught: CrashReporter, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[str, str]] = []
    uncaught.happened.connect(lambda sentence, trace: told.append((sentence, trace)))
    try:
        raise ValueError("on the window's thread")
    except ValueError:
        sys.excepthook(*sys.exc_info())

    def fail() -> None:
        raise RuntimeError("elsewhere")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(told) == 2, timeout=5000)
    assert told[0][0] == "ValueError: on the window's thread"
    assert "RuntimeError: elsewhere" in told[1][1]
    assert len([record for record in caplog.records if record.levelno == logging.CRITICAL]) == 2


def test_one_dialog_at_a_time(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    show_error(window, "It broke.", "Traceback …")
    show_error(window, "It broke again.", "Traceback …")
    (box,) = window.findChildren(QMessageBox)
    assert box.informativeText() == "It broke."
    assert box.detailedText() == "Traceback …"
    box.close()


def test_log_file_is_written_or_done_without(tmp_path: Path) -> None:
    path = write_log(tmp_path / "logs")
    assert path is not None
    logging.getLogger("geoguess_app.test").warning("hello")
    handler = logging.getLogger().handlers[-1]
    logging.getLogger().removeHandler(handler)
    handler.close()
    assert "hello" in path.read_text(encoding="utf-8")
    blocked = tmp_path / "file"
    blocked.write_text("x")
    assert write_log(blocked / "logs") is None


def test_what_is_told_of_an_error_names_no_place(
    uncaught: CrashReporter, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    set_up_logging(0)  # as the program does first: one line of an error in the terminal
    path = write_log(tmp_path / "logs")
    assert path is not None
    told: list[str] = []
    uncaught.happened.connect(lambda sentence, trace: told.extend((sentence, trace)))
    photo = Path("/home/anna/Rome in May/Trevi.jpg")
    for problem in (
        FileNotFoundError(2, "No such file", str(photo)),
        ValueError(f"{photo} lies at 41.90094, 12.48331"),
    ):
        try:
            raise problem
        except (OSError, ValueError):
            sys.excepthook(*sys.exc_info())
    qtbot.waitUntil(lambda: len(told) == 4, timeout=5000)
    handler = logging.getLogger().handlers[-1]
    logging.getLogger().removeHandler(handler)
    handler.close()
    told.append(path.read_text(encoding="utf-8"))
    for text in told:
        assert not [word for word in ("Rome", "Trevi", "anna", "41.9", "12.4") if word in text]
    # It can still be read: what failed, and in which line of which file.
    assert "No such file" in told[0]
    assert f'File "{__file__}", line' in told[3]
    assert "raise problem" in told[4]
    assert without_places("C:\\Users\\Anna\\Rome.jpg is broken") == "… is broken"


@pytest.mark.qt_no_exception_capture
def test_qt_messages_go_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    previous = qInstallMessageHandler(None)
    try:
        route_qt_messages()
        with caplog.at_level(logging.DEBUG, logger="qt"):
            qWarning("something odd")
            qWarning("GBM is not supported with the current configuration")
    finally:
        qInstallMessageHandler(previous)
    levels = {record.message: record.levelno for record in caplog.records if record.name == "qt"}
    assert levels["something odd"] == logging.WARNING
    assert levels["GBM is not supported with the current configuration"] == logging.DEBUG
