"""“I know where” in Locate: typed, dragged, taken back, and known in the review."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.review.decided import decided_photos
from geoguess_app.review.values import Origin, State
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.photo_drag import photos_on_a_drag
from tests.ui.window.conftest import (
    ANSWER_MS,
    LOADING_MS,
    OpenWindow,
    all_done,
    drop,
    files,
    six_photos,
)
from tests.ui.window.review_parts import Page


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def first_row(window: MainWindow) -> PhotoRow:
    return window.locate.model.rows()[0]


def review_of(window: MainWindow) -> ReviewMode:
    mode = window.modes.get("review")
    assert isinstance(mode, ReviewMode)
    return mode


def type_place(window: MainWindow, text: str) -> None:
    field = window.locate.detail.field
    QTest.keyClick(window, Qt.Key.Key_T)
    assert field.edit.hasFocus()
    QTest.keyClicks(field.edit, text)
    QTest.keyClick(field.edit, Qt.Key.Key_Return)


def test_a_place_that_is_typed_is_decided_by_hand_and_known_in_the_review(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window = located
    with qtbot.waitActive(window):
        window.activateWindow()
    type_place(window, "Kyoto")
    qtbot.waitUntil(lambda: first_row(window).position is not None, timeout=LOADING_MS)
    row = first_row(window)
    assert row.position.origin is Origin.MANUAL
    assert row.position.radius_km is None  # the model's radius says nothing about it
    assert row.headline == "Kyoto, Japan"
    assert row.detail == "placed by hand"
    assert row.confidence == ""
    assert window.locate.detail.placed.isVisible()
    assert "Kyoto, Japan" in window.locate.detail.placed.card.body.text()
    assert "Kyoto, Japan" in window.notice.text
    assert window.locate.list.view.hasFocus()
    photo = review_of(window).of_paths([photos[0]])[0]
    assert photo.state is State.PLACED
    assert photo.decision.chosen == row.position
    window.notice.button.click()
    qtbot.waitUntil(lambda: first_row(window).reviewed is None)
    assert review_of(window).of_paths([photos[0]])[0].decision.chosen is None
    assert not window.locate.detail.placed.isVisible()


@pytest.mark.parametrize("form", ["csv", "jsonl", "geojson", "kml"])
def test_an_export_holds_what_was_decided_not_the_estimate(
    located: MainWindow, tmp_path: Path, form: str, qtbot: QtBot
) -> None:
    window = located
    window.locate.placing.place(Coordinate(35.0211, 135.7539))
    qtbot.waitUntil(lambda: first_row(window).position is not None, timeout=LOADING_MS)
    target = tmp_path / f"out.{form}"
    window.locate.commands.export_to(target, form)
    qtbot.waitUntil(target.exists)
    text = target.read_text(encoding="utf-8")
    assert "35.0211" in text
    assert "135.7539" in text
    assert "NaN" not in text
    estimate = first_row(window).outcome.located.prediction.coordinate
    if form == "jsonl":
        first = json.loads(text.splitlines()[0])
        assert (first["latitude"], first["longitude"]) == (35.0211, 135.7539)
        assert first["radius_km"]["80"] is None
        assert first["confidence"] is None
        assert first["latitude"] != round(estimate.latitude_deg, 7)


def test_what_the_field_understood_is_said_before_enter(located: MainWindow, qtbot: QtBot) -> None:
    field = located.locate.detail.field
    field.edit.setText("35.01, 135.77")
    assert "Japan" in field.understood.text()
    field.edit.setText("kyoto")
    qtbot.waitUntil(lambda: field.list.count() > 0)
    assert field.list.item(0).text().startswith("Kyoto")
    field.edit.setText("qwertzuiop")
    qtbot.waitUntil(lambda: field.understood.text() == "No such place or position.")
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert first_row(located).reviewed is None
    field.clear()


def test_the_pin_in_locate_is_dragged_to_where_the_photo_was_taken(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window = located
    page = Page(window, qtbot)
    page.await_js("document.querySelector('.review-pin')")
    here = first_row(window).outcome.located.prediction.coordinate
    page.look_at(here.latitude_deg, here.longitude_deg, 5)
    start = page.point_of(here.latitude_deg, here.longitude_deg) - QPoint(0, 14)
    end = start + QPoint(80, -50)
    wanted = page.place_of(end)
    page.drag(start, end)
    qtbot.waitUntil(lambda: first_row(window).position is not None, timeout=LOADING_MS)
    found = first_row(window).position
    assert (found.coordinate.latitude_deg, found.coordinate.longitude_deg) == pytest.approx(
        wanted, abs=1e-9
    )
    assert found.origin is Origin.MANUAL
    page.await_js("document.querySelector('.review-pin.decided')")
    window.locate.commands.review_current()
    review = review_of(window)
    assert window.modes.current is review
    window.modes.switch("locate")
    review.controller.reject([review.controller.session.number_of(photos[0])])
    assert first_row(window).reviewed is None  # what is decided there shows here


def test_a_copied_position_needs_no_bar(located: MainWindow, qtbot: QtBot) -> None:
    window = located
    window.notice.hide()
    button = window.locate.detail.answer.copy
    before = button.geometry()
    button.click()
    assert button.text() == "Copied"
    assert button.geometry() == before  # and nothing jumps
    assert window.notice.text == ""
    qtbot.waitUntil(lambda: button.text() == "Copy")
    window.locate.detail.verticalScrollBar().setValue(10_000)
    window.locate.commands.copy_coordinates()
    assert window.notice.text.startswith("Copied: ")  # out of sight it is told


def test_photos_are_dragged_from_the_list_to_where_they_were_taken(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window = located
    page = Page(window, qtbot)
    page.look_at(48.0, 2.0, 6)
    at = page.point_of(49.0, 3.0)
    numbers = [window.locate.placing.number_of(path) for path in photos[:2]]
    spot = page.target.mapTo(window, at)
    drop(window, photos_on_a_drag(numbers), spot)
    rows = window.locate.model.rows()
    qtbot.waitUntil(lambda: all(row.position is not None for row in rows), timeout=LOADING_MS)
    for row in rows:
        found = (row.position.coordinate.latitude_deg, row.position.coordinate.longitude_deg)
        assert found == pytest.approx((49.0, 3.0), abs=0.02)
    assert "Placed 2 photos" in window.notice.text
    window.notice.button.click()
    qtbot.waitUntil(lambda: not any(row.reviewed for row in rows))
    drop(window, files(photos[3]), spot)  # anything else dropped there is opened
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)


def test_decisions_of_the_last_time_show_in_a_new_list_without_opening_the_review(
    open_window: OpenWindow,
    photo_sets: Path,
    tmp_path_factory: pytest.TempPathFactory,
    qtbot: QtBot,
) -> None:
    folder = tmp_path_factory.mktemp("twice")
    (folder / "photos").mkdir()
    photos = six_photos(photo_sets, folder / "photos")[:2]
    with open_window(folder) as window:
        window.intake.open_paths(photos)
        qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
        window.locate.list.select(photos[0])
        where = window.locate.detail.names.find("Kyoto")[0][1]
        window.locate.placing.place(where)
        qtbot.waitUntil(lambda: first_row(window).position is not None, timeout=LOADING_MS)
    assert [p.path for p in decided_photos(folder / "data" / "review.sqlite", photos)] == [
        photos[0]
    ]
    with open_window(folder) as window:
        qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)  # the list came back
        qtbot.waitUntil(lambda: first_row(window).position is not None)
        assert first_row(window).headline == "Kyoto, Japan"
        assert not any(mode.name == "review" for mode in window.modes)
