"""Regions as colours to lay over the photo: blue where it is silent, yellow where it speaks.

A ramp from dark blue to yellow, rising evenly in lightness, that people with any kind of colour
blindness can read (after Nuñez, Anderton and Renslow's cividis, PLoS ONE 2018, in a few steps).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QImage, QLinearGradient

from geoguess_app.core.activation_types import ActivationMap

RAMP = ("#04224d", "#35456c", "#666970", "#948e77", "#c8b866", "#fee737")
"""Silent → loudest."""
_SIDE = 360
_OPAQUE_SILENT, _OPAQUE_LOUD = 0.78, 0.5
"""How much the colour covers the photo: strong regions stay recognisable."""
_UNSEEN = (128, 128, 128, 215)


def overlay(regions: ActivationMap) -> QImage:
    """The colours over the whole photo, premultiplied; smooth, at most 360 pixels long."""
    width, height = _size(regions)
    values = np.maximum(regions.smooth(width, height), 0.0)
    loudest = float(regions.values.max(initial=0.0))
    share = values / loudest if regions.speaks else np.zeros_like(values)
    pixels = _coloured(np.clip(share, 0.0, 1.0))
    pixels[~regions.seen_at(width, height)] = _premultiplied(np.array([_UNSEEN], np.float64))[0]
    return QImage(
        pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied
    ).copy()


def ramp_gradient(width: float) -> QLinearGradient:
    """The same ramp for the legend, left to right."""
    gradient = QLinearGradient(0.0, 0.0, width, 0.0)
    for i, colour in enumerate(RAMP):
        gradient.setColorAt(i / (len(RAMP) - 1), QColor(colour))
    return gradient


def _size(regions: ActivationMap) -> tuple[int, int]:
    width, height = regions.photo_shape
    scale = _SIDE / max(width, height)
    return max(2, round(width * scale)), max(2, round(height * scale))


def _coloured(share: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    stops = [QColor(name) for name in RAMP]
    at = np.linspace(0.0, 1.0, len(RAMP))
    channels = ([c.red() for c in stops], [c.green() for c in stops], [c.blue() for c in stops])
    colours = [np.interp(share, at, channel) for channel in channels]
    opacity = 255.0 * (_OPAQUE_SILENT + (_OPAQUE_LOUD - _OPAQUE_SILENT) * share)
    return _premultiplied(np.stack([*colours, opacity], axis=-1))


def _premultiplied(rgba: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    mixed = rgba.copy()
    mixed[..., :3] *= rgba[..., 3:] / 255.0
    return np.asarray(np.rint(mixed), np.uint8)
