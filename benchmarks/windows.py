"""The real window in benchmarks, without a display: opened, waited for, and watched.

How late a timer of 16 ms comes is what users feel. What the window's thread itself worked between
two ticks is told beside it, since other programs on the machine change that little.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import Figures, percentile

if TYPE_CHECKING:
    from geoguess_app.ui.shell.window import MainWindow

LIMIT_S = 300.0
LATE_MS = 20.0
"""The 99th percentile of the timer's lateness must stay below."""


@contextmanager
def own_folders() -> Iterator[Path]:
    """Give the program's settings and data a folder that goes at the end."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        for kind in ("CONFIG", "DATA"):
            os.environ[f"GEOGUESS_{kind}_DIR"] = str(Path(name) / kind.lower())
        yield Path(name)


def open_window() -> MainWindow:
    """Open the window and paint it; map and model come with ``start``."""
    from geoguess_app.settings import load_settings
    from geoguess_app.ui.kit.theme import Theme
    from geoguess_app.ui.shell.app import make_application, window_state
    from geoguess_app.ui.shell.window import MainWindow

    app = make_application()
    window = MainWindow(Theme(app, "light"), load_settings(), window_state())
    window.resize(1280, 800)
    window.show()
    app.processEvents()
    return window


def leave(window: MainWindow, figures: Figures) -> None:
    """Save, and end the process without waiting for threads."""
    figures.save()
    window.close()
    sys.stdout.flush()
    os._exit(0)


def wait(done: Callable[[], bool], limit_s: float = LIMIT_S) -> float:
    """Turn the event loop until ``done``; seconds. Ends the process after ``limit_s``."""
    start = time.perf_counter()
    _turn(done, limit_s, 5, lambda: None)
    if not done():
        sys.exit("gave up waiting")
    return time.perf_counter() - start


def watch(
    figures: Figures,
    name: str,
    done: Callable[[], bool],
    limit_s: float = LIMIT_S,
    *,
    short: bool = False,
) -> float:
    """Turn the event loop until ``done``, and add how late ticks came; seconds."""
    late_ms: list[float] = []
    own_ms: list[float] = []
    last, last_own = time.perf_counter(), time.thread_time()
    start = last

    def tick() -> None:
        nonlocal last, last_own
        now, own = time.perf_counter(), time.thread_time()
        late_ms.append(max(0.0, (now - last) * 1000 - 16))
        own_ms.append((own - last_own) * 1000)
        last, last_own = now, own

    _turn(done, limit_s, 16, tick)
    late = percentile(late_ms, 0.99)
    figures.add(f"{name}: timer late, p99", late, "ms", most=LATE_MS, short=short)
    figures.add(f"{name}: timer late, median", statistics.median(late_ms), "ms")
    figures.add(f"{name}: timer late, longest", max(late_ms), "ms")
    figures.add(f"{name}: own work, p99", percentile(own_ms, 0.99), "ms")
    return time.perf_counter() - start


def _turn(
    done: Callable[[], bool], limit_s: float, every_ms: int, tick: Callable[[], None]
) -> None:
    from PySide6.QtCore import QEventLoop, Qt, QTimer

    loop, end = QEventLoop(), time.monotonic() + limit_s
    timer = QTimer(interval=every_ms)
    timer.setTimerType(Qt.TimerType.PreciseTimer)

    def turned() -> None:
        tick()
        if done() or time.monotonic() > end:
            loop.quit()

    timer.timeout.connect(turned)
    timer.start()
    loop.exec()
    timer.stop()
