"""The invitation to open something, while nothing is open."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr


class Invitation(QWidget):
    """One button for each thing that can be looked at now."""

    openRequested = Signal()
    lastRequested = Signal()
    listRequested = Signal()
    reviewRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("detailBody")
        title = _text(tr("How accurate are the answers?"), "title")
        text = _text(
            tr(
                "Open a folder written by “geoguess evaluate”, or drop it here, to see "
                "every error on the map. You can also check your own photos that have "
                "GPS."
            ),
            "muted",
        )
        self.open = QPushButton(tr("Open evaluation…"))
        self.open.setProperty("primary", "true")
        self.last = QPushButton()
        self.list = QPushButton()
        self.review = QPushButton()
        self.open.clicked.connect(self.openRequested)
        self.last.clicked.connect(self.lastRequested)
        self.list.clicked.connect(self.listRequested)
        self.review.clicked.connect(self.reviewRequested)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 22, 18, 18)
        box.setSpacing(10)
        for part in (title, text, self.open, self.last, self.list, self.review):
            box.addWidget(part)
        box.addStretch(1)

    def offer(self, *, last: str, listed: int, reviewed: int) -> None:
        """Say what is there: the name of the last evaluation, photos with a known position."""
        self.last.setText(tr("Reopen {name}").format(name=last))
        self.last.setVisible(bool(last))
        self.list.setText(tr("My located photos ({number})").format(number=f"{listed:,}"))
        self.list.setEnabled(listed > 0)
        self.list.setToolTip(_reason(listed))
        self.review.setText(tr("My review ({number})").format(number=f"{reviewed:,}"))
        self.review.setVisible(reviewed > 0)


def _reason(number: int) -> str:
    if not number:
        return tr("No located photo in the list has GPS")
    return tr("{photos} in the list with GPS").format(photos=words.photos(number))


def _text(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
