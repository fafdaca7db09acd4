"""Two small pictures of a model: where it answers, and how often it is right."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from geoguess_app.core.types import FloatArray
from geoguess_app.evaluation.figures.base_map import base_map
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.library.facts import DISTANCES_KM, AccuracyFigures

_TOP, _BOTTOM = 0.12, 0.80
"""Of the square Mercator world: 76° N to 60° S."""
_MAP = QSize(288, 196)
_SMALL_SHARE = 0.02
"""An area of less than this share of the world's width is ringed: it would be a mere dot."""
_RING_PX = 9.0
_LABEL_PX, _SHARE_PX, _BAR_PX, _LINE_PX = 64, 48, 8, 26


class WorldPicture(QWidget):
    """A small map of the world with the places of a model's cells; knows nothing of files."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.places: FloatArray = np.empty((0, 2))
        self.setFixedSize(_MAP)
        theme.changed.connect(self.update)

    def show_places(self, degrees: FloatArray, name: str) -> None:
        """Draw latitudes and longitudes (n, 2); the whole map hides where there are none."""
        self.places = degrees
        self.setAccessibleName(tr("Area of {model} on a map").format(model=name))
        self.setToolTip(tr("Where the photos that it learned from were taken"))
        self.setVisible(len(degrees) > 0)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.fillPath(frame, QColor(tokens.raised))
        painter.setClipPath(frame)
        land = QColor(tokens.border)
        painter.save()
        painter.scale(self.width(), self.height() / (_BOTTOM - _TOP))
        painter.translate(0.0, -_TOP)
        painter.fillPath(_land(), land)
        painter.restore()
        self._paint_places(painter)

    def _paint_places(self, painter: QPainter) -> None:
        if not len(self.places):
            return
        accent = QColor(self._theme.tokens.accent)
        across, down = _on_map(self.places, self.width(), self.height())
        soft = QColor(accent)
        soft.setAlpha(150)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(soft)
        for x, y in zip(across, down, strict=True):
            painter.drawEllipse(QPointF(x, y), 1.7, 1.7)
        if max(np.ptp(across), np.ptp(down)) < _SMALL_SHARE * self.width():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 2))
            painter.drawEllipse(QPointF(across.mean(), down.mean()), _RING_PX, _RING_PX)


class AccuracyBars(QWidget):
    """A bar for each distance: the share of photos, between floor and ceiling where known."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.figures = AccuracyFigures({}, "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_figures(self, figures: AccuracyFigures) -> None:
        """Draw these; nothing at all where there are none."""
        self.figures = figures
        self.setFixedHeight(_LINE_PX * max(1, len(self._distances())))
        self.setVisible(bool(self._distances()))
        said = ", ".join(
            tr("{share} within {distance}").format(
                share=words.percent(figures.shares[km]), distance=words.threshold(float(km))
            )
            for km in self._distances()
        )
        self.setAccessibleName(said)
        if figures.floor and figures.ceiling:
            self.setToolTip(
                tr(
                    "From the left mark, which a model without knowledge reaches, to the right "
                    "one, which a perfect choice among its cells would reach"
                )
            )
        else:
            self.setToolTip("")
        self.update()

    def _distances(self) -> list[str]:
        return [km for km in DISTANCES_KM if km in self.figures.shares]

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, km in enumerate(self._distances()):
            self._paint_line(painter, QRect(0, number * _LINE_PX, self.width(), _LINE_PX), km)

    def _paint_line(self, painter: QPainter, line: QRect, km: str) -> None:
        tokens, figures = self._theme.tokens, self.figures
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(tokens.muted))
        label = line.adjusted(0, 0, _LABEL_PX - line.width(), 0)
        painter.drawText(label, middle, words.threshold(float(km)))
        share = figures.shares[km]
        painter.setPen(QColor(tokens.text))
        right = line.adjusted(line.width() - _SHARE_PX, 0, 0, 0)
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, words.percent(share))
        wide = line.width() - _LABEL_PX - _SHARE_PX
        bar = QRectF(_LABEL_PX, line.center().y() - _BAR_PX / 2, wide, _BAR_PX)
        _fill(painter, bar, QColor(tokens.raised))
        if share > 0:
            filled = max(share * bar.width(), _BAR_PX)
            _fill(
                painter,
                QRectF(bar.topLeft(), QSize(0, 0)).adjusted(0, 0, filled, _BAR_PX),
                QColor(tokens.accent),
            )
        painter.setPen(QPen(QColor(tokens.text), 2))
        for mark in (figures.floor.get(km), figures.ceiling.get(km)):
            if mark is not None:
                x = bar.left() + mark * bar.width()
                painter.drawLine(QPointF(x, bar.top() - 3), QPointF(x, bar.bottom() + 3))


def _fill(painter: QPainter, bar: QRectF, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(bar, _BAR_PX / 2, _BAR_PX / 2)


@lru_cache(maxsize=1)
def _land() -> QPainterPath:
    """Land in the unit square of the Mercator world."""
    found = base_map()
    path = QPainterPath()
    for ring in found["land"]:
        points = np.cumsum(np.array(ring).reshape(-1, 2), axis=0) / found["grid"]
        path.moveTo(QPointF(*points[0]))
        for point in points[1:]:
            path.lineTo(QPointF(*point))
        path.closeSubpath()
    return path


def _on_map(degrees: FloatArray, width: int, height: int) -> tuple[FloatArray, FloatArray]:
    latitude = np.radians(np.clip(degrees[:, 0], -85.0, 85.0))
    mercator = np.log(np.tan(math.pi / 4 + latitude / 2)) / (2 * math.pi)
    down = (0.5 - mercator - _TOP) / (_BOTTOM - _TOP) * height
    return (degrees[:, 1] / 360.0 + 0.5) * width, down
