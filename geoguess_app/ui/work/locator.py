"""The locator, which runs everything that takes time: model, folders, photos. No widgets here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.pace import WorkPace
from geoguess_app.photos.left_out import LeftOut
from geoguess_app.ui.work import workers
from geoguess_app.ui.work.answers import Answers
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.pools import Pools
from geoguess_app.ui.work.queue import PhotoQueue
from geoguess_app.ui.work.references import References
from geoguess_app.ui.work.scheduler import InferenceScheduler

if TYPE_CHECKING:
    from geoguess_app.ui.work.workers import LoadedModel

log = logging.getLogger(__name__)

_PROGRESS_MS = 400


@dataclass(frozen=True, slots=True)
class LocatingProgress:
    """The progress of a run; the rate is 0 until it can be told."""

    done: int
    left: int
    photos_per_s: float

    @property
    def left_s(self) -> float | None:
        """Seconds to the end, if they can be told."""
        return self.left / self.photos_per_s if self.photos_per_s > 0 else None


class Locator(QObject):
    """A locator that queues photos, loads models, streams answers; all signals come on the GUI
    thread."""

    modelLoading = Signal(object)
    """The LoadStep that begins."""
    modelReady = Signal(object)
    """A LoadedModel."""
    modelFailed = Signal(str)
    """One sentence; the model before, if any, stays."""
    photosFound = Signal(object)
    """A list of paths that a scan found."""
    scanFinished = Signal(int)
    """How many photos a scan found in all."""
    leftOut = Signal(object, object)
    """The ``LeftOut`` of a scan that left out anything, and the paths it was of."""
    resultsReady = Signal(object)
    """A list of (path, Outcome | Failed)."""
    progressed = Signal(object)
    """A Progress, a few times a second while photos are being located."""
    runningChanged = Signal(bool)
    trouble = Signal(str)
    """One sentence about work that ended early."""

    def __init__(self, pools: Pools, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pools = pools
        self._queue = PhotoQueue()
        self._scheduler = InferenceScheduler(pools.inference)
        self._jobs: set[Job] = set()
        self._side_jobs: set[Job] = set()
        self._locating: Job | None = None
        self._loading: Job | None = None
        self._scans = 0
        self._done = 0
        self._pace = WorkPace()
        self.model: LoadedModel | None = None
        self._paces: dict[Path, float] = {}
        self.answers = Answers()
        self.references = References()
        self._closed = False
        self._ticker = QTimer(self, interval=_PROGRESS_MS)
        self._ticker.timeout.connect(self._tick)

    @property
    def running(self) -> bool:
        """Tell whether photos are being located or looked for."""
        return self._locating is not None or self._scans > 0

    @property
    def loading(self) -> bool:
        """Tell whether a model is being loaded."""
        return self._loading is not None

    @property
    def wants_model(self) -> bool:
        """Tell whether a model or a photo needs the inference thread; may be asked in any
        thread."""
        wanted = self._loading is not None or self._locating is not None
        return wanted or self._scheduler.waiting

    def pace_of(self, path: Path) -> float | None:
        """Photos per second that a model has reached in this session; None before its first."""
        self._note_pace()
        return self._paces.get(path)

    def _note_pace(self) -> None:
        if self.model is not None:
            predictor = self.model.predictor
            if (crops_per_s := predictor.engine.pace.crops_per_s) is not None:
                self._paces[self.model.path] = crops_per_s / predictor.crops

    def load_model(self, path: Path | None, device: str, crops: int | None) -> None:
        """Load a bundle (None: the starter) in the inference thread."""
        self._note_pace()
        self.modelLoading.emit(workers.LoadStep.MODEL)
        self._stop_locating()
        if self._loading is not None:
            self._loading.cancel()
        self._loading = self._job(workers.model_work(path, device, crops))
        self._loading.item.connect(self._loading_went_on)
        self._loading.failed.connect(self._model_failed)
        self._loading.start(self._pools.inference)

    def scan(self, paths: Sequence[Path], *, everything: bool = False) -> None:
        """Look for photos in files and folders, with ``everything`` also in those of other
        programs; they come by ``photosFound``."""
        self._scans += 1
        left_out = LeftOut()
        job = self._job(workers.scan_work(paths, left_out, everything=everything))
        found = 0

        def chunk(photos: list[Path]) -> None:
            nonlocal found
            found += len(photos)
            self.photosFound.emit(photos)

        def ended(_complete: bool) -> None:
            self._scans -= 1
            self.scanFinished.emit(found)
            if left_out:
                self.leftOut.emit(left_out, paths)
            self._settle()

        job.item.connect(chunk)
        job.failed.connect(self._report)
        job.finished.connect(ended)
        job.start(self._pools.files)
        self._settle()

    def locate(self, paths: Iterable[Path]) -> None:
        """Queue photos; they are located as soon as a model is there."""
        self._queue.add(paths)
        self._pump()

    def prioritise(self, path: Path) -> None:
        """Locate this one next, if it waits."""
        self._queue.promote(path)

    def discard(self, paths: Iterable[Path]) -> None:
        """Discard photos that need not be located any more."""
        self._queue.discard(paths)

    def run_on_files(
        self, work: Work, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        """Run some other work on files; Cancel does not end it."""
        self._side_job(work, done, failed).start(self._pools.files)

    def run_on_headers(
        self, work: Work, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        """Run short work on small facts of photos, which holds up neither scans nor exports."""
        self._side_job(work, done, failed).start(self._pools.headers)

    def run_between_photos(
        self, work: Work, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> Job:
        """Run short work with the model, in its thread, between two photos of a long run."""
        job = self._side_job(work, done, failed)
        self._scheduler.schedule(job)
        return job

    def _side_job(
        self, work: Work, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> Job:
        job = Job(work)
        self._side_jobs.add(job)
        job.item.connect(done)
        job.failed.connect(failed)
        job.finished.connect(lambda _complete: self._side_jobs.discard(job))
        return job

    def cancel(self) -> None:
        """Stop scans and photos after the batch at work; the model stays."""
        self._queue.clear()
        for job in self._jobs:
            if job is not self._loading:
                job.cancel()

    def close(self) -> bool:
        """Stop everything and wait; True when no thread is left."""
        self._closed = True
        self._ticker.stop()
        self._queue.clear()
        for job in self._jobs | self._side_jobs:
            job.cancel()
        ended = self._pools.close()
        if ended:
            Job.silence(self._pools.all())
            self.answers.close()
            self.references.close()
        return ended

    def _job(self, work: Work) -> Job:
        """A job to be connected first and started then: it may have results at once."""
        job = Job(work)
        self._jobs.add(job)
        job.finished.connect(lambda _complete: self._jobs.discard(job))
        return job

    def _stop_locating(self) -> None:
        if self._locating is not None:
            self._locating.cancel()

    def _loading_went_on(self, step: workers.LoadStep | LoadedModel) -> None:
        if self._closed:
            return
        if isinstance(step, workers.LoadStep):
            self.modelLoading.emit(step)
            return
        self._loading = None
        self.model = step
        self.modelReady.emit(step)
        self._pump()

    def _model_failed(self, error: Exception) -> None:
        self._loading = None
        self.modelFailed.emit(sentence(error))
        self._pump()

    def _pump(self) -> None:
        if self._locating or self._loading or self._closed or not (self.model and self._queue):
            return
        self._done, self._pace = 0, WorkPace()
        work = workers.locate_work(
            self._queue, self.model, self.answers, self.references, self._scheduler
        )
        self._locating = self._job(work)
        self._locating.item.connect(self._results)
        self._locating.failed.connect(self._report)
        self._locating.finished.connect(self._locating_ended)
        self._locating.start(self._pools.inference)
        self._settle()

    def _results(self, results: list[workers.Result]) -> None:
        self._done += len(results)
        self._pace.note(len(results))
        self.resultsReady.emit(results)

    def _locating_ended(self, _complete: bool) -> None:
        self._locating = None
        self._pump()
        self._settle()

    def _settle(self) -> None:
        if self.running and not self._ticker.isActive():
            self._ticker.start()
            self.runningChanged.emit(True)
        elif not self.running and self._ticker.isActive():
            self._ticker.stop()
            self.runningChanged.emit(False)

    def _tick(self) -> None:
        known = self._locating is not None and self._done >= 4 and self._pace.worked_s > 1.0
        rate = self._pace.per_s if known else 0.0
        self.progressed.emit(LocatingProgress(self._done, len(self._queue), rate))

    def _report(self, error: Exception) -> None:
        self.trouble.emit(sentence(error))


def sentence(error: Exception) -> str:
    """Return what to tell the user about an error."""
    if isinstance(error, GeoGuessError):
        return str(error)
    log.error("unexpected error in background work", exc_info=error)
    return f"Unexpected error ({type(error).__name__}). See the log file for details."
