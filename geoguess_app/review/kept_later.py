"""The file of a session, written by a thread of its own, in the order in which things were done.

Whoever decides never waits for the disk. What was done is in memory at once and in the file a
moment later; what cannot be written stays in memory and is tried again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from geoguess_app.core.errors import SessionError
from geoguess_app.review.history import History, HistoryEntry
from geoguess_app.review.session_file import ReviewStep, SessionFile
from geoguess_app.review.values import ReviewPhoto

log = logging.getLogger(__name__)

Write = Callable[[SessionFile], object]
_TOGETHER_S = 0.1
"""Facts that come in one after another are written together, after so long at most."""
_RETRY_S = 2.0


class DeferredSessionFile:
    """A ``SessionFile`` for one thread at a time that does not wait; ``close`` does.

    ``told`` is called from the thread that writes: with a SessionError when something cannot be
    kept, with None when all is kept again.
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the file. Raises SessionError."""
        self._file = SessionFile(path)
        self.told: Callable[[SessionError | None], None] = lambda _problem: None
        try:
            self._history = History(self._file.steps())
        except SessionError:
            self._file.close()
            raise
        self._facts: dict[int, ReviewPhoto] = {}
        self._writes: deque[Write] = deque()
        self._loads: deque[HistoryEntry] = deque()
        self._changed = threading.Condition()
        self._closing = self._given_up = False
        self._retry_at_s = 0.0
        self._problem: SessionError | None = None
        self._thread = threading.Thread(target=self._run, name="review file", daemon=True)
        self._thread.start()
        self._load_ahead()

    @property
    def problem(self) -> SessionError | None:
        """Say why the last write failed; None while all goes well."""
        return self._problem

    @property
    def waiting(self) -> bool:
        """Tell whether something is still to be written."""
        with self._changed:
            return bool(self._writes or self._facts)

    def photos(self) -> Iterator[ReviewPhoto]:
        """All photos as they were left; before anything is done."""
        return self._file.photos()

    def add(self, photos: Iterable[ReviewPhoto]) -> None:
        """Keep new photos, or new facts of those there; decisions stay."""
        with self._changed:
            begun = bool(self._facts)
            self._facts.update((photo.id, photo) for photo in photos)
            if not begun:
                self._changed.notify_all()

    def do(self, step: ReviewStep) -> None:
        """Keep a step; what had been undone cannot be redone after it."""
        self._history.do(step)
        self._write(lambda file: file.do(step))

    def undo(self) -> ReviewStep | None:
        """Take the last step back and return it; None where there is none."""
        return self._move(undone=True)

    def redo(self) -> ReviewStep | None:
        """Do the step that was undone last again and return it; None where there is none."""
        return self._move(undone=False)

    def ready(self) -> bool:
        """Tell whether undo and redo come at once; False while a step of earlier days is read."""
        return all(entry.loaded.is_set() for entry in self._history.next())

    def next_actions(self) -> tuple[str | None, str | None]:
        """Return what undo and redo would move; None where nothing is left."""
        return self._history.next_actions()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all is written; False where it was not in time."""
        with self._changed:
            self._queue_facts()
            self._retry_at_s = 0.0
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._writes, timeout_s)

    def close(self) -> None:
        """Write all that waits and close. Raises SessionError where that failed: it is lost."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._file.close()
        if self._problem is not None:
            raise self._problem

    def _move(self, *, undone: bool) -> ReviewStep | None:
        entry = self._history.next_entry(undone=not undone)
        if entry is None:
            return None
        entry.loaded.wait()
        if entry.step is None:
            entry.forget()  # so that it is read anew when asked again
            self._load_ahead()
            raise SessionError("This step cannot be read from the review file.", code="unreadable")
        step, number = entry.step, entry.number
        self._history.move(undone=undone)
        self._write(lambda file: file.mark(number, step, undone=undone))
        self._load_ahead()
        return step

    def _load_ahead(self) -> None:
        """Read the steps that undo and redo would move next, before anybody asks."""
        with self._changed:
            for entry in self._history.next():
                if not entry.asked:
                    entry.asked = True
                    self._loads.append(entry)
            self._changed.notify_all()

    def _write(self, write: Write) -> None:
        with self._changed:
            idle = not self._writes
            self._queue_facts()
            self._writes.append(write)
            self._changed.notify_all()
        if idle:
            # Only what is in the file may be forgotten here.
            self._history.slim()

    def _queue_facts(self) -> None:
        facts, self._facts = self._facts, {}
        if facts:
            photos = list(facts.values())
            self._writes.append(lambda file: file.add(photos))

    # The thread.

    def _run(self) -> None:
        while self._wait():
            while self._loads:
                # Also while nothing can be written: what is forgotten here is in the file.
                self._loads.popleft().load(self._file)
            if self._writes and self._is_due():
                self._write_next()

    def _is_due(self) -> bool:
        return self._closing or time.monotonic() >= self._retry_at_s

    def _wait(self) -> bool:
        """Until there is something to do; False at the end."""
        with self._changed:
            while not (self._closing or self._loads or (self._writes and self._is_due())):
                wait_s = _TOGETHER_S if self._facts else None
                if self._writes:
                    wait_s = max(0.0, self._retry_at_s - time.monotonic())
                if not self._changed.wait(wait_s) and self._facts:
                    self._queue_facts()
            if self._closing:
                self._queue_facts()
            return bool(self._loads or self._writes) and not self._given_up

    def _write_next(self) -> None:
        """The oldest write, which stays in the queue until it is done."""
        try:
            self._writes[0](self._file)
        except SessionError as problem:
            self._fail(problem)
        except Exception as error:
            log.exception("the review could not be written")
            self._fail(SessionError(f"The review cannot be saved ({error}).", code="unwritable"))
        else:
            with self._changed:
                self._writes.popleft()
                self._changed.notify_all()
            if self._problem is not None:
                self._problem = None
                self._retry_at_s = 0.0
                self.told(None)

    def _fail(self, problem: SessionError) -> None:
        self._given_up = self._closing
        self._retry_at_s = time.monotonic() + _RETRY_S
        first, self._problem = self._problem is None, problem
        if first:
            self.told(problem)
