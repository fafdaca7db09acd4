"""Tiles from a server: only after the user said so, one host, nothing else is sent to it."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtNetwork import QNetworkAccessManager, QNetworkReply, QNetworkRequest

from geoguess_app import __version__
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.tiles.files import TileError, TileFacts

OPENSTREETMAP = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
_ATTRIBUTIONS = {"tile.openstreetmap.org": "© OpenStreetMap contributors"}
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_TIMEOUT_MS = 20_000
_MOST_BYTES = 4_000_000
_MOST_ZOOM = 19
_NO_FAILURE = (
    QNetworkReply.NetworkError.NoError,
    QNetworkReply.NetworkError.ContentNotFoundError,  # no tile there, as on the open sea
    QNetworkReply.NetworkError.OperationCanceledError,
)


def host_of(template: str) -> str:
    """The host that an address of tiles names.

    Raises TileError unless it is an https address (http for this machine) with {z}, {x} and {y}.
    """
    url = QUrl(re.sub(r"\{[zxy]\}", "0", template.strip()))
    local = url.host() in _LOCAL_HOSTS
    if not url.isValid() or url.scheme() not in (("https", "http") if local else ("https",)):
        raise TileError("The URL must begin with https://.", code="bad-address")
    if not url.host() or url.userInfo():
        raise TileError("The URL must contain a host name and no user name.", code="bad-address")
    missing = [part for part in ("{z}", "{x}", "{y}") if part not in template]
    if missing:
        raise TileError(f"The URL lacks {', '.join(missing)}.", code="bad-address")
    return url.host()


class OnlineTiles(QObject):
    """The tiles of one address; follow no way to another host, keep nothing on disk."""

    failed = Signal(str)
    """One sentence: the host gives no tiles; once, until it gives some again."""

    def __init__(self, template: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        host = host_of(template)
        self.facts = TileFacts(host, 0, _MOST_ZOOM, _ATTRIBUTIONS.get(host, ""))
        self._template = template.strip()
        self._is_failing = False
        self._network = QNetworkAccessManager(self)
        self._network.setRedirectPolicy(QNetworkRequest.RedirectPolicy.SameOriginRedirectPolicy)
        self._network.setTransferTimeout(_TIMEOUT_MS)
        # Not from a closure kept by each reply: the last reply to go would take these tiles, whose
        # network would delete that reply a second time.
        self._network.finished.connect(self._judge)

    def fetch(self, zoom: int, x: int, y: int, answer: Callable[[bytes | None], None]) -> None:
        """Ask for one tile; ``answer`` gets it, or None where there is none."""
        address = self._template
        for part, number in (("{z}", zoom), ("{x}", x), ("{y}", y)):
            address = address.replace(part, str(number))
        request = QNetworkRequest(QUrl(address))
        # Tile servers want to know the program; they learn nothing about photo or user from it.
        request.setHeader(
            QNetworkRequest.KnownHeaders.UserAgentHeader, f"GeoGuess/{__version__} (desktop map)"
        )
        reply = self._network.get(request)
        reply.finished.connect(lambda: answer(_content(reply)))
        reply.finished.connect(reply.deleteLater)

    def _judge(self, reply: QNetworkReply) -> None:
        error = reply.error()
        if error in _NO_FAILURE:
            self._is_failing &= error is not QNetworkReply.NetworkError.NoError
        elif not self._is_failing:
            self._is_failing = True
            self.failed.emit(
                tr("No map tiles from {host}: {reason}. The built-in map is shown instead.").format(
                    host=self.facts.name, reason=_reason(reply)
                )
            )

    def close(self) -> None:
        """Stop asking for tiles."""
        for reply in self._network.findChildren(QNetworkReply):
            reply.abort()


def _reason(reply: QNetworkReply) -> str:
    status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
    if status:
        return tr("it answers with error {status}").format(status=status)
    return reply.errorString().rstrip(".")


def _content(reply: QNetworkReply) -> bytes | None:
    if reply.error() != QNetworkReply.NetworkError.NoError:
        return None
    content = bytes(reply.readAll().data())
    return content if len(content) <= _MOST_BYTES else None
