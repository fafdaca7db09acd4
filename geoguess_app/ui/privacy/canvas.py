"""The photo with the regions that are to be hidden; regions are drawn and moved with the mouse."""

from __future__ import annotations

from PIL import Image
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from geoguess_app.core.explain.hide import PhotoRegion
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr

_LEAST_DRAWN = 0.02
"""Of a side; a smaller drag is a click."""


class CoverCanvas(QWidget):
    """A canvas that shows a picture as it would be saved, and frames around what is hidden."""

    drawn = Signal(object)
    """A new Region, drawn with the mouse."""
    moved = Signal(int, object)
    """A region's number, from 0, and where it was moved to."""
    chosen = Signal(int)
    """The region that was clicked, from 0; −1 for none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self._regions: tuple[PhotoRegion, ...] = ()
        self._current = -1
        self._begun: QPointF | None = None
        self._grabbed: tuple[int, PhotoRegion] | None = None
        self._draft: PhotoRegion | None = None
        self.setMinimumSize(QSize(320, 240))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(tr("The photo with its hidden regions"))
        theme.changed.connect(self.update)

    def show_picture(self, picture: Image.Image) -> None:
        """The picture as it would be saved, regions hidden."""
        data = picture.convert("RGBA").tobytes("raw", "RGBA")
        shown = QImage(data, picture.width, picture.height, QImage.Format.Format_RGBA8888)
        self._image = shown.copy()  # the bytes above go away
        self.update()

    def show_regions(self, regions: tuple[PhotoRegion, ...], current: int) -> None:
        """Frames to draw; ``current`` (from 0, −1 for none) is the chosen one."""
        self._regions, self._current = regions, current
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(event.rect(), QColor(self._theme.tokens.window))
        if self._image.isNull():
            return
        painter.drawImage(self._frame(), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = [*self._regions, self._draft] if self._draft else list(self._regions)
        for number, region in enumerate(shown):
            self._paint_region(painter, number, region)

    def _paint_region(self, painter: QPainter, number: int, region: PhotoRegion) -> None:
        box = self._on_screen(region)
        strong = number in (self._current, len(self._regions))
        for colour, width in (("#000000", 4.0), ("#ffffff", 2.0)):
            style = Qt.PenStyle.SolidLine if strong else Qt.PenStyle.DashLine
            painter.setPen(QPen(QColor(colour), width, style))
            painter.drawRect(box)
        if number < len(self._regions):
            badge = QRectF(box.left(), box.top(), 22, 20)
            painter.fillRect(badge, QColor("#ffffff"))
            painter.setPen(QColor("#000000"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(number + 1))

    # The mouse: a drag on a region moves it, anywhere else it draws a new one.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or self._image.isNull():
            return
        self._begun = self._share(event.position())
        number = self._region_at(self._begun)
        self._grabbed = (number, self._regions[number]) if number >= 0 else None
        self.chosen.emit(number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._begun is None:
            return
        here = self._share(event.position())
        if self._grabbed is not None:
            number, before = self._grabbed
            self.moved.emit(number, shift_region(before, here - self._begun))
        else:
            self._draft = _between(self._begun, here)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drawn, self._draft, self._begun, self._grabbed = self._draft, None, None, None
        self.update()
        if drawn is not None:
            self.drawn.emit(drawn)

    def _region_at(self, point: QPointF) -> int:
        inside = [
            number
            for number, region in enumerate(self._regions)
            if region.left <= point.x() <= region.right and region.top <= point.y() <= region.bottom
        ]
        return inside[-1] if inside else -1

    def _frame(self) -> QRectF:
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        return QRectF(left, top, size.width(), size.height())

    def _on_screen(self, region: PhotoRegion) -> QRectF:
        frame = self._frame()
        return QRectF(
            frame.left() + region.left * frame.width(),
            frame.top() + region.top * frame.height(),
            (region.right - region.left) * frame.width(),
            (region.bottom - region.top) * frame.height(),
        )

    def _share(self, point: QPointF) -> QPointF:
        frame = self._frame()
        x = (point.x() - frame.left()) / max(1.0, frame.width())
        y = (point.y() - frame.top()) / max(1.0, frame.height())
        return QPointF(min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))


def shift_region(region: PhotoRegion, by: QPointF) -> PhotoRegion:
    """A region moved by shares of the photo's sides, as far as it stays inside."""
    x = min(max(by.x(), -region.left), 1 - region.right)
    y = min(max(by.y(), -region.top), 1 - region.bottom)
    # The sum may end a hair beyond the edge.
    return PhotoRegion(
        max(0.0, region.left + x),
        max(0.0, region.top + y),
        min(1.0, region.right + x),
        min(1.0, region.bottom + y),
    )


def resize_region(region: PhotoRegion, right: float, bottom: float) -> PhotoRegion:
    """A region whose right and lower edges were moved, as far as it stays one."""
    return PhotoRegion(
        region.left,
        region.top,
        min(1.0, max(region.left + _LEAST_DRAWN, region.right + right)),
        min(1.0, max(region.top + _LEAST_DRAWN, region.bottom + bottom)),
    )


def _between(a: QPointF, b: QPointF) -> PhotoRegion | None:
    left, right = sorted((a.x(), b.x()))
    top, bottom = sorted((a.y(), b.y()))
    if right - left < _LEAST_DRAWN or bottom - top < _LEAST_DRAWN:
        return None
    return PhotoRegion(left, top, right, bottom)
