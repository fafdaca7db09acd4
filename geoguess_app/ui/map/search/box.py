"""The search for places: a field, and under it what its text may mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from geoguess_app.ui.kit.inputs import add_clear_button
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.search.hits import HitDelegate, HitModel, HitTexts

if TYPE_CHECKING:
    from geoguess_app.core.explore.cell_search import CellSearchResult, Hit

_PAUSE_MS = 120
_MOST_ROWS_SHOWN = 7
_LEAST_ROWS_SHOWN = 3


class SearchBox(QWidget):
    """Down goes to the results, Enter takes the first or the current one, Escape clears."""

    taken = Signal(object)
    """The Hit that was taken."""
    left = Signal()
    """Escape with nothing to clear: the keyboard goes elsewhere."""
    grown = Signal()
    """The list has another height."""

    def __init__(
        self,
        theme: Theme,
        ask: Callable[[str], CellSearchResult | None],
        texts: HitTexts,
        pane: QWidget | None = None,
    ) -> None:
        """``ask`` answers a text, or None as long as it cannot yet; ``texts`` says in two lines
        what was found; the list takes a part of the ``pane``, or of the parent."""
        super().__init__()
        self._ask, self._pane = ask, pane
        self.field = QLineEdit()
        self.model = HitModel(texts, self)
        self.list = QListView()
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self._dress(theme)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        for widget in (self.field, self.list, self.note):
            box.addWidget(widget)
        self._timer = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._timer.timeout.connect(self.search)
        self.field.textEdited.connect(lambda _text: self._timer.start())
        self.field.textChanged.connect(self._text_changed)
        self.list.clicked.connect(lambda index: self.take(index.row()))
        self.list.activated.connect(lambda index: self.take(index.row()))
        self._show((), "")

    def _dress(self, theme: Theme) -> None:
        self.field.setObjectName("placeSearch")
        self.field.setPlaceholderText(tr("Town, coordinates or S2 token"))
        self.field.setAccessibleName(tr("Search for a town, coordinates or an S2 token"))
        self.field.setToolTip(tr("Search (Ctrl+F)"))
        add_clear_button(self.field)
        self.field.setMinimumHeight(32)
        self.field.setTextMargins(4, 0, 2, 0)
        self.list.setObjectName("placeHits")
        self.list.setModel(self.model)
        self.list.setItemDelegate(HitDelegate(theme, self.list))
        self.list.setAccessibleName(tr("Search results"))
        self.list.setMouseTracking(True)
        self.list.setFrameShape(QListView.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for widget in (self.field, self.list):
            widget.installEventFilter(self)
        theme.changed.connect(self.list.viewport().update)

    def focus_search(self) -> None:
        """Make the field ready to type in."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def search(self) -> None:
        """Look for what the field holds."""
        self._timer.stop()
        found = self._ask(self.field.text())
        if found is None:
            self._show((), tr("Loading place names…"))
        else:
            self._show(found.hits, found.problem)

    def take(self, row: int) -> None:
        """Go to one of the results."""
        if 0 <= row < len(self.model.hits):
            self.list.setCurrentIndex(self.model.index(row))
            self.taken.emit(self.model.hits[row])

    def refresh(self) -> None:
        """The place names are there, or the cells are others: search again."""
        if self.field.text():
            self.search()

    def clear(self) -> None:
        """No text, no results."""
        self.field.clear()
        self._show((), "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if watched is self.field:
                return self._field_key(event)
            if watched is self.list:
                return self._list_key(event)
        return super().eventFilter(watched, event)

    def _field_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._timer.isActive() or not self.model.hits:
                self.search()
            self.take(max(0, self.list.currentIndex().row()))
        elif key == Qt.Key.Key_Down and self.model.hits:
            self.list.setFocus()
            if not self.list.currentIndex().isValid():
                self.list.setCurrentIndex(self.model.index(0))
        elif key == Qt.Key.Key_Escape:
            if self.field.text():
                self.clear()
            else:
                self.left.emit()
        else:
            return False
        return True

    def _list_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.take(self.list.currentIndex().row())
        elif key == Qt.Key.Key_Escape or (
            key == Qt.Key.Key_Up and self.list.currentIndex().row() <= 0
        ):
            self.field.setFocus()
        else:
            return False
        return True

    def _text_changed(self, text: str) -> None:
        if not text:
            self._timer.stop()
            self._show((), "")

    def _show(self, hits: tuple[Hit, ...], note: str) -> None:
        self.model.fill(hits)
        self.list.setVisible(bool(hits))
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.fit_rows()
        self.grown.emit()

    def fit_rows(self) -> None:
        """Make the list as high as its rows, as long as half of the pane is left to the rest."""
        row = self.list.sizeHintForRow(0)
        pane = self._pane or self.parentWidget()
        if self.model.hits and pane is not None and row > 0:
            room = max(_LEAST_ROWS_SHOWN, pane.height() * 2 // 5 // row)
            rows = min(len(self.model.hits), _MOST_ROWS_SHOWN, room)
            self.list.setFixedHeight(row * rows + 2)
