"""The controller of "Why here": asks the model about the chosen photo and shows what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.core.explain.types import Target
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.why.body import WhyBody
    from geoguess_app.ui.why.questions import Question, QuestionKind
    from geoguess_app.ui.why.section import WhySection
    from geoguess_app.ui.why.work import ExplainerCache, Explanation
    from geoguess_app.ui.work.outcome import LocatingOutcome

_PATIENCE_MS = 120
"""Photos that are only stepped over are not asked about."""
_WORLD_KM = 6000.0
"""Two places that need a wider circle than this are shown on the whole world."""


class WhyController(QObject):
    """A controller that wires a section of a panel, the map and the model's thread; its mode says
    which photo.

    Until the section is first opened it costs nothing but this object.
    """

    opened = Signal()
    """The section was opened by key: it should be brought into view."""

    def __init__(
        self,
        services: Services,
        section: WhySection,
        rank: Callable[[], int | None],
        parent: QObject,
    ) -> None:
        """``rank`` says which possible place is chosen in the panel, if any."""
        super().__init__(parent)
        self._services, self._section, self._rank = services, section, rank
        self._on = False
        self._path: Path | None = None
        self._in_area = False
        self._outcome: LocatingOutcome | None = None
        self._question: Question | None = None
        self._found: dict[Target, Explanation] = {}
        """Of the outcome that is shown."""
        self._fresh: set[Path] = set()
        """Files that were located again: what is kept of them is out of date."""
        self._answers: dict[Path, LocatingOutcome] = {}
        """Which answer a photo had when it was last looked at."""
        self._looks: ExplainerCache | None = None
        self._job: Job | None = None
        self._map: MapView | None = None
        self._soon = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        self._soon.timeout.connect(self._start)
        self._section.toggled.connect(self._toggled)
        services.map.when_map(self._map_made)
        services.locator.modelReady.connect(self._forget)

    def enter(self) -> None:
        """The mode of the section is on: clicks on the map's cells are questions."""
        self._on = True

    def leave(self) -> None:
        """Take everything off the map, which another mode uses now."""
        self._on = False
        self._clear_dots()

    def toggle(self) -> None:
        """Open the section and bring it into view, or close it."""
        if not self._section.isHidden():
            self._section.heading.toggle()
            if self._section.is_open:
                self._section.heading.setFocus()
                # Once the new widgets have their places.
                QTimer.singleShot(0, self, self.opened.emit)

    def show_look_alikes(self) -> None:
        """Open the section, if it is closed, and bring its look-alikes into view."""
        if not self._section.is_open:
            self._section.heading.setChecked(True)
        QTimer.singleShot(0, self, self.opened.emit)

    @property
    def body(self) -> WhyBody:
        """The widgets of the open section, made at the first use."""
        from geoguess_app.ui.why.body import WhyBody

        if not isinstance(self._section.body, WhyBody):
            made = WhyBody(self._services.theme, self._services.pictures)
            made.asked.connect(self._asked)
            made.sceneAsked.connect(self._scene_asked)
            made.alikeChosen.connect(self._alike_chosen)
            self._section.put(made)
            return made
        return self._section.body

    @property
    def found(self) -> Explanation | None:
        """Return what is shown."""
        return self._found.get(self._question.target) if self._question else None

    def show_photo(
        self, path: Path | None, shown: LocatingOutcome | None, whole: LocatingOutcome | None
    ) -> None:
        """Take another photo, or another answer for this one.

        ``shown`` is the answer on show, ``whole`` the model's own: the same unless an area is
        searched.
        """
        if path is not None and path == self._path and shown is self._outcome:
            return
        self._note_answer(path, whole)
        self._cancel()
        self._clear_dots()
        self._path, self._outcome, self._question = path, shown, None
        self._in_area = shown is not whole
        self._found = {}
        if self._section.is_open:
            self._open()

    def _note_answer(self, path: Path | None, whole: LocatingOutcome | None) -> None:
        """Notice when the current photo has been located again."""
        if path is None or whole is None:
            return
        if self._answers.get(path, whole) is not whole:
            self._fresh.add(path)
        self._answers[path] = whole

    def _forget(self, _model: object) -> None:
        """What the model before saw is of no use any more, and keeps that model in memory."""
        self._looks = None

    # What the user asks.

    def _toggled(self, on: bool) -> None:
        if on:
            self._open()
        else:
            self._cancel()
            self._clear_dots()

    def _open(self) -> None:
        if self._path is None or self._outcome is None:
            return
        from geoguess_app.ui.why import questions

        outcome = self._outcome
        offered = [questions.QuestionKind.ANSWER]
        if questions.runner_up(outcome) is not None:
            offered.append(questions.QuestionKind.RUNNER_UP)
        scenes = questions.scenes(outcome.located.prediction.scene)
        if scenes:
            offered.append(questions.QuestionKind.SCENE)
        self.body.show_photo(self._path, offered, scenes)
        rank = self._rank()
        chosen = questions.candidate(outcome, rank) if rank else None
        self.ask(self._question or chosen or questions.answer(outcome))

    def _asked(self, asked: QuestionKind) -> None:
        from geoguess_app.ui.why import questions

        if self._outcome is None:
            return
        if asked is questions.QuestionKind.SCENE:
            self._scene_asked(self.body.scenes.currentIndex())
        else:
            rank = 1 if asked is questions.QuestionKind.ANSWER else 2
            self.ask(questions.candidate(self._outcome, rank) or questions.answer(self._outcome))

    def _scene_asked(self, position: int) -> None:
        from geoguess_app.ui.why import questions

        if self._outcome is not None:
            offered = questions.scenes(self._outcome.located.prediction.scene)
            if 0 <= position < len(offered):
                self.ask(offered[position])

    def choose_candidate(self, rank: int | None) -> None:
        """Ask about the possible place of this rank; None: about the answer."""
        from geoguess_app.ui.why import questions

        if self._section.is_open and self._outcome is not None:
            self.ask(
                questions.candidate(self._outcome, rank or 1) or questions.answer(self._outcome)
            )

    def _cell_clicked(self, layer: str, index: int) -> None:
        model = self._services.locator.model
        if self._section.is_open and self._on and self._outcome is not None and model is not None:
            from geoguess_app.ui.why import questions

            self.ask(questions.cell(self._outcome, layer, index, model))

    def ask(self, question: Question) -> None:
        """Show what speaks for this, as soon as it is known."""
        assert self._outcome is not None
        self._cancel()
        self._clear_dots()
        self._question = question
        prediction = self._outcome.located.prediction
        self.body.show_question(question, prediction, in_area=self._in_area)
        if self.found is not None:
            self._show(self.found)
        else:
            self._soon.start()

    # What the model says.

    def _start(self) -> None:
        model, path, question = self._services.locator.model, self._path, self._question
        if model is None or path is None or question is None:
            return
        from geoguess_app.ui.why.work import ExplainerCache, explanation_work

        if self._looks is None:
            self._looks = ExplainerCache()
        again = path in self._fresh
        self._fresh.discard(path)
        work = explanation_work(self._looks, model, path, question, again=again)
        self._job = self._services.locator.run_between_photos(work, self._came, self._failed)

    def _came(self, found: Explanation) -> None:
        if self._question is None or found.question != self._question:
            return
        self._found[found.question.target] = found
        self._show(found)

    def _show(self, found: Explanation) -> None:
        self.body.show_explanation(found)

    def _failed(self, error: Exception) -> None:
        if self._question is not None:
            self.body.show_failure(sentence(error))

    def _cancel(self) -> None:
        self._soon.stop()
        if self._job is not None:
            self._job.cancel()
            self._job = None

    # The map.

    def _map_made(self, view: MapView) -> None:
        self._map = view
        view.cellClicked.connect(self._cell_clicked)
        view.listen("whyDot", lambda number: self.body.table.selectRow(int(number)))

    def _alike_chosen(self, position: int | None) -> None:
        found = self.found
        if self._map is None or position is None or found is None or self._outcome is None:
            self._clear_dots(keep_choice=True)
            return
        from geoguess_app.ui.why.dots import both_in_view, dots

        self._map.push("why", dots(found.spots, self.body.table.rows_model, position))
        answer = self._outcome.located.prediction.coordinate
        middle, radius_km = both_in_view(answer, found.spots[position].best.coordinate)
        if radius_km > _WORLD_KM:
            self._map.fit_world()
        else:
            self._map.fit_region(middle, radius_km)

    def _clear_dots(self, *, keep_choice: bool = False) -> None:
        if not keep_choice and self._section.body is not None:
            self.body.table.clearSelection()
        if self._map is not None:
            self._map.push("why", None)
