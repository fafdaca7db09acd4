"""One field that takes a position however it is written, and says at once what it understood."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from geoguess_app.core.errors import CoordinateError
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.kit.inputs import add_clear_button
from geoguess_app.ui.kit.words import tr

_OWN_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)


class CoordinateField(QWidget):
    """Enter places; what is no position yet is said in words, never only by colour."""

    entered = Signal(object)
    """A Coordinate."""
    left = Signal()
    """Escape: the keyboard goes back to the list."""

    def __init__(self, name_of: Callable[[Coordinate], str], parent: QWidget | None = None) -> None:
        """``name_of`` gives a place's name, or nothing while it cannot."""
        super().__init__(parent)
        self._name_of = name_of
        self._count = 1
        self.edit = _CoordinateLine()
        self.edit.setPlaceholderText(tr("48.8584, 2.2945 or a map link"))
        self.edit.setAccessibleName(tr("Position in any format"))
        add_clear_button(self.edit)
        self.edit.textChanged.connect(self._read)
        self.edit.entered.connect(self._enter)
        self.edit.left.connect(self.left)
        self.understood = QLabel()
        self.understood.setWordWrap(True)
        self.understood.setProperty("role", "muted")
        self.understood.setTextFormat(Qt.TextFormat.PlainText)
        self.understood.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.edit)
        box.addWidget(self.understood)
        self.setFocusProxy(self.edit)

    def position(self) -> Coordinate | None:
        """Return what is written in the field, if it is a position."""
        try:
            return cf.parse(self.edit.text())
        except CoordinateError:
            return None

    def set_count(self, photos: int) -> None:
        """Take how many photos Enter would place."""
        self._count = photos
        self._read()

    def clear(self) -> None:
        """Forget what was typed."""
        self.edit.clear()

    def _read(self) -> None:
        text = self.edit.text().strip()
        self.understood.setVisible(bool(text))
        if not text:
            return
        try:
            found = cf.parse(text)
        except CoordinateError as problem:
            outside = problem.code == "out-of-range"
            self.understood.setText(str(problem) if outside else tr("Not a valid position yet."))
            return
        enter = (
            tr("Press Enter to place this photo.")
            if self._count == 1
            else tr("Press Enter to place {count} photos.").format(count=f"{self._count:,}")
        )
        name = self._name_of(found)
        where = f"{cf.decimal(found)}{f' · {name}' if name else ''}"
        self.understood.setText(f"{where}\n{enter}")

    def _enter(self) -> None:
        found = self.position()
        if found is not None:
            self.entered.emit(found)


class _CoordinateLine(QLineEdit):
    """Keeps Enter for itself, which is a key of the whole window in a review."""

    entered = Signal()
    left = Signal()

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() in _OWN_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
