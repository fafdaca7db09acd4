"""A review of 50,000 photos in the window: how long it keeps the window waiting to open it, to
decide about all of them in one step, and to take that back.

Run as `python -m benchmarks.bench_review_crowd`; prints a Markdown table. Needs no display and no
model: answers are made up.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_review import _figures, _watch
from benchmarks.bench_window import _precise, _row, _wait

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer

    from geoguess_app.ui.review.mode import ReviewMode

_CROWD = 50_000
_LIMIT_S = 120.0


def main() -> None:
    """One window, one review that was filled before."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GEOGUESS_CONFIG_DIR"] = str(Path(folder) / "config")
        os.environ["GEOGUESS_DATA_DIR"] = str(Path(folder) / "data")
        _fill(Path(folder) / "photos")
        bench_crowd()


def bench_crowd() -> None:
    """Open, decide about all, take it back, do it again, one photo at a time, close."""
    from PySide6.QtCore import QTimer

    from geoguess_app.review.values import State

    timer = QTimer(interval=16)
    timer.setTimerType(_precise())
    _row("16 ms timer", "late: p50", "p99", "max", "own work: p50", "p99", "max")
    _row(*["---"] * 7)
    mode = _open(timer)
    controller = mode.controller
    open_photos = [p.id for p in controller.session if p.state is State.LOCATED]

    def decided(count: int) -> Callable[[], bool]:
        return lambda: controller.counts()[State.ACCEPTED] == count and mode.listing.settled

    name = f"accepting {len(open_photos):,} in one step"
    _do(name, timer, lambda: controller.accept(open_photos), decided(len(open_photos)))
    _do("taking it back", timer, controller.undo, decided(0))
    _do("doing it again", timer, controller.redo, decided(len(open_photos)))
    _do("taking it back", timer, controller.undo, decided(0))
    few = open_photos[:100]

    def one() -> None:
        if few:
            controller.accept([few.pop()])

    timer.timeout.connect(one)
    _watch("accepting 100, one after another", timer, lambda: not few, _LIMIT_S)
    timer.timeout.disconnect(one)
    start = time.perf_counter()
    mode.close()
    _figures({"seconds to close": time.perf_counter() - start})
    sys.stdout.flush()
    os._exit(0)


def _open(timer: QTimer) -> ReviewMode:
    from PySide6.QtCore import QTimer as Timer

    from geoguess_app.settings import load_settings
    from geoguess_app.ui.kit.theme import Theme
    from geoguess_app.ui.shell.app import make_application, window_state
    from geoguess_app.ui.shell.window import MainWindow

    app = make_application()
    window = MainWindow(Theme(app, "light"), load_settings(), window_state())
    window.resize(1280, 800)
    window.show()
    _wait(lambda: window.isVisible())
    modes: list[ReviewMode] = []
    Timer.singleShot(0, lambda: modes.append(window.modes.switch("review")))

    def ready() -> bool:
        return bool(modes) and modes[0].model.rowCount() == _CROWD and modes[0].listing.settled

    start = time.perf_counter()
    _watch("entering the mode", timer, lambda: bool(modes), _LIMIT_S)
    _watch(f"opening {_CROWD:,} photos", timer, ready, _LIMIT_S)
    _figures({"seconds to open": time.perf_counter() - start})
    return modes[0]


def _do(name: str, timer: QTimer, act: Callable[[], object], done: Callable[[], bool]) -> None:
    """One action, from within the event loop as a key does it."""
    from PySide6.QtCore import QTimer as Timer

    Timer.singleShot(0, act)
    start = time.perf_counter()
    _watch(name, timer, done, _LIMIT_S)
    _figures({f"seconds of {name}": time.perf_counter() - start})


def _fill(folder: Path) -> None:
    """A review as it is left after locating: every tenth photo has GPS."""
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.types import Candidate, Coordinate, Level, Place, Radii
    from geoguess_app.files.user_data import session_path
    from geoguess_app.review.intake import FileFacts
    from geoguess_app.review.session import ReviewSession
    from geoguess_app.review.values import AnswerSummary, ReviewedFileIdentity, pack

    folder.mkdir()
    begin = datetime(2024, 7, 1, 8)
    place = Place("Paris", "Île-de-France", "France", "FR", 1.5)

    def facts(number: int) -> FileFacts:
        path = folder / f"IMG_{number}.jpg"
        path.touch()
        status = path.stat()
        known = Coordinate(45.76, 4.84) if number % 10 == 9 else None
        taken = begin + timedelta(minutes=number)
        return FileFacts(
            path, ReviewedFileIdentity(status.st_size, status.st_mtime_ns), taken, known
        )

    def answer(number: int) -> AnswerSummary:
        at = [Coordinate(number / 1000 % 60 + rank, number / 777 % 170) for rank in range(10)]
        listed = [Candidate(i, "47e66e", i, spot, 0.5 / (i + 1)) for i, spot in enumerate(at)]
        radii = Radii(5.0, 12.5, 80.0)
        share = number / (_CROWD + 1)
        return AnswerSummary(
            at[0], radii, share, Level.FINE, place, "Made up", packed=pack(tuple(listed))
        )

    with ReviewSession(session_path(), PlaceFinder()) as session:
        session.add(map(facts, range(_CROWD)))
        session.update(replace(photo, answer=answer(photo.id)) for photo in session)


if __name__ == "__main__":
    main()
