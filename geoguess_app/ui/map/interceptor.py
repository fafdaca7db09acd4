"""The interceptor that lets nothing leave the machine: every request of the page passes here
first."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject
from PySide6.QtWebEngineCore import QWebEngineUrlRequestInfo, QWebEngineUrlRequestInterceptor

log = logging.getLogger(__name__)

LOCAL_SCHEMES = frozenset({"geoguess", "qrc", "data", "blob"})
"""Schemes that never touch a network or the user's files."""


class LocalRequestFilter(QWebEngineUrlRequestInterceptor):
    """A filter that blocks whatever is not served by the program itself, and remembers what was
    asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.requested: set[str] = set()
        """Every address asked for, allowed or not (``data:`` only by its scheme)."""
        self.blocked: set[str] = set()

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        """Block the request unless its scheme is local."""
        url = info.requestUrl()
        scheme = url.scheme()
        address = "data:" if scheme == "data" else url.toString()
        self.requested.add(address)
        if scheme not in LOCAL_SCHEMES:
            info.block(True)
            self.blocked.add(address)
            log.warning("blocked a request to %s", address)
