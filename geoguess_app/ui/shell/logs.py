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
from typing import Any, TextIO

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

_POSITION = re.compile(r"[-+]?\d{1,3}[.,]\d{2,}")
_FILES = re.compile(r"(?:[A-Za-z]:)?[/\\].*[/\\][^\s'\"]*|(?:[A-Za-z]:)?[/\\][^\s'\"]+")


def without_places(text: str) -> str:
    """Leave out of an error's text what may tell where somebody was: positions, and names of files
    and folders other than the program's own code."""
    return "\n".join(map(_without_places, text.split("\n")))


def _without_places(line: str) -> str:
    if line.startswith("  File "):
        return line.replace(str(Path.home()), "~")
    if line.startswith("    "):  # code
        return line
    return _POSITION.sub("\N{HORIZONTAL ELLIPSIS}", _FILES.sub("\N{HORIZONTAL ELLIPSIS}", line))


class _Formatter(logging.Formatter):
    """Lines of the log; errors in them name no place."""

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have kept the whole text in the record.
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatException(self, ei: Any) -> str:
        return without_places(super().formatException(ei))


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
        self.happened.emit(without_places(f"{kind.__name__}: {error}"), without_places(text))

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
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
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
