"""A review of 50,000 photos in the window: opened, decided about in one step, and taken back.

Run as `python -m benchmarks review_crowd`. Needs no display and no model: answers are made up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import QUICK, Figures
from benchmarks.windows import leave, open_window, own_folders, wait, watch

if TYPE_CHECKING:
    from geoguess_app.ui.review.mode import ReviewMode
    from geoguess_app.ui.shell.window import MainWindow

_CROWD = 5_000 if QUICK else 50_000


def main() -> None:
    """One window, one review that was filled before."""
    figures = Figures(__file__, __doc__)
    with own_folders() as folder:
        _fill(folder / "photos")
        bench_crowd(figures)


def bench_crowd(figures: Figures) -> None:
    """Open, decide about all, take it back, do it again, one photo at a time, close."""
    from PySide6.QtCore import QTimer

    from geoguess_app.review.values import State

    window = open_window()
    mode = _open(figures, window)
    controller = mode.controller
    open_photos = [p.id for p in controller.session if p.state is State.LOCATED]

    def decided(count: int) -> Callable[[], bool]:
        return lambda: controller.counts()[State.ACCEPTED] == count and mode.listing.settled

    name = f"accepting {len(open_photos):,} in one step"
    _do(figures, name, lambda: controller.accept(open_photos), decided(len(open_photos)))
    _do(figures, "taking it back", controller.undo, decided(0))
    _do(figures, "doing it again", controller.redo, decided(len(open_photos)))
    controller.undo()
    wait(decided(0))
    few = open_photos[:100]
    one = QTimer(interval=16)
    one.timeout.connect(lambda: few and controller.accept([few.pop()]))
    one.start()
    watch(figures, "accepting 100, one after another", lambda: not few)
    one.stop()
    leave(window, figures)


def _open(figures: Figures, window: MainWindow) -> ReviewMode:
    from PySide6.QtCore import QTimer

    modes: list[ReviewMode] = []
    QTimer.singleShot(0, lambda: modes.append(window.modes.switch("review")))

    def ready() -> bool:
        return bool(modes) and modes[0].model.rowCount() == _CROWD and modes[0].listing.settled

    took_s = watch(figures, f"opening {_CROWD:,} photos", ready)
    figures.add(f"open {_CROWD:,} photos", took_s, "s")
    return modes[0]


def _do(figures: Figures, name: str, act: Callable[[], object], done: Callable[[], bool]) -> None:
    """One action, from within the event loop as a key does it."""
    from PySide6.QtCore import QTimer

    QTimer.singleShot(0, act)
    figures.add(f"{name}: all done", watch(figures, name, done), "s")


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
