"""How a photo looks in the list: picture, name, state as icon and words."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from geoguess_app.core.types import Level
from geoguess_app.ui.kit import icons
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.locate.photo_model import ROW_ROLE
from geoguess_app.ui.locate.photo_row import PhotoRow, RowState
from geoguess_app.ui.work.pictures import Pictures

THUMBNAIL = 52
"""Side of the small picture in logical pixels."""
_MARGIN = 10
_GAP = 12
_ICON = 15
_RADIUS = 6


class PhotoDelegate(QStyledItemDelegate):
    """Paints rows of one height, so that thousands of them cost nothing to lay out."""

    def __init__(self, theme: Theme, thumbnails: Pictures, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._thumbnails = thumbnails

    def row_height(self, metrics: QFontMetrics) -> int:
        """Of every row, in logical pixels."""
        return max(THUMBNAIL, 3 * metrics.height() + 4) + 2 * _MARGIN

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = index.data(ROW_ROLE)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_ground(painter, option)
        top = option.rect.top() + (option.rect.height() - THUMBNAIL) // 2
        frame = QRect(option.rect.left() + _MARGIN, top, THUMBNAIL, THUMBNAIL)
        self._paint_picture(painter, frame, row)
        left = frame.right() + _GAP
        self._paint_text(
            painter,
            QRect(
                left, option.rect.top(), option.rect.right() - left - _MARGIN, option.rect.height()
            ),
            option.font,
            row,
        )
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        tokens = self._theme.tokens
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

    def _paint_picture(self, painter: QPainter, frame: QRect, row: PhotoRow) -> None:
        tokens = self._theme.tokens
        picture = self._thumbnails.get(row.path)
        if picture is not None:
            painter.drawPixmap(frame, picture)
            return
        broken = row.state is RowState.FAILED or self._thumbnails.unreadable(row.path)
        self._paint_empty(painter, frame, broken=broken, ground=tokens.raised, ink=tokens.muted)

    def _paint_empty(
        self, painter: QPainter, frame: QRect, *, broken: bool, ground: str, ink: str
    ) -> None:
        path = QPainterPath()
        path.addRoundedRect(frame, _RADIUS, _RADIUS)
        painter.fillPath(path, QColor(ground))
        self._paint_icon(painter, frame.center(), "broken" if broken else "photo", ink, 24)

    def _paint_text(self, painter: QPainter, box: QRect, font: QFont, row: PhotoRow) -> None:
        tokens = self._theme.tokens
        strong = QFont(font)
        strong.setWeight(QFont.Weight.DemiBold)
        line = QFontMetrics(font).height()
        lines = 3 if row.detail else 2
        top = box.top() + (box.height() - lines * line - 4) // 2
        failed = row.state is RowState.FAILED
        quiet = row.state in (RowState.WAITING, RowState.STOPPED) or _unsure(row)
        state_colour = tokens.error if failed else tokens.muted if quiet else tokens.text

        name = QRect(box.left(), top, box.width(), line)
        share = row.confidence
        if share:
            self._line(painter, name, font, tokens.muted, share, side=Qt.AlignmentFlag.AlignRight)
            name.setRight(name.right() - QFontMetrics(font).horizontalAdvance(share) - 8)
        middle = Qt.TextElideMode.ElideMiddle
        self._line(painter, name, strong, tokens.text, row.name, middle)
        top += line + 2
        icon_y = top + line // 2
        centre = QRect(box.left(), icon_y - _ICON // 2, _ICON, _ICON).center()
        icon_colour = tokens.error if failed else tokens.muted if quiet else tokens.accent
        self._paint_icon(painter, centre, row.icon, icon_colour, _ICON)
        words = QRect(box.left() + _ICON + 6, top, box.width() - _ICON - 6, line)
        headline = _fitting(font, words.width(), row.headline, row.short_headline)
        self._line(painter, words, font, state_colour, headline)
        top += line + 2
        last = QRect(words.left(), top, words.width(), line)
        detail = _fitting(font, last.width(), row.detail, row.short_detail)
        self._line(painter, last, font, tokens.muted, detail)

    def _line(
        self,
        painter: QPainter,
        box: QRect,
        font: QFont,
        colour: str,
        text: str,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        elided = QFontMetrics(font).elidedText(text, mode, box.width())
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, elided)

    def _paint_icon(
        self, painter: QPainter, centre: QPoint, name: str, colour: str, side: int
    ) -> None:
        ratio = painter.device().devicePixelRatioF()
        drawn: QPixmap = icons.pixmap(name, colour, side, ratio)
        painter.drawPixmap(centre.x() - side // 2, centre.y() - side // 2, drawn)


def _fitting(font: QFont, width: int, text: str, shorter: str) -> str:
    return shorter if QFontMetrics(font).horizontalAdvance(text) > width else text


def _unsure(row: PhotoRow) -> bool:
    outcome = row.outcome
    return outcome is not None and outcome.located.prediction.level is Level.CANNOT_TELL
