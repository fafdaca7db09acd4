"""A page of our own as a PDF file, through the browser that the window has for its map."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import shiboken6
from PySide6.QtCore import QMarginsF, QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QPageLayout, QPageSize
from PySide6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)

_LIMIT_MS = 60_000
_MARGIN_MM = 14.0


class PagePrinter(QObject):
    """A printer of one page (HTML) to A4 sheets; scripts and requests are off. Use it once."""

    finished = Signal(bytes)
    """The PDF file; empty where the browser failed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = Path(tempfile.mkdtemp(prefix="geoguess-"))
        self._profile = QWebEngineProfile(self)
        self._profile.setUrlRequestInterceptor(_OnlyThePage(self._profile))
        # What a PDF file says of its maker.
        self._profile.setHttpUserAgent("GeoGuess")
        self._page = QWebEnginePage(self._profile, self)
        self._page.settings().setAttribute(QWebEngineSettings.WebAttribute.JavascriptEnabled, False)
        self._limit = QTimer(self, interval=_LIMIT_MS, singleShot=True)
        self._limit.timeout.connect(lambda: self._end(b""))
        self._page.loadFinished.connect(self._loaded)
        self._ended = False

    def start(self, page: str) -> None:
        """Print a page; ``finished`` follows. Raises OSError without room for a temporary file."""
        file = self._folder / "report.html"
        file.write_text(page, encoding="utf-8")
        self._limit.start()
        self._page.load(QUrl.fromLocalFile(str(file)))

    def _loaded(self, well: bool) -> None:
        if not well:
            self._end(b"")
            return
        margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
        layout = QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Portrait,
            margins,
            QPageLayout.Unit.Millimeter,
        )
        self._page.printToPdf(lambda data: self._end(bytes(data.data())), layout)

    def _end(self, content: bytes) -> None:
        if self._ended:
            return
        self._ended = True
        self._limit.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        # Not from inside the browser's own call: whoever hears it may delete the page.
        QTimer.singleShot(0, self, lambda: self.finished.emit(content))

    def close(self) -> None:
        """Delete page and profile, in this order, which the browser insists on."""
        shutil.rmtree(self._folder, ignore_errors=True)
        shiboken6.delete(self._page)
        self.deleteLater()


class _OnlyThePage(QWebEngineUrlRequestInterceptor):
    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        main = info.resourceType() == QWebEngineUrlRequestInfo.ResourceType.ResourceTypeMainFrame
        info.block(not (main or info.requestUrl().scheme() == "data"))
