"""Names and values below each other; a value may have a button that copies it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.copy_button import CopyButton
from geoguess_app.ui.icons import Icons
from geoguess_app.ui.words import tr

_AIR = 4
"""Pixels over and under a line."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name, its value, and what is copied: a text, or a coordinate in any form."""

    name: str
    value: str
    copies: str | Coordinate | None = None


class FactList(QWidget):
    """Made anew for each cell: there are half a dozen rows."""

    copied = Signal(str)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self.facts: tuple[Fact, ...] = ()
        self.form = ""
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._rows = QWidget()
        self._box.addWidget(self._rows)

    def show_facts(self, facts: tuple[Fact, ...]) -> None:
        """Show these instead."""
        if facts == self.facts:
            return
        self.facts = facts
        self._rows.hide()
        self._rows.deleteLater()
        self._rows = QWidget()
        self._box.addWidget(self._rows)
        grid = QGridLayout(self._rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        for row, fact in enumerate(facts):
            name = QLabel(fact.name)
            name.setProperty("role", "muted")
            value = QLabel(fact.value)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for label in (name, value):
                label.setContentsMargins(0, _AIR, 0, _AIR)
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1, Qt.AlignmentFlag.AlignTop)
            if fact.copies is not None:
                grid.addWidget(self._button(fact), row, 2, Qt.AlignmentFlag.AlignLeft)

    def _button(self, fact: Fact) -> QToolButton:
        button = QToolButton()
        if isinstance(fact.copies, Coordinate):
            button = self._coordinate_button(fact.copies)
        else:
            button.clicked.connect(lambda _checked=False: self._copy(str(fact.copies)))
            button.setToolTip(tr("Copy"))
        button.setText("")
        button.setFixedHeight(self.fontMetrics().height() + 2 * _AIR + 2)
        button.setAccessibleName(tr("Copy: {name}").format(name=fact.name))
        self._icons.bind(button, "copy")
        return button

    def _coordinate_button(self, coordinate: Coordinate) -> QToolButton:
        button = CopyButton()
        button.form = self.form or button.form
        button.set_coordinate(coordinate)
        button.copied.connect(self.copied)
        button.setToolTip(tr("Copy the coordinates"))
        return button

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(text)
