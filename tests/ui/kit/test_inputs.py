"""The wheel changes no input field in passing, and every input field is of that kind."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

import geoguess_app.ui
from geoguess_app.ui.kit.inputs import ComboBox, DoubleSpinBox, Slider, SpinBox

PLAIN = {
    "QComboBox",
    "QFontComboBox",
    "QSpinBox",
    "QDoubleSpinBox",
    "QSlider",
    "QDial",
    "QDateEdit",
    "QTimeEdit",
    "QDateTimeEdit",
}


def combo_box() -> ComboBox:
    field = ComboBox()
    field.addItems(["Everywhere", "Afghanistan", "Albania"])
    return field


def value(field: QWidget) -> object:
    return field.currentIndex() if isinstance(field, ComboBox) else field.value()  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", [combo_box, SpinBox, DoubleSpinBox, Slider])
def test_the_wheel_is_the_panels_and_changes_a_field_only_with_the_focus(
    qtbot: QtBot, make: type[QWidget]
) -> None:
    field = make()
    body = QWidget()
    box = QVBoxLayout(body)
    box.addWidget(field)
    box.addSpacing(4000)
    panel = QScrollArea()
    panel.setWidget(body)
    panel.resize(300, 200)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.setFocus()

    def turn() -> bool:
        """Turn the wheel over the field; whether it took the event (else the panel gets it)."""
        middle = QPointF(field.rect().center())
        delta = QPoint(0, 120 if isinstance(field, SpinBox | DoubleSpinBox | Slider) else -120)
        event = QWheelEvent(
            middle,
            field.mapToGlobal(middle),
            QPoint(),
            delta,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(field, event)
        return event.isAccepted()

    before = value(field)
    assert not turn()
    assert value(field) == before
    panel.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    assert turn()
    assert value(field) != before


def test_no_part_of_the_window_makes_an_input_field_of_another_kind() -> None:
    root = Path(geoguess_app.ui.__file__).parent
    made = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLAIN
    ]
    assert not made
