"""The first minute: samples with three captions, questions and answers, and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.core.area.areas import Country
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import Level
from geoguess_app.evaluation.study.evaluation import SEEN_SIMILARITY
from geoguess_app.paths import starter_bundle_dir
from geoguess_app.ui.kit.samples import sample_photos, samples
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.shell.first_questions import (
    FirstQuestionsDialog,
    ModelCardDialog,
    quality,
)
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.photo_facts import PhotoFacts
from tests.ui.window.conftest import ANSWER_MS, all_done


@pytest.fixture
def window(shared_window: MainWindow) -> Iterator[MainWindow]:
    shared_window.window_state.remove("mapGuideSeen")
    shared_window.guide.hide()
    yield shared_window
    shared_window.locate.areas.search(None)


@pytest.fixture
def unsure(window: MainWindow, photos: list[Path], qtbot: QtBot) -> PhotoRow:
    """A photo that the model cannot tell, in the list with two others."""
    window.intake.open_paths(photos[:3])
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
    row = window.locate.model.rows()[0]
    window.locate.list.select(row.path)
    assert row.outcome is not None
    located = row.outcome.located
    prediction = replace(located.prediction, level=Level.CANNOT_TELL)
    outcome = replace(row.outcome, located=replace(located, prediction=prediction))
    window.locate.model.set_result(row.path, outcome)
    return row


def test_no_sample_is_a_photo_that_the_starter_learned_from() -> None:
    predictor = load_predictor(starter_bundle_dir(), "cpu")
    for photo, answer in zip(
        sample_photos(), predictor.predict_paths(sample_photos()), strict=True
    ):
        assert max(n.similarity for n in answer.neighbours) < SEEN_SIMILARITY, photo
    labels = {"recognised", "only a wide area", "cannot tell"}
    assert labels == {each.shows for each in samples()}


def test_trying_all_samples_explains_the_map_once(window: MainWindow, qtbot: QtBot) -> None:
    assert not window.guide.isVisible()
    qtbot.mouseClick(window.welcome.all, Qt.MouseButton.LeftButton)
    assert window.guide.isVisible()
    assert len(window.guide.captions) == 3
    pane, card = window.map_pane, window.guide
    assert pane.rect().contains(card.geometry())
    assert card.geometry().bottom() < pane.height() // 2
    qtbot.waitUntil(all_done(window, len(sample_photos())), timeout=ANSWER_MS)
    # The captions belong to answers: another mode's map goes without them.
    window.modes.switch("explore")
    assert not window.guide.isVisible()
    window.modes.switch("locate")
    window.welcome.sampleRequested.emit(sample_photos()[:1])
    assert window.guide.isVisible()
    qtbot.mouseClick(window.guide.done, Qt.MouseButton.LeftButton)
    assert not window.guide.isVisible()
    window.welcome.sampleRequested.emit(sample_photos()[:1])
    assert not window.guide.isVisible()


def test_the_questions_are_answered_with_the_models_own_figures(
    window: MainWindow, qtbot: QtBot
) -> None:
    starter = load_predictor(starter_bundle_dir(), "cpu").bundle.manifest.evaluation
    fine = starter["levels"]["fine"]
    said = quality(starter)
    assert f"{round(100 * fine['photos'] / starter['photos'])}%" in said
    assert f"{round(100 * fine['25'])}%" in said
    assert quality({}) == ""
    assert "400\u00a0m" in quality({"photos": 12, "median_m": 400.0})
    window.welcome.questions.click()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, FirstQuestionsDialog)
    dialog.links["train"].click()
    assert window.modes.current is window.modes.get("train")
    window.modes.switch("locate")


def test_a_models_card_can_be_read_in_the_window(window: MainWindow) -> None:
    window.commands.show_model_card()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ModelCardDialog)
    dialog.reject()


def test_a_country_that_one_knows_restricts_the_search(
    window: MainWindow, unsure: PhotoRow
) -> None:
    steps = window.locate.detail.steps
    assert steps.isVisible()
    assert unsure.outcome is not None
    first = next(p for p in unsure.outcome.candidate_places if p.country_code)
    assert f">{first.country}</a>" in steps.country.text()
    steps.country.linkActivated.emit(f"country:{first.country_code}")
    assert window.locate.areas.area == Country(first.country_code)
    assert not steps.country.isVisible()
    window.locate.areas.search(None)
    steps.country.linkActivated.emit("country:")
    country = window.locate.areas.box.country
    assert window.focusWidget() in (country, country.lineEdit())


def test_look_alikes_are_named_and_shown(window: MainWindow, unsure: PhotoRow) -> None:
    steps = window.locate.detail.steps
    assert "photos most like it" in steps.alike.text()
    steps.alike.linkActivated.emit("alike")
    assert window.locate.detail.why.is_open
    window.locate.detail.why.heading.setChecked(False)


def test_a_trip_is_offered_only_if_something_of_it_is_known(
    window: MainWindow, unsure: PhotoRow, qtbot: QtBot
) -> None:
    steps, rows = window.locate.detail.steps, window.locate.model.rows()
    noon = datetime(2026, 5, 4, 12)

    def at(*hours: float) -> None:
        facts = [
            (row.path, PhotoFacts(noon + timedelta(hours=h)))
            for row, h in zip(rows, hours, strict=True)
        ]
        window.locate.model.set_facts(facts)
        window.locate.show_row(unsure)

    for row in rows[1:]:
        assert row.outcome is not None
        located = row.outcome.located
        prediction = replace(located.prediction, level=Level.FINE)
        new = replace(row.outcome, located=replace(located, prediction=prediction))
        window.locate.model.set_result(row.path, new)
    at(0.0, 40.0, 60.0)
    assert not steps.trip.isVisible()
    at(0.0, 3.0, 60.0)
    assert steps.trip.isVisible()
    assert steps.trip.text().startswith("2 photos of the same trip")
    with qtbot.waitSignal(window.locate.reviewWanted) as asked:
        steps.trip.linkActivated.emit("trip")
    assert asked.args == [[rows[0].path, rows[1].path]]
    window.modes.switch("locate")
