"""Work shared among processes, which survives that one of them dies.

A photo can make a decoder crash, not merely raise. Its process is then lost with all that was under
way: that is done again piece by piece, and what kills a process a second time is given up alone.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST_DEFAULT = 16
_WAITING_PER_WORKER = 3


def default_workers() -> int:
    """One process per processor core that this one may use, at most 16."""
    usable = getattr(os, "sched_getaffinity", None)
    return min(_MOST_DEFAULT, len(usable(0)) if usable else os.cpu_count() or 1)


class WorkerPool:
    """Some worker processes; with 0 the work is done here, without protection against crashes."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        crashed: Callable[[Item], Result],
        *,
        together: int = 1,
    ) -> Iterator[tuple[Item, Result]]:
        """``function`` of every item, in no particular order, ``together`` items at a time.

        ``crashed`` stands in for an item that kills its process. Items are only taken as they
        can be worked on. An exception of ``function`` ends the work.
        """
        if self._workers == 0:
            for item in items:
                yield item, function(item)
            return
        source = iter(items)
        running: dict[Future[list[Result]], list[Item]] = {}
        suspects: deque[Item] = deque()
        while True:
            while len(running) < _WAITING_PER_WORKER * self._workers and not suspects:
                piece = list(islice(source, together))
                if not piece:
                    break
                running[self._submit(function, piece)] = piece
            if not running and not suspects:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                piece = running.pop(future)
                try:
                    yield from zip(piece, future.result(), strict=True)
                except BrokenProcessPool:
                    suspects.extend(piece)
            # Whatever ran beside a crash fails with it; each of those gets a process to itself.
            while suspects and not running:
                item = suspects.popleft()
                yield item, self._alone(function, item, crashed)

    def _submit(
        self, function: Callable[[Item], Result], piece: list[Item]
    ) -> Future[list[Result]]:
        try:
            return self._open().submit(_all_of, function, piece)
        except BrokenProcessPool:
            self._close()
            return self._open().submit(_all_of, function, piece)

    def _alone(
        self,
        function: Callable[[Item], Result],
        item: Item,
        crashed: Callable[[Item], Result],
    ) -> Result:
        try:
            return self._submit(function, [item]).result()[0]
        except BrokenProcessPool:
            log.warning("a worker process died on %s", item)
            return crashed(item)

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Forking a process whose libraries run threads of their own can lock up.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self._workers, mp_context=context, initializer=_obey_the_parent
            )
        return self._pool

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _obey_the_parent() -> None:
    """End this process when its parent is killed, which otherwise would leave it waiting.

    Ctrl+C reaches workers too; what it means is for the parent to say.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _all_of(function: Callable[[Item], Result], piece: list[Item]) -> list[Result]:
    return [function(item) for item in piece]
