"""Log file, Qt's messages, and what happens to errors nobody caught."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import re
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

log = logging.getLogger(__name__)

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
# Said on machines without a graphics card or a session bus; nothing is wrong with the window.
_HARMLESS = re.compile(
    r"QRhiGles2: Failed to create|GBM is not supported|system_bus_socket|GPUInfo not initialized"
    r"|propagateSizeHints|This plugin does not support|Failed to create RHI|initialize Vulkan"
)


class CrashReporter(QObject):
    """A reporter that catches what nobody caught, in every thread: into the log, and one signal for
    a dialog."""

    happened = Signal(str, str)
    """One sentence, and the traceback."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._previous = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook

    def restore(self) -> None:
        """Put back the hooks that were there before."""
        sys.excepthook, threading.excepthook = self._previous

    def _hook(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._previous[0](kind, error, trace)
            return
        log.critical("uncaught", exc_info=(kind, error, trace))
        text = "".join(traceback.format_exception(kind, error, trace))
        self.happened.emit(f"{kind.__name__}: {error}", text)

    def _thread_hook(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._hook(caught.exc_type, caught.exc_value, caught.exc_traceback)


def write_log(folder: Path) -> Path | None:
    """Log to a file of at most 1 MB (and one before it) in ``folder``; None if it cannot be."""
    path = folder / "geoguess.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=False
        )
    except OSError as error:
        log.warning("no log file: %s", error)
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    return path


def catch_crashes(folder: Path) -> TextIO | None:
    """Let a crash of native code leave its stack in a file; returns the file to keep open."""
    try:
        stream = (folder / "crash.log").open("w", encoding="utf-8")
    except OSError:
        return None
    faulthandler.enable(stream)
    return stream


def route_qt_messages() -> None:
    """Qt's own messages go to the log ``qt``."""
    qt = logging.getLogger("qt")

    def handle(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        level = logging.DEBUG if _HARMLESS.search(message) else _LEVELS.get(kind, logging.WARNING)
        qt.log(level, "%s", message)

    qInstallMessageHandler(handle)
