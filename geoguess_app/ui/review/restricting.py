"""Answers inside a country or a drawn area, found in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.area.areas import Area
from geoguess_app.core.cancel import CancelToken
from geoguess_app.review.values import AnswerSummary, ReviewPhoto
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.pools import TaskPool

if TYPE_CHECKING:
    from geoguess_app.ui.work.answers import Answers
    from geoguess_app.ui.work.workers import LoadedModel


class AreaRestriction(QObject):
    """One wish at a time; a newer one replaces it."""

    found = Signal(object, object, int)
    """The area, the answers by photo, and how many photos have nothing left in it."""
    problem = Signal(str)
    busyChanged = Signal(bool)

    def __init__(self, answers: Answers, pool: TaskPool, parent: QObject) -> None:
        super().__init__(parent)
        self._answers = answers
        self._pool = pool
        self._job: Job | None = None

    def ask(self, photos: Sequence[ReviewPhoto], area: Area, model: LoadedModel) -> None:
        """Look for photos in an area."""
        if self._job is not None:
            self._job.cancel()
        job = self._job = Job(self._work(photos, area, model))
        job.item.connect(lambda found: self._tell(job, area, found))
        job.failed.connect(lambda error: self.problem.emit(sentence(error)))
        job.finished.connect(lambda _complete: self._ended(job))
        self.busyChanged.emit(True)
        job.start(self._pool)

    def close(self) -> bool:
        """Wait for the thread; False where it did not end in time."""
        if self._job is not None:
            self._job.cancel()
        return self._pool.waitForDone(20_000)

    def _work(
        self, photos: Sequence[ReviewPhoto], area: Area, model: LoadedModel
    ) -> Callable[[CancelToken], Iterator[object]]:
        def work(_token: CancelToken) -> Iterator[object]:
            from geoguess_app.locating.posteriors import remembered_posteriors
            from geoguess_app.review.narrowing import narrow_answers

            cells = remembered_posteriors(self._answers.store(), self._answers.key(model))
            with model.atlas.use() as atlas:
                found = narrow_answers(photos, area, atlas, cells, model.places)
            yield found

        return work

    def _tell(
        self, job: Job, area: Area, found: tuple[Mapping[int, AnswerSummary], list[int]]
    ) -> None:
        if job is self._job:
            answers, nothing = found
            self.found.emit(area, answers, len(nothing))

    def _ended(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self.busyChanged.emit(False)
