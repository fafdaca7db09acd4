"""All cells of a level as a table: the map for those who read it, or who look for the largest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from geoguess_app.core.format import area
from geoguess_app.ui.explore import wording
from geoguess_app.ui.explore.explorer import Explorer
from geoguess_app.ui.kit.pieces import dress
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.explore.cell_facts import CellRef

ModelIndex = QModelIndex | QPersistentModelIndex
PLACE, PHOTOS, AREA, TOKEN = range(4)
_ROOM_FOR_AREA = 350
"""Pixels of width from which the area has a column of its own."""


class CellModel(QAbstractTableModel):
    """Rows are cells in the order that was asked for; nothing is kept per row."""

    def __init__(self, explorer: Explorer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._explorer = explorer
        self._order: list[int] = []
        self._rows: dict[int, int] = {}
        self.brief = False
        """Towns without their country, where there is no room for it."""
        self._sorted = (PHOTOS, Qt.SortOrder.DescendingOrder)
        explorer.loaded.connect(self.refresh)
        explorer.levelChanged.connect(self.refresh)
        explorer.filterChanged.connect(self.refresh)
        explorer.named.connect(self._named)

    def refresh(self) -> None:
        """Show the level that is on, filtered and sorted."""
        self.beginResetModel()
        self._order = self._sort()
        self._rows = {cell: row for row, cell in enumerate(self._order)}
        self.endResetModel()

    def ref(self, row: int) -> CellRef:
        """The cell of a row."""
        return self._ref(self._order[row])

    def cell(self, row: int) -> int:
        """Give the class in the partition of the cell in a row."""
        return self._order[row]

    def row(self, cell: int) -> int:
        """The row of a cell, -1 where the filter hides it."""
        return self._rows.get(cell, -1)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; equal rows by their number of photos."""
        self._sorted = (column, order)
        self.refresh()

    def rowCount(self, parent: ModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: ModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (tr("Place"), tr("Photos"), tr("Area"), tr("Cell"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                tr("Location of the cell’s training photos"),
                tr("Training photos in the cell"),
                tr("Area of the cell"),
                tr("S2 token of the cell"),
            )[section]
        return None

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        cells, level = self._explorer.cells, self._explorer.level
        if not index.isValid() or cells is None or level < 0:
            return None
        cell = self._order[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.column(), cell)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            parts = [self._text(column, cell) for column in (PLACE, PHOTOS, AREA, TOKEN)]
            parts[PLACE] = wording.place(self._explorer.place(self._ref(cell)))
            return tr("{place}, {photos} training photos, {area}, cell {token}").format(
                place=parts[0], photos=parts[1], area=parts[2], token=parts[3]
            )
        return None

    def _text(self, column: int, cell: int) -> str:
        explorer = self._explorer
        assert explorer.cells is not None
        facts = explorer.cells.levels[explorer.level]
        if column == PLACE:
            names = explorer.names.get(explorer.level)
            place = names[cell] if names else None
            return (place.city if self.brief and place else "") or wording.place(place)
        if column == PHOTOS:
            return f"{int(facts.partition.photo_counts[cell]):,}"
        if column == AREA:
            return area(float(facts.area_km2[cell]))
        return facts.partition.tokens[cell]

    def _ref(self, cell: int) -> CellRef:
        from geoguess_app.core.explore.cell_facts import CellRef

        return CellRef(self._explorer.level, cell)

    def _named(self, level: int) -> None:
        if level == self._explorer.level:
            self.refresh()

    def _sort(self) -> list[int]:
        import numpy as np

        explorer = self._explorer
        if explorer.cells is None or explorer.level < 0:
            return []
        facts = explorer.cells.levels[explorer.level]
        column, order = self._sorted
        photos = facts.partition.photo_counts
        tokens = np.arange(photos.size)
        keys: Any = {
            PLACE: explorer.ranks.get(explorer.level, tokens),
            PHOTOS: photos,
            AREA: facts.area_km2,
            TOKEN: tokens,
        }[column]
        if order == Qt.SortOrder.DescendingOrder:
            keys = -keys
        rows = np.lexsort((-photos, keys))
        shown = explorer.shown(explorer.level)
        if shown is not None:
            rows = rows[shown[rows]]
        found: list[int] = rows.tolist()
        return found


class CellTable(QTableView):
    """A table in which choosing a row chooses the cell; Enter goes on to its details."""

    opened = Signal()

    def __init__(self, explorer: Explorer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._explorer = explorer
        self._following = False
        self.cells = CellModel(explorer, self)
        self.setModel(self.cells)
        self.setObjectName("exploreCells")
        dress(self)
        self.setAccessibleName(tr("Cells of this level"))
        self.setMinimumHeight(120)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(40)
        # Qt draws the arrow of the sorted column over its title.
        header.setStyleSheet("QHeaderView::section { padding-right: 15px; }")
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(PLACE, QHeaderView.ResizeMode.Stretch)
        self.setSortingEnabled(True)
        header.setSortIndicator(PHOTOS, Qt.SortOrder.DescendingOrder)
        self.selectionModel().currentRowChanged.connect(self._row_changed)
        self.cells.modelReset.connect(self.follow)
        explorer.chosenChanged.connect(lambda _go: self.follow())

    def follow(self) -> None:
        """Make the chosen cell the current row, if it is one of them."""
        ref = self._explorer.cell()
        row = self.cells.row(ref.cell) if ref and ref.level == self._explorer.level else -1
        self._following = True
        if row < 0:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        else:
            self.selectRow(row)
            self.scrollTo(self.cells.index(row, 0))
        self._following = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            self._explorer.choose(None)
            return
        if event.key() == Qt.Key.Key_Down and not self.currentIndex().isValid():
            self.setCurrentIndex(self.cells.index(0, 0))
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def fit_columns(self) -> None:
        """Numbers as wide as they are, the place takes the rest; the area only where it fits."""
        text = self.fontMetrics()
        self.setColumnWidth(PHOTOS, text.horizontalAdvance(tr("Photos")) + 24)
        self.setColumnWidth(AREA, text.horizontalAdvance("0,000,000 km²") + 14)
        self.setColumnWidth(TOKEN, text.horizontalAdvance("47e66d4") + 12)
        self.cells.brief = self.viewport().width() < _ROOM_FOR_AREA
        self.setColumnHidden(AREA, self.cells.brief)

    def _row_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and not self._following:
            self._explorer.choose(self.cells.ref(current.row()), go=True)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _alignment(column: int) -> Qt.AlignmentFlag:
    return _RIGHT if column in (PHOTOS, AREA) else _LEFT
