"""A download in the terminal: one line a file, with bytes and time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType

from geoguess_app.commands.common import say
from geoguess_app.commands.progress import time_left
from geoguess_app.models.download import DownloadProgress
from geoguess_app.models.room import size_text

_INTERVAL_S = 0.5
_LINE = 78


class DownloadShown:
    """A line that changes while a file arrives, and one that stays when it is there.

    Without a terminal only the latter are written.
    """

    def __init__(self, asked: Sequence[str]) -> None:
        """``asked``: the hosts that the user agreed to; another that sends is named."""
        self._named = set(asked)
        self._live = sys.stderr.isatty()
        self._last_s = 0.0
        self._finished = ""

    def __enter__(self) -> DownloadShown:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()

    def show(self, progress: DownloadProgress) -> None:
        """Show the state of a file."""
        if progress.host not in self._named:
            self._named.add(progress.host)
            self._clear()
            say(f"the files are sent by {progress.host}, where the host sends on to.")
        if progress.done_bytes == progress.size_bytes:
            if progress.file == self._finished:
                return
            self._finished = progress.file
            self._clear()
            say(f"{progress.file}: {size_text(progress.size_bytes)}")
            return
        now_s = time.monotonic()
        if self._live and now_s - self._last_s > _INTERVAL_S:
            self._last_s = now_s
            sys.stderr.write("\r" + _line(progress).ljust(_LINE))
            sys.stderr.flush()

    def _clear(self) -> None:
        if self._live:
            sys.stderr.write("\r" + " " * _LINE + "\r")
            sys.stderr.flush()


def _line(progress: DownloadProgress) -> str:
    left = progress.seconds_left
    rest = "" if left is None else f", {time_left(left)} left"
    done = f"{size_text(progress.done_bytes)} of {size_text(progress.size_bytes)}"
    return f"{progress.file}: {done}{rest}"
