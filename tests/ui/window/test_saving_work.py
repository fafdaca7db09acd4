"""A review's background work: folders in, answers out, in the real window with a real session."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import State
from geoguess_app.ui.review.work import ReviewWork
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.review_controller import ReviewController
from tests.review.samples import PLACES
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ReviewController]:
    made = ReviewController(ReviewSession(tmp_path / "review.sqlite", PLACES))
    yield made
    made.close()


@pytest.fixture
def work(window: MainWindow, controller: ReviewController) -> Iterator[ReviewWork]:
    made = ReviewWork(window.services, controller)
    yield made
    made.close()


def located(controller: ReviewController, count: int) -> Callable[[], bool]:
    return lambda: controller.counts()[State.LOCATED] == count


def many(photos: list[Path], folder: Path, count: int) -> Path:
    """Many photos of few pictures, each a picture of its own for the store of answers."""
    folder.mkdir()
    for number in range(count):
        data = photos[number % len(photos)].read_bytes()
        # After the end of a JPEG anything may stand; it counts as picture.
        (folder / f"{number}.jpg").write_bytes(data + bytes([number]))
    return folder


@pytest.fixture
def begin(
    work: ReviewWork, controller: ReviewController, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> Callable[..., Path]:
    """Opens a folder of many photos and comes back when some of them, at least one, are located."""

    def open_many(count: int, at_least: int = 1) -> Path:
        folder = many(photos, tmp_path / "many", count)
        work.open_folder(folder)
        counts = controller.counts
        qtbot.waitUntil(lambda: counts()[State.LOCATED] >= at_least, timeout=ANSWER_MS)
        return folder

    return open_many


def test_a_folder_becomes_photos_with_answers(
    work: ReviewWork,
    controller: ReviewController,
    photos: list[Path],
    broken_photo: Path,
    qtbot: QtBot,
) -> None:
    deep = photos[0].parent / "a" / "b"
    deep.mkdir(parents=True)
    shutil.move(photos[-1], deep / "photo_6.jpg")
    shutil.move(broken_photo, deep)
    (deep / "notes.txt").write_text("no photo")
    told: list[tuple[int, int, float, float | None]] = []
    work.progressed.connect(lambda *values: told.append(values))
    with qtbot.waitSignal(work.folderDone, timeout=ANSWER_MS) as done:
        work.open_folder(photos[0].parent)
    assert done.args == [7, 7]
    qtbot.waitUntil(lambda: not work.running, timeout=ANSWER_MS)
    assert +controller.counts() == {State.LOCATED: 6, State.FAILED: 1}
    (failed,) = [p for p in controller.session if p.state is State.FAILED]
    assert failed.failure is not None
    assert "broken.jpg" in failed.failure.message
    assert told[-1][:2] == (7, 7)


def test_what_was_located_before_costs_nothing(
    window: MainWindow,
    work: ReviewWork,
    controller: ReviewController,
    photos: list[Path],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.intake.open_paths(photos)
    qtbot.waitUntil(all_done(window, 6), timeout=ANSWER_MS)
    known = {
        row.path: row.outcome.located.prediction.coordinate for row in window.locate.model.rows()
    }
    model = window.locator.model
    assert model is not None

    def refuse(*_: object) -> None:
        raise AssertionError("an answer was computed again")

    monkeypatch.setattr(model.predictor, "predict", refuse)
    # Also under another name: it is the picture that counts.
    photos[0].rename(photos[0].with_name("renamed.jpg"))
    work.open_folder(photos[0].parent)
    qtbot.waitUntil(lambda: located(controller, 6)() and not work.running, timeout=ANSWER_MS)
    for photo in controller.session:
        path = photos[0] if photo.path.name == "renamed.jpg" else photo.path
        assert photo.answer is not None
        assert photo.answer.coordinate == known[path]


def test_pause_stops_within_a_batch_and_resume_goes_on(
    work: ReviewWork, controller: ReviewController, qtbot: QtBot, begin: Callable[..., Path]
) -> None:
    begin(60, at_least=2)
    work.pause()
    before = controller.counts()[State.LOCATED]
    qtbot.waitUntil(lambda: not work.running, timeout=ANSWER_MS)
    assert controller.counts()[State.LOCATED] <= before + 24
    assert work.paused
    assert controller.counts()[State.WAITING] > 0
    left = work.state.waiting
    qtbot.wait(300)
    assert work.state.waiting == left, "nothing is located while it is paused"
    work.resume()
    qtbot.waitUntil(lambda: located(controller, 60)() and not work.running, timeout=ANSWER_MS)
    assert not work.paused


def test_cancel_and_a_later_start_go_on_where_it_stopped(
    window: MainWindow,
    work: ReviewWork,
    controller: ReviewController,
    photos: list[Path],
    qtbot: QtBot,
    begin: Callable[..., Path],
) -> None:
    folder = begin(40)
    qtbot.waitUntil(lambda: len(controller) == 40, timeout=ANSWER_MS)
    work.cancel()
    qtbot.waitUntil(lambda: not work.running, timeout=ANSWER_MS)
    done = controller.counts()[State.LOCATED]
    assert done < len(controller) == 40
    work.close()
    # Meanwhile one photo changes and one goes.
    (folder / "0.jpg").write_bytes(photos[1].read_bytes() + b"changed")
    (folder / "1.jpg").unlink()
    again = ReviewWork(window.services, controller)
    again.start()
    qtbot.waitUntil(lambda: located(controller, 39)() and not again.running, timeout=ANSWER_MS)
    (gone,) = [p for p in controller.session if p.state is State.FAILED]
    assert gone.path.name == "1.jpg"
    again.close()


def test_a_photo_under_locate_does_not_wait_for_the_review(
    window: MainWindow,
    work: ReviewWork,
    controller: ReviewController,
    photos: list[Path],
    qtbot: QtBot,
    begin: Callable[..., Path],
) -> None:
    begin(80)
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    assert controller.counts()[State.WAITING] > 0
    qtbot.waitUntil(lambda: located(controller, 80)() and not work.running, timeout=ANSWER_MS)


def test_another_model_goes_on_with_what_waits(
    window: MainWindow,
    work: ReviewWork,
    controller: ReviewController,
    tiny_model: Path,
    qtbot: QtBot,
    begin: Callable[..., Path],
) -> None:
    begin(60)
    with qtbot.waitSignal(window.locator.modelReady, timeout=LOADING_MS):
        window.load_model(tiny_model)
    qtbot.waitUntil(lambda: located(controller, 60)() and not work.running, timeout=ANSWER_MS)


def test_closing_while_it_works_leaves_no_thread(
    own_window: MainWindow,
    controller: ReviewController,
    photos: list[Path],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    work = ReviewWork(own_window.services, controller)
    work.open_folder(many(photos, tmp_path / "many", 60))
    qtbot.waitUntil(lambda: controller.counts()[State.LOCATED] >= 1, timeout=ANSWER_MS)
    start = time.monotonic()
    work.close()
    own_window.close()
    assert time.monotonic() - start < 10
    assert all(pool.activeThreadCount() == 0 for pool in own_window.pools.all())


def test_a_review_that_cannot_be_kept_stops_with_a_sentence(
    work: ReviewWork,
    controller: ReviewController,
    photos: list[Path],
    qtbot: QtBot,
) -> None:
    said: list[str] = []
    controller.problem.connect(said.append)
    controller.session.close()
    work.open_folder(photos[0].parent)
    qtbot.waitUntil(lambda: bool(said) and not work.running, timeout=ANSWER_MS)
    assert len(controller) == 0


def test_answers_of_another_model_can_be_had_from_this_one(
    window: MainWindow,
    work: ReviewWork,
    controller: ReviewController,
    photos: list[Path],
    qtbot: QtBot,
) -> None:
    work.open_folder(photos[0].parent)
    qtbot.waitUntil(lambda: located(controller, 6)() and not work.running, timeout=ANSWER_MS)
    assert work.of_other_models() == []
    answers = {p.id: p.answer for p in controller.session}
    controller.update(
        [
            replace(p, answer=replace(p.answer, model="Old 1.0", confidence=0.123))
            for p in controller.session
        ]
    )
    controller.accept([1])
    others = work.of_other_models()
    assert others == [2, 3, 4, 5, 6], "what was decided stays"
    work.locate_again(others)
    qtbot.waitUntil(lambda: work.of_other_models() == [] and not work.running, timeout=ANSWER_MS)
    assert all(controller.photo(number).answer == answers[number] for number in others)
    assert controller.photo(1).answer.model == "Old 1.0"
