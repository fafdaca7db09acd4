"""Letting the photos of a trip help each other: a switch, and the scoring behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QVBoxLayout, QWidget

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.answers import Answers
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoguess_app.core.types import Coordinate
    from geoguess_app.review.trips import TripModel
    from geoguess_app.review.values import AnswerSummary, ReviewPhoto
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.review.work import ReviewWork
    from geoguess_app.ui.work.workers import LoadedModel

_SETTING = "review/trips"
_DELAY_MS = 400
_Support = tuple["Coordinate | None", "AnswerSummary | None"]


class TripMemory:
    """The parts of a model that scoring needs, kept as long as the model stays; for one worker."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._made: tuple[LoadedModel, TripModel] | None = None

    def scoring(
        self, photos: Sequence[ReviewPhoto], model: LoadedModel, changed: Iterable[int] | None
    ) -> Work:
        """Yield mappings for ``Session.support``, one trip each."""

        def work(token: CancelToken) -> Iterator[Mapping[int, AnswerSummary | None]]:
            from geoguess_app.locating.posteriors import remembered_posteriors
            from geoguess_app.review.trips import TripModel, rescore_trips

            if self._made is None or self._made[0] is not model:
                self._made = (model, TripModel(model.predictor.bundle))
            cells = remembered_posteriors(self._answers.store(), self._answers.key(model))
            trips = self._made[1]
            yield from rescore_trips(photos, trips, cells, model.places, changed, token)

        return work


class TripScoring(QObject):
    """Scores trips anew when an answer or a known position in them changes; GUI thread."""

    scored = Signal(int)
    """Work has ended; so many photos have the place of their trip now."""
    runningChanged = Signal(bool)
    problem = Signal(str)
    """One sentence."""

    def __init__(self, services: Services, controller: ReviewController, work: ReviewWork) -> None:
        super().__init__(services.host)
        self._services, self._controller, self._work = services, controller, work
        self._memory = TripMemory(services.locator.answers)
        self._on = str(services.window_state.value(_SETTING, False)).lower() == "true"
        self._known: dict[int, _Support] = {}
        self._moved: set[int] = set()
        self._pending: set[int] = set()
        self._job: Job | None = None
        self._closed = False
        self._later = QTimer(self, interval=_DELAY_MS, singleShot=True)
        self._later.timeout.connect(self._begin)
        controller.changed.connect(self._photos_changed)
        work.runningChanged.connect(lambda running: None if running else self._later.start())
        services.locator.modelReady.connect(self._score_all)
        controller.visit(self._get_to_know)

    @property
    def on(self) -> bool:
        """Tell whether photos help each other."""
        return self._on

    @property
    def moved(self) -> int:
        """Return how many photos have the place of their trip instead of their own."""
        return len(self._moved)

    def switch(self, on: bool) -> None:
        """Turn it on or off; off gives all photos their own answers back."""
        if on == self._on:
            return
        self._on = on
        self._services.window_state.setValue(_SETTING, on)
        if on:
            self._score_all()
            return
        self._pending.clear()
        if self._job is not None:
            self._job.cancel()
        session = self._controller.session
        own: dict[int, AnswerSummary | None] = {p.id: None for p in session if p.trip is not None}
        self._controller.run(lambda session: session.support(own))
        self.scored.emit(self.moved)

    def close(self) -> None:
        """Stop scoring for good."""
        self._closed = True
        self._later.stop()
        if self._job is not None:
            self._job.cancel()

    def _score_all(self, *_: object) -> None:
        if self._on:
            self._pending.update(photo.id for photo in self._controller.session)
            self._later.start()

    def _get_to_know(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            photo = self._controller.photo(number)
            self._known.setdefault(number, (photo.anchor, photo.answer))
            if photo.trip is not None and not photo.decision.removed:
                self._moved.add(number)
        if self._moved:
            self.scored.emit(self.moved)

    def _photos_changed(self, numbers: Iterable[int]) -> None:
        by_hand = False
        for number in numbers:
            photo = self._controller.photo(number)
            there = photo.trip is not None and not photo.decision.removed
            (self._moved.add if there else self._moved.discard)(number)
            now, before = (photo.anchor, photo.answer), self._known.get(number, (None, None))
            if now != before:
                self._known[number] = now
                self._pending.add(number)
                by_hand = by_hand or now[0] != before[0]
        # Answers that come in one by one are heard together at the end.
        if self._on and self._pending and (by_hand or not self._work.running):
            self._later.start()

    def _begin(self) -> None:
        model = self._services.locator.model
        if self._closed or not self._on or not self._pending or model is None:
            return
        if self._job is not None:
            return  # its end looks again
        pending, self._pending = self._pending, set()
        photos = list(self._controller.session)
        whole = len(pending) == len(photos)
        job = self._job = Job(self._memory.scoring(photos, model, None if whole else pending))
        job.item.connect(self._came)
        job.failed.connect(self._failed)
        job.finished.connect(lambda _complete: self._ended())
        self.runningChanged.emit(True)
        job.start(self._services.pools.files)

    def _came(self, answers: Mapping[int, AnswerSummary | None]) -> None:
        if self._on and not self._closed:
            self._controller.run(lambda session: session.support(answers))

    def _failed(self, error: Exception) -> None:
        if not self._closed:
            self.problem.emit(sentence(error))

    def _ended(self) -> None:
        self._job = None
        if self._closed:
            return
        self.runningChanged.emit(False)
        self.scored.emit(self.moved)
        if self._pending and not self._work.running:
            self._later.start()


class TripSwitch(QFrame):
    """A switch that says what it does, and what came of it."""

    def __init__(self, scoring: TripScoring, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scoring = scoring
        self.tick = QCheckBox(tr("Locate photos of a trip together"))
        self.tick.setChecked(scoring.on)
        self.tick.setToolTip(
            tr(
                "A trip is a series of photos in one folder with no gap of more than a "
                "day. If some of them have GPS or were placed by hand, the others are "
                "placed within reach of those. Trips without a known position are not "
                "changed."
            )
        )
        self._running = self._is_short = False
        self.line = QLabel()
        self.line.setProperty("role", "muted")
        self.line.setWordWrap(True)
        self.tick.toggled.connect(scoring.switch)
        scoring.scored.connect(lambda _moved: self._say())
        self.tick.toggled.connect(lambda _on: self._say())
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(self.tick)
        box.addWidget(self.line)
        scoring.runningChanged.connect(self._note_running)
        self._say()

    def shorten(self, short: bool) -> None:
        """Take whether there is little room: what came of it stands in the tooltip alone then."""
        self._is_short = short
        self._say()

    def _note_running(self, running: bool) -> None:
        self._running = running
        self._say()

    def _say(self) -> None:
        if not self._scoring.on:
            text = ""  # also while work that was called off comes to its end
        elif self._running:
            text = tr("Comparing the photos of each trip…")
        elif self._scoring.moved:
            text = tr("{photos} placed using their trip").format(
                photos=words.photos(self._scoring.moved)
            )
        else:
            text = tr("Trips did not change any position.")
        self.line.setText(text)
        self.line.setVisible(bool(text) and not self._is_short)
        self.tick.setAccessibleDescription(text)
