"""Ctrl+C and polite signals: a run ends after the step under way, with a checkpoint."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import lightning.pytorch as pl

_AGAIN_AFTER_S = 1.0
"""Launchers pass on what the terminal has sent already: sooner, it is the same request."""


class StopRequest(pl.Callback):
    """A request to stop this process; asked once more, it stops at once."""

    def __init__(self) -> None:
        self.asked = False
        self._since_s = 0.0
        self._before: dict[int, Any] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals over for the while; only the main thread of a program can."""
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, self._note)
        try:
            yield
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Lightning's own handler of SIGTERM talks to the other ranks in the middle of whatever
        they are doing, which can wait for ever."""
        if signal.SIGTERM in self._before:
            signal.signal(signal.SIGTERM, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if self.asked:
            if now_s - self._since_s > _AGAIN_AFTER_S:
                raise KeyboardInterrupt
            return
        self.asked, self._since_s = True, now_s
        if os.environ.get("LOCAL_RANK", "0") == "0":
            sys.stderr.write("\nStopping after this step. Press Ctrl+C again to stop at once.\n")
