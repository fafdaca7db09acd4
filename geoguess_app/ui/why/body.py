"""The body of the section "Why here" when it is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.types import Prediction
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.inputs import ComboBox, Slider
from geoguess_app.ui.kit.pieces import say, text_label
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.why import wording
from geoguess_app.ui.why.alike_table import AlikeTable
from geoguess_app.ui.why.overlay import overlay
from geoguess_app.ui.why.questions import Question, QuestionKind
from geoguess_app.ui.why.region_view import RampLegend, RegionView
from geoguess_app.ui.why.work import Explanation
from geoguess_app.ui.work.pictures import Pictures

_BUTTONS = (QuestionKind.ANSWER, QuestionKind.RUNNER_UP, QuestionKind.SCENE)


class WhyBody(QWidget):
    """The photo in colours, its legend and words, and the known photos that look like it."""

    asked = Signal(object)
    """A button was pressed: an Asked."""
    sceneAsked = Signal(int)
    """Another scene label was chosen, by its position in the list."""
    alikeChosen = Signal(object)
    """Position of a look-alike, or None."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons = {asked: _button(asked) for asked in _BUTTONS}
        self._group = QButtonGroup(self)
        for button in self.buttons.values():
            self._group.addButton(button)
        self.scenes = ComboBox()
        self.scenes.setAccessibleName(tr("Scene"))
        self.title = text_label("strong")
        self.caution = text_label("muted")
        self.view = RegionView(theme, pictures)
        self.legend = RampLegend(theme)
        self.strength = Slider()
        self.strength.setRange(0, 100)
        self.strength.setValue(100)
        self.strength.setAccessibleName(tr("Opacity of the colours"))
        self.words = text_label(None)
        self.list_title = text_label("muted")
        self.said = text_label("muted")
        self.table = AlikeTable()
        self.limits = text_label("muted")
        self.limits.setText(tr("Regions indicate what the network weighs; they are not proof."))
        self._lay_out()
        self._group.buttonClicked.connect(self._pressed)
        self.scenes.activated.connect(self.sceneAsked)
        self.strength.valueChanged.connect(lambda v: self.view.set_strength(v / 100.0))
        self.table.chosen.connect(self.alikeChosen)

    def show_photo(
        self, path: Path, offered: Sequence[QuestionKind], scenes: Sequence[Question]
    ) -> None:
        """Show another photo: its buttons, its scenes."""
        self.view.show_photo(path)
        for asked, button in self.buttons.items():
            button.setEnabled(asked in offered)
        with QSignalBlocker(self.scenes):
            self.scenes.clear()
            self.scenes.addItems([_with_chance(question) for question in scenes])

    def show_question(self, question: Question, prediction: Prediction, *, in_area: bool) -> None:
        """Show what is asked; the regions are being looked for."""
        self._group.setExclusive(False)
        for asked, button in self.buttons.items():
            button.setChecked(asked is question.asked)
        self._group.setExclusive(True)
        self.scenes.setVisible(question.asked is QuestionKind.SCENE)
        self.title.setText(_with_chance(question))
        self.title.setVisible(question.asked is not QuestionKind.SCENE)
        say(self.caution, wording.caution(prediction, question, in_area=in_area))
        self.view.say(tr("Analysing…"))
        self.setEnabled(True)

    def show_explanation(self, found: Explanation) -> None:
        """Show the regions in colour, the words and the look-alikes."""
        question = found.question
        spoken = wording.strongest(found.regions)
        self.view.show_regions(overlay(found.regions), f"{question.title}. {spoken}")
        self.limits.setToolTip(wording.method(found.regions))
        say(self.words, f"{spoken} {wording.explained_by(found.member)}".strip())
        rows = found.spots
        places_asked = question.asked is not QuestionKind.SCENE
        say(self.said, wording.look_alike_share(found.alike, question))
        shown = places_asked and found.alike is not None
        say(self.list_title, wording.list_title(question) if shown else "")
        if shown and not rows:
            self.list_title.setText(wording.no_look_alikes())
        self.table.show_rows(rows, found.places, found.photos)
        self.table.setVisible(bool(rows))

    def show_failure(self, sentence: str) -> None:
        """Instead of regions, why there are none."""
        self.view.show_regions(None)
        say(self.words, sentence)
        for part in (self.said, self.list_title, self.table):
            part.hide()

    def _pressed(self, button: QToolButton) -> None:
        for asked, candidate in self.buttons.items():
            if candidate is button:
                self.asked.emit(asked)

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(4)
        for button in self.buttons.values():
            choices.addWidget(button)
        choices.addStretch(1)
        strength = QHBoxLayout()
        strength.setSpacing(10)
        caption = QLabel(tr("Opacity"))
        caption.setProperty("role", "muted")
        caption.setBuddy(self.strength)
        strength.addWidget(caption)
        strength.addWidget(self.strength, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 2, 0, 0)
        box.setSpacing(8)
        box.addLayout(choices)
        box.addWidget(self.scenes)
        box.addWidget(self.title)
        box.addWidget(self.caution)
        box.addWidget(self.view)
        box.addWidget(self.legend)
        box.addLayout(strength)
        box.addWidget(self.words)
        box.addSpacing(4)
        box.addWidget(self.list_title)
        box.addWidget(self.table)
        box.addWidget(self.said)
        box.addWidget(self.limits)


def _button(asked: QuestionKind) -> QToolButton:
    text, tip = {
        QuestionKind.ANSWER: (tr("Answer"), tr("Show what supports the answer")),
        QuestionKind.RUNNER_UP: (tr("Runner-up"), tr("Show what supports the second candidate")),
        QuestionKind.SCENE: (tr("Scene"), tr("Show what supports the scene")),
    }[asked]
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(True)
    button.setProperty("segment", "true")
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _with_chance(question: Question) -> str:
    if question.chance is None:
        return question.title
    return f"{question.title} · {words.percent(question.chance)}"
