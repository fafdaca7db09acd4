"""The right pane: the chosen photo, where it was taken, and why the program thinks so."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from geoguess_app.ui.kit import sentences
from geoguess_app.ui.kit.candidate_table import CandidateTable
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.copy_button import CopyButton
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.pieces import say, section, stand_as_pane, text_label
from geoguess_app.ui.kit.place_field import PlaceField
from geoguess_app.ui.kit.scene_panel import ScenePanel
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.answer_view import AnswerView
from geoguess_app.ui.locate.next_steps import NextSteps
from geoguess_app.ui.locate.photo_row import PhotoRow, RowState
from geoguess_app.ui.locate.placed_card import PlacedCard
from geoguess_app.ui.references.match_card import MatchCard
from geoguess_app.ui.why.section import WhySection
from geoguess_app.ui.work.outcome import LocatingOutcome
from geoguess_app.ui.work.photo_view import PhotoView
from geoguess_app.ui.work.pictures import Pictures
from geoguess_app.ui.work.place_names import PlaceNames

_MARGIN, _FOLLOWING_PX = 8, 150


class DetailPanel(QScrollArea):
    """A column with all that is known about one photo; a row without an answer says what it waits
    for."""

    copied = Signal(str)
    """A position was copied by a button that is out of sight."""
    modelsRequested = Signal()
    candidateChosen = Signal(object)
    """The rank chosen in the table, or None."""

    def __init__(
        self, theme: Theme, icons: Icons, pictures: Pictures, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        stand_as_pane(self, tr("Details of the selected photo"))
        self._row: PhotoRow | None = None
        self._waiting_for = tr("Waiting to be located.")
        self.photo = PhotoView(theme, pictures)
        self.file = text_label("muted")
        self.about = text_label("muted")
        self.hint = text_label("muted")
        self.nothing = text_label("muted")
        self.nothing.setText(tr("Select a photo to see where it was taken and why."))
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.error = Card("error", "broken", theme)
        self.placed = PlacedCard(theme, icons)
        self.names = PlaceNames()
        self.field = PlaceField(self.names.name_of, self.names.find)
        self.answer = AnswerView(icons)
        self.match = MatchCard(theme)
        self.steps = NextSteps()
        self.conflict = Card("warning", "split", theme)
        self.known = Card("plain", "pin", theme)
        self.scene = ScenePanel(theme)
        self.candidates = CandidateTable()
        self.how = text_label(None)
        self.how.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._scene_part = section(tr("Scene"), self.scene)
        self._candidate_part = section(tr("Candidates"), self.candidates)
        self.why = WhySection()
        self.restricted = Card("plain", "draw-box", theme)
        self._search_parts: list[QWidget] = []
        self.field_part = section(tr("I know where"), self.field)
        self._how_part = section(tr("About this estimate"), self.how)
        self._lay_out()
        for button in (self.answer.copy, self.placed.copy):
            button.copied.connect(lambda text, button=button: self._tell_copied(button, text))
        self.steps.modelsRequested.connect(self.modelsRequested)
        self.candidates.chosen.connect(self.candidateChosen)
        self.show_row(None)

    def sizeHint(self) -> QSize:
        return QSize(350, 600)

    def show_row(self, row: PhotoRow | None) -> None:
        """Show this photo; None: nothing is chosen."""
        if row is None or self._row is None or row.path != self._row.path:
            self.verticalScrollBar().setValue(0)
            self.field.clear()
        self._row = row
        outcome = row.outcome if row else None
        failure = row.failure if row else None
        self.photo.setVisible(row is not None)
        self.file.setVisible(row is not None)
        self.photo.show_photo(row.path if row else None, row.name if row else "")
        if row is not None:
            self.file.setText(self._elided(row.name))
            self.file.setToolTip(str(row.path))
        self._show_about(row)
        self.placed.show_row(row)
        self.field_part.setVisible(row is not None)
        self.error.setVisible(failure is not None)
        if failure is not None:
            self.error.say(tr("Could not read this photo"), failure.message)
        self.nothing.setVisible(row is None)
        self._rest.setVisible(row is not None)
        self.hint.setVisible(row is not None and outcome is None and failure is None)
        self.hint.setText(self._hint(row))
        for part in (self.answer, self._candidate_part, self.why, self._how_part):
            part.setVisible(outcome is not None)
        for part in self._search_parts:
            part.setVisible(outcome is not None)
        for part in (self._scene_part, self.match, self.conflict, self.known, self.restricted):
            part.setVisible(False)
        if outcome is not None:
            self._show_outcome(outcome)

    def _tell_copied(self, button: CopyButton, text: str) -> None:
        """The button says it itself, where it is seen."""
        if not button.is_seen:
            self.copied.emit(text)

    def add_area_search(self, fields: QWidget, *clues: QWidget) -> None:
        """The clues below the answer, and below the possible places the search in an area."""
        box = self._body.layout()
        assert isinstance(box, QVBoxLayout)
        for after, part in (
            (self.restricted, section(tr("Clues"), *clues)),
            (self._candidate_part, section(tr("Search area"), fields)),
        ):
            part.hide()
            box.insertWidget(box.indexOf(after) + 1, part)
            self._search_parts.append(part)

    def reveal(self, part: QWidget) -> None:
        """Scroll so that a part begins at the top, as far as there is more below it."""
        self._body.updateGeometry()
        self.verticalScrollBar().setValue(part.mapTo(self._body, QPoint(0, 0)).y() - _MARGIN)

    def bring_into_sight(self, part: QWidget) -> None:
        """Scroll only so far that a part and the beginning of what follows it are seen."""
        self._body.updateGeometry()
        self.ensureWidgetVisible(part, 0, _FOLLOWING_PX)

    def say_waiting(self, why: str) -> None:
        """Say what a photo without an answer waits for, as a sentence."""
        self._waiting_for = why
        self.hint.setText(self._hint(self._row))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._row is not None:
            self.file.setText(self._elided(self._row.name))
            self._show_about(self._row)

    def _show_about(self, row: PhotoRow | None) -> None:
        lines = [self._elided(line) for line in about_photo(row)] if row is not None else []
        say(self.about, "\n".join(lines))
        self.about.setToolTip(str(row.path.parent) if row is not None else "")

    def _show_outcome(self, outcome: LocatingOutcome) -> None:
        located = outcome.located
        prediction = located.prediction
        self.answer.show_answer(located)
        self.match.show_reference(located.reference)
        if outcome.conflict_places is not None and prediction.conflict is not None:
            self.conflict.say(
                tr("Two possibilities"),
                sentences.conflict(prediction.conflict, outcome.conflict_places),
            )
        if located.known is not None:
            self.known.say(
                tr("The file already has a GPS position"), sentences.known_position(located)
            )
        if prediction.scene is not None:
            self.scene.show_scene(prediction.scene)
            self._scene_part.show()
        self._candidate_part.setVisible(bool(prediction.candidates))
        self.candidates.show_candidates(prediction.candidates, outcome.candidate_places)
        self.how.setText(sentences.method(prediction))

    def _hint(self, row: PhotoRow | None) -> str:
        if row is not None and row.state is RowState.STOPPED:
            return tr("Stopped before this photo was located. Choose “Continue” to locate it.")
        return self._waiting_for

    def _elided(self, name: str) -> str:
        width = max(80, self.viewport().width() - 40)
        return self.file.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, width)

    def _lay_out(self) -> None:
        body = self._body = QWidget()
        body.setObjectName("detailBody")
        box = QVBoxLayout(body)
        box.setContentsMargins(16, 16, 16, 18)
        box.setSpacing(10)
        for part in (
            self.photo,
            self.file,
            self.about,
            self.hint,
            self.error,
            self.placed,
            self.answer,
            self.match,
            self.steps,
            self.restricted,
            self.conflict,
            self.known,
            self.field_part,
            self._scene_part,
            self._candidate_part,
            self.why,
            self._how_part,
        ):
            box.addWidget(part)
        box.addWidget(self.nothing, 1)
        self._rest = QWidget()
        box.addWidget(self._rest, 1)
        self.setWidget(body)


def about_photo(row: PhotoRow) -> list[str]:
    """Tell when and with what it was taken and where it lies, as far as known."""
    facts = row.facts
    taken = f"{facts.taken:%Y-%m-%d %H:%M}" if facts is not None and facts.taken else ""
    camera = facts.camera if facts is not None else ""
    folder = tr("Folder: {name}").format(name=row.path.parent.name) if not row.label else ""
    lines = (" · ".join(part for part in (taken, camera) if part), folder)
    return [line for line in lines if line]
