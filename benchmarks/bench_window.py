"""The window: first paint, model ready, drop to answer, and how late a timer comes while it works.

Run as `python -m benchmarks window`. Needs no display. Uses the starter model, and copies of the
sample photos as the crowd.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.photos import copies
from benchmarks.results import QUICK, Figures
from benchmarks.windows import leave, open_window, own_folders, wait, watch

if TYPE_CHECKING:
    from geoguess_app.ui.shell.window import MainWindow

_STARTS, _SINGLE = 3, 7
_CROWD = 500 if QUICK else 5000
_DIFFERENT = 1000
"""More than are located in the time; the rest is for the list alone."""
_LOCATING_S = 5.0 if QUICK else 20.0
_FIRST_PAINT = """
import os, time
from benchmarks.windows import open_window
open_window()
print(time.time(), flush=True)
os._exit(0)
"""
_HEAVY = ("torch", "torchvision", "openvino", "cv2", "scipy")
_IMPORT = f"""
import sys, time
start = time.perf_counter()
import geoguess_app.cli, geoguess_app.ui.shell.window
print(time.perf_counter() - start, sum(name in sys.modules for name in {_HEAVY}), flush=True)
"""


def main() -> None:
    """Measure starts, then one window for the rest."""
    figures = Figures(__file__, __doc__)
    with own_folders() as folder:
        bench_start(figures)
        bench_window(figures, folder)


def bench_start(figures: Figures) -> None:
    """From starting Python to the painted window; imports, and what heavy ones come with them."""
    times, imports, heavy = [], [], 0
    for _ in range(_STARTS):
        start = time.time()
        times.append(float(_output(_FIRST_PAINT)) - start)
        seconds, count = _output(_IMPORT).split()
        imports.append(float(seconds))
        heavy += int(count)
    figures.add("start to first paint", statistics.median(times), "s", short=True)
    figures.add("import of command line and window", statistics.median(imports), "s")
    name = f"of {', '.join(_HEAVY)} imported with them"
    figures.add(name, heavy, "packages", most=0)


def _output(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout.splitlines()[-1]


def bench_window(figures: Figures, folder: Path) -> None:
    """Model loading, single drops, then the crowd."""
    window = open_window()
    start = time.perf_counter()
    window.start([])
    wait(lambda: window.locator.model is not None)
    figures.add("window shown to model ready", time.perf_counter() - start, "s", short=True)
    singles = [_single_drop(window, photo) for photo in copies(folder / "single", _SINGLE)]
    figures.add("one photo, drop to answer, the first", 1000 * singles[0], "ms")
    median = 1000 * statistics.median(singles[1:])
    figures.add("one photo, drop to answer, the next (median)", median, "ms", short=True)
    crowd = folder / "crowd"
    copies(crowd, _CROWD, different=_DIFFERENT)
    watch(figures, "idle", lambda: False, 3.0)
    before = window.locate.model.rowCount()
    window.intake.open_paths([crowd])
    loaded_s = watch(
        figures,
        f"{_CROWD:,} photos coming into the list",
        lambda: window.locate.model.rowCount() >= before + _CROWD,
        short=True,
    )
    figures.add("rows into the list", _CROWD / loaded_s, "photos/s")
    done = _located(window)
    took_s = watch(figures, "while they are located", lambda: False, _LOCATING_S, short=True)
    figures.add("photos located", (_located(window) - done) / took_s, "photos/s")
    window.locate.commands.cancel()
    figures.add("cancel to stop", 1000 * wait(lambda: not window.locator.running), "ms")
    leave(window, figures)


def _single_drop(window: MainWindow, photo: Path) -> float:
    from geoguess_app.ui.locate.photo_row import RowState

    start = time.perf_counter()
    window.intake.open_paths([photo])

    def answered() -> bool:
        row = window.locate.model.row(window.locate.model.find(photo))
        return row is not None and row.state is RowState.LOCATED

    wait(answered)
    return time.perf_counter() - start


def _located(window: MainWindow) -> int:
    from geoguess_app.ui.locate.photo_row import RowState

    return window.locate.model.counts()[RowState.LOCATED]


if __name__ == "__main__":
    main()
