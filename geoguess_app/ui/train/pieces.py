"""Small things that the pages of the Train mode are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

_JOINTS = re.compile(r"(?<=\w)([-./_=])(?=\w)")


def label(text: str = "", role: str | None = None) -> QLabel:
    """Plain text that wraps and can be selected."""
    made = QLabel(text)
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        made.setProperty("role", role)
    return made


def breakable(text: str) -> str:
    """Put places inside long words (file names, hosts) where a narrow line may break."""
    return _JOINTS.sub("\\1\u200b", text)


def button(text: str, *, primary: bool = False, link: bool = False) -> QPushButton:
    """A button in one of the window's three kinds."""
    made = QPushButton(text)
    made.setAutoDefault(False)
    if primary:
        made.setProperty("primary", "true")
    if link:
        made.setProperty("link", "true")
        made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


def line() -> QFrame:
    """A thin line between two parts."""
    made = QFrame()
    made.setProperty("line", "true")
    return made


class Page(QScrollArea):
    """A column that scrolls, on the ground of panels."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget()
        body.setAutoFillBackground(True)
        body.setBackgroundRole(QPalette.ColorRole.Base)
        self.box = QVBoxLayout(body)
        self.box.setContentsMargins(16, 16, 16, 18)
        self.box.setSpacing(10)
        self.setWidget(body)

    def add(self, *widgets: QWidget) -> None:
        """Put them below one another."""
        for widget in widgets:
            self.box.addWidget(widget)

    def section(self, title: str, *widgets: QWidget) -> QWidget:
        """A part with a heading, which is shown and hidden as one."""
        part = QWidget()
        box = QVBoxLayout(part)
        box.setContentsMargins(0, 6, 0, 0)
        box.setSpacing(8)
        box.addWidget(line())
        box.addWidget(label(title, "heading"))
        for widget in widgets:
            box.addWidget(widget)
        self.box.addWidget(part)
        return part


class ValueRows(QWidget):
    """Rows of a name and a value, or of several values in columns."""

    def __init__(self, columns: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(0 if columns > 1 else 1, 1)
        self._rows: list[tuple[str, ...]] = []

    def show_rows(
        self, rows: Sequence[Sequence[str]], head: Sequence[str] = (), strong: int = -1
    ) -> None:
        """Replace what is shown; ``strong`` is the number of a row that stands out."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._rows = [tuple(row) for row in rows]
        top = 1 if head else 0
        for column, text in enumerate(head):
            self._put(text, 0, column, "muted")
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                role = "muted" if column == 0 and self._columns == 1 else None
                self._put(text, number + top, column, "strong" if number == strong else role)

    def rows(self) -> list[tuple[str, ...]]:
        """Return what is shown."""
        return list(self._rows)

    def _put(self, text: str, row: int, column: int, role: str | None) -> None:
        made = label(text, role)
        made.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        if self._columns > 1 and column:
            made.setWordWrap(False)
            made.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        elif self._columns == 1 and column == 0:
            made.setWordWrap(False)
        self._grid.addWidget(made, row, column)
