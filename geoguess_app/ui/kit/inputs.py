"""Input fields that a mouse wheel passes over: only a field with the focus reacts to it.

A list that is scrolled under the pointer must not change a country, a radius or a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QSpinBox, QWidget

if TYPE_CHECKING:
    _Field = QWidget
else:
    # It must be no widget itself: two classes of Qt cannot be the bases of one.
    _Field = object


class _PassedOver(_Field):
    """Mixin before Qt's class: neither focus nor value comes by the wheel."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # what the field lies on scrolls instead


class ComboBox(_PassedOver, QComboBox):
    """A combo box that the wheel does not change in passing."""


class SpinBox(_PassedOver, QSpinBox):
    """A spin box that the wheel does not change in passing."""


class DoubleSpinBox(_PassedOver, QDoubleSpinBox):
    """A spin box for decimals that the wheel does not change in passing."""


class Slider(_PassedOver, QSlider):
    """A horizontal slider that the wheel does not change in passing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
