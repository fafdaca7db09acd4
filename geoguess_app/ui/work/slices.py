"""Work in the window's thread in slices, between which the window comes to its turn."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_SLICE_S = 0.003
_PAUSE_MS = 4
"""Between slices, so that what else waits for this thread is done."""

Part = Callable[[], bool | None]
"""Does a little; False when there is no more, None when it has to wait for something."""


class Slices(QObject):
    """One thing after the other; several small parts of it in one slice."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._parts: deque[Part] = deque()
        self._timer = QTimer(self, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._slice)

    @property
    def busy(self) -> bool:
        """Tell whether something is left to do."""
        return bool(self._parts)

    def begin(self, part: Part) -> None:
        """Do it in the slices to come, after what was begun before."""
        self._parts.append(part)
        if not self._timer.isActive():
            self._timer.start()

    def finish(self) -> None:
        """All of it now."""
        while self._parts:
            if not self._go_on():
                time.sleep(_PAUSE_MS / 1000)
        self._timer.stop()

    def drop(self) -> None:
        """Leave what is left undone."""
        self._parts.clear()
        self._timer.stop()

    def _slice(self) -> None:
        end_s = time.perf_counter() + _SLICE_S
        while self._parts and time.perf_counter() < end_s and self._go_on():
            pass
        if not self._parts:
            self._timer.stop()

    def _go_on(self) -> bool:
        """One part; False where it has to wait."""
        more: bool | None = False
        try:
            more = self._parts[0]()
        finally:
            if more is False:
                self._parts.popleft()
        return more is not None
