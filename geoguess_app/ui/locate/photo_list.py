"""The left pane: how many photos, the list, and a way to go on after a stop."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.pieces import NothingShown
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.arranging import ArrangedPhotos
from geoguess_app.ui.locate.list_bar import ListBar
from geoguess_app.ui.locate.photo_delegate import PhotoDelegate
from geoguess_app.ui.locate.photo_model import PhotoModel
from geoguess_app.ui.locate.photo_row import PhotoRow, RowState
from geoguess_app.ui.work.pictures import Pictures


class PhotoList(QFrame):
    """A list that shows a PhotoModel; the current row is the photo on the map and in the detail
    panel."""

    currentChanged = Signal(object)
    """The current PhotoRow, or None."""
    resumeRequested = Signal()
    dragRequested = Signal()
    """The user begins to drag the selected photos."""
    everywhereRequested = Signal()
    """The user does not want the search restricted to an area any more."""
    arranged = Signal()
    """Other photos are listed, in another order, or something is new about them."""

    def __init__(
        self,
        model: PhotoModel,
        theme: Theme,
        icons: Icons,
        thumbnails: Pictures,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("listPane")
        self._model = model
        self.shown = ArrangedPhotos(model, self)
        self.bar = ListBar(icons)
        self._header = QLabel()
        self._header.setProperty("role", "strong")
        self._summary = QLabel()
        self._summary.setProperty("role", "muted")
        self._summary.setWordWrap(True)
        self._resume = QPushButton(tr("Continue"))
        self._resume.setAccessibleName(tr("Locate the remaining photos"))
        self._resume.clicked.connect(self.resumeRequested)
        self.restriction = QPushButton()
        self.restriction.setProperty("chip", "true")
        self.restriction.setToolTip(tr("All photos are searched only there. Click to lift this."))
        self.restriction.clicked.connect(self.everywhereRequested)
        self.restriction.hide()
        self.view = self._make_view(theme, thumbnails)
        self._empty = QLabel(tr("Photos you add\nare listed here."))
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing_shown = NothingShown(self.bar.reset)
        self._lay_out()
        thumbnails.ready.connect(self.view.viewport().update)
        theme.changed.connect(self.view.viewport().update)
        model.changed.connect(self._count)
        self.bar.changed.connect(self._arrange)
        self.bar.search.returnPressed.connect(self.view.setFocus)
        model.modelReset.connect(lambda: self.currentChanged.emit(None))
        self._count()

    def current(self) -> PhotoRow | None:
        """The photo that map and detail panel show."""
        return self.shown.photo(self.view.currentIndex())

    def selected(self) -> list[QModelIndex]:
        """The rows that actions work on, as the model of photos counts them."""
        rows = self.view.selectionModel().selectedRows()
        return [self.shown.mapToSource(index) for index in rows]

    def scope(self) -> list[PhotoRow]:
        """Return what an action works on: the selection, or else the current photo."""
        rows = [self._model.row(index) for index in self.selected()]
        return [row for row in rows if row is not None] or [
            row for row in (self.current(),) if row is not None
        ]

    def show_restriction(self, text: str) -> None:
        """Show how answers are restricted: "Only in France"; empty: they are not."""
        width = max(80, self.width() - 60)
        elided = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
        self.restriction.setText(f"{elided}  ✕")
        self.restriction.setAccessibleName(tr("{restriction}: lift").format(restriction=text))
        self.restriction.setVisible(bool(text))

    def photos(self) -> list[PhotoRow]:
        """All photos listed, in the order of the list."""
        return self.shown.photos()

    def select(self, path: Path) -> None:
        """Make the photo the current one and bring it into view, whatever is filtered."""
        index = self._index(path)
        if not index.isValid() and self.shown.is_filtered and self._model.find(path).isValid():
            self.bar.reset()
            index = self._index(path)
        if index.isValid():
            self._go_to(index)

    def select_row(self, number: int) -> None:
        """Make the photo in this row of the list the current one, or the last where it is short."""
        last = self.shown.rowCount() - 1
        if last >= 0:
            self._go_to(self.shown.index(min(max(number, 0), last), 0))

    def select_all_of(self, paths: list[Path]) -> None:
        """Select photos that are listed; the first of the list becomes the current one."""
        indexes = sorted(filter(QModelIndex.isValid, map(self._index, paths)), key=QModelIndex.row)
        if not indexes:
            return
        self._go_to(indexes[0])
        choice = QItemSelection()
        for index in indexes:
            choice.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        self.view.selectionModel().select(choice, flags.ClearAndSelect | flags.Rows)

    def step(self, by: int) -> None:
        """Go ``by`` photos down (or up, when negative)."""
        row = self.view.currentIndex().row() + by
        if 0 <= row < self.shown.rowCount():
            self.select_row(row)

    def _index(self, path: Path) -> QModelIndex:
        return self.shown.mapFromSource(self._model.find(path))

    def _go_to(self, index: QModelIndex) -> None:
        flags = QItemSelectionModel.SelectionFlag
        self.view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.view.scrollTo(index)

    def _arrange(self) -> None:
        self.shown.show_part(self.bar.wanted_part(), self.bar.search.text())
        if self.bar.wanted_order() is not self.shown.order:
            self.shown.sort_by(self.bar.wanted_order())
        if self.view.currentIndex().isValid():
            self.view.scrollTo(self.view.currentIndex())
        elif self.shown.rowCount():
            self.select_row(0)
        else:
            self.currentChanged.emit(None)
        self._count()

    def _make_view(self, theme: Theme, thumbnails: Pictures) -> QTableView:
        # A QListView would ask the model about every row after each change of one.
        view = _PhotoTable()
        view.dragged.connect(self.dragRequested)
        view.setModel(self.shown)
        delegate = PhotoDelegate(theme, thumbnails, view)
        view.setItemDelegate(delegate)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setObjectName("photos")
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setMouseTracking(True)
        view.setAccessibleName(tr("Photos"))
        view.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        view.setAcceptDrops(False)  # the window takes every drop
        view.setMinimumSize(QSize(150, 80))
        view.horizontalHeader().hide()
        view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        view.horizontalHeader().setMinimumSectionSize(80)
        rows = view.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(delegate.row_height(view.fontMetrics()))
        view.verticalScrollBar().setSingleStep(24)
        view.selectionModel().currentChanged.connect(self._current_changed)
        return view

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(14, 12, 10, 8)
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self._header)
        texts.addWidget(self._summary)
        head.addLayout(texts, 1)
        head.addWidget(self._resume)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        chip = QHBoxLayout()
        chip.setContentsMargins(10, 0, 10, 6)
        chip.addWidget(self.restriction)
        chip.addStretch(1)
        box.addLayout(chip)
        box.addWidget(self.bar)
        box.addWidget(self.view, 1)
        box.addWidget(self.nothing_shown, 1)
        box.addWidget(self._empty, 1)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.currentChanged.emit(self.shown.photo(current))

    def _count(self) -> None:
        counts = self._model.counts()
        total = sum(counts.values())
        listed = self.shown.rowCount()
        if total and listed < total:
            self._header.setText(
                tr("{shown} of {photos}").format(shown=f"{listed:,}", photos=words.photos(total))
            )
        else:
            self._header.setText(words.photos(total) if total else tr("No photos yet"))
        parts = []
        if counts[RowState.WAITING]:
            parts.append(tr("{n} waiting").format(n=f"{counts[RowState.WAITING]:,}"))
        if counts[RowState.STOPPED]:
            parts.append(tr("{n} stopped").format(n=f"{counts[RowState.STOPPED]:,}"))
        if counts[RowState.FAILED]:
            parts.append(tr("{n} unreadable").format(n=f"{counts[RowState.FAILED]:,}"))
        done = tr("all located") if counts[RowState.LOCATED] else ""
        self._summary.setText(" · ".join(parts) or done)
        self._summary.setVisible(bool(self._summary.text()))
        self.view.setVisible(listed > 0)
        self.nothing_shown.setVisible(total > 0 and listed == 0)
        self.bar.setVisible(total > 1)
        self._empty.setVisible(total == 0)
        self._resume.setVisible(counts[RowState.STOPPED] > 0)
        self.arranged.emit()


class _PhotoTable(QTableView):
    """A list whose letters and digits are keys of the mode, never a search by the first letters."""

    dragged = Signal()

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Drag the selected photos, to a place on the map."""
        self.dragged.emit()

    def keyboardSearch(self, _text: str) -> None:
        """Names are searched for in the field above the list."""
