"""Small pictures of the photos: decoded in a pool, kept as pixmaps, newest wish first."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, QRunnable, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPixmap

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.ui.work.pools import TaskPool

if TYPE_CHECKING:
    from PIL.Image import Image

log = logging.getLogger(__name__)

_KEPT = 800
_WAITING = 96
_READY_MS = 40
_CORNER = 0.115
"""Radius of a square picture's corners, as a share of its side."""


class Pictures(QObject):
    """Pixmaps of one size (physical pixels); ask with ``get``, come back on ``ready``.

    ``square`` cuts the middle out, otherwise the whole photo fits into the square.
    """

    ready = Signal()
    """Some pictures that were asked for have come (gathered over some milliseconds)."""
    _decoded = Signal(object, object)

    def __init__(
        self,
        pool: TaskPool,
        side_px: int,
        *,
        square: bool,
        kept: int = _KEPT,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._pool, self._side_px, self._square = pool, side_px, square
        self._most = kept
        self._kept: OrderedDict[Path, QPixmap | None] = OrderedDict()
        self._wanted: OrderedDict[Path, None] = OrderedDict()
        self._coming: set[Path] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._tell = QTimer(self, interval=_READY_MS, singleShot=True)
        self._tell.timeout.connect(self.ready)
        self._decoded.connect(self._keep, Qt.ConnectionType.QueuedConnection)

    def get(self, path: Path) -> QPixmap | None:
        """The picture if it is there; else it is asked for (None also when unreadable)."""
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        with self._lock:
            if path in self._coming:
                return None
            new = path not in self._wanted
            self._wanted[path] = None
            self._wanted.move_to_end(path)
            while len(self._wanted) > _WAITING:
                self._wanted.popitem(last=False)
        if new and not self._closed:
            self._pool.start(_DecodeRunnable(self))
        return None

    def unreadable(self, path: Path) -> bool:
        """Tell whether it is known that there is no picture in this file."""
        return path in self._kept and self._kept[path] is None

    def close(self) -> None:
        """Forget what is still wanted, so that the pool can end."""
        self._closed = True
        with self._lock:
            self._wanted.clear()

    def decode_next(self) -> None:
        """Decode the newest wish, in the thread that calls."""
        with self._lock:
            if not self._wanted:
                return
            path = self._wanted.popitem()[0]
            self._coming.add(path)
        try:
            image = read_image(path, self._side_px, square=self._square)
        except GeoGuessError as error:
            log.debug("no picture of %s: %s", path, error)
            image = None
        if not self._closed:
            self._decoded.emit(path, image)

    def _keep(self, path: Path, image: QImage | None) -> None:
        self._kept[path] = None if image is None else QPixmap.fromImage(image)
        with self._lock:
            self._coming.discard(path)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        if not self._tell.isActive():
            self._tell.start()


class _DecodeRunnable(QRunnable):
    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self._pictures = pictures

    def run(self) -> None:
        self._pictures.decode_next()


def read_image(path: Path, side_px: int, *, square: bool) -> QImage:
    """The upright photo within ``side_px``, as a QImage that owns its pixels.

    Raises PhotoError for a file that is no readable photo.
    """
    from PIL import Image, ImageOps

    from geoguess_app.core.picture.preprocess import open_upright

    photo = open_upright(path, min_side=side_px, cut_too=True)
    if square:
        fitted = ImageOps.fit(photo, (side_px, side_px), Image.Resampling.BILINEAR)
        return _with_round_corners(to_qimage(fitted), side_px * _CORNER)
    photo.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    return to_qimage(photo)


def _with_round_corners(image: QImage, radius_px: float) -> QImage:
    """Cut here once, in a worker, rather than at every paint of a row."""
    cut = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
    cut.fill(Qt.GlobalColor.transparent)
    painter = QPainter(cut)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(QRectF(image.rect()), radius_px, radius_px)
    painter.setClipPath(path)
    painter.drawImage(0, 0, image)
    painter.end()
    return cut


def to_qimage(image: Image) -> QImage:
    """A copy of the pixels as a Qt image."""
    rgb = image.convert("RGB")
    width, height = rgb.size
    pixels = rgb.tobytes()
    return QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
