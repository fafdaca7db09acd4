"""The worklist: thousands of photos, one of them the current one, some of them selected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.worklist_delegate import WorklistDelegate
from geoguess_app.ui.review.worklist_model import WorklistModel, ranges
from geoguess_app.ui.work.photo_drag import drag_photos
from geoguess_app.ui.work.pictures import Pictures

_Flag = QItemSelectionModel.SelectionFlag


class Worklist(QTableView):
    """The current row is what is looked at, the selection is what actions work on."""

    currentChangedTo = Signal(object)
    """The number of the current photo, or None."""
    selectionChangedTo = Signal()

    def __init__(
        self,
        model: WorklistModel,
        theme: Theme,
        thumbnails: Pictures,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model, self._theme = model, theme
        self._arranging = False
        self.setModel(model)
        delegate = WorklistDelegate(theme, thumbnails, self)
        self.setItemDelegate(delegate)
        self._dress(delegate.row_height(self.fontMetrics()))
        thumbnails.ready.connect(self.viewport().update)
        theme.changed.connect(self.viewport().update)
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.selectionModel().selectionChanged.connect(self._selection_changed)

    def _dress(self, row_height: int) -> None:
        self.setObjectName("photos")
        self.setAccessibleName(tr("Photos to review"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setAcceptDrops(False)  # the window takes every drop
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setMinimumSize(QSize(150, 80))
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(80)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(row_height)
        self.verticalScrollBar().setSingleStep(24)

    # --- what is current and what is selected -----------------------------------------------

    def current(self) -> int | None:
        """The number of the photo that is looked at."""
        return self._model.number(self.currentIndex())

    def selected(self) -> list[int]:
        """The numbers that actions work on, in the order of the list."""
        numbers, found, row = self._model.numbers, list[int](), 0
        for part in sorted(self._parts(), key=QItemSelectionRange.top):
            row = max(row, part.top())
            found += numbers[row : part.bottom() + 1]
            row = max(row, part.bottom() + 1)
        return found

    def count_selected(self) -> int:
        """Return how many they are."""
        return sum(part.height() for part in self._parts())

    def _parts(self) -> list[QItemSelectionRange]:
        selection = self.selectionModel().selection()
        return [selection.at(i) for i in range(selection.size())]

    def scope(self) -> list[int]:
        """Return what an action works on: the selection, or else the current photo."""
        current = self.current()
        return self.selected() or ([] if current is None else [current])

    def go_to(self, number: int | None) -> bool:
        """Make a photo the current and only selected one; False where it is not shown."""
        row = None if number is None else self._model.row_of(number)
        if row is None:
            return False
        index = self._model.index(row)
        self.selectionModel().setCurrentIndex(index, _Flag.ClearAndSelect | _Flag.Rows)
        self.scrollTo(index)
        return True

    def select_numbers(self, numbers: Sequence[int]) -> bool:
        """Select photos, the first of the list becomes the current one; False if one is missing."""
        rows = [self._model.row_of(number) for number in numbers]
        if None in rows or not rows:
            return False
        places = sorted(row for row in rows if row is not None)
        choice = self._choice(places)
        index = self._model.index(places[0])
        selection = self.selectionModel()
        selection.setCurrentIndex(index, _Flag.NoUpdate)
        selection.select(choice, _Flag.ClearAndSelect | _Flag.Rows)
        self.scrollTo(index)
        return True

    def _choice(self, rows: Sequence[int]) -> QItemSelection:
        choice = QItemSelection()
        for first, last in ranges(rows):
            choice.select(self._model.index(first), self._model.index(last))
        return choice

    def step(self, by: int) -> bool:
        """Go ``by`` rows down, up when negative."""
        row = self.currentIndex().row() + by
        inside = 0 <= row < self._model.rowCount()
        return inside and self.go_to(self._model.numbers[row])

    # --- what is listed -----------------------------------------------------------------------

    def show_numbers(self, numbers: Sequence[int]) -> None:
        """List these; the current photo keeps its place on the screen, the selection stays."""
        if list(numbers) == list(self._model.numbers):
            return
        current, selected, old_row = self.current(), self.selected(), self.currentIndex().row()
        top = self.rowViewportPosition(old_row) if old_row >= 0 else 0
        self._arranging = True
        self._model.show_numbers(numbers)
        self._arranging = False
        if self.current() is not None and self.current() == current:
            return  # rows were added below
        self._restore(current, selected, old_row, top)

    def _restore(
        self, current: int | None, selected: Sequence[int], old_row: int, top: int
    ) -> None:
        rows = [row for row in map(self._model.row_of, selected) if row is not None]
        choice = self._choice(sorted(rows))
        row = None if current is None else self._model.row_of(current)
        keeps_its_place = row is not None
        if row is None and self._model.rowCount():
            row = min(max(old_row, 0), self._model.rowCount() - 1)
        if row is None:
            self.currentChangedTo.emit(None)
            self.selectionChangedTo.emit()
            return
        index = self._model.index(row)
        selection = self.selectionModel()
        if choice.isEmpty():
            choice.select(index, index)
        selection.select(choice, _Flag.ClearAndSelect | _Flag.Rows)
        # The same photo in another row is no news: showing it again costs a frame or two.
        self._arranging = keeps_its_place
        selection.setCurrentIndex(index, _Flag.NoUpdate)
        self._arranging = False
        if keeps_its_place:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.rowViewportPosition(row) - top)
        else:
            self.scrollTo(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        current, old = self.currentIndex(), QRect(QPoint(), event.oldSize())
        seen = current.isValid() and old.intersects(self.visualRect(current))
        super().resizeEvent(event)
        if seen:
            self.scrollTo(current)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if not self._arranging:
            self.currentChangedTo.emit(self._model.number(current))

    def _selection_changed(self, *_: object) -> None:
        if not self._arranging:
            self.selectionChangedTo.emit()

    # --- dragging -----------------------------------------------------------------------------

    def keyboardSearch(self, _text: str) -> None:
        """Letters are keys of the review, and asking every row for its name takes long."""

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Drag the selected photos, to a place on the map."""
        scope = self.scope()
        if scope:
            drag_photos(self, scope, self._theme)
