"""Suggestions for a photo whose place the model cannot tell, each a link that does it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import timedelta

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from geoguess_app.core.types import Level, Place
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pieces import text_label
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.work.place_names import PlaceNames

_SAME_TRIP = timedelta(hours=12)
_MOST_COUNTRIES = 3
_NEIGHBOURS = 8
"""So many look-alikes are named by their countries."""


class NextSteps(QWidget):
    """A line for each thing that would help; those of no use for this photo are hidden."""

    clueWanted = Signal()
    """Let the user give a clue."""
    countryChosen = Signal(str)
    """Search only in this country (a code), or let the user choose one (empty)."""
    lookAlikesRequested = Signal()
    tripRequested = Signal(object)
    """Review these photos (paths) together."""
    modelsRequested = Signal()
    trainingRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trip: list[PhotoRow] = []
        self.country, self.trip, self.alike, self.model = (_line(self._follow) for _ in range(4))
        self.model.setText(
            tr(
                "Another model may know the place: {link}other models{end}, "
                "or {train}train one{end} from photos of yours that have a position."
            ).format(link=_link("models"), train=_link("train"), end="</a>")
        )
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 2, 0, 0)
        box.setSpacing(4)
        box.addWidget(text_label("strong", tr("What would help")))
        for line in (self.country, self.trip, self.alike, self.model):
            box.addWidget(line)
        self.hide()

    def show_row(
        self, row: PhotoRow | None, others: Iterable[PhotoRow], names: PlaceNames, *, areas: bool
    ) -> None:
        """Suggest what fits this photo; nothing for one that was recognised or placed.

        ``areas``: whether the search can be restricted, and is not yet.
        """
        outcome = row.outcome if row is not None else None
        if row is None or outcome is None or row.position is not None:
            self.hide()
            return
        prediction = outcome.located.prediction
        self.setVisible(prediction.level is Level.CANNOT_TELL)
        if prediction.level is not Level.CANNOT_TELL:
            return
        self._show_countries(outcome.candidate_places if areas else ())
        self._trip = same_trip(row, others)
        self.trip.setVisible(bool(self._trip))
        self.trip.setText(
            tr(
                "{photos} of the same trip, some of them located: {link}review them together{end}."
            ).format(photos=words.photos(len(self._trip)), link=_link("trip"), end="</a>")
        )
        near = sorted(prediction.neighbours, key=lambda n: -n.similarity)[:_NEIGHBOURS]
        self._show_look_alikes(names.of([neighbour.coordinate for neighbour in near]))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            # Rich text keeps the link colour that it was set with.
            for line in (self.country, self.trip, self.alike, self.model):
                text = line.text()
                line.clear()
                line.setText(text)

    def _show_countries(self, places: Sequence[Place]) -> None:
        links = [
            f"{_link('country:' + place.country_code)}{html.escape(place.country)}</a>"
            for place in _countries(places)
        ]
        self.country.setVisible(bool(links))
        self.country.setText(
            tr(
                "If you know the country, search only there: {countries}, {link}another{end}. "
                "Or {clue}give a clue{end}: time zone, language, side of the road."
            ).format(
                countries=", ".join(links),
                link=_link("country:"),
                clue=_link("clue"),
                end="</a>",
            )
        )

    def _show_look_alikes(self, places: Sequence[Place]) -> None:
        found = [html.escape(words.place_vague(place)) for place in _countries(places)]
        self.alike.setVisible(bool(found))
        self.alike.setText(
            tr("The photos most like it are from {places}: {link}show them{end}.").format(
                places=words.listed(found), link=_link("alike"), end="</a>"
            )
        )

    def _follow(self, link: str) -> None:
        if link.startswith("country:"):
            self.countryChosen.emit(link.removeprefix("country:"))
        elif link == "clue":
            self.clueWanted.emit()
        elif link == "trip":
            self.tripRequested.emit([row.path for row in self._trip])
        elif link == "alike":
            self.lookAlikesRequested.emit()
        elif link == "models":
            self.modelsRequested.emit()
        else:
            self.trainingRequested.emit()


def same_trip(row: PhotoRow, others: Iterable[PhotoRow]) -> list[PhotoRow]:
    """List this photo and those taken within half a day of it, if one of them is located."""
    taken = row.facts.taken if row.facts is not None else None
    if taken is None:
        return []
    mates = [
        other
        for other in others
        if other.facts is not None
        and other.facts.taken is not None
        and abs(other.facts.taken - taken) <= _SAME_TRIP
    ]
    return mates if any(_located(other) for other in mates) else []


def _located(row: PhotoRow) -> bool:
    if row.position is not None or row.has_gps:
        return True
    return row.outcome is not None and row.outcome.located.prediction.level.names_towns


def _countries(places: Iterable[Place]) -> list[Place]:
    """The first place of each country, the first few."""
    first: dict[str, Place] = {}
    for place in places:
        if place.country_code:
            first.setdefault(place.country_code, place)
    return list(first.values())[:_MOST_COUNTRIES]


def _link(target: str) -> str:
    return f'<a href="{html.escape(target)}">'


def _line(follow: object) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.LinksAccessibleByMouse
        | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
    )
    label.linkActivated.connect(follow)
    return label
