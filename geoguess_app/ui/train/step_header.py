"""The head of one step in the list: its number, what it is, how it stands."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from geoguess_app.ui.kit.theme import Theme

_CIRCLE = 24
_TEXT_LEFT = 36


class StepState(StrEnum):
    """The state of a step."""

    AHEAD = "ahead"
    CURRENT = "current"
    DONE = "done"


class StepHeader(QAbstractButton):
    """A click goes back to a step that is done."""

    def __init__(
        self, number: int, title: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._number, self._theme = number, theme
        self._state, self._summary = StepState.AHEAD, ""
        self.setText(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        self.show_state(StepState.AHEAD)

    @property
    def state(self) -> StepState:
        """Return how the step stands."""
        return self._state

    @property
    def summary(self) -> str:
        """Return what became of it."""
        return self._summary

    def show_state(self, state: StepState, summary: str = "") -> None:
        """Ahead, current or done, with a few words on what became of it."""
        self._state, self._summary = state, summary
        self.setEnabled(state is not StepState.AHEAD)
        usable = state is StepState.DONE
        policy = Qt.FocusPolicy.TabFocus if usable else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(policy)
        self.setCursor(Qt.CursorShape.PointingHandCursor if usable else Qt.CursorShape.ArrowCursor)
        spoken = f"{self._number}. {self.text()}, {state}"
        self.setAccessibleName(f"{spoken}: {summary}" if summary else spoken)
        self.setToolTip(summary)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        lines = 2 if self._summary else 1
        return QSize(180, max(_CIRCLE, lines * self.fontMetrics().height()) + 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_circle(painter)
        self._paint_text(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.tokens.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_circle(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        circle = QRectF(2, 4, _CIRCLE, _CIRCLE)
        ground = {
            StepState.CURRENT: tokens.accent,
            StepState.DONE: tokens.accent_soft,
            StepState.AHEAD: tokens.raised,
        }[self._state]
        ink = {
            StepState.CURRENT: tokens.on_accent,
            StepState.DONE: tokens.accent,
            StepState.AHEAD: tokens.muted,
        }[self._state]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawEllipse(circle)
        if self._state is StepState.DONE:
            pen = QPen(QColor(ink), 2)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            x, y = circle.center().x(), circle.center().y()
            painter.drawLine(QPointF(x - 5, y), QPointF(x - 1.5, y + 4))
            painter.drawLine(QPointF(x - 1.5, y + 4), QPointF(x + 5.5, y - 4))
            return
        painter.setPen(QColor(ink))
        painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(self._number))

    def _paint_text(self, painter: QPainter) -> None:
        tokens, metrics = self._theme.tokens, self.fontMetrics()
        room = self.width() - _TEXT_LEFT - 4
        font = painter.font()
        font.setBold(self._state is StepState.CURRENT)
        painter.setFont(font)
        ahead = self._state is StepState.AHEAD
        painter.setPen(QColor(tokens.muted if ahead else tokens.text))
        one = 4 + (_CIRCLE - metrics.height()) / 2
        top = one if not self._summary else 3
        title = QRectF(_TEXT_LEFT, top, room, metrics.height())
        painter.drawText(title, Qt.AlignmentFlag.AlignLeft, self.text())
        if self._summary:
            font.setBold(False)
            painter.setFont(font)
            painter.setPen(QColor(tokens.muted))
            below = title.translated(0, metrics.height())
            text = metrics.elidedText(self._summary, Qt.TextElideMode.ElideMiddle, int(room))
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, text)
