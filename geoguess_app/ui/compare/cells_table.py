"""The likeliest cells of both sides, by the places where their photos are, with both chances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.compare.work import LikelyCell, Side
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pick_table import PickTable
from geoguess_app.ui.kit.value_table import ModelIndex, ValueTable
from geoguess_app.ui.kit.words import tr

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


class CellsTable(PickTable):
    """A table in which picking a row shows that cell on the map; it stands for its LikelyCell."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._model = CellsModel()
        super().__init__(self._model, _PLACE, tr("Most likely cells"), parent)

    def show_rows(self, rows: list[CellRow]) -> None:
        """Fill the table; nothing is picked."""
        self._model.fill(rows)
        self.fit_height()

    def picked(self) -> object:
        return self.cell()

    def cell(self) -> LikelyCell | None:
        """The cell in the picked row."""
        row = self.picked_row()
        return None if row is None else self._model.rows[row].cell


def _chance(chance: float | None) -> str:
    return "—" if chance is None else words.percent(chance)
