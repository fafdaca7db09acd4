"""Answers inside a country or a drawn area, found in a worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.area.areas import Area
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.types import FloatArray
from geoguess_app.review.values import AnswerSummary, ReviewPhoto
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.pools import TaskPool

if TYPE_CHECKING:
    from geoguess_app.core.area.atlas import Atlas
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
        self._lock = threading.Lock()
        self._atlas: tuple[LoadedModel, Atlas] | None = None
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

    def inside(
        self, model: LoadedModel, area: Area, probabilities: FloatArray | None
    ) -> FloatArray | None:
        """Probabilities given that the photo was taken in an area, for the map; in any thread."""
        from geoguess_app.core.decision.heatmap import restrict

        if probabilities is None:
            return None
        with self._lock:
            cover = self._atlas_of(model).cover(area)
        try:
            return restrict(probabilities * cover.share, cover.share > 0)
        except ValueError:
            return None

    def close(self) -> bool:
        """Wait for the thread; False where it did not end in time."""
        if self._job is not None:
            self._job.cancel()
        return self._pool.waitForDone(20_000)

    def _work(
        self, photos: Sequence[ReviewPhoto], area: Area, model: LoadedModel
    ) -> Callable[[CancelToken], Iterator[object]]:
        def work(_token: CancelToken) -> Iterator[object]:
            from geoguess_app.review.narrowing import narrowed, remembered

            posteriors = remembered(self._answers.store(), self._answers.key(model))
            with self._lock:
                atlas = self._atlas_of(model)
                yield narrowed(photos, area, atlas, posteriors, model.places)

        return work

    def _atlas_of(self, model: LoadedModel) -> Atlas:
        from geoguess_app.core.area.atlas import Atlas

        if self._atlas is None or self._atlas[0] is not model:
            self._atlas = (model, Atlas(model.predictor.bundle))
        return self._atlas[1]

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
