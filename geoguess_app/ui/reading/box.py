"""The text on the current photo, below the clues: its words, and the places that they may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from geoguess_app.ui.kit.pieces import say, text_label
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.clues.sign_places import SignPlace
    from geoguess_app.core.reading.photo_text import PhotoText


class ReadingBox(QWidget):
    """A button that asks for the text, and what was found: words, and links to places."""

    asked = Signal()
    """The text is to be read."""
    placeChosen = Signal(object)
    """A SignPlace is to be shown on the map."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.read = _link(tr("Read text on this photo (Shift+T)"))
        self.read.setToolTip(tr("Find words that say where it may be; on this computer"))
        self.read.clicked.connect(self.asked)
        self.status = text_label("muted")
        self.words = text_label()
        self.places: list[QPushButton] = []
        self._found = QVBoxLayout()
        self._found.setSpacing(4)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        for part in (self.read, self.status, self.words):
            box.addWidget(part)
        box.addLayout(self._found)
        self.show_rest()

    def show_rest(self) -> None:
        """Offer to read the text."""
        self._show()
        self.read.show()

    def show_working(self) -> None:
        """Say that the text is being read."""
        self._show(status=tr("Reading the text…"))

    def show_text(self, text: PhotoText) -> None:
        """Show what was found."""
        said = " · ".join(line.text for line in text.lines)
        if not said:
            self._show(status=tr("No text found on this photo."))
            return
        self._show(words=tr("Text on this photo: {words}").format(words=said))
        for place in text.places:
            self._add_place(place)

    def _show(self, *, status: str = "", words: str = "") -> None:
        while self.places:
            link = self.places.pop()
            link.hide()
            link.deleteLater()
        self.read.hide()
        say(self.status, status)
        say(self.words, words)

    def _add_place(self, place: SignPlace) -> None:
        named = place.place
        parts = dict.fromkeys(part for part in (named.city, named.region, named.country) if part)
        link = _link(tr("“{words}”: {place}").format(words=place.text, place=", ".join(parts)))
        link.setToolTip(tr("Show this place on the map"))
        link.clicked.connect(lambda: self.placeChosen.emit(place))
        self.places.append(link)
        self._found.addWidget(link)


def _link(text: str) -> QPushButton:
    link = QPushButton(text)
    link.setProperty("link", "true")
    link.setCursor(Qt.CursorShape.PointingHandCursor)
    # A long name may be cut, but never makes the pane wider.
    link.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return link
