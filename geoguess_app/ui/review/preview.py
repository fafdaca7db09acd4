"""One photo over the whole window, to look closely before deciding."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.pictures import Pictures

_EDGE = 28
_FOOT = 34


class PhotoPreview(QWidget):
    """A preview that covers its parent; the keys of the review go on working under it."""

    stepped = Signal(int)
    """An arrow key: so many photos on."""
    closed = Signal()

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._pictures = theme, pictures
        self._over = parent
        self._path: Path | None = None
        self._caption = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Full preview"))
        pictures.ready.connect(self.update)
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show the preview over its parent."""
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def close_(self) -> None:
        """Hide it; the keyboard goes back."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def show_photo(self, path: Path | None, caption: str = "") -> None:
        """Show this photo, with a line under it."""
        self._path, self._caption = path, caption
        self.setAccessibleDescription(caption)
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._over.rect())
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Left: -1,
        }
        if event.key() == Qt.Key.Key_Escape:
            self.close_()
        elif event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.close_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(12, 15, 19, 238))
        room = self.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE - _FOOT)
        picture = self._pictures.get(self._path) if self._path is not None else None
        painter.setPen(QColor("#e6ebf2"))
        if picture is not None:
            size = picture.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            frame = QRect(room.topLeft(), size)
            frame.moveCenter(room.center())
            painter.drawPixmap(frame, picture)
        else:
            gone = self._path is not None and self._pictures.unreadable(self._path)
            text = tr("Could not show this photo.") if gone else tr("Opening…")
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
        foot = QRect(room.left(), self.height() - _FOOT - 8, room.width(), _FOOT)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self._caption)
