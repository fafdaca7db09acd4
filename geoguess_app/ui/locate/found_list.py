"""The clues found in a photo: what each is, how far to trust it, and what it would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from geoguess_app.core.clues.clue import Clue, describe
from geoguess_app.core.clues.found import FoundClue
from geoguess_app.ui.kit.pieces import text_label
from geoguess_app.ui.kit.words import tr

USE_KEY, DISMISS_KEY = "U", "X"


@dataclass(frozen=True, slots=True)
class OfferedClue:
    """A clue to decide about, and what the answer would become with it, in words."""

    found: FoundClue
    becomes: str


class FoundClueList(QWidget):
    """A card for each clue that nobody has decided about, and a line for each dismissed one."""

    used = Signal(object)
    """Use this Clue."""
    dismissed = Signal(object)
    """Dismiss this Clue."""
    recalled = Signal(object)
    """Offer this dismissed Clue again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[ClueCard] = []
        self.recalls: list[QPushButton] = []
        self._shown: tuple[tuple[OfferedClue, ...], tuple[Clue, ...]] = ((), ())
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(6)
        self.hide()

    def show_clues(self, offered: Sequence[OfferedClue], dismissed: Sequence[Clue]) -> None:
        """Show those open and those dismissed; the keys mean the first open one."""
        new = (tuple(offered), tuple(dismissed))
        self.setVisible(bool(new[0] or new[1]))
        if new == self._shown:
            return
        self._shown = new
        same = [card.offered.found for card in self.cards] == [each.found for each in offered]
        if same and len(self.recalls) == len(dismissed):
            # Only what they would change is new: a button that has the focus stays.
            for card, each in zip(self.cards, offered, strict=True):
                card.show_clue(each)
            return
        for widget in (*self.cards, *self.recalls):
            widget.hide()
            widget.deleteLater()
        self.cards = [self._card(each, first=at == 0) for at, each in enumerate(offered)]
        self.recalls = [self._recall(clue) for clue in dismissed]
        for widget in (*self.cards, *self.recalls):
            self._box.addWidget(widget)

    def _card(self, offered: OfferedClue, *, first: bool) -> ClueCard:
        card, clue = ClueCard(offered, keys=first), offered.found.clue
        card.use.clicked.connect(lambda: self.used.emit(clue))
        card.dismiss.clicked.connect(lambda: self.dismissed.emit(clue))
        return card

    def _recall(self, clue: Clue) -> QPushButton:
        line = QPushButton(tr("Dismissed: {clue}. Offer again").format(clue=describe(clue)))
        line.setProperty("plain", "true")
        line.setStyleSheet("text-align: left")
        line.clicked.connect(lambda: self.recalled.emit(clue))
        return line


class ClueCard(QFrame):
    """One clue that was found, with its two buttons."""

    def __init__(self, offered: OfferedClue, *, keys: bool) -> None:
        """``keys``: the keys work on this one, and its buttons say so."""
        super().__init__()
        self.setProperty("card", "plain")
        self.offered = offered
        self.title, self.why = text_label("strong"), text_label("muted")
        self.becomes = text_label()
        self.use = _button(tr("Use"), USE_KEY if keys else "")
        self.dismiss = _button(tr("Dismiss"), DISMISS_KEY if keys else "")
        buttons = QHBoxLayout()
        buttons.setSpacing(16)
        buttons.addWidget(self.use)
        buttons.addWidget(self.dismiss)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 8)
        box.setSpacing(3)
        for label in (self.title, self.why, self.becomes):
            box.addWidget(label)
        box.addLayout(buttons)
        self.show_clue(offered)

    def show_clue(self, offered: OfferedClue) -> None:
        """Say what it is and what it would change."""
        self.offered = offered
        found = offered.found
        words = describe(found.clue)
        self.title.setText(f"{words[:1].upper()}{words[1:]}")
        source = f"{found.source.value[:1].upper()}{found.source.value[1:]}"
        said = f"{source}: “{found.said}”." if found.said else f"{source}."
        self.why.setText(f"{said} {found.how_far}")
        self.becomes.setText(offered.becomes)
        self.use.setAccessibleName(tr("Use the clue: {clue}").format(clue=words))
        self.dismiss.setAccessibleName(tr("Dismiss the clue: {clue}").format(clue=words))


def _button(text: str, key: str) -> QPushButton:
    button = QPushButton(f"{text} ({key})" if key else text)
    button.setProperty("link", "true")
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button
