"""Input fields as the whole window has them.

Only a field with the focus reacts to the mouse wheel: a list that is scrolled under the pointer
must not change a country, a radius or a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from geoguess_app.ui.kit.words import tr

_TEXT_MARGIN_PX = 4

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
    """A combo box that the wheel does not change in passing; a long text ends in an ellipsis."""

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.isEditable():
            super().paintEvent(event)
            return
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        style, part = self.style(), QStyle.SubControl.SC_ComboBoxEditField
        room = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
        elided = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room.width() - _TEXT_MARGIN_PX
        )
        option.currentText = elided
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class SpinBox(_PassedOver, QSpinBox):
    """A spin box that the wheel does not change in passing."""


class DoubleSpinBox(_PassedOver, QDoubleSpinBox):
    """A spin box for decimals that the wheel does not change in passing."""


class Slider(_PassedOver, QSlider):
    """A horizontal slider that the wheel does not change in passing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)


def add_clear_button(field: QLineEdit) -> None:
    """Give a line of text a button that empties it, with a name for screen readers."""
    field.setClearButtonEnabled(True)
    for button in field.findChildren(QToolButton):
        button.setAccessibleName(tr("Clear"))
