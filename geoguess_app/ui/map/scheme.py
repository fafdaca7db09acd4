"""The program's own URL scheme: serves the map page, and nothing but the map page.

``geoguess://map/…`` answers with files of ``resources/map``, with parts of its detail file (under
``detail/``), with files of the XStatic-Leaflet package (under ``leaflet/``), and with what the
window has published in memory (the page itself, cell outlines).
"""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QObject, Qt
from PySide6.QtWebEngineCore import (
    QWebEngineUrlRequestJob,
    QWebEngineUrlScheme,
    QWebEngineUrlSchemeHandler,
)

from geoguess_app.paths import resource_dir
from geoguess_app.ui.map import detail
from geoguess_app.ui.map.tiles.server import PREFIX, TileServer

log = logging.getLogger(__name__)

SCHEME = b"geoguess"
HOST = "map"
BASE_URL = "geoguess://map/"
PAGE_URL = BASE_URL + "index.html"

_MIME_TYPES = {
    ".html": b"text/html",
    ".js": b"text/javascript",
    ".css": b"text/css",
    ".json": b"application/json",
    ".bin": b"application/octet-stream",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
}


def register_scheme() -> None:
    """Make the scheme known to WebEngine; call it before the application object is made.

    Calling it again does nothing. Raises RuntimeError when it comes too late.
    """
    if QWebEngineUrlScheme.schemeByName(SCHEME).name() == SCHEME:
        return
    if QCoreApplication.instance() is not None:
        raise RuntimeError("register_scheme() must be called before the application is made")
    # WebEngine draws through a shared context when the platform has OpenGL.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    scheme = QWebEngineUrlScheme(SCHEME)
    scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
    flag = QWebEngineUrlScheme.Flag
    scheme.setFlags(flag.SecureScheme | flag.CorsEnabled | flag.FetchApiAllowed)
    QWebEngineUrlScheme.registerScheme(scheme)


def leaflet_dir() -> Path:
    """Return where the installed XStatic-Leaflet package keeps Leaflet's own files."""
    from xstatic.pkg import leaflet

    return Path(leaflet.BASE_DIR)


class MapSchemeHandler(QWebEngineUrlSchemeHandler):
    """Answers ``geoguess://map/…`` from two folders and from memory, read-only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folders = {"leaflet": leaflet_dir().resolve()}
        self._root = (resource_dir() / "map").resolve()
        self._published: dict[str, bytes] = {}
        self._withdrawn: set[str] = set()
        self._detail = detail.DetailFile()
        self.tiles = TileServer()

    def publish(self, path: str, content: bytes) -> None:
        """Serve ``content`` under ``geoguess://map/<path>`` from now on."""
        self._published[path] = content

    def published(self, prefix: str) -> list[str]:
        """Paths published in memory that begin with ``prefix``."""
        return [path for path in self._published if path.startswith(prefix)]

    def withdraw(self, prefix: str) -> None:
        """Forget everything published under paths that begin with ``prefix``.

        A page may still be asking for it when its window closes: that is then no reason to warn.
        """
        self._withdrawn.add(prefix)
        for path in self.published(prefix):
            del self._published[path]

    def content(self, path: str) -> bytes | None:
        """Return what stands under a path, None where nothing does or where it leaves the
        folders."""
        if path in self._published:
            return self._published[path]
        if path.startswith(detail.PREFIX):
            return self._detail.content(path)
        top, _, rest = path.partition("/")
        folder, name = (self._folders[top], rest) if top in self._folders else (self._root, path)
        file = (folder / name).resolve()
        if not file.is_relative_to(folder) or not file.is_file():
            return None
        return file.read_bytes()

    def requestStarted(self, job: QWebEngineUrlRequestJob) -> None:
        """Reply to one request of the page."""
        url = job.requestUrl()
        if job.requestMethod() != b"GET":
            job.fail(QWebEngineUrlRequestJob.Error.RequestDenied)
            return
        path = url.path().lstrip("/")
        if path.startswith(PREFIX) and url.host() == HOST:
            self.tiles.answer(path, job)
            return
        content = self.content(path) if url.host() == HOST else None
        if content is None:
            if not path.startswith(tuple(self._withdrawn)):
                log.warning("the map page asked for %s, which does not exist", url.toString())
            job.fail(QWebEngineUrlRequestJob.Error.UrlNotFound)
            return
        # The buffer belongs to the job: otherwise it is collected while still being read.
        buffer = QBuffer(job)
        buffer.setData(QByteArray(content))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        job.reply(_MIME_TYPES.get(Path(path).suffix, b"application/octet-stream"), buffer)
