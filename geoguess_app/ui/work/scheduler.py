"""Short work with the model that takes its turn between the photos of a long run."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QRunnable

from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.pools import TaskPool


class InferenceScheduler:
    """Jobs for the model's one thread: run at its next pause, or at once where it is idle."""

    def __init__(self, pool: TaskPool) -> None:
        self._pool = pool
        self._jobs: deque[Job] = deque()

    @property
    def waiting(self) -> bool:
        """Tell whether a job waits; may be asked in any thread."""
        return bool(self._jobs)

    def schedule(self, job: Job) -> None:
        """Run the job at the next pause of the model's thread."""
        job.enter(self._pool)
        self._jobs.append(job)
        self._pool.start(_QueueRunnable(self))

    def run_waiting(self) -> None:
        """Run what waits, in the thread that calls: the model's own, between two photos."""
        while True:
            try:
                job = self._jobs.popleft()
            except IndexError:
                return
            job.run()


class _QueueRunnable(QRunnable):
    def __init__(self, scheduler: InferenceScheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def run(self) -> None:
        self._scheduler.run_waiting()
