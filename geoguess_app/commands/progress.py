"""A counter in the terminal while a command works."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from geoguess_app.core.pace import WorkPace

_INTERVAL_S = 0.5
_LINE = 70


class ProgressCounter:
    """A counter in the terminal, for results that go to a file; silent otherwise."""

    def __init__(self, *, shown: bool, total: int | None = None) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._total = total
        self._pace, self._done, self._last_s = WorkPace(), 0, time.monotonic()

    def update(self, done: int, total: int | None = None) -> None:
        """Show how many photos are done, at most twice a second; ``total`` may come late."""
        self._total = total or self._total
        self._pace.note(done - self._done)
        self._done, now_s = done, time.monotonic()
        if not self._shown or now_s - self._last_s < _INTERVAL_S:
            return
        self._last_s = now_s
        counted = f"{done:,}" if self._total is None else f"{done:,} of {self._total:,}"
        left_s = None if self._total is None else self._pace.left_s(self._total - done)
        left = "" if left_s is None else f", {time_left(left_s)} left"
        sys.stderr.write(f"\r{counted} photos, {self._pace.per_s:.1f} a second{left}".ljust(_LINE))
        sys.stderr.flush()

    def end(self) -> None:
        """Remove the counter from the terminal, which shows nothing of it afterwards."""
        if self._shown:
            sys.stderr.write("\r" + " " * _LINE + "\r")
            sys.stderr.flush()


@contextmanager
def progress(total: int | None = None, *, shown: bool = True) -> Iterator[ProgressCounter]:
    """A counter that goes when the block ends; with the time left where ``total`` is known."""
    counter = ProgressCounter(shown=shown, total=total)
    try:
        yield counter
    finally:
        counter.end()


def time_left(seconds: float) -> str:
    """Write how long it will take: ``less than a minute``, ``5 min``, ``2 h 5 min``."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
