"""The likeliest cells of both sides, by the places where their photos are, with both chances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QTableView, QWidget

from geoguess_app.ui import words
from geoguess_app.ui.compare.work import LikelyCell, Side
from geoguess_app.ui.pieces import show_whole
from geoguess_app.ui.value_table import ModelIndex, ValueTable
from geoguess_app.ui.words import tr

_PLACE, _A, _B = range(3)


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cell, and what each side gives it; None where that side has no such cell."""

    cell: LikelyCell
    chances: tuple[float | None, float | None]


def cell_rows(a: Side, b: Side) -> list[CellRow]:
    """The likeliest cells of either side, the likeliest of all first."""
    found = {cell.cell_id: cell for side in (a, b) for cell in side.likely}
    rows = [CellRow(cell, (a.chance(cell), b.chance(cell))) for cell in found.values()]
    return sorted(rows, key=lambda row: -max(chance or 0.0 for chance in row.chances))


class CellsModel(ValueTable):
    """Place, what A says, what B says."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((tr("Cell near"), tr("A"), tr("B")), numbers=(_A, _B), parent=parent)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row: CellRow = self.rows[index.row()]
        name = words.place_in_sentence(row.cell.place, row.cell.mean)
        if role == Qt.ItemDataRole.DisplayRole:
            return (name, *(_chance(chance) for chance in row.chances))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{name}\n" + tr("Cell {token}").format(token=row.cell.token)
        return self.alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None


class CellsTable(QTableView):
    """All rows are visible; choosing one shows that cell on the map."""

    chosen = Signal(object)
    """The LikelyCell that was chosen, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = CellsModel(self)
        self.setModel(self._model)
        show_whole(self, _PLACE)
        self.setAccessibleName(tr("Likeliest cells"))
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit(self.cell()))

    def show_rows(self, rows: list[CellRow]) -> None:
        """Fill the table; nothing is chosen."""
        self._model.fill(rows)
        high = len(rows) * self.verticalHeader().defaultSectionSize()
        self.setFixedHeight(high + self.horizontalHeader().sizeHint().height() + 4)

    def cell(self) -> LikelyCell | None:
        """The chosen one."""
        rows = self.selectionModel().selectedRows()
        return self._model.rows[rows[0].row()].cell if rows else None


def _chance(chance: float | None) -> str:
    return "—" if chance is None else words.percent(chance)
