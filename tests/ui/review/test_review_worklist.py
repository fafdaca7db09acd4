"""The worklist: fifty thousand photos, the selection that stays, ticks, filters, arranging."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt, QThreadPool
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import State
from geoguess_app.review.views import Order, PhotoFilter
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.review.arranging import ListOrdering
from geoguess_app.ui.review.filters import FilterBar
from geoguess_app.ui.review.listing import Listing
from geoguess_app.ui.review.pane import ReviewPane
from geoguess_app.ui.review.positions import PositionComparison
from geoguess_app.ui.review.rows import ReviewRow, state_word
from geoguess_app.ui.review.worklist import Worklist
from geoguess_app.ui.review.worklist_delegate import WorklistDelegate
from geoguess_app.ui.review.worklist_model import WorklistModel
from geoguess_app.ui.work.photo_drag import dragged_photos, photos_on_a_drag
from geoguess_app.ui.work.pictures import Pictures
from geoguess_app.ui.work.pools import thread_pool
from geoguess_app.ui.work.review_controller import ReviewController
from tests.review.samples import LYON, PLACES, facts, filled
from tests.ui.review.filter_parts import choose_state

MANY = 10_000


def model_of(review: ReviewController) -> WorklistModel:
    return WorklistModel(
        review.photo,
        lambda number, permitted: review.permit_replacing([number], permitted=permitted),
    )


class Rig:
    """A list over a review, without a window and without a map."""

    def __init__(self, qtbot: QtBot, qapp: QApplication, session: ReviewSession) -> None:
        self.review = ReviewController(session)
        self.theme = Theme(qapp, "light")
        self.pool = QThreadPool()
        self.pictures = Pictures(self.pool, 52, square=True)
        self.model = model_of(self.review)
        self.list = Worklist(self.model, self.theme, self.pictures)
        self.pane = ReviewPane(self.list, self.theme, Icons(self.theme))
        self.listing = Listing(self.model, self.list, self.pane, thread_pool(1), self.pane)
        qtbot.addWidget(self.pane)
        self.pane.resize(300, 600)
        self.pane.show()
        self.listing.use(self.review)
        qtbot.waitUntil(lambda: self.listing.settled, timeout=30_000)

    def close(self) -> None:
        self.pictures.close()
        assert self.pool.waitForDone(20_000)
        assert self.listing.close()
        self.review.close()


@pytest.fixture
def rig(qtbot: QtBot, qapp: QApplication) -> Iterator[Rig]:
    """Twenty located photos; every tenth has GPS."""
    made = Rig(qtbot, qapp, filled(20))
    yield made
    made.close()


def test_two_thousand_rows_keep_to_the_rules_of_models(
    qapp: QApplication, qtmodeltester: ModelTester
) -> None:
    session = ReviewSession(None, PLACES)
    session.add(facts(2000))
    review = ReviewController(session)
    model = model_of(review)
    model.show_numbers(session.view())
    qtmodeltester.check(model)
    review.changed.connect(model.note_changed)
    review.reject(range(1, 2000, 3))
    review.finish()
    model.show_numbers(session.view(PhotoFilter(states=frozenset({State.REJECTED}))))
    assert model.rowCount() == len(range(1, 2000, 3))
    qtmodeltester.check(model)
    model.show_numbers([*model.numbers, 2, 3])
    qtmodeltester.check(model)
    review.close()


def test_changes_far_apart_are_told_as_few_ranges() -> None:
    session = ReviewSession(None, PLACES)
    session.add(facts(MANY))
    model = model_of(ReviewController(session))
    model.show_numbers(session.view())
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    model.note_changed([3, 4, 5, 90])
    assert told == [(2, 4), (89, 89)]
    told.clear()
    model.note_changed(range(1, MANY, 2))
    assert told == [(0, MANY - 2)]


def test_only_rows_in_sight_are_asked_for(qtbot: QtBot, qapp: QApplication) -> None:
    session = ReviewSession(None, PLACES)
    session.add(facts(MANY))
    rig = Rig(qtbot, qapp, session)
    asked: set[int] = set()
    plain = rig.review.photo

    def counting(number: int):
        asked.add(number)
        return plain(number)

    rig.model._photo = counting
    rig.list.viewport().update()
    rig.list.step(1)
    qtbot.wait(50)
    assert 0 < len(asked) < 30
    rig.list.verticalScrollBar().setValue(rig.list.verticalScrollBar().maximum())
    qtbot.wait(50)
    assert len(asked) < 60
    rig.list.selectAll()
    assert rig.list.count_selected() == MANY
    assert len(asked) < 90
    rig.close()


def test_selection_and_place_on_the_screen_stay_when_the_order_changes(rig: Rig) -> None:
    rig.list.select_numbers([7, 9, 12])
    before = rig.list.rowViewportPosition(rig.list.currentIndex().row())
    rig.pane.filters.order_by(Order.CERTAIN_FIRST)
    assert rig.model.numbers[0] == 20
    assert rig.list.current() == 7
    assert sorted(rig.list.selected()) == [7, 9, 12]
    after = rig.list.rowViewportPosition(rig.list.currentIndex().row())
    inside = rig.list.viewport().rect().contains(QPoint(5, after))
    assert after == before or inside


def test_a_photo_that_only_moves_to_another_row_is_not_shown_anew(rig: Rig) -> None:
    middle, *_ = rig.model.numbers[10:]
    rig.list.select_numbers([middle])
    told: list[int | None] = []
    rig.list.currentChangedTo.connect(told.append)
    rig.list.show_numbers(rig.model.numbers[::-1])
    assert rig.list.current() == middle
    assert told == []
    rig.list.show_numbers([number for number in rig.model.numbers if number != middle])
    assert told == [rig.list.current()]


def test_what_was_decided_stays_in_the_list_until_the_filter_is_set_anew(rig: Rig) -> None:
    filters = rig.pane.filters
    choose_state(filters, "To review")
    listed = list(rig.model.numbers)
    assert len(listed) == 18
    rig.review.accept(listed[:4])
    rig.listing.arrange()
    assert list(rig.model.numbers) == listed
    filters.changed.emit()
    assert list(rig.model.numbers) == listed[4:]


def test_counts_and_filters_agree(rig: Rig) -> None:
    rig.review.accept([1, 2])
    rig.review.place([3], LYON)
    filters = rig.pane.filters
    filters.show_counts(rig.review.counts())
    titles = [filters.state.itemText(i) for i in range(filters.state.count())]
    assert titles[:4] == ["All photos (20)", "To review (15)", "To save (3)", "Accepted (2)"]
    choose_state(filters, "To save")
    assert sorted(rig.model.numbers) == [1, 2, 3]
    choose_state(filters, "All photos")
    filters.gps.setCurrentIndex(1)
    assert sorted(rig.model.numbers) == [10, 20]
    assert "With GPS" in filters.summary.text()
    filters.clear.click()
    assert rig.model.rowCount() == 20
    filters.more.setChecked(True)
    filters.country.setCurrentIndex(filters.country.findData("FR"))
    assert rig.model.rowCount() == 20
    assert filters.country.currentText() == "France (20)"


def test_a_filter_by_confidence(rig: Rig, qtbot: QtBot) -> None:
    filters = rig.pane.filters
    filters.least.setValue(0)
    filters.most.setValue(30)
    # Photo n is n / 21 sure.
    qtbot.waitUntil(lambda: sorted(rig.model.numbers) == [1, 2, 3, 4, 5, 6])
    assert filters.wanted() == PhotoFilter(max_confidence=0.3)
    assert "0% to 30% confidence" in filters.summary.text()


def test_a_click_on_the_tick_permits_replacing(rig: Rig, qtbot: QtBot) -> None:
    row = rig.model.row_of(10)
    assert row is not None
    rig.list.go_to(10)
    delegate = rig.list.itemDelegate()
    assert isinstance(delegate, WorklistDelegate)
    at = delegate.tick_rect(rig.list.visualRect(rig.model.index(row)), rig.list.font())
    assert rig.review.photo(10).state is State.HAS_GPS
    QTest.mouseClick(rig.list.viewport(), Qt.MouseButton.LeftButton, pos=at.center())
    assert rig.review.photo(10).decision.replace_gps
    assert rig.model.index(row).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
    QTest.mouseClick(rig.list.viewport(), Qt.MouseButton.LeftButton, pos=at.center())
    assert not rig.review.photo(10).decision.replace_gps
    away = at.topLeft() - QPoint(0, 30)
    QTest.mouseClick(rig.list.viewport(), Qt.MouseButton.LeftButton, pos=away)
    assert rig.review.photo(10).state is State.HAS_GPS


def test_photos_taken_off_leave_the_list_at_once_and_the_next_is_looked_at(rig: Rig) -> None:
    rig.list.go_to(5)
    rig.review.remove([5, 6])
    assert rig.model.rowCount() == 18
    assert rig.list.current() == 7
    back = rig.review.undo()
    rig.listing.show(back)
    assert rig.model.rowCount() == 20
    assert sorted(rig.list.selected()) == [5, 6]


def test_letters_are_keys_of_the_review_not_of_the_list(rig: Rig) -> None:
    rig.list.go_to(1)
    QTest.keyClicks(rig.list, "IMG_15")
    assert rig.list.current() == 1


def test_the_current_photo_stays_in_sight_when_the_window_shrinks(rig: Rig) -> None:
    rig.list.go_to(rig.model.numbers[5])
    rig.list.scrollTo(rig.list.currentIndex(), rig.list.ScrollHint.PositionAtBottom)
    rig.pane.resize(300, 420)
    seen = rig.list.visualRect(rig.list.currentIndex())
    assert rig.list.viewport().rect().contains(seen.center())


def test_the_new_position_has_the_room_where_the_file_has_none(rig: Rig, qtbot: QtBot) -> None:
    positions = PositionComparison()
    qtbot.addWidget(positions)
    positions.resize(320, 120)
    positions.show()
    positions.show_photo(rig.review.photo(1))
    qtbot.waitUntil(lambda: positions.new.width() > 270)
    assert "no position in the file" in positions.new.heading.text()
    rig.review.place([10], "48.8566, 2.3522")
    positions.show_photo(rig.review.photo(10))
    qtbot.waitUntil(lambda: abs(positions.new.width() - positions.old.width()) < 30)
    # Lyon to Paris: 392 km on the sphere.
    assert positions.apart.text().startswith("390") or "392" in positions.apart.text()


def test_in_the_file_is_what_the_file_holds_now(rig: Rig, qtbot: QtBot) -> None:
    positions = PositionComparison()
    qtbot.addWidget(positions)
    rig.review.place([10], "48.8566, 2.3522")
    placed = rig.review.photo(10)
    saved = replace(placed, saved=placed.decision.chosen)
    positions.show_photo(saved)
    assert positions.new.heading.text() == "In the file"
    assert positions.new.where.text() == "48.85660, 2.35220"
    assert positions.old.heading.text() == "Before"
    assert positions.old.note.text() == "replaced"
    rig.review.place([10], "35.0, 135.0")  # decided again after the save
    again = replace(rig.review.photo(10), saved=placed.decision.chosen)
    positions.show_photo(again)
    assert positions.old.heading.text() == "In the file"
    assert positions.old.where.text() == "48.8566, 2.3522"
    assert positions.new.heading.text() == "Will be written"


def test_a_drag_carries_numbers() -> None:
    assert dragged_photos(photos_on_a_drag([3, 1, 2])) == [3, 1, 2]


def test_rows_say_every_state_in_words_and_shape(rig: Rig) -> None:
    rig.review.accept([1])
    rig.review.place([2], LYON)
    rig.review.reject([3])
    rows = {n: ReviewRow.of(rig.review.photo(n)) for n in (1, 2, 3, 4, 10)}
    assert len({row.icon for row in rows.values()}) == 5
    for row in rows.values():
        assert state_word(row.state) in row.spoken
    assert rows[2].headline == "Lyon, France"
    assert rows[1].detail == "Accepted · within 13\u00a0km"
    assert rows[2].confidence == ""


def test_thousands_are_arranged_beside_the_window(qtbot: QtBot) -> None:
    session = ReviewSession(None, PLACES)
    session.add(facts(5000))
    arranging = ListOrdering(thread_pool(1))
    answers: list[list[int]] = []
    arranging.arranged.connect(answers.append)
    arranging.ask(session, PhotoFilter(), Order.NAME)
    arranging.ask(session, PhotoFilter(text="img_49"), Order.ADDED)
    assert answers == []
    qtbot.waitUntil(lambda: bool(answers), timeout=20_000)
    qtbot.wait(100)
    assert answers == [session.view(PhotoFilter(text="img_49"))]
    assert arranging.close()


def test_a_filter_bar_without_photos_wants_everything(qtbot: QtBot, qapp: QApplication) -> None:
    bar = FilterBar(Icons(Theme(qapp, "light")))
    qtbot.addWidget(bar)
    assert bar.wanted() == PhotoFilter()
    assert bar.order() is Order.UNCERTAIN_FIRST
