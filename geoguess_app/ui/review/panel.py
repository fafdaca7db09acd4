"""The right pane of a review: the photo, both positions, and every way to decide."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.clues.clue import Clue, parse_clue
from geoguess_app.core.clues.restriction import LEAST_LEFT
from geoguess_app.core.errors import ClueError
from geoguess_app.core.types import Level, Place
from geoguess_app.review.values import AnswerSummary, Origin, ReviewPhoto, State
from geoguess_app.ui.areas.area_box import AreaBox
from geoguess_app.ui.areas.clue_box import ClueBox
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.candidate_table import CandidateTable
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.pieces import say, section, stand_as_pane, text_label
from geoguess_app.ui.kit.place_field import PlaceField
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.references.match_card import MatchCard
from geoguess_app.ui.review.positions import PositionComparison
from geoguess_app.ui.review.rows import ReviewRow, state_word
from geoguess_app.ui.work.photo_view import PhotoView
from geoguess_app.ui.work.pictures import Pictures
from geoguess_app.ui.work.place_names import PlaceNames


class ReviewPanel(QScrollArea):
    """One photo in full; what is done here concerns all that are selected."""

    acceptRequested = Signal()
    acceptUnsureRequested = Signal()
    """Accept the best guess of a model that cannot tell."""
    rejectRequested = Signal()
    previewRequested = Signal()
    candidateChosen = Signal(int)

    def __init__(
        self,
        theme: Theme,
        icons: Icons,
        pictures: Pictures,
        places: PlaceNames,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        stand_as_pane(self, tr("Details of the photo under review"))
        self._places = places
        self._photo: ReviewPhoto | None = None
        self._filling = False
        self.photo = PhotoView(theme, pictures)
        self.file, self.taken, self.title = (
            text_label("muted"),
            text_label("muted"),
            text_label("title"),
        )
        self.badge, self.sure = QLabel(), text_label("muted")
        self.badge.setProperty("badge", "plain")
        self.scope = Card("plain", "photo", theme)
        self.match = MatchCard(theme)
        self.failure = Card("error", "broken", theme)
        self.positions = PositionComparison()
        self.accept = QPushButton(tr("Accept"))
        self.accept.setProperty("primary", "true")
        self.reject = QPushButton(tr("Reject"))
        self.field = PlaceField(places.name_of, places.find)
        self.candidates = CandidateTable()
        self.area = AreaBox(icons)
        self.clues, self.clue_note = ClueBox(), text_label("muted")
        self.nothing = text_label("muted")
        self.nothing.setText(tr("Select a photo to review its location."))
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self.accept.clicked.connect(self._accept_clicked)
        self.reject.clicked.connect(self.rejectRequested)
        self.candidates.chosen.connect(self._candidate_chosen)
        self.show_photo(None)

    def sizeHint(self) -> QSize:
        return QSize(350, 600)

    def show_photo(self, photo: ReviewPhoto | None, selected: int = 1) -> None:
        """Show this photo; ``selected`` many are what actions work on."""
        if photo is None or self._photo is None or photo.id != self._photo.id:
            self.verticalScrollBar().setValue(0)
            self.field.clear()
        self._photo = photo
        self._all.setVisible(photo is not None)
        self.nothing.setVisible(photo is None)
        if photo is None:
            return
        self.photo.show_photo(photo.path, photo.path.name)
        self.file.setText(self._elided(photo.path.name))
        self.file.setToolTip(str(photo.path))
        taken = photo.taken
        self.taken.setText("" if taken is None else f"{taken:%Y-%m-%d %H:%M}")
        self.taken.setVisible(taken is not None)
        self._show_answer(photo)
        answer = photo.current
        self.match.show_reference(answer.reference if answer is not None else None)
        self.positions.show_photo(photo)
        self._show_candidates(photo)
        self.area.show_area(photo.decision.own_area)
        self.clues.show_clues(clues_of(photo))
        say(self.clue_note, _clue_words(photo))
        for part in (self._clue_part, self._area_part):
            part.setVisible(photo.answer is not None)
        self.show_scope(selected)

    def show_scope(self, selected: int) -> None:
        """Show how many photos are meant by what is done here."""
        self.field.set_count(max(1, selected))
        self.scope.setVisible(selected > 1)
        if selected > 1:
            self.scope.say(
                tr("{photos} selected").format(photos=words.photos(selected)),
                tr("Your choice applies to all of them. This one is shown."),
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._photo is not None:
            self.file.setText(self._elided(self._photo.path.name))

    def _accept_clicked(self) -> None:
        unsure = self._photo is not None and self._photo.is_unsure
        (self.acceptUnsureRequested if unsure else self.acceptRequested).emit()

    def _show_answer(self, photo: ReviewPhoto) -> None:
        state, answer, shown = photo.state, photo.current, photo.proposed
        self.badge.setText(state_word(state))
        self.badge.setVisible(state not in (State.FAILED, State.WAITING))  # the title says it
        decided = state in (State.ACCEPTED, State.PLACED, State.SAVED)
        _set_property(self.badge, "badge", "accent" if decided else "plain")
        self.failure.setVisible(photo.failure is not None)
        if photo.failure is not None:
            self.failure.say("", photo.failure.message)
        self.title.setText(self._title(photo))
        own = shown is not None and shown.origin in (Origin.ESTIMATE, Origin.AREA)
        sure = ""
        own = own and state is not State.HAS_GPS
        if answer is not None and own and answer.level is not Level.CANNOT_TELL:
            sure = f"{words.confidence(answer.confidence, answer.model)}."
        self.sure.setText(sure)
        self.sure.setVisible(bool(sure))
        self.accept.setEnabled(shown is not None)
        self.accept.setText(tr("Accept best guess") if photo.is_unsure else tr("Accept"))

    def _show_candidates(self, photo: ReviewPhoto) -> None:
        answer = photo.current
        listed = answer.candidates if answer is not None else ()
        self._candidate_part.setVisible(bool(listed))
        self._filling = True
        self.candidates.show_candidates(listed, self._names(answer))
        chosen = photo.decision.chosen
        if chosen is not None and chosen.origin is Origin.CANDIDATE and chosen.rank is not None:
            self.candidates.choose(chosen.rank)
        self._filling = False

    def _names(self, answer: AnswerSummary | None) -> Sequence[Place]:
        return self._places.of([c.coordinate for c in answer.candidates]) if answer else ()

    def _candidate_chosen(self, rank: int | None) -> None:
        if rank is not None and not self._filling:
            self.candidateChosen.emit(rank)

    def _title(self, photo: ReviewPhoto) -> str:
        if photo.state is State.HAS_GPS and photo.known is not None:
            return self._places.name_of(photo.known) or ReviewRow.of(photo).headline
        return ReviewRow.of(photo).headline

    def _elided(self, name: str) -> str:
        width = max(80, self.viewport().width() - 40)
        return self.file.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, width)

    def _lay_out(self) -> None:
        names = QHBoxLayout()
        names.addWidget(self.file, 1)
        names.addWidget(self.taken)
        self.taken.setWordWrap(False)
        badges = QHBoxLayout()
        badges.addWidget(self.badge)
        badges.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.accept, 1)
        buttons.addWidget(self.reject, 1)
        self._candidate_part = section(tr("Candidates (keys 1–9)"), self.candidates)
        self._clue_part = section(tr("Clues"), self.clues, self.clue_note)
        self._area_part = section(tr("Search area"), self.area)
        self._all = QWidget()
        box = QVBoxLayout(self._all)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        box.addWidget(self.photo)
        box.addLayout(names)
        box.addWidget(self.scope)
        box.addWidget(self.failure)
        box.addWidget(self.title)
        box.addWidget(self.sure)
        box.addLayout(badges)
        box.addWidget(self.match)
        box.addWidget(self.positions)
        box.addLayout(buttons)
        box.addWidget(section(tr("Place by hand"), self.field))
        box.addWidget(self._candidate_part)
        box.addWidget(self._clue_part)
        box.addWidget(self._area_part)
        self.below = QVBoxLayout()
        box.addLayout(self.below)
        box.addStretch(1)
        body = QWidget()
        body.setObjectName("detailBody")
        outer = QVBoxLayout(body)
        outer.setContentsMargins(16, 16, 16, 18)
        outer.addWidget(self.nothing)
        outer.addWidget(self._all)
        self.setWidget(body)


def clues_of(photo: ReviewPhoto) -> tuple[Clue, ...]:
    """Return the clues that a photo's answer is kept to; those of a later program are left out."""
    found = []
    for text in photo.decision.clues:
        try:
            found.append(parse_clue(text))
        except ClueError:
            continue
    return tuple(found)


def _clue_words(photo: ReviewPhoto) -> str:
    """How much fits the clues; empty without any."""
    if not photo.decision.clues or photo.answer is None:
        return ""
    share = words.percent(photo.decision.clues_left)
    could_tell = photo.answer.level is not Level.CANNOT_TELL
    if could_tell and photo.decision.clues_left < LEAST_LEFT:
        said = tr(
            "Clues and picture contradict each other: only {share} of the probability fits. "
            "One of them is likely wrong."
        )
        return said.format(share=share)
    return tr("{share} of the probability fits.").format(share=share)


def _set_property(widget: QWidget, name: str, value: str) -> None:
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
