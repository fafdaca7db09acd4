"""A review on the real map page: the pin, rows dropped on it, dots, drawn areas, countries."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.core.area.areas import Box, Country, Ring
from geoguess_app.review.values import Origin, State
from geoguess_app.ui.review.dots import ReviewDots
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.photo_drag import photos_on_a_drag
from tests.review.samples import filled as sample_session
from tests.ui.window.conftest import ANSWER_MS, drop, files, six_photos
from tests.ui.window.review_parts import (
    Page,
    control,
    current,
    located,
    open_review,
    press,
    state_of,
    undone,
)

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
PART = "geoguess.parts.all.find((part) => part.constructor.name === 'Review')"


@pytest.fixture(scope="module")
def reviewing(
    request: pytest.FixtureRequest,
    module_window: MainWindow,
    photo_sets: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> ReviewMode:
    """Six real photos in a review, located; the map is on."""
    qtbot = QtBot(request)
    folder = six_photos(photo_sets, tmp_path_factory.mktemp("six"))[0].parent
    mode = open_review(module_window, qtbot)
    drop(module_window, files(folder), QPoint(640, 400))
    qtbot.waitUntil(located(mode, 6), timeout=ANSWER_MS)
    return mode


@pytest.fixture
def review(reviewing: ReviewMode, qtbot: QtBot) -> ReviewMode:
    """The review of the photos, nothing decided."""
    return undone(reviewing, qtbot)


@pytest.fixture
def page(review: ReviewMode, qtbot: QtBot) -> Page:
    """Its page, with the pin of the current photo in the middle of a wide view."""
    made = Page(review.services.host, qtbot)
    made.await_js("document.querySelector('.review-pin')")
    here = current(review).proposed
    assert here is not None
    lat, lon = here.coordinate.latitude_deg, here.coordinate.longitude_deg
    made.look_at(lat, lon, 5)
    return made


def test_dragging_the_pin_places_the_photo_under_the_pointer(
    review: ReviewMode, page: Page, qtbot: QtBot
) -> None:
    photo = current(review)
    assert photo.proposed is not None
    here = photo.proposed.coordinate
    start = page.point_of(here.latitude_deg, here.longitude_deg) - QPoint(0, 14)
    end = start + QPoint(90, -60)
    wanted = page.place_of(end)
    page.drag(start, end, let_go=False)
    page.await_js("document.querySelector('.review-cross')")
    faded = page.js("Number(getComputedStyle(document.querySelector('.mark-candidate')).opacity)")
    assert faded < 0.5
    QTest.mouseRelease(page.target, Qt.MouseButton.LeftButton, pos=end)
    qtbot.waitUntil(lambda: current(review).state is State.PLACED, timeout=5000)
    placed = current(review).decision.chosen
    assert placed is not None
    found = (placed.coordinate.latitude_deg, placed.coordinate.longitude_deg)
    # Exactly where the crosshair was, not the length of a pin away.
    assert found == pytest.approx(wanted, abs=1e-9)
    assert placed.origin is Origin.MANUAL
    assert page.js("document.querySelector('.review-cross')") is None
    press(review, Key.Key_Z, CTRL)
    assert current(review).state is State.LOCATED


def test_a_drag_given_up_with_escape_places_nothing(
    review: ReviewMode, page: Page, qtbot: QtBot
) -> None:
    photo = current(review)
    assert photo.proposed is not None
    here = photo.proposed.coordinate
    start = page.point_of(here.latitude_deg, here.longitude_deg) - QPoint(0, 14)
    page.drag(start, start + QPoint(80, 40), let_go=False)
    page.await_js("document.querySelector('.review-cross')")
    QTest.keyClick(page.target, Key.Key_Escape)
    page.await_js("!document.querySelector('.review-cross')")
    QTest.mouseRelease(page.target, Qt.MouseButton.LeftButton, pos=start + QPoint(80, 40))
    qtbot.wait(100)
    assert current(review).state is State.LOCATED
    assert current(review).proposed == photo.proposed


def test_m_places_at_the_middle_of_the_map(review: ReviewMode, page: Page, qtbot: QtBot) -> None:
    page.look_at(45.764, 4.8357, 9)
    view = review.services.host.map_pane.map
    assert view is not None
    qtbot.waitUntil(lambda: abs(view.center().latitude_deg - 45.764) < 1e-6)
    review.list.selectAll()
    press(review, Key.Key_M)
    assert control(review).counts()[State.PLACED] == 6
    chosen = current(review).decision.chosen
    assert chosen is not None
    assert chosen.coordinate.longitude_deg == pytest.approx(4.8357, abs=1e-6)
    assert "Placed 6 photos at 45.7640, 4.8357" in review.services.host.notice.text


def test_rows_dropped_on_the_map_are_placed_there(
    review: ReviewMode, page: Page, qtbot: QtBot
) -> None:
    view = review.services.host.map_pane.map
    assert view is not None
    numbers = list(review.model.numbers[:2])
    at = QPoint(200, 150)
    wanted = page.place_of(at)
    mime = photos_on_a_drag(numbers)
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(at, actions, mime, buttons, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view, enter)
    assert enter.isAccepted()
    dropped = QDropEvent(QPointF(at), actions, mime, buttons, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view, dropped)
    qtbot.waitUntil(lambda: control(review).counts()[State.PLACED] == 2, timeout=5000)
    chosen = control(review).photo(numbers[1]).decision.chosen
    assert chosen is not None
    found = (chosen.coordinate.latitude_deg, chosen.coordinate.longitude_deg)
    assert found == pytest.approx(wanted, abs=1e-9)


def test_a_drawn_box_narrows_the_answers_and_is_undone(
    review: ReviewMode, page: Page, qtbot: QtBot
) -> None:
    photo = current(review)
    assert photo.answer is not None
    review.panel.area.box.click()
    page.await_js("document.documentElement.classList.contains('review-drawing')")
    start, end = QPoint(40, 60), QPoint(420, 420)
    (north, west), (south, east) = page.place_of(start), page.place_of(end)
    page.drag(start, end)
    qtbot.waitUntil(lambda: current(review).decision.area is not None, timeout=10_000)
    area = current(review).decision.area
    assert isinstance(area, Box)
    drawn = (area.south_deg, area.west_deg, area.north_deg, area.east_deg)
    assert drawn == pytest.approx((south, west, north, east), abs=1e-9)
    inside = current(review).decision.narrowed
    assert inside is not None
    assert sum(c.probability for c in inside.candidates) <= 1 + 1e-9
    ring = area.ring()
    spots = [(c.coordinate.latitude_deg, c.coordinate.longitude_deg) for c in inside.candidates]
    lat, lon = np.array(spots).T
    assert ring.holds(lat, lon).all()
    assert not review.panel.area.box.isChecked()
    assert review.keys.accept.isEnabled()
    # The heat map is that of the area: cells outside are gone.
    page.await_js("Object.keys(geoguess.prediction.layers).join() === 'combined'")
    press(review, Key.Key_Z, CTRL)
    assert current(review).decision.area is None


def test_a_ring_is_drawn_corner_by_corner_also_across_the_date_line(
    review: ReviewMode, page: Page, qtbot: QtBot
) -> None:
    page.look_at(0, 180, 3)
    review.panel.area.ring.click()
    page.await_js("document.documentElement.classList.contains('review-drawing')")
    corners = [QPoint(60, 80), QPoint(440, 100), QPoint(420, 500), QPoint(80, 480)]
    for count, corner in enumerate(corners, start=1):
        page.click(corner)
        page.await_js(f"{PART}.drawing.corners.length === {count}")
    QTest.keyClick(page.target, Key.Key_Return)
    assert state_of(review, review.list.current()) is State.LOCATED
    told = review.services.host.notice

    def done() -> bool:
        return current(review).decision.area is not None or "No match in this area" in told.text

    qtbot.waitUntil(done, timeout=10_000)
    area = current(review).decision.area
    if area is not None:
        assert isinstance(area, Ring)
        longitudes = [lon for _, lon in area.corners]
        assert max(longitudes) - min(longitudes) < 180


def test_drawing_given_up_changes_nothing(review: ReviewMode, page: Page, qtbot: QtBot) -> None:
    before = control(review).steps()
    review.panel.area.ring.click()
    page.await_js("document.documentElement.classList.contains('review-drawing')")
    page.click(QPoint(100, 100))
    QTest.keyClick(page.target, Key.Key_Escape)
    qtbot.waitUntil(lambda: not review.panel.area.ring.isChecked(), timeout=5000)
    assert current(review).decision.area is None
    assert control(review).steps() == before


def test_a_box_taken_back_by_a_key_while_the_button_is_down(
    review: ReviewMode, page: Page, qtbot: QtBot
) -> None:
    review.panel.area.box.click()
    page.await_js("document.documentElement.classList.contains('review-drawing')")
    for key in ("Backspace", "Escape"):
        ended = (
            "(() => { const drawing = " + PART + ".drawing; drawing.start('box');"
            "const at = (x) => ({ point: L.point(x, x) });"
            "const drag = drawing.drag(at(40)); drag.move(at(90));"
            f"drawing.key({{ key: '{key}' }}); drag.end(at(200));"
            "return drawing.corners.length === 0; })()"
        )
        page.await_js(ended)
    assert current(review).decision.area is None


def test_a_country_narrows_the_selection(review: ReviewMode, qtbot: QtBot) -> None:
    answer = current(review).answer
    assert answer is not None
    code = review.places.of([c.coordinate for c in answer.candidates])[1].country_code
    assert code
    box = review.panel.area.country
    box.setCurrentIndex(box.findData(code))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: current(review).decision.area == Country(code), timeout=10_000)
    assert current(review).place.country_code == code


def test_candidates_of_the_map_and_the_table_are_chosen(
    review: ReviewMode, page: Page, qtbot: QtBot
) -> None:
    view = review.services.host.map_pane.map
    assert view is not None
    view.candidateClicked.emit(2)
    chosen = current(review).decision.chosen
    assert chosen is not None
    assert (chosen.origin, chosen.rank) == (Origin.CANDIDATE, 2)
    qtbot.waitUntil(lambda: review.panel.candidates.rank() == 2)
    review.panel.candidates.selectRow(2)
    qtbot.waitUntil(lambda: (current(review).decision.chosen or chosen).rank == 3)
    press(review, Key.Key_Z, CTRL)
    press(review, Key.Key_Z, CTRL)
    assert current(review).decision.chosen is None
    qtbot.waitUntil(lambda: review.panel.candidates.rank() is None)


def test_dots_stand_for_the_listed_photos_and_lead_to_them(
    review: ReviewMode, page: Page, qtbot: QtBot
) -> None:
    page.await_js(f"{PART}.dots.numbers.length === 6")
    assert sorted(page.js(f"[...{PART}.dots.numbers]")) == sorted(review.model.numbers)
    other = next(n for n in review.model.numbers if n != review.list.current())
    control(review).place([other], control(review).session.copied(other).coordinate)
    page.look_at(0, 0, 3)
    where = control(review).photo(other).proposed
    assert where is not None
    control(review).place([other], "-30.5, -20.25")
    page.at_rest()
    review.services.notice.hide()  # it floats over the foot of the map
    named = control(review).photo(other).path.name

    def named_under_the_pointer() -> bool:
        page.hover(page.point_of(-30.5, -20.25))  # until the dot has arrived there
        return str(page.js("document.querySelector('.tooltip').textContent")).startswith(named)

    qtbot.waitUntil(named_under_the_pointer, timeout=10_000)
    page.click(page.point_of(-30.5, -20.25))
    qtbot.waitUntil(lambda: review.list.current() == other, timeout=5000)


def test_a_review_leaves_the_map_as_it_was(review: ReviewMode, page: Page, qtbot: QtBot) -> None:
    review.services.host.modes.switch("locate")
    page.await_js("!document.querySelector('.review-pin')")
    page.await_js(f"{PART}.dots.numbers.length === 0")
    assert not page.js("document.documentElement.classList.contains('reviewing')")
    review.services.host.modes.switch("review")
    page.await_js("document.querySelector('.review-pin')")


def test_dots_of_thousands_are_one_block_of_bytes() -> None:
    session = sample_session(3000)
    dots = ReviewDots()
    dots.note(session)
    packed = dots.packed([p.id for p in session])
    assert len(packed) == 3000 * 13
    places = np.frombuffer(packed, dtype="<f4", count=6000).reshape(-1, 2)
    numbers = np.frombuffer(packed, dtype="<u4", count=3000, offset=24_000)
    assert list(numbers) == list(range(1, 3001))
    paris_y = 0.5 - math.asinh(math.tan(math.radians(48.8566))) / (2 * math.pi)
    assert places[0] == pytest.approx((2.3522 / 360 + 0.5, paris_y), abs=1e-7)
