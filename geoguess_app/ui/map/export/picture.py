"""The map as a picture, at the screen's own resolution, with its title above."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.kit.palettes import Tokens
from geoguess_app.ui.map.export.snapshot import Caption

_EDGE_PX = 14
_GAP_PX = 3
_TITLE_SIZE = 1.25
_WRAP = Qt.TextFlag.TextWordWrap


def picture(view: QWidget, caption: Caption, tokens: Tokens) -> QPixmap:
    """Return what a map widget shows now, under a band with the caption."""
    shown = view.grab()
    ratio = shown.devicePixelRatio()
    width = shown.width() / ratio
    title = QFont(view.font())
    title.setPointSizeF(_TITLE_SIZE * view.font().pointSizeF())
    title.setWeight(QFont.Weight.DemiBold)
    texts = ((caption.title, title, tokens.text), (caption.note, view.font(), tokens.muted))
    band = round(
        2 * _EDGE_PX + sum(_height(text, font, width) + _GAP_PX for text, font, _ in texts)
    )
    drawn = QPixmap(shown.width(), shown.height() + round(band * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(QColor(tokens.surface))
    painter = QPainter(drawn)
    y = float(_EDGE_PX)
    for text, font, colour in texts:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        height = _height(text, font, width)
        painter.drawText(QRectF(_EDGE_PX, y, width - 2 * _EDGE_PX, height), _WRAP, text)
        y += height + _GAP_PX
    painter.drawPixmap(0, band, shown)
    painter.end()
    return drawn


def png(drawn: QPixmap) -> bytes:
    """The picture as a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    drawn.save(buffer, "PNG")
    return bytes(buffer.data().data())


def _height(text: str, font: QFont, width: float) -> float:
    room = QRectF(0, 0, width - 2 * _EDGE_PX, 1e4)
    return QFontMetricsF(font).boundingRect(room, _WRAP, text).height()
