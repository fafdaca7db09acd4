"""A short table inside the panel: every row leads to a cell or a spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from geoguess_app.ui.kit.pieces import dress
from geoguess_app.ui.kit.value_table import ModelIndex, ValueTable

_MOST_ROWS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class LinkRow:
    """The texts of a row, left to right, and what it leads to."""

    texts: tuple[str, ...]
    target: Any


class RowsModel(ValueTable):
    """Rows as they were given; all columns but the first stand on the right."""

    def __init__(self, titles: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(titles, numbers=range(1, len(titles)), parent=parent)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[index.column()]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(text for text in row.texts if text)
        return self.alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None


class RowsTable(QTableView):
    """Some rows high, then it scrolls; a click or Enter follows a row."""

    followed = Signal(object)
    """The target of a row."""

    def __init__(self, name: str, titles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RowsModel(titles, self)
        self.setModel(self._model)
        dress(self)
        self.setAccessibleName(name)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(20)
        header.setResizeContentsPrecision(_MOST_ROWS_SHOWN)  # not thousands of rows
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.clicked.connect(lambda index: self.follow(index.row()))

    @property
    def rows(self) -> tuple[LinkRow, ...]:
        """Return what is shown."""
        return tuple(self._model.rows)

    def show_rows(self, rows: Sequence[LinkRow]) -> None:
        """Fill the table; it is as high as its rows, up to a limit."""
        self._model.fill(rows)
        shown = min(len(rows), _MOST_ROWS_SHOWN)
        height = shown * self.verticalHeader().defaultSectionSize()
        self.setFixedHeight(height + self.horizontalHeader().sizeHint().height() + 4)

    def follow(self, row: int) -> None:
        """Go where a row leads."""
        if 0 <= row < len(self.rows):
            self.followed.emit(self.rows[row].target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.follow(self.currentIndex().row())
            return
        super().keyPressEvent(event)
