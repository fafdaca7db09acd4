"""A table of files of which only the visible rows cost anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from geoguess_app.ui.kit.value_table import ModelIndex, ValueTable
from geoguess_app.ui.kit.words import tr

_ROOM_PX = 18


class TextTable(ValueTable):
    """Rows of texts with tooltips; subclasses say what stands where."""

    path_column: int | None = None
    """The one with folders: their ends say more than their beginnings."""

    def text(self, row: Any, column: int) -> str:
        """Return what stands in a cell."""
        raise NotImplementedError

    def tip(self, row: Any, column: int) -> str:
        """Return what its tooltip says; screen readers hear it too."""
        return self.text(row, column)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, index.column())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self.tip(row, index.column())
        return None


class _Paths(QStyledItemDelegate):
    def initStyleOption(self, option: QStyleOptionViewItem, index: ModelIndex) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideLeft


class FileTable(QTableView):
    """Rows of one height, columns of widths that are given; Ctrl+C copies the selected rows."""

    def __init__(
        self, model: TextTable, samples: Sequence[str], name: str, parent: QWidget | None = None
    ) -> None:
        """Each column is as wide as its sample; an empty one marks that which takes the rest."""
        super().__init__(parent)
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        if model.path_column is not None:
            self.setItemDelegateForColumn(model.path_column, _Paths(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        for column, sample in enumerate(samples):
            if sample:
                width = max(
                    map(self.fontMetrics().horizontalAdvance, (sample, model.titles[column]))
                )
                self.setColumnWidth(column, width + _ROOM_PX)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        copy = QAction(tr("Copy"), self, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        self.addAction(copy)

    def selected_rows(self) -> list[Any]:
        """The rows that are selected, from the top."""
        model = self.model()
        assert isinstance(model, TextTable)
        indexes = self.selectionModel().selectedRows()
        return [model.rows[at] for at in sorted(index.row() for index in indexes)]

    def detail(self, column: int) -> QLabel:
        """A label that says in full what stands in a column of the row that has the focus."""
        label = QLabel()
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        model = self.model()
        assert isinstance(model, TextTable)

        def show(*_: object) -> None:
            row = self.currentIndex().row()
            label.setText(model.tip(model.rows[row], column) if row >= 0 else "")

        self.selectionModel().currentRowChanged.connect(show)
        model.modelReset.connect(show)
        return label

    def _copy(self) -> None:
        model = self.model()
        assert isinstance(model, TextTable)
        lines = [
            "\t".join(model.text(row, column) for column in range(model.columnCount()))
            for row in self.selected_rows()
        ]
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines))
