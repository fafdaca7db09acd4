"""A whole folder through the review by keyboard only, in the real window."""

from __future__ import annotations

import shutil
from collections.abc import Callable
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
    QFileDialog,
    QHeaderView,
    QLineEdit,
)
from pytestqt.qtbot import QtBot

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import Origin, State
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.saving.save_dialog import SaveDialog
from geoguess_app.ui.shell.window import MainWindow
from tests.photos.saving import exiftool
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS
from tests.ui.window.review_parts import located, open_review, press, state_of

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LYON = Coordinate(45.764, 4.8357)


@pytest.fixture
def folder(photo_sets: Path, tmp_path: Path) -> Path:
    """Twenty photos, two of them with GPS of their own, and one broken file."""
    made = tmp_path / "trip"
    made.mkdir()
    for number, photo in enumerate(sorted((photo_sets / "world").iterdir())[:18], start=1):
        shutil.copy(photo, made / f"IMG_{number:03}.jpg")
    located = sorted((photo_sets / "exif").glob("nikon_*.jpg"))[:2]
    for photo in located:
        shutil.copy(photo, made / photo.name.replace("nikon_", "GPS_"))
    (made / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"no picture" * 30)
    for photo in made.iterdir():
        photo.chmod(0o644)  # those that are shared may not be written, nor their copies
    return made


@pytest.fixture
def review(window: MainWindow, qtbot: QtBot) -> ReviewMode:
    """The review mode, on and open."""
    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(window, Key.Key_2, CTRL | ALT)
    assert window.modes.current is window.modes.get("review")
    return open_review(window, qtbot)


@pytest.fixture
def filled(
    review: ReviewMode, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> ReviewMode:
    """The folder was added by its key, and all of it is located."""
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(folder))
    QTest.keyClick(review.services.host, Key.Key_O, CTRL | SHIFT)
    qtbot.waitUntil(located(review, 21), timeout=ANSWER_MS)
    return review


def test_a_folder_by_keyboard_only(filled: ReviewMode, qtbot: QtBot) -> None:
    review, controller = filled, filled.controller
    assert controller is not None
    assert controller.counts()[State.LOCATED] == 18
    assert controller.counts()[State.HAS_GPS] == 2
    assert controller.counts()[State.FAILED] == 1
    assert review.services.host.locate.list.view.isVisible() is False

    # Ten accepted, each time on to the next that is open.
    seen = []
    for _ in range(10):
        current = review.list.current()
        assert state_of(review, current) is State.LOCATED
        seen.append(current)
        press(review, Key.Key_Return)
    assert [state_of(review, number) for number in seen] == [State.ACCEPTED] * 10
    assert len(set(seen)) == 10

    # Back to the last one, another candidate for it, and it is open again.
    press(review, Key.Key_Backspace)
    assert review.list.current() == seen[-1]
    press(review, Key.Key_3)
    chosen = controller.photo(seen[-1]).decision.chosen
    assert chosen is not None
    assert (chosen.origin, chosen.rank) == (Origin.CANDIDATE, 3)
    press(review, Key.Key_Return)
    assert state_of(review, seen[-1]) is State.ACCEPTED

    # Reject, and clear it again.
    current = review.list.current()
    press(review, Key.Key_R)
    assert state_of(review, current) is State.REJECTED
    press(review, Key.Key_Backspace)
    assert review.list.current() == current
    press(review, Key.Key_Delete)
    assert state_of(review, current) is State.LOCATED

    # Save, and read back what stands in the files.
    saving = review.saving.saving
    assert saving is not None
    qtbot.waitUntil(lambda: saving.bar.save.isEnabled(), timeout=ANSWER_MS)
    press(review, Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: bool(review.services.host.findChildren(SaveDialog)))
    dialog = review.services.host.findChildren(SaveDialog)[0]
    qtbot.waitUntil(lambda: saving.live.plan is not None, timeout=ANSWER_MS)
    with qtbot.waitSignal(saving.writer.finished, timeout=ANSWER_MS) as done:
        QTest.keyClick(dialog, Key.Key_Return)
    assert done.args is not None
    assert controller.counts()[State.SAVED] == 10, done.args[0].bad[:2]
    paths = [controller.photo(number).path for number in seen if number is not None]
    read = exiftool(paths, "-n")
    for number in seen:
        photo = controller.photo(number) if number is not None else None
        assert photo is not None
        assert photo.saved is not None
        tags, where = read[photo.path.name], photo.saved.coordinate
        found = (tags["GPSLatitude"], tags["GPSLongitude"])
        assert found == pytest.approx((where.latitude_deg, where.longitude_deg), abs=1e-6)


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
    review.pane.filters.show_states(frozenset({State.REJECTED}))
    assert sorted(review.model.numbers) == sorted(
        p.id for p in controller.session if p.state is State.REJECTED
    )


def test_the_review_goes_on_where_it_stopped(
    filled: ReviewMode, make_window: Callable[..., MainWindow], tiny_model: Path, qtbot: QtBot
) -> None:
    first = filled.list.current()
    assert first is not None
    press(filled, Key.Key_Return)
    filled.services.host.close()

    window = make_window(tiny_model)
    window.start([])
    mode = window.modes.switch("review")
    assert isinstance(mode, ReviewMode)
    qtbot.waitUntil(lambda: mode.model.rowCount() == 21, timeout=LOADING_MS)
    assert "Resumed your review of 21 photos: 17 to review" in window.notice.text
    assert state_of(mode, first) is State.ACCEPTED
    press(mode, Key.Key_Z, CTRL)
    assert state_of(mode, first) is State.LOCATED
    qtbot.waitUntil(lambda: window.locator.model is not None, timeout=LOADING_MS)


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
    review.pane.filters.search.setFocus()
    QTest.keyClicks(review.pane.filters.search, "r m 3g")
    assert review.pane.filters.search.text() == "r m 3g"
    assert controller.steps() == (None, None)
    review.panel.reject.setFocus()
    first = review.list.current()
    QTest.keyClick(review.panel.reject, Key.Key_Space)
    assert state_of(review, first) is State.REJECTED
    assert not review.preview.isVisible()
