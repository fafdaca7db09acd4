"""Filtering and sorting the worklist, off the window's thread where photos are many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import ReviewPhoto
from geoguess_app.review.views import Order, PhotoFilter, view
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.pools import TaskPool

_AT_ONCE = 500
"""So many photos are arranged in a millisecond or two."""


class ListOrdering(QObject):
    """Answers with ``arranged``; a newer wish replaces an older one."""

    arranged = Signal(object)
    """Numbers of photos, in order."""

    def __init__(self, pool: TaskPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """An answer is still to come."""
        return self._job is not None

    def ask(
        self,
        session: ReviewSession,
        wanted: PhotoFilter,
        order: Order,
        kept: frozenset[int] = frozenset(),
    ) -> None:
        """Arrange the photos that pass the filter, and those kept in the list anyway."""
        self._drop()
        photos = list(session)
        if len(photos) <= _AT_ONCE:
            self.arranged.emit(_arrange(photos, wanted, order, kept))
            return

        def work(_token: CancelToken) -> Iterator[list[int]]:
            yield _arrange(photos, wanted, order, kept)

        job = self._job = Job(work)
        job.item.connect(lambda numbers: self._came(job, numbers))
        job.start(self._pool)

    def close(self) -> bool:
        """Wait for the thread; False where it did not end in time."""
        self._drop()
        return self._pool.waitForDone(20_000)

    def _drop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _came(self, job: Job, numbers: Sequence[int]) -> None:
        if job is self._job:
            self._job = None
            self.arranged.emit(numbers)


def _arrange(
    photos: Sequence[ReviewPhoto], wanted: PhotoFilter, order: Order, kept: frozenset[int]
) -> list[int]:
    shown = (photo for photo in photos if photo.id in kept or wanted.shows(photo))
    return view(shown, PhotoFilter(), order)
