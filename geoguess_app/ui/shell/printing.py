"""Printing a page without the window: for the command line, with or without a display."""

from __future__ import annotations

import logging
import os
import sys

from PySide6.QtCore import QEventLoop, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.ui.map.export.printing import PagePrinter
from geoguess_app.ui.shell import headless
from geoguess_app.ui.work.garbage import collect_in_window_thread

log = logging.getLogger(__name__)


def printed_page(page: str) -> bytes:
    """Print a page (HTML) and return the PDF file. Raises GeoGuessError where the browser fails."""
    headless.allow_root()
    if sys.platform not in ("win32", "darwin"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"  # nothing is shown, whatever there is
        os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--disable-gpu --log-level=3")
    # What Qt remarks about missing screens and cards concerns nobody here.
    qInstallMessageHandler(_remember)
    app = QApplication.instance() or QApplication(["geoguess"])
    collect_in_window_thread(app)
    loop, printed = QEventLoop(), bytearray()
    printer = PagePrinter(app)

    def take(content: bytes) -> None:
        printed.extend(content)
        loop.quit()

    printer.finished.connect(take)
    printer.start(page)
    loop.exec()
    printer.close()
    if not printed:
        raise GeoGuessError(
            "The PDF could not be made; give a name that ends in .html.", code="pdf"
        )
    return bytes(printed)


def _remember(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    log.debug("%s", message)
