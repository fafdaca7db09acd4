"""One field that takes a position however it is written, or the name of a place, and says at once
what it understood."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QVBoxLayout, QWidget

from geoguess_app.core.errors import CoordinateError
from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate, Place
from geoguess_app.ui.kit.inputs import add_clear_button
from geoguess_app.ui.kit.words import tr

_OWN_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Down)
_TYPING_MS = 120
MOST_FOUND = 5

NamedPlaces = Sequence[tuple[Place, Coordinate]]


class PlaceField(QWidget):
    """Enter positions or names; what is understood is said in words, never only by colour.

    Enter takes the position, or the first place of that name; Down goes to the others.
    """

    entered = Signal(object)
    """A Coordinate."""
    left = Signal()
    """Escape: the keyboard goes back to the list."""

    def __init__(
        self,
        name_of: Callable[[Coordinate], str],
        find: Callable[[str], NamedPlaces],
        parent: QWidget | None = None,
    ) -> None:
        """``name_of`` gives a place's name, or nothing while it cannot; ``find`` the places of a
        name, best first."""
        super().__init__(parent)
        self._name_of, self._find = name_of, find
        self._count = 1
        self._found: NamedPlaces = ()
        self.edit = _PlaceLine()
        self.edit.setPlaceholderText(tr("Place, 48.8584, 2.2945 or a map link"))
        self.edit.setAccessibleName(tr("Name of a place, or a position in any format"))
        add_clear_button(self.edit)
        self._soon = QTimer(self, interval=_TYPING_MS, singleShot=True)
        self._soon.timeout.connect(self._read)
        self.edit.textChanged.connect(self._typed)
        self.edit.entered.connect(self._enter)
        self.edit.left.connect(self.left)
        self.edit.wentDown.connect(self._to_list)
        self.list = _PlaceList()
        self.list.setAccessibleName(tr("Places of this name"))
        self.list.itemActivated.connect(lambda _item: self._take(self.list.currentRow()))
        self.list.itemClicked.connect(lambda _item: self._take(self.list.currentRow()))
        self.list.left.connect(self.edit.setFocus)
        self.understood = QLabel()
        self.understood.setWordWrap(True)
        self.understood.setProperty("role", "muted")
        self.understood.setTextFormat(Qt.TextFormat.PlainText)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        for widget in (self.edit, self.list, self.understood):
            box.addWidget(widget)
        for widget in (self.list, self.understood):
            widget.hide()
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
        if self.edit.text():
            self._read()

    def clear(self) -> None:
        """Forget what was typed."""
        self.edit.clear()

    def _typed(self, text: str) -> None:
        if text.strip() and self.position() is None:
            self._soon.start()  # a name: the gazetteer is asked once the typing rests
        else:
            self._read()

    def _read(self) -> None:
        self._soon.stop()
        text = self.edit.text().strip()
        self._found = ()
        if not text:
            self._say("")
            return
        try:
            found = cf.parse(text)
        except CoordinateError as problem:
            self._read_name(text, problem)
            return
        name = self._name_of(found)
        self._say(f"{cf.decimal(found)}{f' · {name}' if name else ''}\n{self._enter_hint()}")

    def _read_name(self, text: str, problem: CoordinateError) -> None:
        outside = problem.code == "out-of-range"
        self._found = () if outside else self._find(text)[:MOST_FOUND]
        if self._found:
            self._say(self._enter_hint())
        else:
            self._say(str(problem) if outside else tr("No such place or position."))

    def _enter_hint(self) -> str:
        if self._count == 1:
            return tr("Press Enter to place this photo.")
        return tr("Press Enter to place {count} photos.").format(count=f"{self._count:,}")

    def _say(self, text: str) -> None:
        self.understood.setText(text)
        self.understood.setVisible(bool(text))
        self.list.clear()
        for place, where in self._found:
            parts = (place.city, place.region, place.country)
            self.list.addItem(", ".join(dict.fromkeys(part for part in parts if part)))
            self.list.item(self.list.count() - 1).setToolTip(cf.decimal(where, 4))
        if self._found:
            self.list.setCurrentRow(0)
        self.list.fit()

    def _enter(self) -> None:
        if self._soon.isActive():
            self._read()
        found = self.position()
        if found is not None:
            self.entered.emit(found)
        else:
            self._take(0)

    def _take(self, row: int) -> None:
        if 0 <= row < len(self._found):
            self.entered.emit(self._found[row][1])

    def _to_list(self) -> None:
        if self._found:
            self.list.setCurrentRow(min(1, len(self._found) - 1))
            self.list.setFocus()


class _PlaceLine(QLineEdit):
    """Keeps Enter for itself, which is a key of the whole window in a review."""

    entered = Signal()
    left = Signal()
    wentDown = Signal()

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
        elif event.key() == Qt.Key.Key_Down:
            self.wentDown.emit()
        else:
            super().keyPressEvent(event)


class _PlaceList(QListWidget):
    """All rows in sight; Enter takes one, Escape and Up at the top go back to the field."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setUniformItemSizes(True)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setSpacing(2)

    def fit(self) -> None:
        """Make it as high as its rows; hide it without any."""
        rows = self.count()
        self.setVisible(rows > 0)
        if rows:
            self.setFixedHeight(rows * (self.sizeHintForRow(0) + 2 * self.spacing()) + 4)

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        up_and_out = event.key() == Qt.Key.Key_Up and self.currentRow() == 0
        if event.key() == Qt.Key.Key_Escape or up_and_out:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.itemActivated.emit(self.currentItem())
        else:
            super().keyPressEvent(event)
