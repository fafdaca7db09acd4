"""Share of answers within each distance, as bars with floor and ceiling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from geoguess_app.core.format import threshold
from geoguess_app.ui.accuracy import wording
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.evaluation.accuracy.part import PartFigures

_BAR_PX = 6
_GAP_PX = 6
_MARK_PX = 5
"""How far a mark reaches beyond the bar on both sides."""


class ShareBars(QWidget):
    """One line a distance; everything in it is in the tooltip and the accessible text, too."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._figures: PartFigures | None = None
        self.setObjectName("accuracyShares")
        self.setAccessibleName(tr("Share of answers within each distance"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_figures(self, figures: PartFigures | None) -> None:
        """Draw a bar for each of these shares."""
        self._figures = figures
        self.setAccessibleDescription("\n".join(self.lines()))
        self.updateGeometry()
        self.update()

    def lines(self) -> list[str]:
        """All of it in words, one text a distance."""
        if self._figures is None:
            return []
        return [wording.share_help(km, self._figures) for km in self._figures.summary.accuracy]

    def sizeHint(self) -> QSize:
        return QSize(220, len(self.lines()) * self._row_px())

    def minimumSizeHint(self) -> QSize:
        return QSize(140, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            row = event.pos().y() // self._row_px()
            lines = self.lines()
            if 0 <= row < len(lines):
                QToolTip.showText(event.globalPos(), lines[row], self)
                return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._figures is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = self.fontMetrics().horizontalAdvance
        names = max(wide(threshold(km)) for km in self._figures.summary.accuracy) + 10
        values = wide(">99%") + 8
        for row, (km, share) in enumerate(self._figures.summary.accuracy.items()):
            line = QRectF(0, row * self._row_px(), self.width(), self._row_px())
            self._paint_text(painter, line, threshold(km), wording.percent(share.value))
            bar = QRectF(
                names, line.center().y() - _BAR_PX / 2, self.width() - names - values, _BAR_PX
            )
            self._paint_bar(painter, bar, share.value)
            floor, ceiling = self._figures.floor, self._figures.ceiling
            self._paint_mark(painter, bar, floor[km] if floor else math.nan, dotted=True)
            self._paint_mark(painter, bar, ceiling[km] if ceiling else math.nan, dotted=False)

    def _paint_text(self, painter: QPainter, line: QRectF, name: str, value: str) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(self._theme.tokens.muted))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | middle, name)
        painter.setPen(QColor(self._theme.tokens.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | middle, value)

    def _paint_bar(self, painter: QPainter, bar: QRectF, share: float) -> None:
        tokens = self._theme.tokens
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(bar, _BAR_PX / 2, _BAR_PX / 2)
        if share > 0.002:
            filled = QRectF(bar)
            filled.setWidth(max(_BAR_PX, bar.width() * min(share, 1.0)))
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(filled, _BAR_PX / 2, _BAR_PX / 2)

    def _paint_mark(self, painter: QPainter, bar: QRectF, share: float, *, dotted: bool) -> None:
        if math.isnan(share):
            return
        pen = QPen(QColor(self._theme.tokens.text), 1.5)
        if dotted:
            pen.setDashPattern([1.2, 1.4])
        painter.setPen(pen)
        x = bar.left() + share * bar.width()
        painter.drawLine(QPointF(x, bar.top() - _MARK_PX), QPointF(x, bar.bottom() + _MARK_PX))

    def _row_px(self) -> int:
        return max(self.fontMetrics().height(), _BAR_PX + 2 * _MARK_PX) + _GAP_PX
