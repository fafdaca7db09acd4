"""The position a photo has and the one it shall get, side by side, and how far they are apart."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate, Level
from geoguess_app.review.values import ChosenPosition, Origin, ReviewPhoto, State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr


class _Side(QWidget):
    """One position: what it is, where, how sure."""

    def __init__(self) -> None:
        super().__init__()
        self.heading, self.place, self.where, self.note = (QLabel() for _ in range(4))
        self.heading.setProperty("role", "heading")
        self.place.setProperty("role", "strong")
        self.note.setProperty("role", "muted")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        for label in (self.heading, self.place, self.where, self.note):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            if label is not self.heading:
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            box.addWidget(label)
        box.addStretch(1)

    def say(self, heading: str, place: str, where: str, note: str) -> None:
        """Fill in; what is empty takes no room."""
        for label, text in (
            (self.heading, heading),
            (self.place, place),
            (self.where, where),
            (self.note, note),
        ):
            label.setText(text)
            label.setVisible(bool(text))


class PositionComparison(QFrame):
    """Left the old position, right the new one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "plain")
        self.old, self.new = _Side(), _Side()
        self.apart = QLabel()
        self.apart.setWordWrap(True)
        self._line, self._under = _rule(vertical=True), _rule(vertical=False)
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        grid.addWidget(self.old, 0, 0)
        grid.addWidget(self._line, 0, 1)
        grid.addWidget(self.new, 0, 2)
        grid.addWidget(self._under, 1, 0, 1, 3)
        grid.addWidget(self.apart, 2, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)

    def show_photo(self, photo: ReviewPhoto) -> None:
        """Show the positions of one photo."""
        known, shown = _before(photo), photo.proposed
        problem = photo.position_problem if photo.saved is None else ""
        two = known is not None or bool(problem)
        for part in (self.old, self._line):
            part.setVisible(two)
        self._grid.setColumnStretch(0, 1 if two else 0)
        self._grid.setHorizontalSpacing(10 if two else 0)
        if known is not None:
            self.old.say(*_old_side(photo, known))
        elif two:
            self.old.say(tr("In the file"), tr("Unusable position"), "", _sentence(problem))
        heading, place, where, note = _new_side(photo, shown)
        if not two and photo.state is not State.SAVED:
            none = tr("no position in the file")
            earlier = tr("earlier estimate in the file")
            heading = f"{heading} · {earlier if photo.carries_estimate else none}"
        self.new.say(heading, place, where, note)
        apart = _distance_km(known, shown)
        text = ""
        if apart is not None:
            text = tr("{distance} apart.").format(distance=words.distance(apart))
        self.apart.setText(text)
        self.apart.setVisible(bool(text))
        self._under.setVisible(bool(text))
        self.setAccessibleName(_spoken(self, text))


def _before(photo: ReviewPhoto) -> Coordinate | None:
    """The position that the file has, or had before it was saved."""
    if photo.saved is None or photo.state is State.SAVED:
        return photo.known
    return photo.saved.coordinate


def _old_side(photo: ReviewPhoto, known: Coordinate) -> tuple[str, str, str, str]:
    where = cf.decimal(known, 4)
    if photo.state is State.SAVED:
        return tr("Before"), "", where, tr("replaced")
    if photo.saved is not None:
        return tr("In the file"), "", where, tr("saved earlier")
    tick = photo.decision.replace_gps
    return tr("In the file"), "", where, tr("may be replaced") if tick else tr("kept")


def _sentence(problem: str) -> str:
    """The reason as a sentence; one that begins with a file's name keeps it as it is."""
    text = problem.replace("0, 0", "0,\u00a00")
    return f"{text[:1].upper()}{text[1:]}" if text.startswith("its ") else text


def _new_side(photo: ReviewPhoto, shown: ChosenPosition | None) -> tuple[str, str, str, str]:
    heading = {
        State.ACCEPTED: tr("Will be written"),
        State.PLACED: tr("Will be written"),
        State.SAVED: tr("In the file"),
        State.REJECTED: tr("Will not be written"),
    }.get(photo.state, tr("Proposed"))
    if shown is None:
        return heading, tr("Nothing yet"), "", ""
    return heading, place_of(photo, shown), _position_text(shown), origin_words(photo, shown)


def place_of(photo: ReviewPhoto, shown: ChosenPosition) -> str:
    """The place's name, no finer than the answer is to be trusted."""
    answer = photo.current
    own = answer is not None and shown.origin in (Origin.ESTIMATE, Origin.AREA)
    if answer is None or not own:
        return words.place_short(shown.place) if shown.place.country else ""
    if answer.level is Level.CANNOT_TELL:
        return words.place_guess(shown.place)
    return words.place_short(shown.place, answer.level)


def origin_words(photo: ReviewPhoto, shown: ChosenPosition) -> str:
    """Return where a position comes from, and how precise it is."""
    within = ""
    if shown.radius_km is not None:
        within = tr("within {distance}").format(distance=words.distance(shown.radius_km))
    origin = {
        Origin.ESTIMATE: tr("estimate"),
        Origin.CANDIDATE: tr("candidate {rank}").format(rank=shown.rank or ""),
        Origin.AREA: tr("estimate inside your area"),
        Origin.MANUAL: tr("placed by hand"),
        Origin.TRACK: tr("by the GPS track"),
        Origin.PASTED: tr("pasted estimate") if shown.model else tr("pasted"),
    }[shown.origin]
    if shown.origin is Origin.ESTIMATE and photo.decision.chosen is None and photo.trip is not None:
        origin = tr("estimate from its trip")
    return ", ".join(part for part in (origin, within) if part)


def _position_text(shown: ChosenPosition) -> str:
    radius = shown.radius_km
    return cf.decimal(shown.coordinate, 5 if radius is None else 4 if radius < 1 else 3)


def _distance_km(known: Coordinate | None, shown: ChosenPosition | None) -> float | None:
    from geoguess_app.core.geo.sphere import great_circle_km

    if known is None or shown is None:
        return None
    new = shown.coordinate
    return float(
        great_circle_km(
            known.latitude_deg, known.longitude_deg, new.latitude_deg, new.longitude_deg
        )
    )


def _spoken(shown: PositionComparison, apart: str) -> str:
    parts = [
        label.text()
        for side in (shown.old, shown.new)
        if not side.isHidden()
        for label in (side.heading, side.place, side.where, side.note)
    ]
    return ", ".join(part for part in (*parts, apart) if part)


def _rule(*, vertical: bool) -> QFrame:
    rule = QFrame()
    rule.setFrameShape(QFrame.Shape.NoFrame)
    rule.setProperty("rule", "true")
    if vertical:
        rule.setFixedWidth(1)
    else:
        rule.setFixedHeight(1)
    return rule
