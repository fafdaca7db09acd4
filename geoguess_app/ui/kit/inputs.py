"""Input fields that a mouse wheel passes over: only a field with the focus reacts to it.

A list that is scrolled under the pointer must not change a country, a radius or a model.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QSpinBox, QWidget


def _passes_over(field: QWidget, event: QWheelEvent) -> bool:
    """Whether the wheel only passes over a field: then what the field lies on scrolls instead."""
    if not field.hasFocus():
        event.ignore()
        return True
    return False


class ComboBox(QComboBox):
    """A combo box that the wheel does not change in passing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not _passes_over(self, event):
            super().wheelEvent(event)


class SpinBox(QSpinBox):
    """A spin box that the wheel does not change in passing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not _passes_over(self, event):
            super().wheelEvent(event)


class DoubleSpinBox(QDoubleSpinBox):
    """A spin box for decimals that the wheel does not change in passing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not _passes_over(self, event):
            super().wheelEvent(event)


class Slider(QSlider):
    """A horizontal slider that the wheel does not change in passing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not _passes_over(self, event):
            super().wheelEvent(event)
