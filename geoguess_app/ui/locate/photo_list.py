"""The left pane: how many photos, the list, and a way to go on after a stop."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, Signal
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
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
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

    def __init__(
        self, model: PhotoModel, theme: Theme, thumbnails: Pictures, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("listPane")
        self._model = model
        self._header = QLabel()
        self._header.setProperty("role", "strong")
        self._summary = QLabel()
        self._summary.setProperty("role", "muted")
        self._summary.setWordWrap(True)
        self._resume = QPushButton(tr("Continue"))
        self._resume.setAccessibleName(tr("Locate the remaining photos"))
        self._resume.clicked.connect(self.resumeRequested)
        self.view = self._make_view(theme, thumbnails)
        self._empty = QLabel(tr("Photos you add\nare listed here."))
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        thumbnails.ready.connect(self.view.viewport().update)
        theme.changed.connect(self.view.viewport().update)
        model.changed.connect(self._count)
        model.modelReset.connect(lambda: self.currentChanged.emit(None))
        self._count()

    def current(self) -> PhotoRow | None:
        """The photo that map and detail panel show."""
        return self._model.row(self.view.currentIndex())

    def selected(self) -> list[QModelIndex]:
        """The rows that actions work on."""
        return self.view.selectionModel().selectedRows()

    def select(self, path: Path) -> None:
        """Make the photo the current one and bring it into view."""
        index = self._model.find(path)
        if index.isValid():
            flags = (
                QItemSelectionModel.SelectionFlag.ClearAndSelect
                | QItemSelectionModel.SelectionFlag.Rows
            )
            self.view.selectionModel().setCurrentIndex(index, flags)
            self.view.scrollTo(index)

    def step(self, by: int) -> None:
        """Go ``by`` photos down (or up, when negative)."""
        wanted = self._model.index(self.view.currentIndex().row() + by)
        row = self._model.row(wanted)
        if row is not None:
            self.select(row.path)

    def _make_view(self, theme: Theme, thumbnails: Pictures) -> QTableView:
        # A QListView would ask the model about every row after each change of one.
        view = QTableView()
        view.setModel(self._model)
        delegate = PhotoDelegate(theme, thumbnails, view)
        view.setItemDelegate(delegate)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        view.setObjectName("photos")
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setMouseTracking(True)
        view.setAccessibleName(tr("Photos"))
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
        box.addWidget(self.view, 1)
        box.addWidget(self._empty, 1)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.currentChanged.emit(self._model.row(current))

    def _count(self) -> None:
        counts = self._model.counts()
        total = sum(counts.values())
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
        self.view.setVisible(total > 0)
        self._empty.setVisible(total == 0)
        self._resume.setVisible(counts[RowState.STOPPED] > 0)
