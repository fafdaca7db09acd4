"""A review of 5,000 photos in the window: how fast it fills, how late a 16 ms timer comes, and how
long the window's thread itself is at work between two ticks, which others on the machine do not
change.

Run as `python -m benchmarks.bench_review`; prints a Markdown table. Needs no display. Uses the
starter model and small pictures made from the sample photos, each of its own for the memory of
answers.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_window import _precise, _row, _wait

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer

    from geoguess_app.ui.review.mode import ReviewMode
    from geoguess_app.ui.shell.window import MainWindow
    from geoguess_app.ui.work.review_controller import ReviewController

_CROWD = 5000
_FIRST_S = 30.0
_SIDE_PX = 320
_LIMIT_S = 900.0


def main() -> None:
    """One window, one review."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GEOGUESS_CONFIG_DIR"] = str(Path(folder) / "config")
        os.environ["GEOGUESS_DATA_DIR"] = str(Path(folder) / "data")
        bench_review(Path(folder))


def bench_review(folder: Path) -> None:
    """Photos come in, are located, come again from memory, are accepted, planned and saved."""
    from PySide6.QtCore import QTimer

    window, mode = _window()
    _crowd(folder / "crowd")
    timer = QTimer(interval=16)
    timer.setTimerType(_precise())
    _row("16 ms timer", "late: p50", "p99", "max", "own work: p50", "p99", "max")
    _row(*["---"] * 7)
    _watch("idle", timer, lambda: False, 3.0)
    _fill(mode, folder / "crowd", timer)
    _remembered(window, mode, timer)
    _decide_and_save(mode, timer)
    window.close()
    sys.stdout.flush()
    os._exit(0)


def _window() -> tuple[MainWindow, ReviewMode]:
    from geoguess_app.settings import load_settings
    from geoguess_app.ui.kit.theme import Theme
    from geoguess_app.ui.shell.app import make_application, window_state
    from geoguess_app.ui.shell.window import MainWindow

    app = make_application()
    window = MainWindow(Theme(app, "light"), load_settings(), window_state())
    window.show()
    window.start([])
    _wait(lambda: window.locator.model is not None)
    mode = window.modes.switch("review")
    _wait(lambda: mode.controller is not None)
    return window, mode


def _fill(mode: ReviewMode, crowd: Path, timer: QTimer) -> None:
    """The folder is searched, and the first photos are located by the network."""
    controller, work = mode.controller, mode.work
    start = time.perf_counter()
    work.open_folder(crowd)
    title = f"{_CROWD:,} photos coming into the review"
    _watch(title, timer, lambda: len(controller) >= _CROWD, _LIMIT_S)
    came_s = time.perf_counter() - start
    done, start = work.state.done, time.perf_counter()
    _watch("the model locates", timer, lambda: False, _FIRST_S)
    rate = (work.state.done - done) / (time.perf_counter() - start)
    start = time.perf_counter()
    work.pause()
    _wait(lambda: not work.running)
    _figures(
        {
            "photos found per second": _CROWD / came_s,
            "photos located per second": rate,
            "seconds from pause to rest": time.perf_counter() - start,
        }
    )


def _remembered(window: MainWindow, mode: ReviewMode, timer: QTimer) -> None:
    """The rest has been answered before: what a second run over a folder is like."""
    from geoguess_app.core.predictor import Predictor
    from geoguess_app.photos.picture_key import picture_key

    model = window.locator.model
    assert model is not None
    assert isinstance(model.predictor, Predictor)
    store, key = window.locator.answers.store(), window.locator.answers.key(model)
    session = mode.controller.session
    answered = next(photo.path for photo in session if photo.answer is not None)
    known = store.answer(picture_key(answered), key)
    for path in session.unlocated():
        store.remember_answer(picture_key(path), key, *known)
    before, start = mode.work.state.done, time.perf_counter()
    mode.work.resume()
    _watch("answers remembered", timer, lambda: not mode.work.state.waiting, _LIMIT_S)
    took_s = time.perf_counter() - start
    _figures({"remembered answers per second": (_CROWD - before) / took_s})


def _decide_and_save(mode: ReviewMode, timer: QTimer) -> None:
    from PySide6.QtCore import QTimer

    controller, saving = mode.controller, mode.saving.saving
    assert saving is not None
    start = time.perf_counter()
    QTimer.singleShot(0, lambda: controller.accept([p.id for p in controller.session]))
    _watch("accepting all in one step", timer, _is_through(controller), _LIMIT_S)
    accepted_s = time.perf_counter() - start
    start = time.perf_counter()
    _watch("what a save would write", timer, _has_plan(saving), _LIMIT_S)
    planned_s = time.perf_counter() - start
    start = time.perf_counter()
    saving.writer.save(saving.live.plan)
    _watch("saving", timer, lambda: not saving.writer.running, _LIMIT_S)
    _figures(
        {
            f"seconds to accept all {_CROWD:,} in one step": accepted_s,
            "photos planned per second": _CROWD / planned_s,
            "photos saved per second": _CROWD / (time.perf_counter() - start),
        }
    )


def _watch(name: str, timer: QTimer, done: Callable[[], bool], limit_s: float) -> None:
    """Turn the event loop until ``done``; a row about its ticks."""
    from PySide6.QtCore import QEventLoop

    loop = QEventLoop()
    late_ms: list[float] = []
    own_ms: list[float] = []
    last, last_own = time.perf_counter(), time.thread_time()
    end = last + limit_s

    def tick() -> None:
        nonlocal last, last_own
        now, own = time.perf_counter(), time.thread_time()
        late_ms.append(max(0.0, (now - last) * 1000 - 16))
        own_ms.append((own - last_own) * 1000)
        last, last_own = now, own
        if now > end or done():
            loop.quit()

    timer.timeout.connect(tick)
    timer.start()
    loop.exec()
    timer.stop()
    timer.timeout.disconnect(tick)
    _row(name, *_spread(late_ms), *_spread(own_ms))


def _spread(values: list[float]) -> list[str]:
    ordered = sorted(values)
    at = (len(ordered) // 2, min(len(ordered) - 1, int(len(ordered) * 0.99)), -1)
    return [f"{ordered[index]:.1f} ms" for index in at]


def _is_through(controller: ReviewController) -> Callable[[], bool]:
    return lambda: controller.steps()[0] == "accept" and not controller.busy


def _has_plan(saving: object) -> Callable[[], bool]:
    return lambda: saving.live.plan is not None  # type: ignore[attr-defined]


def _figures(figures: dict[str, float]) -> None:
    for name, value in figures.items():
        _row(name, f"{value:.3g}", *[""] * 5)


def _crowd(folder: Path) -> None:
    """Small pictures; what follows the end of a JPEG makes each its own."""
    from PIL import Image

    from geoguess_app.paths import resource_dir

    pictures = []
    for sample in sorted((resource_dir() / "samples").glob("*.jpg")):
        with Image.open(sample) as picture:
            picture.thumbnail((_SIDE_PX, _SIDE_PX))
            data = io.BytesIO()
            picture.save(data, "JPEG")
        pictures.append(data.getvalue())
    folder.mkdir()
    for number in range(_CROWD):
        data_of = pictures[number % len(pictures)]
        (folder / f"photo {number}.jpg").write_bytes(data_of + number.to_bytes(4, "big"))


if __name__ == "__main__":
    main()
