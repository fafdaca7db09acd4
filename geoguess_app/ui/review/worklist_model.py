"""The worklist as a Qt model: numbers of photos in order, everything else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from geoguess_app.review.values import ReviewPhoto
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.rows import ReviewRow

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""The ReviewRow."""
_MOST_RANGES = 4

ModelIndex = QModelIndex | QPersistentModelIndex


class WorklistModel(QAbstractListModel):
    """Rows are made into words only when they are painted, so that fifty thousand cost nothing."""

    def __init__(
        self,
        photo: Callable[[int], ReviewPhoto],
        permit: Callable[[int, bool], object],
        parent: QObject | None = None,
    ) -> None:
        """``photo`` gives a photo by number; ``permit`` ticks that its GPS may be replaced."""
        super().__init__(parent)
        self._photo, self._permit = photo, permit
        self._numbers: Sequence[int] = []
        self._rows: dict[int, int] = {}

    @property
    def numbers(self) -> Sequence[int]:
        """The photos shown, in order; not to be changed."""
        return self._numbers

    def row_of(self, number: int) -> int | None:
        """Return where a photo stands."""
        return self._rows.get(number)

    def show_numbers(self, numbers: Sequence[int]) -> None:
        """Show these; where they only go on from those shown, rows are added below."""
        old = len(self._numbers)
        if numbers[:old] == self._numbers:
            if len(numbers) > old:
                self.beginInsertRows(QModelIndex(), old, len(numbers) - 1)
                self._take(numbers, old)
                self.endInsertRows()
            return
        self.beginResetModel()
        self._rows = {}
        self._take(numbers, 0)
        self.endResetModel()

    def _take(self, numbers: Sequence[int], first: int) -> None:
        self._numbers = list(numbers)
        self._rows.update((n, row) for row, n in enumerate(numbers[first:], start=first))

    def note_changed(self, numbers: Iterable[int]) -> None:
        """Note that these photos look different now."""
        rows = sorted(row for row in map(self._rows.get, numbers) if row is not None)
        changed = ranges(rows)
        if len(changed) > _MOST_RANGES:
            changed = [(rows[0], rows[-1])]
        for first, last in changed:
            self.dataChanged.emit(self.index(first), self.index(last))

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._numbers)

    def number(self, index: ModelIndex) -> int | None:
        """The photo at ``index``, or None."""
        inside = index.isValid() and index.row() < len(self._numbers)
        return self._numbers[index.row()] if inside else None

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        number = self.number(index)
        if number is None:
            return None
        row = ReviewRow.of(self._photo(number))
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.explained
        if role == Qt.ItemDataRole.CheckStateRole and row.may_replace is not None:
            return Qt.CheckState.Checked if row.may_replace else Qt.CheckState.Unchecked
        return None

    def setData(self, index: ModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        number = self.number(index)
        if number is None or role != Qt.ItemDataRole.CheckStateRole:
            return False
        self._permit(number, Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        number = self.number(index)
        if number is None:
            return super().flags(index)
        plain = super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled
        if self._photo(number).known is not None:
            return plain | Qt.ItemFlag.ItemIsUserCheckable
        return plain

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr("Photo")
        return None


def ranges(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Group neighbouring rows as (first, last)."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
