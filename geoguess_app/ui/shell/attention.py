"""Signs on the desktop of the window's work: progress in the task bar, and a note when a long run
has ended while another program was in front."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QSystemTrayIcon

log = logging.getLogger(__name__)

LONG_S = 15.0
"""Whoever waits so long may be looking at something else."""
_NOTE_MS = 10_000
_WITHOUT_BUS = ("win32", "darwin")
_DESKTOP_FILE = "application://geoguess.desktop"


class Attention(QObject):
    """Tells the desktop of long runs; what a desktop does not offer is left out."""

    def __init__(self, window: QMainWindow, send: Callable[[str], None] | None = None) -> None:
        """``send`` shows a note; without one it is the desktop's own way."""
        super().__init__(window)
        self._window = window
        self._send = send or self._notify
        self._begun_s: dict[str, float] = {}
        self._shown: float | None = None
        self._tray: QSystemTrayIcon | None = None

    def begin(self, run: str) -> None:
        """A run begins, by its name; one that is known goes on."""
        self._begun_s.setdefault(run, time.monotonic())

    def end(self, run: str, told: str) -> None:
        """A run has ended: tell of it, if it was long and the window is not in front."""
        begun_s = self._begun_s.pop(run, None)
        if begun_s is None or time.monotonic() - begun_s < LONG_S:
            return
        if not self._window.isActiveWindow():
            QApplication.alert(self._window)
            self._send(told)

    def show_progress(self, share: float | None) -> None:
        """Show in the task bar how much is done (0…1); None: nothing is at work."""
        rounded = None if share is None else round(min(max(share, 0.0), 1.0), 2)
        if rounded != self._shown:
            self._shown = rounded
            on = {"progress": float(rounded or 0.0), "progress-visible": rounded is not None}
            path, kind = "/org/geoguess/window", "com.canonical.Unity.LauncherEntry"
            _say_on_bus(
                lambda message: message.createSignal(path, kind, "Update"), _DESKTOP_FILE, on
            )
            app = QGuiApplication.instance()
            if sys.platform in _WITHOUT_BUS and isinstance(app, QGuiApplication):
                app.setBadgeNumber(badge_of(rounded))

    def _notify(self, told: str) -> None:
        portal = "org.freedesktop.portal"
        sent = _say_on_bus(
            lambda message: message.createMethodCall(
                f"{portal}.Desktop",
                "/org/freedesktop/portal/desktop",
                f"{portal}.Notification",
                "AddNotification",
            ),
            "run-ended",
            {"title": "GeoGuess", "body": told},
        )
        if sent or not QSystemTrayIcon.isSystemTrayAvailable():
            return
        tray = self._tray = self._tray or QSystemTrayIcon(self._window.windowIcon(), self)
        tray.show()
        tray.showMessage("GeoGuess", told, self._window.windowIcon(), _NOTE_MS)
        QTimer.singleShot(_NOTE_MS, self, tray.hide)


def badge_of(share: float | None) -> int:
    """Return the number on the program's icon: per cent done; 0, which is none, without work.

    Qt shows no bar in the task bar of Windows or the Dock, but it does show a number there.
    """
    return 0 if share is None else min(max(round(100 * share), 1), 99)


def _say_on_bus(make: Callable[..., object], name: str, values: Mapping[str, object]) -> bool:
    """Send a message on the desktop's bus; False where there is none."""
    if sys.platform in _WITHOUT_BUS:
        return False
    try:
        from PySide6.QtDBus import QDBusConnection, QDBusMessage
    except ImportError:
        return False
    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return False
    message = make(QDBusMessage)
    assert isinstance(message, QDBusMessage)
    message.setArguments([name, dict(values)])
    return bool(bus.send(message))
