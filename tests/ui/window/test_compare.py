"""Comparing two photos, ways of deciding and models: in the table, on the map, by keyboard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import s2sphere
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWebEngineWidgets import QWebEngineView
from pytestqt.qtbot import QtBot

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import COMBINED
from geoguess_app.evaluation.answers.variants import COMPLETE
from geoguess_app.ui.compare.mode import CompareMode
from geoguess_app.ui.compare.work import ways_of
from geoguess_app.ui.kit import words
from geoguess_app.ui.shell.window import MainWindow
from tests.core.tiny_bundle import shared_parts
from tests.ui.window.conftest import ANSWER_MS, all_done


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    """With Compare as it is when the model has just been loaded."""
    mode = shared_window.modes.get("compare")
    mode.model_changed(shared_window.locator.model)
    return shared_window


@pytest.fixture
def compare(window: MainWindow, photos: list[Path], qtbot: QtBot) -> CompareMode:
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    window.locate.list.select(photos[0])
    mode = window.modes.switch("compare")
    qtbot.waitUntil(lambda: all(mode.sides), timeout=ANSWER_MS)
    return mode


def js(window: MainWindow, qtbot: QtBot, code: str) -> object:
    view = window.findChild(QWebEngineView)
    with qtbot.waitCallback(timeout=10_000) as called:
        view.page().runJavaScript(code, 0, called)
    return called.args[0]


def comes_true(window: MainWindow, qtbot: QtBot, condition: str) -> None:
    qtbot.waitUntil(lambda: bool(js(window, qtbot, f"!!({condition})")), timeout=10_000)


def choose_way(mode: CompareMode, number: int, name: str) -> None:
    box = mode.pickers[number].way
    index = [getattr(box.itemData(i), "name", "") for i in range(box.count())].index(name)
    box.setCurrentIndex(index)
    box.activated.emit(index)


def test_two_ways_of_deciding_are_those_of_the_model_itself(
    compare: CompareMode, window: MainWindow, tiny_model: Path, photos: list[Path], qtbot: QtBot
) -> None:
    """B answers as the network for one scene does, whatever the scene: counted by hand."""
    usual = compare.sides[0].prediction.network
    forced = next(name for name in ("indoor", "urban") if name != usual)
    choose_way(compare, 1, f"{forced} network")
    qtbot.waitUntil(lambda: compare.sides[1] is not None, timeout=ANSWER_MS)
    a, b = compare.sides
    assert (
        a.prediction.coordinate
        == window.locate.model.rows()[0].outcome.located.prediction.coordinate
    )
    predictor = load_predictor(tiny_model, "cpu")
    run = predictor.engine.run(predictor.prepare(photos[0]))
    rows = np.arange(len(run.logits(forced)[predictor.bundle.partitions[0].name]))
    raw = predictor.raw_outputs(run, rows, every_network=True)
    ways = ways_of(predictor.decision_model, "cells", predictor.crops)
    other = next(way for way in ways if way.name == f"{forced} network")
    expected = predictor.answer(raw, other.model, "cells")
    assert b.prediction.network == forced != usual
    assert np.allclose(b.cells, expected.cell_probabilities[COMBINED], atol=1e-9)
    shared = float(np.minimum(a.cells, b.cells).sum())
    assert shared < 0.9999
    assert words.percent(shared) in compare.panel.detail.text()


def test_the_map_shows_both_sides_and_their_difference(
    compare: CompareMode, window: MainWindow, qtbot: QtBot
) -> None:
    part = "geoguess.parts.all.find((part) => part.constructor.name === 'Compare')"

    def holds(condition: str) -> None:
        comes_true(window, qtbot, condition)

    holds(f"{part}.sides.length === 2 && {part}.sides[0].rings.count > 0")
    assert js(window, qtbot, "document.querySelectorAll('.compare-legend div').length") == 2
    compare.actions()[3].trigger()
    holds(f"{part}.view === 'difference'")
    a, b = compare.sides
    most = float(np.abs(a.cells - b.cells).max())
    assert js(window, qtbot, f"Math.abs({part}.difference.p[0])") == pytest.approx(most, rel=1e-3)
    window.modes.switch("locate")
    holds(f"{part}.sides.length === 0")
    holds("geoguess.prediction !== null")


def test_two_selected_photos_are_compared_as_the_model_answers_them(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:3])
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
    window.locate.list.view.selectAll()
    mode = window.modes.switch("compare")
    qtbot.waitUntil(lambda: all(mode.sides), timeout=ANSWER_MS)
    a, b = mode.sides
    assert a.photo != b.photo
    assert a.way == b.way == COMPLETE
    by_path = {
        row.path: row.outcome.located.prediction.coordinate for row in window.locate.model.rows()
    }
    assert a.prediction.coordinate == by_path[a.photo]
    assert b.prediction.coordinate == by_path[b.photo]
    assert mode.panel.facts.item(0, 1).text() == a.photo.name


def test_a_row_of_the_likeliest_cells_shows_its_cell(
    compare: CompareMode, window: MainWindow, qtbot: QtBot
) -> None:
    a, b = compare.sides
    table = compare.panel.cells
    first = table.model().index(0, 0)
    best = max(a.cells.max(), b.cells.max())
    assert words.percent(float(best)) in (first.siblingAtColumn(n).data() for n in (1, 2))
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    table.selectRow(0)
    cell = table.cell()
    assert a.chance(cell) == pytest.approx(a.cells[a.partition.tokens.index(cell.token)])
    assert cell.token in first.data(Qt.ItemDataRole.ToolTipRole)
    leaf = s2sphere.LatLng.from_degrees(cell.mean.latitude_deg, cell.mean.longitude_deg)
    assert s2sphere.CellId.from_token(cell.token).contains(s2sphere.CellId.from_lat_lng(leaf))
    part = "geoguess.parts.all.find((part) => part.constructor.name === 'Compare')"
    comes_true(window, qtbot, f"{part}.cell?.count === 1")
    table.clearSelection()
    comes_true(window, qtbot, f"{part}.cell === null")


def test_another_model_answers_on_one_side(
    compare: CompareMode, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    parts = shared_parts(seed=7)
    other = write_bundle(
        tmp_path / "other", parts.manifest, parts.partitions, parts.tensors, parts.extra_files
    )
    compare.pickers[1].otherModel.emit(other)
    qtbot.waitUntil(lambda: len(compare._models) == 2 and all(compare.sides), timeout=ANSWER_MS)
    assert compare.pickers[1].chosen_model() == other
    assert compare.pickers[0].chosen_model() == window.locator.model.path
    assert not np.allclose(compare.sides[0].cells, compare.sides[1].cells)
    assert window.locator.model.path != other


def test_a_way_of_another_model_is_not_used(
    compare: CompareMode, window: MainWindow, qtbot: QtBot
) -> None:
    """As where one model is switched for another while a side still offers the ways of the first:
    outputs of one and cells of the other do not fit together."""
    own = window.locator.model.predictor.decision_model
    coarse, *_, fine = own.partitions
    compare.pickers[0].fill_ways(ways_of(replace(own, partitions=(fine, coarse)), "cells", 1))
    compare._ways_of[0] = None
    compare.sides[0] = None
    compare._run_missing()
    qtbot.waitUntil(lambda: compare.sides[0] is not None, timeout=ANSWER_MS)
    assert compare.pickers[0].chosen_way().model is own


def test_the_views_have_keys(compare: CompareMode, window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    compare.panel.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert compare.view_box.currentData() == "a"
    qtbot.keyClick(window, Qt.Key.Key_4)
    assert compare.view_box.currentData() == "difference"


def test_both_photos_are_seen_side_by_side_and_move_together(
    compare: CompareMode, window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    assert [picker.picture.isVisible() for picker in compare.pickers] == [True, True]
    compare.pickers[1].photo.setCurrentIndex(1)
    compare.pickers[1].photo.activated.emit(1)
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_V)
    viewer = compare.viewer
    assert viewer.isVisible()
    left, right = viewer.sides
    assert left.accessibleDescription() == f"A: {photos[0].name}"
    assert right.accessibleDescription() == f"B: {photos[1].name}"
    assert left.width() == pytest.approx(right.width(), abs=1)
    pictures = viewer.pictures
    qtbot.waitUntil(lambda: all(pictures.get(p) is not None for p in photos[:2]), timeout=10_000)
    qtbot.keyClick(left, Qt.Key.Key_Plus)
    qtbot.keyClick(left, Qt.Key.Key_Plus)
    assert right.zoom == left.zoom == pytest.approx(1.5625)
    before = right.grab().toImage()
    middle = left.rect().center()
    qtbot.mousePress(left, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(left, middle + QPoint(60, 40))
    qtbot.mouseRelease(left, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 40))
    assert right.grab().toImage() != before
    qtbot.keyClick(right, Qt.Key.Key_0)  # and the other way round
    assert left.zoom == right.zoom == 1.0
    qtbot.keyClick(right, Qt.Key.Key_Escape)
    assert not viewer.isVisible()
    qtbot.mouseClick(compare.pickers[0].picture, Qt.MouseButton.LeftButton)
    assert viewer.isVisible()
    window.modes.switch("locate")
    assert not viewer.isVisible()


# Last: the photo stays chosen in the window that all tests here share.
def test_a_broken_photo_is_one_sentence(
    compare: CompareMode, broken_photo: Path, qtbot: QtBot
) -> None:
    compare.pickers[0].otherPhoto.emit(broken_photo)
    qtbot.waitUntil(lambda: "broken.jpg" in compare.panel.verdict.text(), timeout=ANSWER_MS)
    assert compare.panel.facts.isHidden()
