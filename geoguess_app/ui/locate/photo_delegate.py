"""Photo delegate: how a photo looks in the list: picture, name, state as icon and words."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from geoguess_app.core.types import Level
from geoguess_app.ui.locate.photo_model import ROW_ROLE
from geoguess_app.ui.locate.photo_row import PhotoRow, RowState
from geoguess_app.ui.work.row_delegate import GAP, ICON, MARGIN, THUMBNAIL, RowDelegate

_BADGE = 18
"""Side of the mark of photos with GPS, in logical pixels."""


class PhotoDelegate(RowDelegate):
    """A delegate that paints rows of one height, so that thousands of them cost nothing to lay
    out."""

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
        self.paint_ground(painter, option)
        top = option.rect.top() + (option.rect.height() - THUMBNAIL) // 2
        frame = QRect(option.rect.left() + MARGIN, top, THUMBNAIL, THUMBNAIL)
        self._paint_picture(painter, frame, row)
        left = frame.right() + GAP
        self._paint_text(
            painter,
            QRect(
                left, option.rect.top(), option.rect.right() - left - MARGIN, option.rect.height()
            ),
            option.font,
            row,
        )
        painter.restore()

    def _paint_picture(self, painter: QPainter, frame: QRect, row: PhotoRow) -> None:
        tokens = self.theme.tokens
        picture = self.thumbnails.get(row.path)
        if picture is not None:
            painter.drawPixmap(frame, picture)
            if row.has_gps:
                self._paint_gps(painter, frame)
            return
        broken = row.state is RowState.FAILED or self.thumbnails.unreadable(row.path)
        self.paint_empty(painter, frame, broken=broken, ground=tokens.raised, ink=tokens.muted)

    def _paint_gps(self, painter: QPainter, frame: QRect) -> None:
        """The mark of a photo that has a position of its own."""
        tokens = self.theme.tokens
        badge = QRect(frame.right() - _BADGE + 3, frame.bottom() - _BADGE + 3, _BADGE, _BADGE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.surface))
        painter.drawEllipse(badge)
        self.paint_icon(painter, badge.center(), "review-gps", tokens.text, _BADGE - 4)

    def _paint_text(self, painter: QPainter, box: QRect, font: QFont, row: PhotoRow) -> None:
        tokens = self.theme.tokens
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
            self.paint_line(
                painter, name, font, tokens.muted, share, side=Qt.AlignmentFlag.AlignRight
            )
            name.setRight(name.right() - QFontMetrics(font).horizontalAdvance(share) - 8)
        middle = Qt.TextElideMode.ElideMiddle
        self.paint_line(painter, name, strong, tokens.text, row.name, middle)
        top += line + 2
        icon_y = top + line // 2
        centre = QRect(box.left(), icon_y - ICON // 2, ICON, ICON).center()
        icon_colour = tokens.error if failed else tokens.muted if quiet else tokens.accent
        self.paint_icon(painter, centre, row.icon, icon_colour, ICON)
        words = QRect(box.left() + ICON + 6, top, box.width() - ICON - 6, line)
        headline = _fit(font, words.width(), row.headline, row.short_headline)
        self.paint_line(painter, words, font, state_colour, headline)
        top += line + 2
        last = QRect(words.left(), top, words.width(), line)
        detail = _fit(font, last.width(), row.detail, row.short_detail)
        self.paint_line(painter, last, font, tokens.muted, detail)


def _fit(font: QFont, width: int, text: str, shorter: str) -> str:
    return shorter if QFontMetrics(font).horizontalAdvance(text) > width else text


def _unsure(row: PhotoRow) -> bool:
    outcome = row.outcome
    return outcome is not None and outcome.located.prediction.level is Level.CANNOT_TELL
