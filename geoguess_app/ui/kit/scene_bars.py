"""Scene labels with bars, at one granularity."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.theme import Theme

_BAR = 5
_LINE_GAP = 3
_ROW_GAP = 8


class SceneBars(QWidget):
    """Rows of label, percentage and bar; the same is its accessible text."""

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: list[tuple[str, float]] = []
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_rows(self, rows: Sequence[tuple[str, float]]) -> None:
        """Labels with their probabilities, likeliest first."""
        self._rows = list(rows)
        spoken = ", ".join(f"{label} {words.percent(share)}" for label, share in rows)
        self.setAccessibleDescription(spoken)
        self.setToolTip(spoken)
        self.updateGeometry()
        self.update()

    def rows(self) -> list[tuple[str, float]]:
        """Return what is shown."""
        return list(self._rows)

    def sizeHint(self) -> QSize:
        return QSize(200, len(self._rows) * self._row_height() - _ROW_GAP if self._rows else 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens, metrics = self._theme.tokens, self.fontMetrics()
        for i, (label, share) in enumerate(self._rows):
            top = i * self._row_height()
            amount = words.percent(share)
            room = self.width() - metrics.horizontalAdvance(amount) - 10
            line = QRectF(0, top, self.width(), metrics.height())
            painter.setPen(QColor(tokens.text))
            painter.drawText(
                line,
                Qt.AlignmentFlag.AlignLeft,
                metrics.elidedText(label, Qt.TextElideMode.ElideRight, room),
            )
            painter.setPen(QColor(tokens.muted))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, amount)
            bar = QRectF(0, line.bottom() + _LINE_GAP, self.width(), _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
            if share > 0.002:
                bar.setWidth(max(_BAR, bar.width() * min(share, 1.0)))
                painter.setBrush(QColor(tokens.accent))
                painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)

    def _row_height(self) -> int:
        return self.fontMetrics().height() + _LINE_GAP + _BAR + _ROW_GAP
