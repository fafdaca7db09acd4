"""A review of 5,000 photos in the window: how fast it fills, and how late a 16 ms timer comes.

Run as `python -m benchmarks review`. Needs no display. Uses the starter model and small pictures
made from the sample photos, each of its own for the memory of answers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.photos import copies
from benchmarks.results import QUICK, Figures
from benchmarks.windows import LIMIT_S, leave, open_window, own_folders, wait, watch

if TYPE_CHECKING:
    from geoguess_app.ui.review.mode import ReviewMode
    from geoguess_app.ui.shell.window import MainWindow
    from geoguess_app.ui.work.review_controller import ReviewController

_CROWD = 500 if QUICK else 5000
_FIRST_S = 5.0 if QUICK else 15.0
_SIDE_PX = 320


def main() -> None:
    """One window, one review."""
    figures = Figures(__file__, __doc__)
    with own_folders() as folder:
        bench_review(figures, folder / "crowd")


def bench_review(figures: Figures, crowd: Path) -> None:
    """Photos come in, are located, come again from memory, are accepted, planned and saved."""
    window = open_window()
    window.start([])
    wait(lambda: window.locator.model is not None)
    mode = window.modes.switch("review")
    wait(lambda: mode.controller is not None)
    copies(crowd, _CROWD, side_px=_SIDE_PX)
    watch(figures, "idle", lambda: False, 3.0)
    _fill(figures, mode, crowd)
    _remembered(figures, window, mode)
    _decide_and_save(figures, mode)
    leave(window, figures)


def _fill(figures: Figures, mode: ReviewMode, crowd: Path) -> None:
    """The folder is searched, and the first photos are located by the network."""
    controller, work = mode.controller, mode.work
    work.open_folder(crowd)
    title = f"{_CROWD:,} photos coming into a review"
    came_s = watch(figures, title, lambda: len(controller) >= _CROWD, short=True)
    done = work.state.done
    took_s = watch(figures, "the model locates", lambda: False, _FIRST_S, short=True)
    figures.add("photos found", _CROWD / came_s, "photos/s")
    figures.add("photos located", (work.state.done - done) / took_s, "photos/s")
    work.pause()
    figures.add("pause to rest", 1000 * wait(lambda: not work.running), "ms")


def _remembered(figures: Figures, window: MainWindow, mode: ReviewMode) -> None:
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
    before = mode.work.state.done
    mode.work.resume()
    title = "answers come from memory"
    took_s = watch(figures, title, lambda: not mode.work.state.waiting, short=True)
    figures.add("remembered answers", (_CROWD - before) / took_s, "photos/s")


def _decide_and_save(figures: Figures, mode: ReviewMode) -> None:
    from PySide6.QtCore import QTimer

    controller, saving = mode.controller, mode.saving.saving
    assert saving is not None
    QTimer.singleShot(0, lambda: controller.accept([p.id for p in controller.session], unsure=True))
    accepted_s = watch(figures, "accepting all in one step", _is_through(controller))
    planned_s = watch(figures, "what a save would write", _has_plan(saving))
    saving.writer.save(saving.live.plan)
    saved_s = watch(figures, "saving", lambda: not saving.writer.running, LIMIT_S, short=True)
    figures.add(f"all {_CROWD:,} accepted in one step", accepted_s, "s")
    figures.add("photos planned", _CROWD / planned_s, "photos/s")
    figures.add("photos saved and synced", _CROWD / saved_s, "photos/s")


def _is_through(controller: ReviewController) -> Callable[[], bool]:
    return lambda: controller.steps()[0] == "accept" and not controller.busy


def _has_plan(saving: object) -> Callable[[], bool]:
    return lambda: saving.live.plan is not None  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
