"""Rows of photos, their common parts: a small picture, lines of text, and the ground of a row."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from geoguess_app.ui.kit import icons
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.work.pictures import Pictures

THUMBNAIL = 52
"""Side of the small picture in logical pixels."""
MARGIN = 10
"""Between the edge of a row and what it shows, in logical pixels."""
GAP = 12
"""Between picture and text, in logical pixels."""
ICON = 15
"""Side of the icon of a state, in logical pixels."""
_RADIUS = 6


class RowDelegate(QStyledItemDelegate):
    """A delegate that paints parts of rows of one height; subclasses say where they stand."""

    def __init__(self, theme: Theme, thumbnails: Pictures, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme
        self.thumbnails = thumbnails

    def row_height(self, metrics: QFontMetrics) -> int:
        """Give the height of every row, in logical pixels."""
        return max(THUMBNAIL, 3 * metrics.height() + 4) + 2 * MARGIN

    def paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        """The row itself: selected, under the pointer, or with the keyboard."""
        tokens = self.theme.tokens
        box = option.rect.adjusted(4, 2, -4, -2)
        path = QPainterPath()
        path.addRoundedRect(box, _RADIUS, _RADIUS)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillPath(path, QColor(tokens.accent_soft))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillPath(path, QColor(tokens.raised))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(tokens.accent))
            painter.drawPath(path)

    def paint_empty(
        self, painter: QPainter, frame: QRect, *, broken: bool, ground: str, ink: str
    ) -> None:
        """Paint what stands for a picture that is not there yet, or cannot be read."""
        path = QPainterPath()
        path.addRoundedRect(frame, _RADIUS, _RADIUS)
        painter.fillPath(path, QColor(ground))
        self.paint_icon(painter, frame.center(), "broken" if broken else "photo", ink, 24)

    def paint_line(
        self,
        painter: QPainter,
        box: QRect,
        font: QFont,
        colour: str,
        text: str,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        """One line of text, shortened with an ellipsis where it does not fit."""
        painter.setFont(font)
        painter.setPen(QColor(colour))
        one_line = " ".join(text.split())  # a name may hold line breaks
        elided = QFontMetrics(font).elidedText(one_line, mode, box.width())
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, elided)

    def paint_icon(
        self, painter: QPainter, centre: QPoint, name: str, colour: str, side: int
    ) -> None:
        """An icon by its name, ``side`` logical pixels wide and high."""
        ratio = painter.device().devicePixelRatioF()
        drawn: QPixmap = icons.pixmap(name, colour, side, ratio)
        painter.drawPixmap(centre.x() - side // 2, centre.y() - side // 2, drawn)
