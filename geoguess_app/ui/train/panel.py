"""The left side: five steps under one another, the one that is on opened."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train.pieces import Page
from geoguess_app.ui.train.recipe_body import RecipeBody
from geoguess_app.ui.train.step_bodies import CheckBody, PhotosBody, ResultBody, TrainBody
from geoguess_app.ui.train.step_header import StepHeader, StepState

_INDENT, _NARROW = 36, 6
_WIDE_PX = 250
"""Narrower, there is no room to stand under the titles."""


class TrainStep(IntEnum):
    """The steps of a training in their order."""

    PHOTOS = 0
    CHECK = 1
    RECIPE = 2
    TRAIN = 3
    RESULT = 4


class StepPanel(Page):
    """Steps before the current one are done; a click on their heads goes back."""

    stepWanted = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("trainSteps", parent)
        self.setMinimumWidth(200)
        self.setAccessibleName(tr("Steps of the training"))
        self.photos, self.check = PhotosBody(), CheckBody(theme)
        self.recipe, self.train, self.result = RecipeBody(theme), TrainBody(theme), ResultBody()
        self._bodies: tuple[QWidget, ...] = (
            *(self.photos, self.check, self.recipe, self.train, self.result),
        )
        titles = (tr("Photos"), tr("Check"), tr("Recipe"), tr("Training"), tr("Result"))
        self.headers = [StepHeader(i + 1, title, theme) for i, title in enumerate(titles)]
        self._summaries = [""] * len(TrainStep)
        self.box.setContentsMargins(12, 14, 12, 14)
        self.box.setSpacing(4)
        for step, header, body in zip(TrainStep, self.headers, self._bodies, strict=True):
            header.clicked.connect(lambda _checked=False, step=step: self._clicked(step))
            self.add(header, body)
        self.box.addStretch(1)
        self.current, self._locked = TrainStep.PHOTOS, False
        self._reached = TrainStep.PHOTOS
        self.show_step(TrainStep.PHOTOS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for body in self._bodies:
            box = body.layout()
            if box is not None:
                box.setContentsMargins(_NARROW if self.width() < _WIDE_PX else _INDENT, 0, 0, 10)

    def show_question(self) -> None:
        """Scroll to what the recipe asks, and to its start."""
        # Once it has its place.
        QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(self.recipe.start))

    def show_step(self, step: TrainStep, *, locked: bool = False) -> None:
        """Open a step; locked: no going back for now."""
        self.current, self._locked = step, locked
        self._reached = max(self._reached, step)
        self._refresh()

    def forget_after(self, step: TrainStep) -> None:
        """Forget what came after a step, which no longer holds."""
        self._reached = step
        for later in TrainStep:
            if later > step:
                self._summaries[later] = ""

    def summarise(self, step: TrainStep, text: str) -> None:
        """A few words on what became of a step."""
        self._summaries[step] = text
        self._refresh()

    def _clicked(self, step: TrainStep) -> None:
        if not self._locked and step != self.current:
            self.stepWanted.emit(step)

    def _refresh(self) -> None:
        for step, header, body in zip(TrainStep, self.headers, self._bodies, strict=True):
            body.setVisible(step == self.current)
            if step == self.current:
                state = StepState.CURRENT
            elif step <= self._reached:
                state = StepState.DONE
            else:
                state = StepState.AHEAD
            header.show_state(state, self._summaries[step])
