"""Tables of values, the common part of every short table: rows of values under titles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

ModelIndex = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole


class ValueTable(QAbstractTableModel):
    """A value a row; subclasses say with ``data`` what of it stands where."""

    def __init__(
        self,
        titles: Sequence[str],
        *,
        numbers: Collection[int] = (),
        tips: Sequence[str] = (),
        parent: QObject | None = None,
    ) -> None:
        """``numbers``: the columns that stand on the right; ``tips``: what the titles' tooltips
        say."""
        super().__init__(parent)
        self.titles, self._tips, self._numbers = tuple(titles), tuple(tips), numbers
        self.rows: Sequence[Any] = ()

    def fill(self, rows: Sequence[Any]) -> None:
        """Replace the rows of the table."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def alignment(self, column: int) -> Qt.AlignmentFlag:
        """Give the alignment of a column and its title."""
        right = column in self._numbers
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: ModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _ROLE.DisplayRole:
            return self.titles[section]
        if role == _ROLE.ToolTipRole and self._tips:
            return self._tips[section]
        return self.alignment(section) if role == _ROLE.TextAlignmentRole else None
