"""The card of a photo whose position was decided in the review."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import ChosenPosition, ReviewPhoto, State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.copy_button import CopyButton
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.photo_row import PhotoRow


class PlacedCard(QWidget):
    """A card with what was decided, how far that is from the estimate, and the way back to it."""

    forgotten = Signal()
    """The user wants the estimate back."""
    reviewRequested = Signal()

    def __init__(self, theme: Theme, icons: Icons) -> None:
        super().__init__()
        self.card = Card("plain", "review-placed", theme)
        self.copy = CopyButton()
        icons.bind(self.copy, "copy")
        self.review = QPushButton(tr("Review"))
        self.review.setToolTip(tr("Show the photo in the review, where positions are saved"))
        self.forget = QPushButton(tr("Clear decision"))
        for button, signal in ((self.review, self.reviewRequested), (self.forget, self.forgotten)):
            button.setProperty("link", "true")
            button.clicked.connect(signal)
        self.copy.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        line = QHBoxLayout()
        line.setSpacing(12)
        for widget in (self.copy, self.review, self.forget):
            line.addWidget(widget)
        line.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.card)
        box.addLayout(line)

    def show_row(self, row: PhotoRow | None) -> None:
        """Show what was decided about a photo; hidden where nothing was."""
        photo = row.reviewed if row is not None else None
        chosen = photo.decision.chosen if photo is not None else None
        self.setVisible(chosen is not None)
        if row is None or photo is None or chosen is None:
            return
        own = row.position is None  # the answer below says where that is
        self.copy.set_coordinate(chosen.coordinate)
        self.copy.setVisible(not own)
        self.forget.setVisible(photo.state is not State.SAVED)
        self.card.say(_title(photo), "" if own else _body(row, chosen))


def _title(photo: ReviewPhoto) -> str:
    if photo.state is State.SAVED:
        return tr("Saved in the file")
    return tr("Estimate accepted") if photo.state is State.ACCEPTED else tr("You placed this photo")


def _body(row: PhotoRow, chosen: ChosenPosition) -> str:
    where = cf.decimal(chosen.coordinate, 5 if chosen.radius_km is None else 3)
    named = words.place_short(chosen.place) if chosen.place.country else ""
    lines = [named, where]
    if row.position is not None and row.outcome is not None:
        apart = _apart_km(chosen.coordinate, row.outcome.located.prediction.coordinate)
        lines.append(
            tr("{distance} from the estimate below").format(distance=words.distance(apart))
        )
    return "\n".join(line for line in lines if line)


def _apart_km(one: Coordinate, other: Coordinate) -> float:
    from geoguess_app.core.geo.sphere import great_circle_km

    return float(
        great_circle_km(
            one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg
        )
    )
