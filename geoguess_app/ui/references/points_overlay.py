"""Matching points drawn over two photos that lie side by side."""

from __future__ import annotations

from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.work.photo_viewer import PhotoViewer

_MOST_LINES = 60
"""More lines than this hide what they join; the points are all drawn."""
_RADIUS = 3.0
_HUES = 7


class PointsShown(Enum):
    """The ways of drawing matching points."""

    LINES = "lines"
    DOTS = "dots"
    NONE = "none"


class PointsOverlay(QWidget):
    """A layer over two viewers that joins each point of the left photo to its match on the right.

    A pair has one colour on both sides; what is zoomed out of sight is not drawn.
    """

    def __init__(self, sides: tuple[PhotoViewer, PhotoViewer], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._sides, self._area = sides, parent
        self._points = (np.zeros((0, 2)), np.zeros((0, 2)))
        self.shown = PointsShown.LINES
        for side in sides:
            side.looked.connect(self.update)

    def show_points(self, left: np.ndarray, right: np.ndarray) -> None:
        """Draw these pairs (k, 2), (k, 2), as shares of each photo's width and height."""
        self._points = (left, right)
        self.update()

    def draw_as(self, shown: PointsShown) -> None:
        """Draw points with lines between them, points alone, or nothing."""
        self.shown = shown
        self.update()

    def pairs_in_sight(self) -> list[tuple[QPointF, QPointF]]:
        """The pairs whose points are both to be seen, in this widget's pixels."""
        placed = [self._placed(*pair) for pair in zip(self._sides, self._points, strict=True)]
        return [
            (one, other)
            for one, other in zip(*placed, strict=True)
            if one is not None and other is not None
        ]

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.shown is PointsShown.NONE:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pairs = self.pairs_in_sight()
        step = max(1, -(-len(pairs) // _MOST_LINES))
        for number, (one, other) in enumerate(pairs):
            colour = QColor.fromHsvF((number % _HUES) / _HUES, 0.55, 1.0)
            if self.shown is PointsShown.LINES and number % step == 0:
                line = QColor(colour)
                line.setAlpha(150)
                painter.setPen(QPen(line, 1.2))
                painter.drawLine(one, other)
            painter.setPen(QPen(QColor(12, 15, 19), 1.0))
            painter.setBrush(colour)
            painter.drawEllipse(one, _RADIUS, _RADIUS)
            painter.drawEllipse(other, _RADIUS, _RADIUS)

    def _placed(self, side: PhotoViewer, points: np.ndarray) -> list[QPointF | None]:
        frame = side.frame_of_photo()
        if frame is None:
            return [None] * len(points)
        corner = side.mapTo(self._area, side.rect().topLeft())
        seen = side.rect().toRectF()
        placed: list[QPointF | None] = []
        for x, y in points.tolist():
            spot = QPointF(frame.x() + x * frame.width(), frame.y() + y * frame.height())
            placed.append(spot + corner.toPointF() if seen.contains(spot) else None)
        return placed
