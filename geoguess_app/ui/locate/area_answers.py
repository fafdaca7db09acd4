"""Answers of single photos inside areas, found in a worker and remembered."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.area.areas import Area
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.cells import grown
from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.types import CluesUsed
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.outcome import LocatingOutcome, make_outcome

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.work.answers import Answers
    from geoguess_app.ui.work.workers import LoadedModel

_MOST_KEPT = 300


@dataclass(frozen=True, slots=True)
class AreaQuestion:
    """A photo, an area, and the clues that made it, if any."""

    path: Path
    area: Area
    clues: tuple[Clue, ...]


@dataclass(frozen=True, slots=True)
class AreaAnswer:
    """An answer, and what is left of it inside an area."""

    whole: LocatingOutcome
    inside: LocatingOutcome | None
    """None where nothing is left."""
    used: CluesUsed | None
    """The clues that made the area, if any."""
    reached: tuple[int, ...] = ()
    """Ids of the cells that the area reaches, with the land around them that has no cells."""


def area_work(
    model: LoadedModel,
    outcome: LocatingOutcome,
    questions: Sequence[AreaQuestion],
    answers: Answers,
) -> Work:
    """Yield the question and the AreaAnswer for each question about one located photo."""

    def work(token: CancelToken) -> Iterator[tuple[AreaQuestion, AreaAnswer]]:
        for question in questions:
            if token.cancelled:
                return
            yield question, answer_in_area(model, outcome, question, answers)

    return work


def answer_in_area(
    model: LoadedModel, outcome: LocatingOutcome, question: AreaQuestion, answers: Answers
) -> AreaAnswer:
    """Return what is left of a photo's answer; for a worker."""
    from geoguess_app.core.clues.apply import keep_to

    located = outcome.located
    whole = located.prediction
    known = answers.store().prediction(located.path, answers.key(model))
    if known is not None:
        whole = dataclasses.replace(whole, cell_probabilities=known.cell_probabilities)
    with model.atlas.use() as atlas:
        inside, used = keep_to(whole, question.clues, question.area, atlas)
        is_reached = atlas.cover(question.area).share > 0
    ids = atlas.partition.cell_ids
    reached = tuple(grown(ids[is_reached], ids[~is_reached]).tolist())
    said = used if question.clues else None
    if inside is None:
        return AreaAnswer(outcome, None, said, reached)
    found = dataclasses.replace(
        located,
        prediction=inside,
        place=model.places.at(inside.coordinate),
        reference=None,
        clues=said,
    )
    return AreaAnswer(outcome, make_outcome(found, model.places), said, reached)


class AreaAnswers(QObject):
    """The answers known, and the worker that finds those asked for; the last wish counts."""

    came = Signal(object)
    """The AreaQuestion that has its answer now."""
    failed = Signal(object)

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._found: dict[AreaQuestion, AreaAnswer] = {}
        self._job: Job | None = None
        self._wanted: tuple[tuple[AreaQuestion, ...], LocatingOutcome] | None = None

    def clear(self) -> None:
        """Forget all: another model answers."""
        self._found.clear()
        self._wanted = None

    def get(self, question: AreaQuestion, outcome: LocatingOutcome) -> AreaAnswer | None:
        """Return what is left of this very answer; one that came later has to be asked for."""
        found = self._found.get(question)
        return found if found is not None and found.whole is outcome else None

    def ask(self, questions: Sequence[AreaQuestion], outcome: LocatingOutcome) -> None:
        """Find those that are not known, in this order, and nothing else any more."""
        model = self._services.locator.model
        new = tuple(q for q in questions if self.get(q, outcome) is None)
        if model is None or not new:
            return
        wanted = self._wanted
        if wanted is not None and wanted[1] is outcome and set(new) <= set(wanted[0]):
            return
        self._wanted = new, outcome
        if self._job is not None:
            self._job.cancel()
        job = self._job = Job(area_work(model, outcome, new, self._services.locator.answers))
        job.item.connect(lambda item: self._came(*item))
        job.failed.connect(self._failed)
        job.start(self._services.pools.areas)

    def close(self) -> None:
        """Ask for nothing more."""
        if self._job is not None:
            self._job.cancel()

    def _came(self, question: AreaQuestion, found: AreaAnswer) -> None:
        while len(self._found) >= _MOST_KEPT:
            self._found.pop(next(iter(self._found)))
        self._found[question] = found
        self.came.emit(question)

    def _failed(self, error: Exception) -> None:
        self._wanted = None
        self.failed.emit(error)


def clue_note(found: AreaAnswer, used: CluesUsed) -> tuple[str, str]:
    """Return title and sentence of what clues have done to an answer."""
    located = found.whole.located
    place = words.place_in_sentence(located.place, located.prediction.coordinate)
    share = words.percent(used.probability_left)
    without = tr("Without the clues: {place}.").format(place=place)
    if found.inside is None:
        return (
            tr("Nothing fits these clues"),
            tr("The model finds no match for the photo there; this is the answer without them."),
        )
    if used.contradict:
        said = tr("Only {share} of the probability fits. One of them is likely wrong.")
        return (
            tr("Clues and picture contradict each other"),
            f"{said.format(share=share)} {without}",
        )
    said = tr("{share} of the probability fits.").format(share=share)
    return tr("Kept to: {clues}").format(clues=", ".join(used.words)), f"{said} {without}"
