"""The card of an answer that rests on a reference photo, and the way to the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from geoguess_app.core import format as fmt
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.types import ReferenceMatch


class MatchCard(QWidget):
    """A card that names the reference photo; its link shows both photos side by side."""

    evidenceWanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.card = Card("plain", "photo", theme)
        self.link = QPushButton(tr("Show both photos side by side"))
        self.link.setProperty("link", "true")
        self.link.setToolTip(tr("Check the matching points yourself (E)"))
        self.link.clicked.connect(self.evidenceWanted)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.card)
        box.addWidget(self.link, 0, Qt.AlignmentFlag.AlignLeft)

    def show_reference(self, reference: ReferenceMatch | None) -> None:
        """Show what an answer rests on; hidden where the model answers alone."""
        self.setVisible(reference is not None)
        if reference is not None:
            self.card.say(*reference_words(reference))


def reference_words(reference: ReferenceMatch) -> tuple[str, str]:
    """Title and body: "Same place as IMG_2041.jpg (12 May 2019)", "84 matching points"."""
    taken = f" ({fmt.calendar_day(reference.taken)})" if reference.taken is not None else ""
    name = f"{reference.file.name}{taken}"
    if not reference.is_verified:
        return (
            tr("Looks like {photo}").format(photo=name),
            tr("One of your reference photos; no points prove that it is the same place."),
        )
    points = fmt.count(reference.matches, tr("matching point"), tr("matching points"))
    return tr("Same place as {photo}").format(photo=name), tr("{points}.").format(points=points)
