"""Empty, loading, working, stopped, failed, cannot tell: each says what it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThread
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Level, LocatedPhoto, Radii
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.samples import sample_photos
from geoguess_app.ui.library.page import LibraryPage
from geoguess_app.ui.locate.photo_row import RowState
from geoguess_app.ui.shell.welcome import Welcome
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def test_empty_window_invites_and_a_sample_is_located(window: MainWindow, qtbot: QtBot) -> None:
    assert window.welcome.isVisible()
    assert len(window.welcome.samples) == len(sample_photos())
    assert (
        "Nothing leaves this computer"
        in window.locate.detail.window().welcome.findChildren(type(window.status.model))[2].text()
    )
    sample = window.welcome.samples[0]
    qtbot.waitUntil(lambda: _is_drawn(sample), timeout=ANSWER_MS)
    qtbot.mouseClick(window.welcome.samples[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    assert not window.welcome.isVisible()
    assert window.locate.model.rows()[0].path == sample_photos()[0]
    assert window.locate.detail.scene.bars["s3"].rows()


def test_photos_wait_while_the_model_loads(
    make_window: Callable[..., MainWindow], tiny_model: Path, photos: list[Path], qtbot: QtBot
) -> None:
    window = make_window(tiny_model)
    window.start(photos[:2])
    assert window.status.model.text() == "Loading model…"
    assert window.status.progress_text.text() == "Loading the model…"
    assert window.status.offline.text() == "Offline"
    qtbot.waitUntil(lambda: window.locate.model.rowCount() == 2, timeout=ANSWER_MS)
    if window.locator.model is None:
        assert "Waiting for the model" in window.locate.detail.hint.text()
    qtbot.waitUntil(all_done(window, 2), timeout=LOADING_MS)
    assert window.status.model.text() == "Tiny 0.1"
    assert window.status.device.text() == window.locator.model.device


def test_without_any_model_the_window_says_what_to_do(
    make_window: Callable[..., MainWindow], tmp_path: Path, photos: list[Path], qtbot: QtBot
) -> None:
    window = make_window(tmp_path / "gone.geomodel")
    window.start(photos[:1])
    qtbot.waitUntil(lambda: bool(window.notice.text), timeout=LOADING_MS)
    assert "gone.geomodel" in window.notice.text
    assert window.status.model.text() == "No model"
    assert window.status.offline.isVisible()
    qtbot.waitUntil(lambda: window.locate.model.rowCount() == 1, timeout=ANSWER_MS)
    assert "Choose one under Tools → Models" in window.locate.detail.hint.text()


def test_cancel_stops_and_continue_takes_it_up(
    window: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(30):
        shutil.copy(photos[number % 6], many / f"{number}.jpg")
    window.intake.open_paths([many])
    qtbot.waitUntil(lambda: window.locate.model.counts()[RowState.LOCATED] >= 2, timeout=ANSWER_MS)
    window.locate.actions_.cancel.trigger()
    assert window.locate.model.counts()[RowState.STOPPED] > 0
    qtbot.waitUntil(lambda: not window.locator.running, timeout=ANSWER_MS)
    kept = window.locate.model.counts()[RowState.LOCATED]
    qtbot.wait(300)
    assert window.locate.model.counts()[RowState.LOCATED] == kept
    assert window.locate.list._resume.isVisible()
    window.locate.list._resume.click()
    qtbot.waitUntil(all_done(window, 30), timeout=ANSWER_MS)
    assert window.locate.model.counts()[RowState.LOCATED] == 30
    assert not window.status.cancel.isVisible()


def test_current_photo_is_located_before_those_above_it(
    window: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(40):
        shutil.copy(photos[0], many / f"{number}.jpg")
    order: list[Path] = []
    window.locate.photoLocated.connect(lambda row: order.append(row.path))
    window.intake.open_paths([many])
    qtbot.waitUntil(lambda: window.locate.model.rowCount() == 40, timeout=ANSWER_MS)
    window.locate.list.select(many / "39.jpg")
    qtbot.waitUntil(all_done(window, 40), timeout=ANSWER_MS)
    assert order.index(many / "39.jpg") < 38


def test_closing_while_working_leaves_no_thread(
    make_window: Callable[..., MainWindow], tiny_model: Path, photos: list[Path], qtbot: QtBot
) -> None:
    window = make_window(tiny_model)
    window.start([photos[0].parent] * 3)
    qtbot.waitUntil(lambda: window.locate.model.rowCount() > 0, timeout=ANSWER_MS)
    window.close()
    assert all(pool.activeThreadCount() == 0 for pool in window.pools.all())
    assert QThread.currentThread() is window.thread()


def test_cannot_tell_is_said_in_plain_words(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    row = window.locate.model.rows()[0]
    located = row.outcome.located
    unsure = replace(
        located,
        prediction=replace(
            located.prediction, level=Level.CANNOT_TELL, radii=Radii(900.0, 4800.0, 9000.0)
        ),
    )
    outcome = replace(
        row.outcome, located=unsure, map_state=replace(row.outcome.map_state, cannot_tell=True)
    )
    window.locate.model.set_result(row.path, outcome)
    assert window.locate.detail.answer.title.text() == "Cannot tell"
    assert "Tiny 0.1 does not recognise the place" in window.locate.detail.answer.place.text()
    assert "Intended area: " in window.locate.detail.answer.limits.text()
    assert window.locate.detail.answer.badge.text() == "Best guess"
    assert not row.confidence
    assert "within 4,800\u00a0km, 80% confidence" in window.locate.detail.answer.radius.text()
    assert row.headline == "Cannot tell"
    assert row.icon == "state-unknown"
    window.locate.detail.steps.model.linkActivated.emit("models")
    page = window.findChild(LibraryPage)
    assert page is not None
    assert page.isVisible()
    page.close()
    # Sure again: nothing of that stays.
    window.locate.model.set_result(
        row.path, replace(outcome, located=with_level(located, Level.FINE))
    )
    assert window.locate.detail.answer.badge.text() == "Estimate"
    assert not window.locate.detail.steps.isVisible()
    assert not window.locate.detail.answer.limits.isVisible()
    assert row.confidence.endswith("%")
    assert "confidence within 25\N{NO-BREAK SPACE}km" in row.explained
    assert f"within {words.distance(40.0)}" == row.detail


def with_level(located: LocatedPhoto, level: Level) -> LocatedPhoto:
    prediction = replace(located.prediction, level=level, radii=Radii(1.0, 40.0, 90.0))
    return replace(located, prediction=prediction)


def test_row_has_a_shorter_form_for_a_narrow_list(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    row = window.locate.model.rows()[0]
    vague = with_level(row.outcome.located, Level.COARSE)
    window.locate.model.set_result(row.path, replace(row.outcome, located=vague))
    country = vague.place.country or "Open sea"
    assert row.headline == f"Perhaps {words.place_vague(vague.place)}"
    assert row.short_headline == f"{country}?"
    assert row.short_detail == words.distance(40.0)


def test_map_buttons_stand_back_behind_the_invitation(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    def hidden(expected: bool) -> None:
        with qtbot.waitCallback() as called:
            page = window.map_pane.map._web.page()
            page.runJavaScript("document.querySelector('.buttons').hidden", 0, called)
        assert called.args[0] is expected

    qtbot.waitUntil(lambda: hidden(True), timeout=ANSWER_MS)
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    qtbot.waitUntil(lambda: hidden(False), timeout=ANSWER_MS)


def test_details_and_map_and_list_say_the_same(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    outcome = window.locate.model.rows()[0].outcome
    prediction = outcome.located.prediction
    table = window.locate.detail.candidates.model()
    assert table.rowCount() == len(prediction.candidates)
    assert [table.index(i, 0).data() for i in range(table.rowCount())] == [
        str(candidate.rank) for candidate in prediction.candidates
    ]
    assert outcome.map_state.candidates == prediction.candidates
    assert outcome.map_state.answer == prediction.coordinate
    assert set(outcome.map_state.layers) == set(window.map_pane.layers())
    assert not prediction.cell_probabilities, "thousands of rows must not keep whole distributions"
    for key, count in (("s3", 3), ("s16", 3), ("s365", 5)):
        rows = window.locate.detail.scene.bars[key].rows()
        assert len(rows) == count
        assert [share for _, share in rows] == sorted((s for _, s in rows), reverse=True)
        assert rows[0][1] == max(getattr(prediction.scene, key))
    # Choosing in the table marks on the map, clicking on the map chooses in the table.
    window.map_pane.candidateClicked.emit(2)
    assert window.locate.detail.candidates.rank() == 2


def test_clearing_while_working_empties_everything(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos)
    qtbot.waitUntil(lambda: window.locate.model.rowCount() > 0, timeout=ANSWER_MS)
    window.locate.actions_.clear.trigger()
    qtbot.waitUntil(lambda: not window.locator.running, timeout=ANSWER_MS)
    qtbot.wait(200)
    assert window.locate.model.rowCount() == 0
    assert window.welcome.isVisible()
    assert window.locate.detail.nothing.isVisible()


def test_samples_keep_room_for_pictures_that_are_still_read(window: MainWindow) -> None:
    card = Welcome(window.theme, window.services.pictures)
    for sample in card.samples:
        caption_px = sample.fontMetrics().height()
        assert sample.sizeHint().height() >= sample.iconSize().height() + caption_px


def _is_drawn(button: QToolButton) -> bool:
    picture = button.icon().pixmap(button.iconSize()).toImage()
    return picture.pixelColor(picture.rect().center()).alpha() == 255
