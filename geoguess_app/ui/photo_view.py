"""The picture of the chosen photo, as large as its pane allows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from geoguess_app.ui import icons
from geoguess_app.ui.pictures import Pictures
from geoguess_app.ui.steady import steady_width
from geoguess_app.ui.theme import Theme
from geoguess_app.ui.words import tr

_MAX_HEIGHT = 230


class PhotoView(QWidget):
    """Shows one photo from a Pictures cache; keeps its shape, never stretches it."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pictures = pictures
        self._path: Path | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Picture of the chosen photo"))
        pictures.ready.connect(self._came)
        theme.changed.connect(self.update)

    def show_photo(self, path: Path | None, name: str = "") -> None:
        """Show this file's picture as soon as it is decoded."""
        self._path = path
        self.setAccessibleDescription(name)
        self._came()

    def sizeHint(self) -> QSize:
        return QSize(300, self._height_for(max(self.width(), 200)))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self._height_for(steady_width(self)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        tokens = self._theme.tokens
        picture = self._pictures.get(self._path) if self._path else None
        if picture is None:
            ground = QPainterPath()
            ground.addRoundedRect(self.rect(), 8, 8)
            painter.fillPath(ground, QColor(tokens.raised))
            broken = self._path is not None and self._pictures.unreadable(self._path)
            drawn = icons.pixmap(
                "broken" if broken else "photo", tokens.muted, 40, self.devicePixelRatioF()
            )
            painter.drawPixmap(self.width() // 2 - 20, self.height() // 2 - 20, drawn)
            return
        target = picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        box = QRect(
            (self.width() - target.width()) // 2,
            (self.height() - target.height()) // 2,
            target.width(),
            target.height(),
        )
        clip = QPainterPath()
        clip.addRoundedRect(box, 8, 8)
        painter.setClipPath(clip)
        painter.drawPixmap(box, picture)

    def _came(self) -> None:
        self.setFixedHeight(self._height_for(steady_width(self)))
        self.update()

    def _height_for(self, width: int) -> int:
        picture = self._pictures.get(self._path) if self._path else None
        if picture is None or picture.width() == 0:
            return 160
        return max(100, min(_MAX_HEIGHT, round(width * picture.height() / picture.width())))
