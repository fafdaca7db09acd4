"""A small line chart that draws itself: a few curves with their names at their ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from geoguess_app.ui.kit.palettes import Tokens
from geoguess_app.ui.kit.theme import Theme

_HEIGHT = 176
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 8, 22
_MOST_TICKS = 4
_GAP = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, y) in the order of x; a quiet curve is dashed and grey."""

    name: str
    points: Sequence[tuple[float, float]]
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    start: float
    length: float

    def at(self, value: float) -> float:
        return self.start + self.length * (value - self.low) / (self.high - self.low)


class CurveChart(QWidget):
    """A chart that shows curves over a common x; the accessible text says where each of them
    stands."""

    def __init__(self, theme: Theme, x_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._x_name = theme, x_name
        self._curves: list[Curve] = []
        self._most = math.inf
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_curves(self, name: str, curves: Sequence[Curve], *, most: float = math.inf) -> None:
        """Draw these; ``name`` says what is drawn to who cannot see it. What lies above ``most`` is
        cut off, so that a wild beginning does not flatten the rest."""
        self._most = most
        self._curves = [curve for curve in curves if curve.points]
        self.setAccessibleName(name)
        last = ", ".join(f"{curve.name} {_short(curve.points[-1][1])}" for curve in self._curves)
        self.setAccessibleDescription(last)
        self.setToolTip(f"{name}: {last}" if last else name)
        self.update()

    def curves(self) -> list[Curve]:
        """Return what is shown."""
        return list(self._curves)

    def sizeHint(self) -> QSize:
        return QSize(260, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._curves:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.88)
        painter.setFont(font)
        x, y = self._scales(painter)
        self._paint_axes(painter, x, y)
        colours = _colours(self._theme.tokens)
        loud = iter(range(len(self._curves)))
        numbered = [(curve, -1 if curve.quiet else next(loud)) for curve in self._curves]
        for curve, number in numbered:
            self._paint_curve(painter, curve, colours[number % len(colours)], x, y)
        self._paint_names(painter, numbered, colours, y)

    def _scales(self, painter: QPainter) -> tuple[_Scale, _Scale]:
        xs = [x for curve in self._curves for x, _ in curve.points]
        ys = [y for curve in self._curves for _, y in curve.points]
        low, high = min(ys), min(max(ys), max(self._most, min(ys)))
        low = 0.0 if 0 <= low < 0.6 * high else low
        if high <= low:
            # One value: it stands in the middle.
            low, high = (0.0, 2.0 * high) if high > 0 else (low - 1.0, high + 1.0)
        room = self._names_width(painter)
        across = self.width() - _LEFT - _RIGHT - room
        first, last = min(xs), max(xs)
        first = 0.0 if first >= 0 else first
        x = _Scale(first, last if last > first else first + 1.0, _LEFT, max(40.0, across))
        down = self.height() - _TOP - _BOTTOM
        return x, _Scale(low, high + 0.05 * (high - low), _TOP + down, -down)

    def _names_width(self, painter: QPainter) -> float:
        widest = max(painter.fontMetrics().horizontalAdvance(curve.name) for curve in self._curves)
        return float(min(widest + 8, self.width() * 0.42))

    def _paint_axes(self, painter: QPainter, x: _Scale, y: _Scale) -> None:
        tokens, metrics = self._theme.tokens, painter.fontMetrics()
        for value in ticks(y.low, y.high, _MOST_TICKS):
            line = round(y.at(value)) + 0.5
            painter.setPen(QPen(QColor(tokens.border), 1))
            painter.drawLine(QPointF(x.start, line), QPointF(x.start + x.length, line))
            painter.setPen(QColor(tokens.muted))
            box = QRectF(0, line - metrics.height() / 2, _LEFT - 6, metrics.height())
            painter.drawText(
                box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _short(value)
            )
        painter.setPen(QColor(tokens.muted))
        below = QRectF(x.start, self.height() - _BOTTOM + 4, x.length, _BOTTOM - 4)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{_short(x.high)} {self._x_name}")

    def _paint_curve(
        self, painter: QPainter, curve: Curve, colour: str, x: _Scale, y: _Scale
    ) -> None:
        pen = QPen(QColor(self._theme.tokens.muted if curve.quiet else colour), 1.6)
        if curve.quiet:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        points = [QPointF(x.at(px), y.at(py)) for px, py in curve.points]
        painter.save()
        painter.setClipRect(QRectF(0, _TOP - 4, self.width(), self.height() - _TOP))
        painter.drawPolyline(QPolygonF(points))
        if not curve.quiet and len(points) <= 30:
            painter.setBrush(QColor(colour))
            for point in points:
                painter.drawEllipse(point, 2.4, 2.4)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.restore()

    def _paint_names(
        self,
        painter: QPainter,
        numbered: Sequence[tuple[Curve, int]],
        colours: Sequence[str],
        y: _Scale,
    ) -> None:
        """Beside the ends of the curves, moved apart where they would lie over one another."""
        metrics = painter.fontMetrics()
        tall = float(metrics.height())
        room = self._names_width(painter)
        left = self.width() - _RIGHT - room + _GAP
        order = sorted(numbered, key=lambda pair: y.at(pair[0].points[-1][1]))
        top = -math.inf
        tops = []
        for curve, _ in order:
            top = max(top + tall, y.at(curve.points[-1][1]) - tall / 2, 0.0)
            tops.append(top)
        over = tops[-1] + tall - (self.height() - _BOTTOM)
        for place in range(len(tops) - 1, -1, -1):
            limit = tops[place + 1] - tall if place + 1 < len(tops) else tops[place] - max(over, 0)
            tops[place] = max(0.0, min(tops[place], limit))
        for (curve, number), above in zip(order, tops, strict=True):
            colour = self._theme.tokens.muted if curve.quiet else colours[number % len(colours)]
            painter.setPen(QColor(colour))
            name = metrics.elidedText(curve.name, Qt.TextElideMode.ElideRight, int(room - _GAP))
            painter.drawText(QRectF(left, above, room, tall), Qt.AlignmentFlag.AlignLeft, name)


def _colours(tokens: Tokens) -> tuple[str, ...]:
    return (tokens.accent, tokens.warning, tokens.error, tokens.text)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two values, at most so many."""
    if not high > low:
        return [low]
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    for factor in (1, 2, 5, 10, 20):
        if (high - low) / (step * factor) <= most:
            step *= factor
            break
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _short(value: float) -> str:
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100 or (size >= 1 and value == round(value)):
        return f"{value:,.0f}"
    return f"{value:.3g}"
