"""The picture of the chosen photo, as large as its pane allows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from geoguess_app.ui.kit import icons
from geoguess_app.ui.kit.steady import steady_width
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.frames import Frame, paint_frames
from geoguess_app.ui.work.pictures import Pictures

_CORNER = 8
_OF_WINDOW = 0.28


class PhotoView(QWidget):
    """A view that shows one photo from a Pictures cache; keeps its shape, never stretches it."""

    opened = Signal()
    """It was clicked: the user wants to see it large."""
    most_px = 230
    """How high it may become; in a low window less, so that what is said about it shows."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._pictures = theme, pictures
        self._path: Path | None = None
        self.frames: tuple[Frame, ...] = ()
        self.pointed: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Selected photo"))
        pictures.ready.connect(self._fit)
        theme.changed.connect(self.update)

    def show_photo(self, path: Path | None, name: str = "") -> None:
        """Show this file's picture as soon as it is decoded."""
        self._path = path
        self.setAccessibleDescription(name)
        self._fit()

    def show_frames(self, frames: tuple[Frame, ...], pointed: int | None = None) -> None:
        """Frame parts of the photo; ``pointed``: which of them stands out."""
        self.frames, self.pointed = frames, pointed
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.opened.emit()

    def paint_over(self, painter: QPainter, box: QRect, *, there: bool) -> None:
        """Paint what lies over the photo, clipped to ``box``; ``there``: whether its picture has
        come."""

    def sizeHint(self) -> QSize:
        return QSize(300, self._height_for(max(self.width(), 200)))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 100)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.window().removeEventFilter(self)
        self.window().installEventFilter(self)
        self._fit()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """A window that becomes lower takes a part of the picture's height."""
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self._height_for(steady_width(self)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        picture = self._pictures.get(self._path) if self._path else None
        box = self._box(self.size() if picture is None else picture.size())
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(box), _CORNER, _CORNER)
        painter.setClipPath(clip)
        if picture is None:
            self._paint_absent(painter, box)
        else:
            painter.drawPixmap(box, picture)
            paint_frames(painter, QRectF(box), self.frames, self.pointed)
        self.paint_over(painter, box, there=picture is not None)

    def _paint_absent(self, painter: QPainter, box: QRect) -> None:
        tokens = self._theme.tokens
        painter.fillRect(box, QColor(tokens.raised))
        broken = self._path is not None and self._pictures.unreadable(self._path)
        name = "broken" if broken else "photo"
        drawn = icons.pixmap(name, tokens.muted, 40, self.devicePixelRatioF())
        painter.drawPixmap(self.width() // 2 - 20, self.height() // 2 - 20, drawn)

    def _box(self, size: QSize) -> QRect:
        """The largest frame of this shape, in the middle."""
        target = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - target.width()) // 2
        return QRect(left, (self.height() - target.height()) // 2, target.width(), target.height())

    def _fit(self) -> None:
        self.setFixedHeight(self._height_for(steady_width(self)))
        self.update()

    def _height_for(self, width: int) -> int:
        picture = self._pictures.get(self._path) if self._path else None
        if picture is None or picture.width() == 0:
            return 160
        most = min(self.most_px, round(_OF_WINDOW * self.window().height()))
        return max(100, min(most, round(width * picture.height() / picture.width())))
