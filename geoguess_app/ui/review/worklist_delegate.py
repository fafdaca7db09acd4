"""Worklist delegate: how a photo of a review looks in the worklist, with a tick where it has GPS of
its own."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QStyleOptionViewItem

from geoguess_app.review.values import State
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.rows import ReviewRow
from geoguess_app.ui.review.worklist_model import ROW_ROLE
from geoguess_app.ui.work.row_delegate import GAP, ICON, MARGIN, THUMBNAIL, RowDelegate

_TICK = 16

ModelIndex = QModelIndex | QPersistentModelIndex


class WorklistDelegate(RowDelegate):
    """A delegate that paints rows of one height; the look is that of the list of Locate."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: ModelIndex) -> QSize:
        return QSize(100, self.row_height(QFontMetrics(option.font)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        row: ReviewRow | None = index.data(ROW_ROLE)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.paint_ground(painter, option)
        self._paint_thumbnail(painter, option.rect, row)
        self._paint_words(painter, option.rect, option.font, row)
        if row.may_replace is not None:
            self._paint_tick(painter, option, ticked=row.may_replace)
        painter.restore()

    def editorEvent(
        self,
        event: QEvent,
        model: object,
        option: QStyleOptionViewItem,
        index: ModelIndex,
    ) -> bool:
        """A click on the tick."""
        row: ReviewRow | None = index.data(ROW_ROLE)
        if not isinstance(event, QMouseEvent) or row is None or row.may_replace is None:
            return False
        kind, left = event.type(), event.button() == Qt.MouseButton.LeftButton
        inside = self.tick_rect(option.rect, option.font).contains(event.position().toPoint())
        if not (left and inside and kind == QEvent.Type.MouseButtonRelease):
            return False
        state = Qt.CheckState.Unchecked if row.may_replace else Qt.CheckState.Checked
        return bool(index.model().setData(index, state.value, Qt.ItemDataRole.CheckStateRole))

    def tick_rect(self, row: QRect, font: QFont) -> QRect:
        """Return where the tick and its word stand in a row."""
        metrics = QFontMetrics(font)
        left = row.left() + MARGIN + THUMBNAIL + GAP + ICON + 6
        top = row.top() + (row.height() - 3 * metrics.height() - 4) // 2 + 2 * metrics.height() + 4
        width = _TICK + 6 + metrics.horizontalAdvance(_tick_words())
        room = row.right() - MARGIN - left
        return QRect(left, top, min(width, room), metrics.height())

    def _paint_thumbnail(self, painter: QPainter, rect: QRect, row: ReviewRow) -> None:
        tokens = self.theme.tokens
        top = rect.top() + (rect.height() - THUMBNAIL) // 2
        frame = QRect(rect.left() + MARGIN, top, THUMBNAIL, THUMBNAIL)
        picture = self.thumbnails.get(row.photo.path)
        if picture is not None:
            if row.state is State.REJECTED:
                painter.setOpacity(0.5)
            painter.drawPixmap(frame, picture)
            painter.setOpacity(1.0)
            return
        broken = self.thumbnails.unreadable(row.photo.path)
        self.paint_empty(painter, frame, broken=broken, ground=tokens.raised, ink=tokens.muted)

    def _paint_words(self, painter: QPainter, rect: QRect, font: QFont, row: ReviewRow) -> None:
        tokens = self.theme.tokens
        left = rect.left() + MARGIN + THUMBNAIL + GAP
        width = rect.right() - MARGIN - left
        metrics = QFontMetrics(font)
        line = metrics.height()
        ticked = row.may_replace is not None
        lines = 3 if row.detail or ticked else 2
        top = rect.top() + (rect.height() - lines * line - 4) // 2
        strong = QFont(font)
        strong.setWeight(QFont.Weight.DemiBold)
        name = QRect(left, top, width, line)
        if row.confidence:
            right = Qt.AlignmentFlag.AlignRight
            self.paint_line(painter, name, font, tokens.muted, row.confidence, side=right)
            name.setRight(name.right() - metrics.horizontalAdvance(row.confidence) - 8)
        self.paint_line(painter, name, strong, tokens.text, row.name, Qt.TextElideMode.ElideMiddle)
        top += line + 2
        failed = row.state is State.FAILED
        colour = tokens.error if failed else tokens.muted if row.quiet else tokens.text
        icon = tokens.error if failed else tokens.muted if row.quiet else tokens.accent
        centre = QRect(left, top + line // 2 - ICON // 2, ICON, ICON).center()
        self.paint_icon(painter, centre, row.icon, icon, ICON)
        words = QRect(left + ICON + 6, top, width - ICON - 6, line)
        headline = row.headline
        if ticked and row.state is State.HAS_GPS:
            headline = f"{headline} · {row.detail}"
        self.paint_line(painter, words, font, colour, _fit(metrics, words, headline, row))
        if ticked:
            return
        words.translate(0, line + 2)
        fits = metrics.horizontalAdvance(row.detail) <= words.width()
        self.paint_line(
            painter, words, font, tokens.muted, row.detail if fits else row.short_detail
        )

    def _paint_tick(self, painter: QPainter, option: QStyleOptionViewItem, *, ticked: bool) -> None:
        box = self.tick_rect(option.rect, option.font)
        tokens = self.theme.tokens
        square = QRectF(box.left() + 0.5, box.center().y() - 6.5, 13, 13)
        painter.setPen(QPen(QColor(tokens.accent if ticked else tokens.muted), 1.2))
        painter.setBrush(QColor(tokens.accent if ticked else tokens.surface))
        painter.drawRoundedRect(square, 3, 3)
        if ticked:
            painter.setPen(QPen(QColor(tokens.on_accent), 1.8))
            corner = square.topLeft()
            steps = [corner + QPointF(x, y) for x, y in ((3, 6.8), (5.6, 9.4), (10.2, 4))]
            painter.drawPolyline(QPolygonF(steps))
        words = box.adjusted(_TICK + 4, 0, 0, 0)
        self.paint_line(painter, words, option.font, self.theme.tokens.muted, _tick_words())


def _tick_words() -> str:
    return tr("replace GPS")


def _fit(metrics: QFontMetrics, box: QRect, text: str, row: ReviewRow) -> str:
    return text if metrics.horizontalAdvance(text) <= box.width() else row.short_headline
