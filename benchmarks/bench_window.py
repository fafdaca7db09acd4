"""The window: first paint, drop to answer, and how late a 16 ms timer comes while it works.

Run as `python -m benchmarks.bench_window`; prints Markdown tables. Needs no display. Uses the
starter model, and copies of the sample photos as the crowd.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtCore import Qt, QTimer

    from geoguess_app.ui.shell.window import MainWindow

_STARTS = 3
_SINGLE = 7
_CROWD = 5000
_DIFFERENT = 1000
"""More than are located in the time; the rest is for the list alone."""
_LOCATING_S = 30.0
_LIMIT_S = 180.0

_FIRST_PAINT = """
import os, time
from geoguess_app.ui.shell.app import make_application, window_state
from geoguess_app.settings import load_settings
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.shell.window import MainWindow
app = make_application()
window = MainWindow(Theme(app, "light"), load_settings(), window_state())
window.show()
app.processEvents()
print(time.time(), flush=True)
os._exit(0)
"""


def main() -> None:
    """All three measurements, one table each."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GEOGUESS_CONFIG_DIR"] = str(Path(folder) / "config")
        os.environ["GEOGUESS_DATA_DIR"] = str(Path(folder) / "data")
        bench_first_paint()
        bench_window(Path(folder))


def bench_first_paint() -> None:
    """From starting Python to the painted window, before map and model begin."""
    times = []
    for _ in range(_STARTS):
        start = time.time()
        output = subprocess.run(
            [sys.executable, "-c", _FIRST_PAINT], capture_output=True, text=True, check=True
        )
        times.append(float(output.stdout.splitlines()[-1]) - start)
    _row("start of the program", f"best of {_STARTS}", "median")
    _row("---", "---", "---")
    _row("first paint", f"{min(times):.2f} s", f"{statistics.median(times):.2f} s")


def bench_window(folder: Path) -> None:
    """One window for the rest: model loading, single drops, then the crowd."""
    from PySide6.QtCore import QTimer

    from geoguess_app.settings import load_settings
    from geoguess_app.ui.kit.theme import Theme
    from geoguess_app.ui.shell.app import make_application, window_state
    from geoguess_app.ui.shell.window import MainWindow

    app = make_application()
    window = MainWindow(Theme(app, "light"), load_settings(), window_state())
    window.show()
    app.processEvents()
    start = time.perf_counter()
    window.start([])
    _wait(lambda: window.locator.model is not None)
    _row("")
    _row("after the window is shown", "time", "")
    _row("---", "---", "---")
    _row("model ready", f"{time.perf_counter() - start:.1f} s", "")
    singles = [_single_drop(window, photo) for photo in _copies(folder / "single", _SINGLE)]
    median = statistics.median(singles[1:])
    _row("one photo: drop to answer, first", f"{singles[0]:.2f} s", "")
    _row("one photo: drop to answer, median of the next", f"{median:.2f} s", "")

    timer = QTimer(interval=16)
    timer.setTimerType(_precise())
    crowd = folder / "crowd"
    list(_copies(crowd, _CROWD))
    _row("")
    _row("lateness of a 16 ms timer", "p50", "p99", "max")
    _row("---", "---", "---", "---")
    _lateness("idle", timer, lambda: False, 3.0)
    start = time.perf_counter()
    before = window.locate.model.rowCount()
    window.intake.open_paths([crowd])
    coming = _lateness(
        f"{_CROWD} photos coming into the list",
        timer,
        lambda: window.locate.model.rowCount() >= before + _CROWD,
        _LIMIT_S,
    )
    loaded_s = time.perf_counter() - start
    done = _located(window)
    start = time.perf_counter()
    locating = _lateness("while they are located", timer, lambda: False, _LOCATING_S)
    _say_lateness("both together", coming + locating)
    rate = (_located(window) - done) / (time.perf_counter() - start)
    _row("")
    _row("rows in the list after", f"{loaded_s:.1f} s", "")
    _row("photos located per second", f"{rate:.1f}", "")
    window.locate.commands.cancel()
    start = time.perf_counter()
    _wait(lambda: not window.locator.running)
    _row("cancel to stop", f"{time.perf_counter() - start:.2f} s", "")
    window.close()
    sys.stdout.flush()
    os._exit(0)


def _single_drop(window: MainWindow, photo: Path) -> float:
    from geoguess_app.ui.locate.photo_row import RowState

    start = time.perf_counter()
    window.intake.open_paths([photo])

    def answered() -> bool:
        row = window.locate.model.row(window.locate.model.find(photo))
        return row is not None and row.state is RowState.LOCATED

    _wait(answered)
    return time.perf_counter() - start


def _located(window: MainWindow) -> int:
    from geoguess_app.ui.locate.photo_row import RowState

    return window.locate.model.counts()[RowState.LOCATED]


def _lateness(name: str, timer: QTimer, done: Callable[[], bool], limit_s: float) -> list[float]:
    """Turn the event loop until ``done``; how many ms later than 16 each tick came."""
    from PySide6.QtCore import QEventLoop

    loop = QEventLoop()
    late: list[float] = []
    last = time.perf_counter()
    end = last + limit_s

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        late.append(max(0.0, (now - last) * 1000 - 16))
        last = now
        if now > end or done():
            loop.quit()

    timer.timeout.connect(tick)
    timer.start()
    loop.exec()
    timer.stop()
    timer.timeout.disconnect(tick)
    _say_lateness(name, late)
    return late


def _say_lateness(name: str, values: list[float]) -> None:
    late = sorted(values)
    p99 = late[min(len(late) - 1, int(len(late) * 0.99))]
    _row(name, f"{statistics.median(late):.1f} ms", f"{p99:.1f} ms", f"{late[-1]:.1f} ms")


def _copies(folder: Path, count: int) -> list[Path]:
    from geoguess_app.paths import resource_dir

    folder.mkdir()
    samples = sorted((resource_dir() / "samples").glob("*.jpg"))
    made = []
    for number in range(count):
        made.append(folder / f"photo {number}.jpg")
        if number < _DIFFERENT:
            # What follows its end makes each a picture that no memory of answers knows.
            data = samples[number % len(samples)].read_bytes()
            made[-1].write_bytes(data + str(folder).encode() + number.to_bytes(4, "big"))
        else:
            made[-1].hardlink_to(made[number % _DIFFERENT])
    return made


def _wait(done: Callable[[], bool]) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    timer = QTimer(interval=5)
    end = time.monotonic() + _LIMIT_S
    timer.timeout.connect(lambda: (done() or time.monotonic() > end) and loop.quit())
    timer.start()
    loop.exec()
    timer.stop()
    if not done():
        sys.exit("gave up waiting")


def _precise() -> Qt.TimerType:
    from PySide6.QtCore import Qt

    return Qt.TimerType.PreciseTimer


def _row(*cells: str) -> None:
    sys.stdout.write(("| " + " | ".join(cells) + " |" if any(cells) else "") + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
