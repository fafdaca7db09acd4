"""One photo over the window, to look closely: the wheel zooms, dragging moves."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.frames import Frame, paint_frames
from geoguess_app.ui.work.pictures import Pictures

VIEWER_PX = 3200
"""The longer side of the pictures that it shows; at a window's size that is about threefold."""
VIEWER_KEPT = 4
_EDGE = 28
_FOOT = 34
_STEP = 1.25
"""By how much a notch of the wheel, or a key, zooms."""
_MOST = 32.0
"""How much larger than the window a photo may be shown."""
_DRAG_PX = 4


class PhotoViewer(QWidget):
    """A viewer that covers its parent; the keys of the mode below go on working."""

    stepped = Signal(int)
    """An arrow key: so many photos on."""
    closed = Signal()
    looked = Signal(float, QPointF)
    """The user looks elsewhere: the zoom, and the point of the photo in the middle as shares of its
    width and height."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._pictures = theme, pictures
        self._over = parent
        self._path: Path | None = None
        self._caption = ""
        self._zoom = 1.0
        self._centre = QPointF(0.5, 0.5)
        self._frames: tuple[Frame, ...] = ()
        self._pointed: int | None = None
        self._pressed: QPointF | None = None
        self._dragged = False
        self._over_photo: Path | None = None
        self._over_shares = QTransform()
        self._over_opacity = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Full preview"))
        pictures.ready.connect(self.update)
        parent.installEventFilter(self)
        self.hide()

    @property
    def zoom(self) -> float:
        """Return the factor by which the photo is larger than fitted to the window, 1 or more."""
        return self._zoom

    def open(self) -> None:
        """Show the viewer over its parent."""
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
        """Show this photo, with a line under it; another photo is shown whole."""
        if path != self._path:
            self._fit()
        self._path, self._caption = path, caption
        self.setAccessibleDescription(caption)
        self.update()

    def show_frames(self, frames: tuple[Frame, ...], pointed: int | None = None) -> None:
        """Frame parts of the photo; ``pointed``: which of them stands out."""
        self._frames, self._pointed = frames, pointed
        self.update()

    def lay_over(self, path: Path | None, shares: QTransform, opacity: float) -> None:
        """Draw another photo over this one, ``opacity`` 0…1; None takes it away.

        ``shares`` takes its points to this photo's, both as shares of width and height.
        """
        self._over_photo, self._over_shares = path, shares
        self._over_opacity = opacity if path is not None else 0.0
        self.update()

    def frame_of_photo(self) -> QRectF | None:
        """The whole photo in the viewer's pixels, seen or not; None until it has come."""
        picture = self._picture()
        return self._frame(picture) if picture is not None else None

    def look(self, zoom: float, centre: QPointF) -> None:
        """Look where another viewer looks, as ``looked`` tells."""
        self._zoom, self._centre = min(max(zoom, 1.0), _MOST), centre
        picture = self._picture()
        if picture is not None:
            self._keep_inside(picture)
        self.update()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Show the photo so much larger; the point under ``at`` (the middle) stays where it is."""
        picture = self._picture()
        if picture is None:
            return
        fixed = at if at is not None else QPointF(self._room().center())
        before = self._frame(picture)
        share = QPointF(
            (fixed.x() - before.x()) / before.width(), (fixed.y() - before.y()) / before.height()
        )
        self._zoom = min(max(self._zoom * factor, 1.0), _MOST)
        after = self._frame(picture)
        self._move(
            QPointF(
                fixed.x() - after.x() - share.x() * after.width(),
                fixed.y() - after.y() - share.y() * after.height(),
            ),
            picture,
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._over.rect())
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Left: -1,
        }
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_Space):
            self.close_()
        elif key in steps:
            self.stepped.emit(steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(1 / _STEP)
        elif key == Qt.Key.Key_0:
            self._fit_again()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(_STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        picture = self._picture()
        if self._pressed is None or picture is None:
            return
        moved = event.position() - self._pressed
        if self._dragged or moved.manhattanLength() > _DRAG_PX:
            self._dragged = True
            self._move(moved, picture)
            self._pressed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        picture, pressed = self._picture(), self._pressed
        self._pressed = None
        if pressed is None or self._dragged:
            return
        if picture is None or not self._frame(picture).contains(event.position()):
            self.close_()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._zoom > 1.0:
            self._fit_again()
        else:
            self.zoom_by(4.0, event.position())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(12, 15, 19, 238))
        room, picture = self._room(), self._picture()
        painter.setPen(QColor("#e6ebf2"))
        if picture is not None:
            painter.drawPixmap(self._frame(picture), picture, QRectF(picture.rect()))
            self._paint_over(painter, self._frame(picture))
            paint_frames(painter, self._frame(picture), self._frames, self._pointed)
        else:
            gone = self._path is not None and self._pictures.unreadable(self._path)
            text = tr("Could not show this photo.") if gone else tr("Opening…")
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
        foot = QRect(room.left(), self.height() - _FOOT - 8, room.width(), _FOOT)
        painter.fillRect(foot.adjusted(-_EDGE, 0, _EDGE, 8), QColor(12, 15, 19, 200))
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self._caption)

    def _paint_over(self, painter: QPainter, frame: QRectF) -> None:
        over = self._pictures.get(self._over_photo) if self._over_photo is not None else None
        if over is None or self._over_opacity <= 0.0:
            return
        to_frame = QTransform(frame.width(), 0, 0, frame.height(), frame.x(), frame.y())
        to_shares = QTransform.fromScale(1.0 / over.width(), 1.0 / over.height())
        painter.save()
        painter.setClipRect(frame)
        painter.setOpacity(self._over_opacity)
        painter.setTransform(to_shares * self._over_shares * to_frame, True)
        painter.drawPixmap(0, 0, over)
        painter.restore()

    def _picture(self) -> QPixmap | None:
        return self._pictures.get(self._path) if self._path is not None else None

    def _room(self) -> QRect:
        return self.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE - _FOOT)

    def _fit(self) -> None:
        self._zoom, self._centre = 1.0, QPointF(0.5, 0.5)
        self.update()

    def _fit_again(self) -> None:
        self._fit()
        self.looked.emit(self._zoom, self._centre)

    def _frame(self, picture: QPixmap) -> QRectF:
        """Where the whole photo lies, as far as it is seen or not."""
        room = QRectF(self._room())
        size = picture.size().toSizeF()
        size = size.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio) * self._zoom
        middle = room.center()
        return QRectF(
            middle.x() - self._centre.x() * size.width(),
            middle.y() - self._centre.y() * size.height(),
            size.width(),
            size.height(),
        )

    def _move(self, by: QPointF, picture: QPixmap) -> None:
        """Move the photo by so many pixels, but never out of the window."""
        frame = self._frame(picture)
        self._centre -= QPointF(by.x() / frame.width(), by.y() / frame.height())
        self._keep_inside(picture)
        self.update()
        self.looked.emit(self._zoom, self._centre)

    def _keep_inside(self, picture: QPixmap) -> None:
        frame, room = self._frame(picture), QRectF(self._room())
        self._centre = QPointF(
            _kept(self._centre.x(), room.width() / frame.width()),
            _kept(self._centre.y(), room.height() / frame.height()),
        )


def _kept(centre: float, seen: float) -> float:
    """The share of the photo in the middle of the view, of which a share ``seen`` fits."""
    if seen >= 1.0:
        return 0.5
    return min(max(centre, seen / 2), 1.0 - seen / 2)
