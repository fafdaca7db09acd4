"""Frames around parts of a photo, drawn over a picture of any size."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

_UNDER, _OVER = QColor(0, 0, 0, 150), QColor("#ffd54a")
"""Yellow on a dark line is seen on any photo, in either theme."""

Frame = Sequence[tuple[float, float]]
"""Corners as shares of the photo's width and height."""


def paint_frames(
    painter: QPainter, box: QRectF, frames: Sequence[Frame], pointed: int | None
) -> None:
    """Draw each frame where the photo fills ``box``; the one that is pointed at stands out."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for number, frame in enumerate(frames):
        ring = QPolygonF(
            [QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in frame]
        )
        width = 3.0 if number == pointed else 1.5
        painter.setBrush(QColor(255, 213, 74, 70) if number == pointed else Qt.BrushStyle.NoBrush)
        for colour, pen_px in ((_UNDER, width + 2.0), (_OVER, width)):
            painter.setPen(QPen(colour, pen_px))
            painter.drawPolygon(ring)
            painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.restore()
