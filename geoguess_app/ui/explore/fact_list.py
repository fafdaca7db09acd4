"""Names and values below each other; a value may have a button that copies it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.kit.copy_button import CopyButton
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.words import tr

_AIR = 4
"""Pixels over and under a line."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name, its value, and what is copied: a text, or a coordinate in any form."""

    name: str
    value: str
    copies: str | Coordinate | None = None


class FactList(QWidget):
    """Half a dozen rows; their widgets stay as long as the next facts have the same names."""

    copied = Signal(str)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self.facts: tuple[Fact, ...] = ()
        self.form = ""
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._rows = QWidget()
        self._values: list[QLabel] = []
        self._buttons: dict[int, QToolButton] = {}
        self._box.addWidget(self._rows)

    def show_facts(self, facts: tuple[Fact, ...]) -> None:
        """Replace the facts in the list."""
        alike = _shape(facts) == _shape(self.facts)
        self.facts = facts
        if not alike:
            self._make_rows()
        for fact, value in zip(facts, self._values, strict=True):
            value.setText(fact.value)
        for row, button in self._buttons.items():
            copies = facts[row].copies
            if isinstance(button, CopyButton) and isinstance(copies, Coordinate):
                button.form = self.form or button.form
                button.set_coordinate(copies)

    def _make_rows(self) -> None:
        self._rows.hide()
        self._rows.deleteLater()
        self._rows = QWidget()
        self._box.addWidget(self._rows)
        grid = QGridLayout(self._rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        self._values, self._buttons = [], {}
        for row, fact in enumerate(self.facts):
            name, value = QLabel(fact.name), QLabel()
            name.setProperty("role", "muted")
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._values.append(value)
            for column, label in enumerate((name, value)):
                label.setContentsMargins(0, _AIR, 0, _AIR)
                grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignTop)
            if fact.copies is not None:
                self._buttons[row] = self._button(row, fact)
                grid.addWidget(self._buttons[row], row, 2, Qt.AlignmentFlag.AlignLeft)

    def _button(self, row: int, fact: Fact) -> QToolButton:
        button: QToolButton
        if isinstance(fact.copies, Coordinate):
            button = CopyButton()
            button.copied.connect(self.copied)
            button.setToolTip(tr("Copy coordinates"))
        else:
            button = QToolButton()
            button.clicked.connect(lambda _checked=False: self._copy(row))
            button.setToolTip(tr("Copy"))
        button.setText("")
        button.setFixedHeight(self.fontMetrics().height() + 2 * _AIR + 2)
        button.setAccessibleName(tr("Copy: {name}").format(name=fact.name))
        self._icons.bind(button, "copy")
        return button

    def _copy(self, row: int) -> None:
        text = str(self.facts[row].copies)
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(text)


def _shape(facts: tuple[Fact, ...]) -> list[tuple[str, type]]:
    return [(fact.name, type(fact.copies)) for fact in facts]
