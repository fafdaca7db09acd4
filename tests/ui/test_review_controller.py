"""The controller: every action is told, counted, and can be taken back."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.review.session import Session
from geoguess_app.review.values import Origin, State
from geoguess_app.ui.review.controller import ReviewController
from tests.review.samples import LYON, PLACES, facts, filled


@pytest.fixture
def review(qtbot: QtBot) -> ReviewController:
    """Ten located photos, the last with GPS."""
    return ReviewController(filled(10))


def truth(review: ReviewController) -> Counter[State]:
    return Counter(photo.state for photo in review.session)


def test_photos_that_are_taken_in_are_told(qtbot: QtBot) -> None:
    review = ReviewController(Session(None, PLACES))
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
