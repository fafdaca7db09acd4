"""Garbage collection: in the thread of the window only, or Qt objects die in others."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.ui.work.garbage import collect_in_window_thread


class Knot(QObject):
    """Holds itself, so that only a collection ends it; its timer must be stopped in its thread."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.turn)
        self.timer.start(1)

    def turn(self) -> None:
        """What a timer that goes on does."""


def test_knots_of_qt_objects_end_in_the_thread_of_the_window(
    qapp: QApplication, qtbot: QtBot
) -> None:
    collect_in_window_thread(qapp)
    collect_in_window_thread(qapp)  # does no harm
    threads: set[threading.Thread] = set()

    def note(phase: str, _info: dict[str, int]) -> None:
        threads.add(threading.current_thread())

    enough = threading.Event()

    def litter() -> None:
        while not enough.is_set():
            knot: list[object] = []
            knot.append(knot)

    gc.callbacks.append(note)
    elsewhere = threading.Thread(target=litter)
    elsewhere.start()
    try:
        knots = [weakref.ref(Knot()) for _ in range(50)]
        qtbot.waitUntil(lambda: all(knot() is None for knot in knots))
    finally:
        enough.set()
        elsewhere.join()
        gc.callbacks.remove(note)
    assert threads == {threading.main_thread()}
