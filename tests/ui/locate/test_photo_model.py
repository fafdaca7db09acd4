"""The list model keeps Qt's rules and costs little for thousands of photos."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from PySide6.QtCore import QModelIndex
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import FailedPhoto
from geoguess_app.ui.locate.arranging import ArrangedPhotos, ListOrder, ListPart
from geoguess_app.ui.locate.photo_model import PhotoModel
from geoguess_app.ui.locate.photo_row import RowState


def photos(count: int, folder: str = "a") -> list[Path]:
    return [Path(f"/{folder}/{number}.jpg") for number in range(count)]


def test_qt_rules_hold_through_every_change(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    model = PhotoModel()
    qtmodeltester.check(model)
    model.add(photos(10))
    model.add(photos(5, "b"))
    model.remove([model.index(2), model.index(3), model.index(9), QModelIndex()])
    model.set_result(Path("/a/0.jpg"), FailedPhoto(Path("/a/0.jpg"), "broken", "It is broken."))
    model.set_stopped()
    model.clear()
    model.add(photos(3))
    qtmodeltester.check(model)


def test_qt_rules_hold_for_the_arranged_list_too(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    model = PhotoModel()
    arranged = ArrangedPhotos(model)
    qtmodeltester.check(arranged)
    model.add(photos(12))
    arranged.sort_by(ListOrder.NAME)
    assert [row.name for row in arranged.photos()][:3] == ["0.jpg", "1.jpg", "10.jpg"]
    model.set_result(Path("/a/7.jpg"), FailedPhoto(Path("/a/7.jpg"), "broken", "It is broken."))
    arranged.show_part(ListPart.FAILED, "")
    assert [row.name for row in arranged.photos()] == ["7.jpg"]
    with qtbot.waitSignal(model.changed):
        model.set_waiting([Path("/a/7.jpg")])
    assert arranged.photos() == []
    arranged.show_part(ListPart.WAITING, "1")
    assert [row.name for row in arranged.photos()] == ["1.jpg", "10.jpg", "11.jpg"]
    model.remove([model.find(Path("/a/10.jpg"))])
    arranged.sort_by(ListOrder.ADDED)
    arranged.show_part(ListPart.ALL, "")
    assert len(arranged.photos()) == 11
    model.clear()
    qtmodeltester.check(arranged)


def test_a_file_is_listed_once_and_keeps_its_place(qtbot: QtBot) -> None:
    model = PhotoModel()
    assert model.add([*photos(3), *photos(2)]) == photos(3)
    assert model.add(photos(5)) == photos(5)[3:]
    assert [row.path for row in model.rows()] == photos(5)


def test_removed_rows_leave_the_right_ones(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.add(photos(8))
    gone = model.remove([model.index(i) for i in (6, 1, 2, 7)])
    assert sorted(gone) == [photos(8)[i] for i in (1, 2, 6, 7)]
    left = [photos(8)[i] for i in (0, 3, 4, 5)]
    assert [row.path for row in model.rows()] == left
    assert [model.find(path).row() for path in left] == [0, 1, 2, 3]
    assert not model.find(gone[0]).isValid()


def test_counts_follow_every_change(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.add(photos(6))
    for path in photos(3):
        model.set_result(path, FailedPhoto(path, "broken", "Broken."))
    model.set_waiting(photos(1))
    model.set_stopped()
    model.remove([model.index(1), model.index(5)])
    expected = Counter(row.state for row in model.rows())
    assert +model.counts() == expected == {RowState.STOPPED: 3, RowState.FAILED: 1}
    model.clear()
    assert not +model.counts()


def test_results_for_photos_that_left_are_ignored(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.add(photos(1))
    model.set_result(Path("/gone.jpg"), FailedPhoto(Path("/gone.jpg"), "x", "Gone."))
    assert model.counts() == {RowState.WAITING: 1}


def test_many_results_are_told_in_few_signals(qtbot: QtBot) -> None:
    model = PhotoModel()
    model.add(photos(1000))
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last, _roles: told.append((first.row(), last.row())))
    for path in photos(1000)[100:400]:
        model.set_result(path, FailedPhoto(path, "broken", "Broken."))
    assert told == []
    with qtbot.waitSignal(model.changed, timeout=2000):
        pass
    assert told == [(100, 399)]


def test_five_thousand_rows_are_added_in_no_time(qtbot: QtBot) -> None:
    model, paths = PhotoModel(), photos(5000)
    start = time.thread_time()
    for first in range(0, 5000, 250):
        model.add(paths[first : first + 250])
    assert model.rowCount() == 5000
    assert time.thread_time() - start < 10.0
