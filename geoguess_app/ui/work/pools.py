"""The threads of the window, by what runs in them; tests may pass some that run at once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Protocol

from PySide6.QtCore import QRunnable, QThreadPool


class TaskPool(Protocol):
    """The parts of a thread pool that the window asks for; QThreadPool has them."""

    def start(self, runnable: QRunnable, /, priority: int = 0) -> None:
        """Run the task, in this thread or another."""

    def clear(self) -> None:
        """Drop the tasks that have not begun."""

    def waitForDone(self, msecs: int, /) -> bool:
        """Wait until no task runs; False when the time is over before."""

    def activeThreadCount(self) -> int:
        """Number of threads at work."""


def thread_pool(threads: int) -> QThreadPool:
    """A pool of its own with at most so many threads, which stay once they are made."""
    pool = QThreadPool()
    pool.setMaxThreadCount(threads)
    pool.setExpiryTimeout(-1)
    return pool


def _one_thread() -> TaskPool:
    return thread_pool(1)


def _two_threads() -> TaskPool:
    return thread_pool(2)


@dataclass(frozen=True, slots=True)
class Pools:
    """One pool for each kind of work, so that short work never waits behind long work.

    A pool makes its threads when it is first used: an unused one costs nothing.
    """

    inference: TaskPool = field(default_factory=_one_thread)
    """Everything that runs the model: one photo after the other."""
    files: TaskPool = field(default_factory=_one_thread)
    """Reading folders and files, and exports."""
    headers: TaskPool = field(default_factory=_one_thread)
    """Small facts about listed photos: date, camera, what was decided about them."""
    pictures: TaskPool = field(default_factory=_two_threads)
    """Decoding photos for the screen."""
    writing: TaskPool = field(default_factory=_one_thread)
    """Changing photos and sidecars: one writer, so that no two changes meet."""
    map: TaskPool = field(default_factory=_two_threads)
    """Building the map's page and its cells, and exports of the map."""
    cells: TaskPool = field(default_factory=_one_thread)
    """The cells of a review's photos, out of the store of answers."""
    areas: TaskPool = field(default_factory=_one_thread)
    """Answers inside a search area."""
    arranging: TaskPool = field(default_factory=_one_thread)
    """Filtering and sorting the worklist of a review."""
    opening: TaskPool = field(default_factory=_one_thread)
    """Opening a review."""
    exploring: TaskPool = field(default_factory=_one_thread)
    """Reading and naming the cells of a model."""
    training: TaskPool = field(default_factory=_one_thread)
    """Reading the reports and results of a training."""
    matching: TaskPool = field(default_factory=_one_thread)
    """Comparing a photo with reference photos, point by point."""
    reading: TaskPool = field(default_factory=_one_thread)
    """Reading the text on a photo."""
    references: TaskPool = field(default_factory=_one_thread)
    """Adding, updating and removing reference photos."""
    models: TaskPool = field(default_factory=_one_thread)
    """Fetching, building, copying and removing models."""

    def all(self) -> tuple[TaskPool, ...]:
        """List every pool of the window."""
        return tuple(getattr(self, member.name) for member in fields(self))

    def close(self, timeout_ms: int = 60_000) -> bool:
        """Drop what has not begun and wait for the rest; False when something still runs."""
        for pool in self.all():
            pool.clear()
        return all(pool.waitForDone(timeout_ms) for pool in self.all())
