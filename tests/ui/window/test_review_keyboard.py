"""Deciding by keyboard in the review of a folder, in the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
)
from pytestqt.qtbot import QtBot

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import Origin, State
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.review.filter_parts import choose_state
from tests.ui.window.conftest import ANSWER_MS
from tests.ui.window.review_parts import located, open_review, press, state_of, trip, undone

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LYON = Coordinate(45.764, 4.8357)


@pytest.fixture(scope="module")
def reviewing(
    request: pytest.FixtureRequest,
    module_window: MainWindow,
    photo_sets: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> ReviewMode:
    """A folder of photos in a review, all of them located."""
    qtbot = QtBot(request)
    mode = open_review(module_window, qtbot)
    module_window.intake.open_paths([trip(photo_sets, tmp_path_factory.mktemp("trip") / "trip")])
    qtbot.waitUntil(located(mode, 21), timeout=ANSWER_MS)
    return mode


@pytest.fixture
def filled(reviewing: ReviewMode, qtbot: QtBot) -> ReviewMode:
    """The review of the folder, nothing decided."""
    return undone(reviewing, qtbot)


def test_typed_pasted_and_set_for_a_selection(filled: ReviewMode) -> None:
    review, controller = filled, filled.controller
    assert controller is not None
    first, second, third = [p.id for p in controller.session if p.state is State.LOCATED][:3]
    review.list.go_to(first)
    press(review, Key.Key_T)
    assert review.panel.field.edit.hasFocus()
    QTest.keyClicks(review.panel.field.edit, "45°45'50.4\"N 4°50'8.5\"E")
    assert "45.76400" in review.panel.field.understood.text()
    QTest.keyClick(review.panel.field.edit, Key.Key_Return)
    placed = controller.photo(first).decision.chosen
    assert placed is not None
    assert placed.origin is Origin.MANUAL
    assert placed.coordinate.latitude_deg == pytest.approx(LYON.latitude_deg, abs=1e-4)
    assert placed.place.city == "Lyon"

    press(review, Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == cf.decimal(placed.coordinate)
    review.list.select_numbers([second, third])
    press(review, Key.Key_V, CTRL)
    for number in (second, third):
        pasted = controller.photo(number).decision.chosen
        assert pasted is not None
        assert (pasted.coordinate, pasted.origin) == (placed.coordinate, Origin.PASTED)
    assert controller.steps()[0] == "paste"
    assert "paste" in review.keys.undo.text()
    press(review, Key.Key_Z, CTRL)
    assert state_of(review, second) is State.LOCATED
    assert sorted(review.list.selected()) == [second, third]
    press(review, Key.Key_Z, CTRL | SHIFT)
    assert state_of(review, third) is State.PLACED


def test_a_position_from_another_program_is_pasted(filled: ReviewMode) -> None:
    review, controller = filled, filled.controller
    assert controller is not None
    QGuiApplication.clipboard().setText("https://www.openstreetmap.org/#map=12/45.764/4.8357")
    number = controller.session.view()[0]
    review.list.go_to(number)
    press(review, Key.Key_V, CTRL)
    chosen = controller.photo(number).decision.chosen
    assert chosen is not None
    assert (chosen.coordinate, chosen.origin) == (LYON, Origin.MANUAL)


def test_gps_stays_unless_ticked(filled: ReviewMode) -> None:
    review, controller = filled, filled.controller
    assert controller is not None
    with_gps = [p.id for p in controller.session if p.state is State.HAS_GPS]
    review.list.selectAll()
    assert review.list.count_selected() == 21
    press(review, Key.Key_Return)
    assert controller.counts()[State.ACCEPTED] == 18
    assert [state_of(review, n) for n in with_gps] == [State.HAS_GPS] * 2

    review.list.go_to(with_gps[0])
    press(review, Key.Key_Return)
    assert "already has GPS" in review.services.host.notice.text
    review.list.go_to(with_gps[0])
    press(review, Key.Key_G)
    assert state_of(review, with_gps[0]) is State.LOCATED
    press(review, Key.Key_Return)
    assert state_of(review, with_gps[0]) is State.ACCEPTED


def test_search_and_filters_by_keyboard(filled: ReviewMode, qtbot: QtBot) -> None:
    review, controller = filled, filled.controller
    assert controller is not None
    press(review, Key.Key_F, CTRL)
    search = review.pane.filters.search
    assert search.hasFocus()
    QTest.keyClicks(search, "img_01")
    qtbot.waitUntil(lambda: review.model.rowCount() == 9)
    QTest.keyClick(search, Key.Key_Return)
    assert review.list.hasFocus()
    press(review, Key.Key_A, CTRL)
    press(review, Key.Key_R)
    assert controller.counts()[State.REJECTED] == 9
    assert review.model.rowCount() == 9
    review.pane.filters.reset()
    assert review.model.rowCount() == 21
    choose_state(review.pane.filters, "Rejected")
    assert sorted(review.model.numbers) == sorted(
        p.id for p in controller.session if p.state is State.REJECTED
    )


def test_a_hundred_steps_by_keys_there_and_back(filled: ReviewMode) -> None:
    review, controller = filled, filled.controller
    assert controller is not None
    start = {p.id: p.decision for p in controller.session}
    keys = (Key.Key_Return, Key.Key_R, Key.Key_2, Key.Key_Backspace, Key.Key_Delete, Key.Key_M)
    count = 0
    while count < 150:
        press(review, keys[count % len(keys)])
        if count % 7 == 0:
            review.list.go_to(review.model.numbers[count % 21])
            press(review, Key.Key_T)
            QTest.keyClicks(review.panel.field.edit, f"{count / 4}, {count}")
            press(review, Key.Key_Return)
        count += 1
    end = {p.id: p.decision for p in controller.session}
    taken = 0
    while review.keys.undo.isEnabled():
        press(review, Key.Key_Z, CTRL)
        taken += 1
    assert taken >= 100
    assert {p.id: p.decision for p in controller.session} == start
    while review.keys.redo.isEnabled():
        press(review, Key.Key_Z, CTRL | SHIFT)
    assert {p.id: p.decision for p in controller.session} == end


def test_keys_of_the_review_end_with_it(filled: ReviewMode) -> None:
    window, controller = filled.services.host, filled.controller
    assert controller is not None
    before = controller.counts().copy()
    window.modes.switch("locate")
    for key in (Key.Key_Return, Key.Key_R, Key.Key_M, Key.Key_3, Key.Key_G):
        QTest.keyClick(window, key)
    QTest.keyClick(window, Key.Key_Z, CTRL)
    assert controller.counts() == before


def test_space_shows_the_photo_large_and_keys_go_on(filled: ReviewMode, qtbot: QtBot) -> None:
    review = filled
    first = review.list.current()
    press(review, Key.Key_Space)
    qtbot.waitUntil(review.preview.isVisible)
    press(review, Key.Key_Return)
    assert state_of(review, first) is State.ACCEPTED
    assert review.preview.isVisible()
    assert review.list.current() != first
    QTest.keyClick(review.preview, Key.Key_Escape)
    assert not review.preview.isVisible()
    assert review.list.hasFocus() or not review.services.host.isActiveWindow()


def test_keys_are_unambiguous_and_controls_have_names(filled: ReviewMode) -> None:
    seen: dict[str, str] = {}
    for action in filled.services.host.actions():
        for key in action.shortcuts():
            text = key.toString(QKeySequence.SequenceFormat.PortableText)
            assert text not in seen, f"{text}: {seen.get(text)} and {action.text()}"
            seen[text] = action.text()
    assert {"Return", "Backspace", "M", "R", "1", "9", "Ctrl+Z", "Ctrl+S"} <= set(seen)
    filled.pane.filters.more.setChecked(True)
    for pane in (filled.pane, filled.panel):
        for kind in (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView):
            for control in pane.findChildren(kind):
                own = control.objectName().startswith("qt_") or not control.isVisibleTo(pane)
                named = control.accessibleName() or getattr(control, "text", str)()
                inner = isinstance(control, QHeaderView) or isinstance(
                    control.parent(), QComboBox | QAbstractSpinBox
                )
                assert own or named or inner, control


def test_fields_and_buttons_keep_the_keys_that_they_need(filled: ReviewMode) -> None:
    review, controller = filled, filled.controller
    assert controller is not None
    before = controller.steps()
    review.pane.filters.search.setFocus()
    QTest.keyClicks(review.pane.filters.search, "r m 3g")
    assert review.pane.filters.search.text() == "r m 3g"
    assert controller.steps() == before
    review.panel.reject.setFocus()
    first = review.list.current()
    QTest.keyClick(review.panel.reject, Key.Key_Space)
    assert state_of(review, first) is State.REJECTED
    assert not review.preview.isVisible()
