"""Answers the map page's requests for tiles, from a file or from the host that the user chose."""

from __future__ import annotations

import logging
import re

import shiboken6
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtWebEngineCore import QWebEngineUrlRequestJob

from geoguess_app.ui.map.tiles.files import DAMAGED, TileFile
from geoguess_app.ui.map.tiles.online import OnlineTiles

log = logging.getLogger(__name__)

PREFIX = "tiles/"
_PATH = re.compile(r"tiles/(\w+)/(\d{1,2})/(\d{1,8})/(\d{1,8})")
_EMPTY = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "0000000200010548afa4710000000049454e44ae426082"
)
"""A see-through PNG of one pixel: a missing tile is no error of the page."""
_KINDS = (
    (b"\x89PNG", b"image/png"),
    (b"\xff\xd8", b"image/jpeg"),
    (b"RIFF", b"image/webp"),
    (b"\x00\x00\x00", b"image/avif"),
)


class TileServer:
    """A server that holds the one source of tiles that is on; without one it has nothing to
    give."""

    def __init__(self) -> None:
        self._source: TileFile | OnlineTiles | None = None
        self._number = 0

    @property
    def source(self) -> TileFile | OnlineTiles | None:
        """Return where tiles come from now."""
        return self._source

    def use(self, source: TileFile | OnlineTiles | None) -> str:
        """Switch to another source, or off; returns the key that its tiles' paths begin with."""
        if self._source is not None:
            self._source.close()
        self._source = source
        self._number += 1
        return f"s{self._number}"

    def answer(self, path: str, job: QWebEngineUrlRequestJob) -> None:
        """Reply to a request of the page; what is not there becomes an empty picture."""
        found = _PATH.fullmatch(path)
        source = self._source
        if found is None or source is None or found[1] != f"s{self._number}":
            _reply(job, None)
            return
        zoom, x, y = (int(number) for number in found.groups()[1:])
        if isinstance(source, OnlineTiles):
            source.fetch(zoom, x, y, lambda content: _reply(job, content))
        else:
            _reply(job, _read(source, zoom, x, y))


def _read(source: TileFile, zoom: int, x: int, y: int) -> bytes | None:
    try:
        return source.tile(zoom, x, y)
    except DAMAGED as error:
        log.info("tile %d/%d/%d cannot be read: %s", zoom, x, y, error)
        return None


def _reply(job: QWebEngineUrlRequestJob, content: bytes | None) -> None:
    if not shiboken6.isValid(job):
        return
    picture = content or _EMPTY
    kind = next((name for start, name in _KINDS if picture.startswith(start)), None)
    if kind is None:
        picture, kind = _EMPTY, b"image/png"
    buffer = QBuffer(job)
    buffer.setData(QByteArray(picture))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    job.reply(kind, buffer)
