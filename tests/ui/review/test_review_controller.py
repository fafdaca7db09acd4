"""The controller: every action is told, counted, and can be taken back."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.review.kept_later import DeferredSessionFile
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import Origin, State
from geoguess_app.ui.work.review_controller import ReviewController
from tests.review.samples import LYON, PLACES, answer, facts, filled
from tests.review.test_kept_later import full_disk


@pytest.fixture
def review(qtbot: QtBot) -> ReviewController:
    """Ten located photos, the last with GPS."""
    return ReviewController(filled(10))


def truth(review: ReviewController) -> Counter[State]:
    return Counter(photo.state for photo in review.session)


def test_photos_that_are_taken_in_are_told(qtbot: QtBot) -> None:
    review = ReviewController(ReviewSession(None, PLACES))
    added: list[list[int]] = []
    changed: list[list[int]] = []
    review.added.connect(added.append)
    review.changed.connect(changed.append)
    assert review.add(facts(3)) == [1, 2, 3]
    assert review.add(facts(3)) == []
    assert added == changed == [[1, 2, 3]]
    assert +review.counts() == {State.WAITING: 3}


def test_actions_tell_what_they_changed(review: ReviewController, qtbot: QtBot) -> None:
    told: list[list[int]] = []
    review.changed.connect(told.append)
    with qtbot.waitSignal(review.stepsChanged, timeout=1000):
        assert review.accept([1, 2, 10]) == [1, 2]
    with qtbot.assertNotEmitted(review.stepsChanged):
        assert review.accept([1, 10]) == []
    assert review.steps() == ("accept", None)
    assert review.undo() == [1, 2]
    assert review.steps() == (None, "accept")
    assert told == [[1, 2], [1, 2]]


def test_counts_stay_true_through_hundreds_of_steps_there_and_back(
    review: ReviewController,
) -> None:
    dice = random.Random(7)
    start = [review.photo(n) for n in range(1, 11)]
    actions = [
        lambda some: review.accept(some),
        lambda some: review.reject(some),
        lambda some: review.choose(some, dice.randint(1, 3)),
        lambda some: review.place(some, LYON),
        lambda some: review.clear(some),
        lambda some: review.permit_replacing(some, permitted=dice.random() < 0.5),
    ]
    steps = 0
    while steps < 150:
        some = dice.sample(range(1, 11), dice.randint(1, 5))
        steps += bool(dice.choice(actions)(some))
        assert +review.counts() == truth(review)
    end = [review.photo(n) for n in range(1, 11)]
    assert sum(1 for _ in iter(review.undo, [])) == 150
    assert [review.photo(n) for n in range(1, 11)] == start
    assert sum(1 for _ in iter(review.redo, [])) == 150
    assert [review.photo(n) for n in range(1, 11)] == end
    assert +review.counts() == truth(review)


def test_what_was_copied_stays_what_it_was(review: ReviewController) -> None:
    copied = review.session.copied(1)
    review.place([1], LYON)
    assert review.paste(copied, [2]) == [2]
    pasted = review.photo(2).decision.chosen
    assert pasted is not None
    assert (pasted.coordinate, pasted.origin) == (copied.coordinate, Origin.PASTED)


def test_trouble_is_one_sentence_and_changes_nothing(
    review: ReviewController, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(review.problem, timeout=1000) as told:
        assert review.place([1], "nowhere") == []
    assert told.args is not None
    assert "nowhere" in told.args[0]
    assert review.photo(1).state is State.LOCATED


def test_a_file_that_cannot_be_written_any_more_is_told(tmp_path: Path, qtbot: QtBot) -> None:
    review = ReviewController(filled(3, tmp_path / "review.sqlite"))
    review.close()
    with qtbot.waitSignal(review.problem, timeout=1000):
        assert review.accept([1]) == []
    assert review.photo(1).state is State.LOCATED


def test_photos_taken_off_the_list_come_back_by_undo(review: ReviewController) -> None:
    added: list[list[int]] = []
    review.added.connect(added.append)
    review.accept([2])
    assert review.remove([2, 3]) == [2, 3]
    assert len(review) == 8
    assert +review.counts() == truth(review)
    assert review.undo() == [2, 3]
    assert added == [[2, 3]]
    assert review.photo(2).state is State.ACCEPTED
    assert +review.counts() == truth(review)


def test_a_step_over_thousands_lets_the_window_live_and_keeps_the_order(qtbot: QtBot) -> None:
    review = ReviewController(filled(1000))
    open_ones = [p.id for p in review.session if p.state is State.LOCATED]
    done: list[tuple[str, int]] = []
    ticks: list[int] = []
    QTimer.singleShot(0, lambda: ticks.append(review.counts()[State.ACCEPTED]))
    assert review.accept(open_ones, lambda numbers: done.append(("all", len(numbers)))) == []
    assert review.reject([1], lambda numbers: done.append(("one", len(numbers)))) == []
    assert review.busy
    qtbot.waitUntil(lambda: not review.busy, timeout=20_000)
    assert done == [("all", 900), ("one", 1)]
    assert ticks[0] < 900, "other events came to their turn before the end"
    assert review.photo(1).state is State.REJECTED
    assert +review.counts() == truth(review)
    assert review.undo() == [1]
    assert review.photo(1).state is State.ACCEPTED
    review.undo()
    assert review.steps() == (None, "accept")
    review.finish()
    assert +review.counts() == truth(review) == {State.LOCATED: 900, State.HAS_GPS: 100}


def test_closing_in_the_middle_of_steps_keeps_them(tmp_path: Path, qapp: QApplication) -> None:
    filled(1000, tmp_path / "review.sqlite").close()
    file = DeferredSessionFile(tmp_path / "review.sqlite")
    review = ReviewController(ReviewSession(file, PLACES), file=file)
    review.reject(range(1, 1001))
    review.clear(range(1, 301))
    assert review.busy
    review.close()
    with ReviewSession(tmp_path / "review.sqlite", PLACES) as again:
        assert sum(p.state is State.REJECTED for p in again) == 700
        assert again.next_actions() == ("clear", None)


def test_answers_that_come_during_a_step_are_not_lost(qtbot: QtBot) -> None:
    review = ReviewController(filled(1000))
    review.reject(range(1, 1001))
    assert review.busy
    fresh = replace(review.photo(1000), answer=answer(0.99, LYON), known=None)
    assert review.update([fresh]) == [1000]
    review.finish()
    assert review.photo(1000).state is State.REJECTED
    assert review.photo(1000).answer == answer(0.99, LYON)


def test_photos_that_come_back_during_a_step_come_after_it(qtbot: QtBot) -> None:
    review = ReviewController(filled(1000))
    review.remove([1])
    review.reject(range(2, 1001))
    assert review.busy
    assert review.add(facts(1)) == [1]
    review.finish()
    assert +review.counts() == truth(review)
    assert review.steps() == ("add", None)
    review.undo()
    review.undo()
    review.finish()
    assert review.steps() == ("remove", "reject")
    assert +review.counts() == truth(review)


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_full_disk_is_told_and_what_was_done_is_written_later(
    tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "review.sqlite"
    filled(200, path).close()
    file = DeferredSessionFile(path)
    review = ReviewController(ReviewSession(file, PLACES), file=file)
    told: list[str] = []
    review.problem.connect(told.append)
    with full_disk(path.stat().st_size + 4096):
        with qtbot.waitSignal(review.keptChanged, timeout=20_000) as changed:
            for spot in range(60):
                review.place(range(1, 201), f"{spot}, 2")
        assert changed.args == [False]
        assert review.reject([1]) == [1], "what is done is there all the same"
        assert "disk" in review.unkept()
    assert review.unkept() == ""
    qtbot.waitUntil(lambda: review.photo(1).state is State.REJECTED)
    assert len(told) == 1
    review.close()
    with ReviewSession(path, PLACES) as again:
        assert again[1].state is State.REJECTED
        assert again.next_actions() == ("reject", None)
