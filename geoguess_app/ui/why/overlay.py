"""The colours of the regions for Qt."""

from __future__ import annotations

from PySide6.QtGui import QColor, QImage, QLinearGradient

from geoguess_app.core.explain.colours import RAMP, colour_regions
from geoguess_app.core.explain.types import ActivationMap

_SIDE = 360


def overlay(regions: ActivationMap) -> QImage:
    """The colours over the whole photo; smooth, 360 pixels long."""
    photo_width, photo_height = regions.photo_shape
    scale = _SIDE / max(photo_width, photo_height)
    width, height = max(2, round(photo_width * scale)), max(2, round(photo_height * scale))
    pixels = colour_regions(regions, width, height).tobytes()
    made = QImage(pixels, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    # Premultiplied, so that scaling mixes no colour of see-through pixels into others; a copy too.
    return made.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied)


def ramp_gradient(width: float) -> QLinearGradient:
    """The same ramp for the legend, left to right."""
    gradient = QLinearGradient(0.0, 0.0, width, 0.0)
    for i, colour in enumerate(RAMP):
        gradient.setColorAt(i / (len(RAMP) - 1), QColor(colour))
    return gradient
