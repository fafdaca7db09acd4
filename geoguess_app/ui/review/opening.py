"""Opening the review of the data folder in a worker: fifty thousand photos take seconds."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import SessionError
from geoguess_app.core.types import Coordinate
from geoguess_app.files.user_data import session_path
from geoguess_app.review.kept_later import DeferredSessionFile
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import State
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.dots import ReviewDots
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.pools import TaskPool
from geoguess_app.ui.work.review_controller import ReviewController, states_of

_REPLACEABLE = ("broken", "not-ours", "newer")
"""Troubles of the file itself: another one can take its place."""


@dataclass(frozen=True, slots=True)
class OpenedReview:
    """A session, and what would keep the window waiting if it were worked out there."""

    session: ReviewSession
    file: DeferredSessionFile
    states: dict[int, State]
    dots: ReviewDots


class ReviewOpener(QObject):
    """An opener that gives one Session to the window's thread, or says why there is none."""

    opened = Signal(object)
    """An ``OpenedReview``; its session belongs to who takes it."""
    failed = Signal(str, bool)
    """One sentence, and whether a new review could be started in its place."""

    def __init__(self, pool: TaskPool, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = pool
        self._job: Job | None = None
        self._closed = False

    def start(self) -> None:
        """Open it; the answer comes as a signal."""
        if self._job is not None:
            return
        job = self._job = Job(_work)
        job.item.connect(self._came)
        job.failed.connect(self._went_wrong)
        job.finished.connect(self._ended)
        job.start(self._pool)

    def anew(self) -> None:
        """Put the file that cannot be opened aside, and start a review in its place."""
        path = session_path()
        stamp = time.strftime("%Y%m%d-%H%M%S")
        for suffix in ("", "-wal", "-shm"):
            old = path.with_name(path.name + suffix)
            with suppress(OSError):
                old.rename(path.with_name(f"{path.stem}-{stamp}{path.suffix}{suffix}"))
        self.start()

    def close(self) -> bool:
        """Wait for the thread; False where it did not end in time."""
        self._closed = True
        return self._pool.waitForDone(20_000)

    def _came(self, opened: OpenedReview) -> None:
        if self._closed:
            opened.session.close()
        else:
            self.opened.emit(opened)

    def _went_wrong(self, error: Exception) -> None:
        code = error.code if isinstance(error, SessionError) else ""
        self.failed.emit(sentence(error), code in _REPLACEABLE)

    def _ended(self, _complete: bool) -> None:
        self._job = None


def _work(_token: CancelToken) -> Iterator[OpenedReview]:
    # What comes with the review takes its time to import, which is better spent here.
    import geoguess_app.review.saving
    import geoguess_app.ui.review.accuracy_card
    import geoguess_app.ui.review.failures_card
    import geoguess_app.ui.review.trips
    import geoguess_app.ui.review.work
    import geoguess_app.ui.saving.saving  # noqa: F401

    file = DeferredSessionFile(session_path())
    session = ReviewSession(file)
    dots = ReviewDots()
    dots.note(session)
    opened = OpenedReview(session, file, states_of(session), dots)
    # A million new objects: each full garbage collection would look at all of them while the
    # window waits. They are left out of it.
    gc.freeze()
    yield opened
    # Names of places, for the first photo that is placed by hand.
    session.places.at_many([Coordinate(0.0, 0.0)])


def resumed(controller: ReviewController) -> str:
    """Say that an earlier review goes on, and where it stands."""
    counts = controller.counts()
    return tr("Resumed your review of {photos}: {open} to review, {ready} to save.").format(
        photos=words.photos(len(controller)),
        open=f"{counts[State.LOCATED]:,}",
        ready=f"{counts[State.ACCEPTED] + counts[State.PLACED]:,}",
    )
