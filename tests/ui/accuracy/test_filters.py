"""The filters of Accuracy mode: what passes, what they offer, and how a view keeps them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from geoguess_app.evaluation.accuracy.photos import (
    EvaluationOrigin,
    JudgedPhotos,
    JudgedRow,
    judged_photos,
)
from geoguess_app.ui.accuracy.filters import Filters

PARIS, BERLIN, TOKYO = (48.8566, 2.3522), (52.52, 13.405), (35.68, 139.69)
RIGHT, WRONG, FAR = 0, 1, 2


def photos() -> JudgedPhotos:
    """A right answer, a sure one that is off, and an unsure one that is far off."""
    rows = (
        JudgedRow(
            "a/louvre.jpg", PARIS, PARIS, (1.0, 2.0, 4.0), 0.95,
            true_scene="urban", continent="EU", place="Paris, France",
        ),
        JudgedRow(
            "a/wall.jpg", BERLIN, PARIS, (1.0, 2.0, 4.0), 0.8,
            true_scene="urban", continent="EU", place="Paris, France",
        ),
        JudgedRow(
            "a/garden.jpg", TOKYO, PARIS, (5e3, 12e3, 15e3), 0.05,
            true_scene="natural", continent="AS", place="Paris, France",
        ),
    )  # fmt: skip
    return judged_photos(EvaluationOrigin("three"), rows)


@pytest.fixture
def filters(qtbot: QtBot) -> Filters:
    made = Filters()
    qtbot.addWidget(made)
    made.offer(photos())
    return made


def passing(filters: Filters) -> list[int]:
    return filters.indices().tolist()


def test_everything_passes_at_first_and_without_photos_nothing(
    filters: Filters, qtbot: QtBot
) -> None:
    assert passing(filters) == [RIGHT, WRONG, FAR]
    assert filters.clear.isHidden()
    empty = Filters()
    qtbot.addWidget(empty)
    assert passing(empty) == []


@pytest.mark.parametrize(
    ("combo", "index", "left"),
    [
        ("scene", 1, [FAR]),
        ("scene", 2, [RIGHT, WRONG]),
        ("continent", 1, [FAR]),
        ("error", 1, [RIGHT]),
        ("error", 6, [FAR]),
        ("confidence", 1, [RIGHT]),
        ("confidence", 2, [WRONG]),
        ("confidence", 4, [FAR]),
    ],
)
def test_each_choice_lets_through_what_it_counts(
    filters: Filters, combo: str, index: int, left: list[int]
) -> None:
    chosen = getattr(filters, combo)
    chosen.setCurrentIndex(index)
    assert passing(filters) == left
    if combo != "confidence":
        assert chosen.currentText().endswith(f"({len(left)})")
    assert not filters.clear.isHidden()


def test_choices_narrow_together_and_clearing_brings_all_back(
    filters: Filters, qtbot: QtBot
) -> None:
    filters.scene.setCurrentIndex(2)
    filters.confidence.setCurrentIndex(2)
    assert passing(filters) == [WRONG]
    filters.outside.setChecked(True)
    assert passing(filters) == [WRONG]
    filters.confidence.setCurrentIndex(1)
    assert passing(filters) == []
    with qtbot.waitSignal(filters.changed):
        qtbot.mouseClick(filters.clear, Qt.MouseButton.LeftButton)
    assert passing(filters) == [RIGHT, WRONG, FAR]
    assert filters.clear.isHidden()


def test_confident_but_wrong_is_what_the_radius_leaves_out(filters: Filters) -> None:
    filters.fear.setChecked(True)
    assert passing(filters) == [WRONG]


def test_typing_tells_once_when_it_rests(filters: Filters, qtbot: QtBot) -> None:
    told: list[int] = []
    filters.changed.connect(lambda: told.append(1))
    with qtbot.waitSignal(filters.changed, timeout=2000):
        qtbot.keyClicks(filters.text, "WALL")
    assert passing(filters) == [WRONG]
    assert len(told) == 1


def test_a_view_keeps_what_is_set(filters: Filters, qtbot: QtBot) -> None:
    filters.scene.setCurrentIndex(2)
    filters.error.setCurrentIndex(4)
    filters.text.setText("wall")
    filters.fear.setChecked(True)
    kept, left = filters.state(), passing(filters)
    filters.reset()
    assert filters.state() != kept
    filters.set_state(kept)
    assert filters.state() == kept
    assert passing(filters) == left
    other = Filters()
    qtbot.addWidget(other)
    other.offer(photos().only(np.array([FAR])))
    other.set_state(kept)
    assert other.scene.currentIndex() == 0, "what these photos do not offer stays at all of them"


@pytest.mark.parametrize(
    "bad",
    [
        {"scene": 7, "continent": ["EU"], "error": -1, "confidence": 99},
        {"error": "3", "confidence": None, "text": None, "sure_and_wrong": "yes"},
        {"unknown": True},
    ],
)
def test_nonsense_in_a_view_sets_nothing(filters: Filters, bad: dict[str, object]) -> None:
    filters.scene.setCurrentIndex(1)
    filters.set_state(bad)
    assert passing(filters) == [RIGHT, WRONG, FAR]
    combos = (filters.scene, filters.continent, filters.error, filters.confidence)
    assert [combo.currentIndex() for combo in combos] == [0, 0, 0, 0]


def test_a_text_of_a_view_is_cut(filters: Filters) -> None:
    filters.set_state({"text": "x" * 10_000})
    assert len(filters.text.text()) == 200
