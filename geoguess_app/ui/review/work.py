"""Looking for photos and locating them for a review, in the background."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from geoguess_app.core.types import FailedPhoto
from geoguess_app.photos.left_out import LeftOut
from geoguess_app.review.values import Decision
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.sources import intake_work, locating_work, recheck_work
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import Locator, sentence
from geoguess_app.ui.work.pools import Pools
from geoguess_app.ui.work.queue import PhotoQueue
from geoguess_app.ui.work.review_controller import ReviewController

if TYPE_CHECKING:
    from geoguess_app.review.intake import FileFacts
    from geoguess_app.review.values import LocatingResult
    from geoguess_app.ui.frame.services import Services

_PROGRESS_MS = 400
_WINDOW_S = 12.0
"""The rate is that of the last seconds: remembered photos come a hundred times as fast."""
_FIRST_S = 1.0
_UNDECIDED = Decision()


@dataclass(frozen=True, slots=True)
class WorkState:
    """The state of the background work."""

    done: int
    total: int
    photos_per_s: float
    """0 until it can be told."""
    left_s: float | None
    looking: bool
    """Folders are still being searched, so that the total grows."""
    locating: bool
    paused: bool

    @property
    def waiting(self) -> int:
        """Photos still to locate."""
        return self.total - self.done

    @property
    def brief(self) -> tuple[str, float]:
        """Say how far it is, and as a share; empty while nothing is located."""
        if not self.locating or not self.total:
            return "", -1.0
        text = tr("Review: {n} to locate").format(n=f"{self.waiting:,}")
        return text, self.done / self.total


class ReviewWork(QObject):
    """The work that fills a review: folders become photos, photos get answers; all signals in the
    GUI thread.

    The photos come into the controller by ``add``, the answers by ``take``, some lists a second.
    What this model answered before, here, under Locate or on the command line, costs no computing.
    """

    progressed = Signal(int, int, float, object)
    """Done, total, photos per second (0: not known yet), seconds left (None: not known yet)."""
    runningChanged = Signal(bool)
    pausedChanged = Signal(bool)
    problem = Signal(str)
    """One sentence; the work it is about has ended."""
    folderDone = Signal(int, int)
    """A search ended: how many photos it found, how many of them are new or changed."""

    def __init__(self, services: Services, controller: ReviewController) -> None:
        super().__init__(services.host)
        self._locator: Locator = services.locator
        self._pools: Pools = services.pools
        self._tell_left_out = services.tell_left_out
        self._controller = controller
        self._queue = PhotoQueue()
        self._waiting: dict[Path, None] = dict.fromkeys(controller.session.unlocated())
        self._total = len(controller.session)
        self._scans: set[Job] = set()
        self._locating: Job | None = None
        self._paused = self._closed = self._was_running = self._refused = False
        self._pace: deque[tuple[float, int]] = deque()
        self._ticker = QTimer(self, interval=_PROGRESS_MS)
        self._ticker.timeout.connect(self._tick)
        controller.changed.connect(self._photos_changed)
        controller.problem.connect(self._note_refusal)
        controller.keptChanged.connect(self._kept_changed)
        for signal in (self._locator.modelReady, self._locator.modelFailed):
            signal.connect(self._pump)

    @property
    def running(self) -> bool:
        """Tell whether folders are searched or photos located."""
        return bool(self._scans) or self._locating is not None

    @property
    def paused(self) -> bool:
        """Tell whether photos wait because the user said so."""
        return self._paused

    @property
    def state(self) -> WorkState:
        """All of it, for those who show it."""
        waiting = len(self._waiting)
        rate = self._rate()
        return WorkState(
            self._total - waiting,
            self._total,
            rate,
            waiting / rate if rate > 0 else None,
            bool(self._scans),
            self._locating is not None,
            self._paused,
        )

    def open_folder(self, path: Path) -> None:
        """Search a folder (or take one photo) and locate what is found."""
        self.open_paths([path])

    def open_paths(self, paths: Sequence[Path], *, everything: bool = False) -> None:
        """The same for several folders and photos; ``everything``: in other programs' folders,
        too."""
        self._set_paused(False)
        left_out, paths = LeftOut(), [path.absolute() for path in paths]
        job = self._look(intake_work(paths, left_out, everything=everything), counted=True)

        def ended(_complete: bool) -> None:
            if left_out and not self._closed:
                self._tell_left_out(left_out, lambda: self.open_paths(paths, everything=True))

        job.finished.connect(ended)
        self._pump()

    def start(self) -> None:
        """Go on with an earlier review: see what has changed on the disk, locate what waits."""
        if len(self._controller.session):
            self._look(recheck_work(list(self._controller.session)), counted=False)
        self._pump()

    def prioritise(self, path: Path) -> None:
        """Locate this photo soon, if it waits."""
        self._queue.promote(path)

    def of_other_models(self) -> list[int]:
        """Photos that nobody decided about and that another model answered."""
        model = self._locator.model
        return [
            photo.id
            for photo in self._controller.session
            if model is not None
            and photo.answer is not None
            and photo.answer.model != model.name
            and photo.decision == _UNDECIDED
        ]

    def locate_again(self, numbers: Iterable[int]) -> None:
        """Forget the answers of these photos and ask the present model."""
        photos = [self._controller.photo(number) for number in numbers]
        self._controller.update(
            replace(photo, answer=None, failure=None, trip=None) for photo in photos
        )
        self.resume()

    def pause(self) -> None:
        """Stop locating after the batch at work; folders are searched on."""
        self._set_paused(True)
        if self._locating is not None:
            self._locating.cancel()

    def resume(self) -> None:
        """Go on after ``pause`` or ``cancel``."""
        self._set_paused(False)
        self._pump()

    def cancel(self) -> None:
        """Stop searching, and locating after the batch at work; what waits goes on waiting."""
        for job in self._scans:
            job.cancel()
        if self._waiting or self._locating is not None:
            self.pause()

    def close(self) -> None:
        """Stop for good; the pools are waited for by the window."""
        self._closed = True
        self._ticker.stop()
        for job in (*self._scans, *([self._locating] if self._locating else [])):
            job.cancel()

    # Folders.

    def _look(self, work: Work, *, counted: bool) -> Job:
        job = Job(work)
        found = new = 0

        def came(facts: list[FileFacts]) -> None:
            nonlocal found, new
            if self._closed or job.token.cancelled:
                return
            found += len(facts)
            self._refused = False
            new += len(self._controller.add(facts))
            if self._refused:
                job.cancel()

        def ended(_complete: bool) -> None:
            self._scans.discard(job)
            if counted and not self._closed:
                self.folderDone.emit(found, new)
            self._settle()

        job.item.connect(came)
        job.failed.connect(self._report)
        job.finished.connect(ended)
        self._scans.add(job)
        job.start(self._pools.files)
        self._settle()
        return job

    def _photos_changed(self, numbers: Iterable[int]) -> None:
        """The controller says which photos changed: new ones, retried ones, answered ones."""
        session = self._controller.session
        self._total = len(session)
        fresh = []
        for number in numbers:
            photo = session[number]
            done = photo.answer is not None or photo.failure is not None
            if done or photo.decision.removed:
                if self._waiting.pop(photo.path, self) is None:
                    self._queue.discard([photo.path])
            elif photo.path not in self._waiting:
                self._waiting[photo.path] = None
                fresh.append(photo.path)
        if fresh:
            self._queue.add(fresh)
            self._pump()

    # Answers.

    def _pump(self, *_: Any) -> None:
        model = self._locator.model
        if self._locating or self._closed or self._paused or not self._waiting or model is None:
            return
        if self._locator.loading:
            return  # its answers would be those of the model that goes
        self._queue.clear()
        self._queue.add(list(self._waiting))
        work = locating_work(
            self._queue,
            model,
            self._locator.answers,
            self._locator.references,
            lambda: self._locator.wants_model,
        )
        job = self._locating = Job(work)
        self._pace.clear()
        answered = 0

        def came(results: list[LocatingResult | FailedPhoto]) -> None:
            nonlocal answered
            if self._closed:
                return
            answered += len(results)
            self._take(results, job)

        def ended(_complete: bool) -> None:
            self._locating = None
            # Without any answer a second try would fare no better.
            if answered or job.token.cancelled:
                self._pump()
            self._settle()

        job.item.connect(came)
        job.failed.connect(self._report)
        job.finished.connect(ended)
        job.start(self._pools.inference)
        self._settle()

    def _take(self, results: list[LocatingResult | FailedPhoto], job: Job) -> None:
        self._pace.append((time.monotonic(), len(results)))
        self._refused = False
        self._controller.take(results)
        if self._refused:
            job.cancel()
            self._set_paused(True)
            return
        for result in results:
            # Also those that are not in the review any more: they are not asked for again.
            self._waiting.pop(result.path, None)

    def _note_refusal(self, _sentence: str) -> None:
        """The review could not be kept: without that there is no point in going on."""
        self._refused = True

    def _kept_changed(self, kept: bool) -> None:
        """What is found out while nothing can be written would only fill the memory."""
        if not kept and not self._closed:
            self.cancel()

    def _report(self, error: Exception) -> None:
        if not self._closed:
            self.problem.emit(sentence(error))

    # How it stands.

    def _rate(self) -> float:
        now = time.monotonic()
        while self._pace and now - self._pace[0][0] > _WINDOW_S:
            self._pace.popleft()
        if len(self._pace) < 2 or now - self._pace[0][0] < _FIRST_S:
            return 0.0
        # The first entry begins the time that is measured.
        return (sum(n for _, n in self._pace) - self._pace[0][1]) / (now - self._pace[0][0])

    def _set_paused(self, paused: bool) -> None:
        if paused != self._paused:
            self._paused = paused
            self.pausedChanged.emit(paused)

    def _settle(self) -> None:
        if self._closed:
            return
        if self.running and not self._ticker.isActive():
            self._ticker.start()
        if self.running != self._was_running:
            self._was_running = self.running
            self.runningChanged.emit(self.running)
        if not self.running:
            self._ticker.stop()
            self._tick()

    def _tick(self) -> None:
        state = self.state
        self.progressed.emit(state.done, state.total, state.photos_per_s, state.left_s)
