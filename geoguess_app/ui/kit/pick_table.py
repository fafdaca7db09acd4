"""A short table that stands whole in a scrolled pane, and of which one row can be picked."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTableView, QWidget

from geoguess_app.ui.kit.pieces import show_whole
from geoguess_app.ui.kit.value_table import ValueTable


class PickTable(QTableView):
    """All rows are visible: it scrolls with its pane. Subclasses say with ``picked`` what a row
    stands for."""

    chosen = Signal(object)
    """What the picked row stands for, or None."""

    def __init__(
        self, rows: ValueTable, wide_column: int, name: str, parent: QWidget | None = None
    ) -> None:
        """``name`` is for screen readers; ``rows`` becomes the table's own."""
        super().__init__(parent)
        rows.setParent(self)
        self.setModel(rows)
        show_whole(self, wide_column)
        self.setAccessibleName(name)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit(self.picked()))

    def picked(self) -> object:
        """Return what the picked row stands for; None where none is."""
        return self.picked_row()

    def picked_row(self) -> int | None:
        """The position of the picked row."""
        rows = self.selectionModel().selectedRows()
        return rows[0].row() if rows else None

    def fit_height(self) -> None:
        """Make the table as high as its rows."""
        rows = self.model().rowCount() * self.verticalHeader().defaultSectionSize()
        self.setFixedHeight(rows + self.horizontalHeader().sizeHint().height() + 4)
