"""Photos that wait to be located: filled by the window, emptied by the inference thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path

from geoguess_app.core.cancel import CancelToken


class PhotoQueue:
    """First come, first served, except for those that are asked for first."""

    def __init__(self) -> None:
        self._paths: OrderedDict[Path, None] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._paths)

    def add(self, paths: Iterable[Path]) -> None:
        """Append photos; those already waiting keep their turn."""
        with self._lock:
            for path in paths:
                self._paths.setdefault(path)

    def promote(self, path: Path) -> None:
        """Let one photo, if it waits, be the next."""
        with self._lock:
            if path in self._paths:
                self._paths.move_to_end(path, last=False)

    def discard(self, paths: Iterable[Path]) -> None:
        """Discard photos that need not be located any more."""
        with self._lock:
            for path in paths:
                self._paths.pop(path, None)

    def clear(self) -> None:
        """Empty the queue, so that nothing waits."""
        with self._lock:
            self._paths.clear()

    def drain(self, token: CancelToken) -> Iterator[Path]:
        """Take photos one by one until none waits or ``token`` is cancelled."""
        while not token.cancelled:
            with self._lock:
                if not self._paths:
                    return
                path = self._paths.popitem(last=False)[0]
            yield path
