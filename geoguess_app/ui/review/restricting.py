"""Answers inside a country or a drawn area, found in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.review.values import NarrowedAnswer, ReviewPhoto
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.pools import TaskPool

if TYPE_CHECKING:
    from geoguess_app.review.narrowing import AreaWish
    from geoguess_app.ui.work.answers import Answers
    from geoguess_app.ui.work.workers import LoadedModel

    Wish = tuple[ReviewPhoto, AreaWish]


class AreaRestriction(QObject):
    """One wish at a time; a newer one replaces it."""

    found = Signal(object, int)
    """The answers (NarrowedAnswer) by photo, and how many photos have nothing left."""
    problem = Signal(str)
    busyChanged = Signal(bool)

    def __init__(self, answers: Answers, pool: TaskPool, parent: QObject) -> None:
        super().__init__(parent)
        self._answers = answers
        self._pool = pool
        self._job: Job | None = None

    def ask(self, wishes: Sequence[Wish], model: LoadedModel) -> None:
        """Look for photos in areas and where clues fit."""
        if self._job is not None:
            self._job.cancel()
        job = self._job = Job(self._work(wishes, model))
        job.item.connect(lambda found: self._tell(job, found))
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
        self, wishes: Sequence[Wish], model: LoadedModel
    ) -> Callable[[CancelToken], Iterator[object]]:
        def work(_token: CancelToken) -> Iterator[object]:
            from geoguess_app.locating.posteriors import remembered_posteriors
            from geoguess_app.review.narrowing import narrow_each

            cells = remembered_posteriors(self._answers.store(), self._answers.key(model))
            with model.atlas.use() as atlas:
                found = narrow_each(wishes, atlas, cells, model.places)
            yield found

        return work

    def _tell(self, job: Job, found: tuple[Mapping[int, NarrowedAnswer], list[int]]) -> None:
        if job is self._job:
            answers, nothing = found
            self.found.emit(answers, len(nothing))

    def _ended(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self.busyChanged.emit(False)
