"""Searching only in an area, in Locate: probabilities are scaled to it at once, and it is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWebEngineWidgets import QWebEngineView
from pytestqt.qtbot import QtBot

from geoguess_app.core.area.areas import Box, Countries, Country, Intersection
from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.clues.clue import parse_clue
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import COMBINED
from geoguess_app.paths import starter_bundle_dir
from geoguess_app.ui.locate.view_state import LocateViewState
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.map_page import MapDriver


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path / "data"))


def shown_title(window: MainWindow) -> str:
    return (
        ""
        if window.locate.detail.restricted.isHidden()
        else window.locate.detail.restricted.title.text()
    )


def searched(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: shown_title(window).startswith("Searched only in"), timeout=20_000)


def test_the_answer_in_a_box_is_the_models_own_scaled_to_it(
    located: MainWindow, photos: list[Path], tiny_model: Path, qtbot: QtBot
) -> None:
    predictor = load_predictor(tiny_model, "cpu")
    atlas = Atlas(predictor.bundle)
    everywhere = predictor.predict_paths([photos[0]])[0].cell_probabilities[COMBINED]
    # A box around a cell that is not the likeliest.
    cell = int(np.argsort(-everywhere)[2])
    lat, lon = (
        float(values[cell])
        for values in (atlas.partition.mean_latitude_deg, atlas.partition.mean_longitude_deg)
    )
    box = Box(max(lat - 8, -84), max(lon - 8, -179), min(lat + 8, 84), min(lon + 8, 179))
    cover = atlas.cover(box)
    inside = everywhere * cover.share
    expected = inside / inside.sum()
    located.locate.areas.search(box)
    searched(located, qtbot)
    driver = MapDriver.__new__(MapDriver)
    driver.view, driver.qtbot = located.map_pane.map, qtbot
    driver.await_js("geoguess.parts.all.some((part) => part.area)")
    shown = located.map_pane._state
    indices, values = shown.layers[COMBINED]
    assert np.allclose(values, expected[indices], atol=1e-6)
    assert box.south_deg <= shown.answer.latitude_deg <= box.north_deg
    assert located.locate.detail.candidates.model().rowCount() == min(10, int((expected > 0).sum()))
    # The list keeps the model's own answer; everywhere brings it back.
    assert located.locate.model.rows()[0].outcome.located.prediction.coordinate != shown.answer
    located.locate.areas.box.all.click()
    assert located.locate.detail.restricted.isHidden()
    assert located.map_pane._state is located.locate.model.rows()[0].outcome.map_state
    driver.await_js("!geoguess.parts.all.some((part) => part.area)")


def test_countries_add_up_and_the_next_photo_is_searched_there_too(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    choose = located.locate.areas.box.country
    for code in ("CA", "BR"):
        index = choose.findData(code)
        assert index >= 0
        choose.activated.emit(index)
    assert located.locate.areas.area == Countries(("BR", "CA"))
    assert "Brazil, Canada" in located.locate.areas.box.state.text()
    qtbot.waitUntil(lambda: shown_title(located) not in ("", "Searching the area…"))
    first = shown_title(located)
    assert first in ("Searched only in Brazil, Canada", "No match in this area")
    located.locate.list.select(photos[1])
    qtbot.waitUntil(lambda: shown_title(located) not in ("", "Searching the area…"))


def test_a_box_is_drawn_with_the_mouse(located: MainWindow, qtbot: QtBot) -> None:
    located.locate.areas.box.box.click()
    web = located.findChild(QWebEngineView)
    drag = (
        "(() => { const m = geoguess.map, box = m.getContainer();"
        " const send = (kind, x, y, target) => target.dispatchEvent(new MouseEvent(kind,"
        " {bubbles: true, cancelable: true, clientX: x, clientY: y, button: 0, view: window}));"
        " const [w, h] = [box.clientWidth, box.clientHeight];"
        " send('mousedown', w * .3, h * .25, box); send('mousemove', w * .6, h * .5, document);"
        " send('mouseup', w * .6, h * .5, document); return 1; })()"
    )
    driver = MapDriver.__new__(MapDriver)
    driver.view, driver.qtbot = located.map_pane.map, qtbot
    driver.await_js("geoguess.parts.all.some((part) => part.drawing?.kind === 'box')")
    web.page().runJavaScript(drag)
    qtbot.waitUntil(lambda: isinstance(located.locate.areas.area, Box), timeout=10_000)
    assert not located.locate.areas.box.box.isChecked()
    qtbot.waitUntil(lambda: shown_title(located) not in ("", "Searching the area…"))


def test_an_area_without_any_of_it_says_so(
    located: MainWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    atlas = Atlas(open_bundle(tiny_model))
    boxes = (Box(lat, lon, lat + 1, lon + 1) for lat in range(-80, 80, 7) for lon in (-150, 100))
    empty = next(box for box in boxes if not atlas.cover(box).share.any())
    located.locate.areas.search(empty)
    qtbot.waitUntil(lambda: shown_title(located) == "No match in this area", timeout=20_000)
    assert located.map_pane._state is located.locate.model.rows()[0].outcome.map_state


def pick(window: MainWindow, label: str) -> None:
    box = window.locate.areas.clue_box.list
    index = box.findText(label)
    assert index >= 0, label
    box.setCurrentIndex(index)
    box.activated.emit(index)


def test_clues_combine_with_each_other_and_with_an_area(
    located: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    areas, card = located.locate.areas, located.locate.detail.restricted
    pick(located, "Drives on the right")
    assert areas.clues == (parse_clue("drives-on=right"),)
    qtbot.waitUntil(lambda: shown_title(located) not in ("", "Searching the area…"))
    assert shown_title(located) in (
        "Kept to: drives on the right",
        "Clues and picture contradict each other",
        "Nothing fits these clues",
    )
    assert "of the probability fits" in card.body.text() or "no match" in card.body.text()
    pick(located, "Northern hemisphere")
    assert isinstance(areas.area, Intersection)
    assert areas.restriction() == "Only with clues: drives on the right, northern hemisphere"
    assert located.locate.list.restriction.text().startswith("Only with clues: drives")
    areas.search(Countries(("BR", "CA")))
    assert areas.area == Intersection((Countries(("BR", "CA")), Box(0.0, -180.0, 90.0, 180.0)))
    # What cannot be is said and changes nothing.
    pick(located, "Thai script")
    assert "No place fits" in located.notice.text
    assert len(areas.clues) == len(areas.clue_box.chips) == 2
    # A saved view knows them.
    state = LocateViewState(located.locate).captured(tmp_path)
    assert state["clues"] == ["drives-on=right", "hemisphere=north"]
    chip = areas.clue_box.chips[0]
    assert chip.accessibleName() == "Remove the clue: drives on the right"
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert areas.clues == (parse_clue("hemisphere=north"),)
    located.locate.list.everywhereRequested.emit()
    assert (areas.area, areas.clues, areas.clue_box.chips) == (None, (), [])
    assert located.locate.detail.restricted.isHidden()


def test_who_is_told_that_the_model_cannot_tell_can_give_a_clue(
    located: MainWindow, qtbot: QtBot
) -> None:
    steps = located.locate.detail.steps
    steps.country.linkActivated.emit("clue")
    qtbot.waitUntil(lambda: located.locate.areas.clue_box.list.hasFocus())


def test_several_countries_are_covered_together() -> None:
    atlas = Atlas(open_bundle(starter_bundle_dir()))
    one, other = (atlas.cover(Country(code)).share for code in ("ES", "PT"))
    both = atlas.cover(Countries(("PT", "es"))).share
    assert np.allclose(both, np.minimum(one + other, 1))
    assert both.sum() > max(one.sum(), other.sum()) > 0
