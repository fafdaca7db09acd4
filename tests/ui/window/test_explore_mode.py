"""Explore mode driven like a user does: clicks in the real page, keys, search, table, links."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import s2sphere
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QSpinBox,
    QTableView,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from geoguess_app.core.explore.cell_facts import CellRef
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.explore.explorer import CellFilter, Spot
from geoguess_app.ui.map.page import map_profile
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import OpenWindow
from tests.ui.window.exploring import PART, Exploring

Key = Qt.Key


@pytest.fixture(scope="module")
def one(
    open_window: OpenWindow,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MainWindow]:
    with open_window(tmp_path_factory.mktemp("explore")) as window:
        yield window


@pytest.fixture
def exploring(one: MainWindow, qtbot: QtBot) -> Exploring:
    return Exploring(qtbot, one).reset()


def fullest(exploring: Exploring, level: int) -> CellRef:
    """The cell with most photos."""
    counts = exploring.cells.levels[level].partition.photo_counts
    return CellRef(level, int(np.argmax(counts)))


def click_middle(exploring: Exploring, ref: CellRef, zoom: float = 6.0) -> Coordinate:
    """Click into the middle of a cell on the map."""
    middle = exploring.cells.facts(ref).center(ref.cell)
    exploring.map.see(middle, zoom)
    exploring.map.click(exploring.map.point(middle))
    return middle


def test_a_click_in_the_page_opens_the_cell(exploring: Exploring, qtbot: QtBot) -> None:
    for level in (0, 2):
        exploring.explorer.set_level(level)
        middle = click_middle(exploring, fullest(exploring, level))
        qtbot.waitUntil(lambda: isinstance(exploring.explorer.chosen, CellRef))
        leaf = s2sphere.CellId.from_lat_lng(
            s2sphere.LatLng.from_degrees(middle.latitude_deg, middle.longitude_deg)
        )
        token = exploring.token()
        assert s2sphere.CellId.from_token(token).contains(leaf)
        assert token in exploring.panel.subtitle.text()
        cell = exploring.explorer.cell()
        assert cell is not None
        row = exploring.browser.table.currentIndex().row()
        assert exploring.browser.table.cells.cell(row) == cell.cell
        exploring.map.settle()
        assert exploring.map.js(f"{PART}.chosen.outlines.length") == (1 if level == 0 else 2)
        exploring.explorer.choose(None)


def test_what_the_panel_says_is_what_the_table_of_the_model_says(exploring: Exploring) -> None:
    partition = exploring.cells.levels[2].partition
    refs = [CellRef(2, cell) for cell in range(partition.size)]
    ref = max(refs, key=lambda ref: len(exploring.cells.training_photos(ref)))
    exploring.explorer.choose(ref)
    shown = {fact.name: fact.value for fact in exploring.panel.facts.facts}
    cell = s2sphere.Cell(s2sphere.CellId(int(partition.cell_ids[ref.cell])))
    assert shown["S2 token"] == cell.id().to_token()
    assert shown["S2 level"] == str(cell.id().level())
    assert shown["Training photos"].split()[0] == f"{partition.photo_counts[ref.cell]:,}"
    mean = f"{partition.mean_latitude_deg[ref.cell]:.4f}"
    assert shown["Mean location"].startswith(mean)
    remembered = exploring.cells.training_photos(ref)
    assert exploring.panel.photos_note.text().startswith(f"{len(remembered)} photo")


def test_hovering_tells_token_level_photos_and_area(exploring: Exploring, qtbot: QtBot) -> None:
    ref = fullest(exploring, 0)
    middle = exploring.cells.facts(ref).center(ref.cell)
    exploring.map.see(middle, 4.0)
    exploring.map.move_to(exploring.map.point(middle))
    exploring.map.await_js("!geoguess.tooltip.card.hidden")
    text = exploring.map.js("geoguess.tooltip.card.textContent")
    partition = exploring.cells.levels[0].partition
    assert f"cell {partition.tokens[ref.cell]}" in text
    assert f"{partition.photo_counts[ref.cell]} training photos" in text
    assert f"S2 level {partition.levels[ref.cell]}" in text
    assert "km²" in text


def test_levels_by_keys_buttons_and_the_card_on_the_map(exploring: Exploring, qtbot: QtBot) -> None:
    ref = fullest(exploring, 0)
    exploring.explorer.choose(ref)
    exploring.press(Key.Key_BracketRight)
    assert exploring.explorer.level == 1
    exploring.map.await_js(f"{PART}.state.level === 1")
    assert exploring.explorer.chosen == ref, "what is chosen stays chosen"
    exploring.press(Key.Key_BracketRight)
    exploring.press(Key.Key_BracketRight)
    assert exploring.explorer.level == 2
    size = exploring.cells.levels[2].partition.size
    assert exploring.browser.table.cells.rowCount() == size
    exploring.press(Key.Key_BracketLeft)
    assert exploring.explorer.level == 1
    fine = next(b for b in exploring.browser.levels.findChildren(QToolButton) if b.text() == "Fine")
    fine.click()
    assert exploring.explorer.level == 2
    exploring.map.settle()
    box = exploring.map.js(
        "(() => { const b = document.querySelector('.explore-legend .switch label')"
        ".getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; })()"
    )
    exploring.map.click(QPoint(*map(round, box)))
    qtbot.waitUntil(lambda: exploring.explorer.level == 0)
    exploring.map.view.setFocus()
    exploring.map.press(Key.Key_PageDown)
    qtbot.waitUntil(lambda: exploring.explorer.level == 1)


def test_a_level_divides_into_the_next_one(exploring: Exploring) -> None:
    exploring.map.allow_motion()
    exploring.map.js(f"({PART}.split.begun = 0, window.runs = [], 1)")
    exploring.map.js(
        f"((s) => {{ const paint = s.paint.bind(s); s.paint = (c, w) => "
        f"{{ runs.push(s.run.isForward); paint(c, w); }}; }})({PART}.split) || 1"
    )
    exploring.press(Key.Key_BracketRight)
    exploring.map.await_js("runs.length > 0")
    exploring.map.settle()
    exploring.press(Key.Key_BracketLeft)
    exploring.map.await_js("runs.includes(false)")
    exploring.map.settle()
    assert exploring.map.js(f"{PART}.split.isRunning") is False
    exploring.map.allow_motion(False)


def test_parents_and_children_by_keys_and_by_links(exploring: Exploring) -> None:
    cells = exploring.cells
    divided = next(
        ref
        for ref in (CellRef(0, cell) for cell in range(cells.levels[0].partition.size))
        if len(cells.children(ref)) > 1
    )
    exploring.explorer.choose(divided)
    rows = exploring.panel.children_.rows
    assert {row.target for row in rows} == set(cells.children(divided))
    exploring.press(Key.Key_C)
    child = exploring.explorer.cell()
    assert child == rows[0].target
    assert exploring.explorer.level == 1
    exploring.press(Key.Key_P)
    assert exploring.explorer.chosen == divided
    exploring.panel.children_.follow(1)
    assert exploring.explorer.chosen == rows[1].target
    exploring.panel.parents.follow(0)
    assert exploring.explorer.chosen == divided
    exploring.press(Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert exploring.explorer.chosen == rows[1].target


def test_keys_work_once_while_the_map_has_the_keyboard(exploring: Exploring, qtbot: QtBot) -> None:
    cells, window = exploring.cells, exploring.window
    fine = (CellRef(2, cell) for cell in range(cells.levels[2].partition.size))
    ref = next(ref for ref in fine if len(cells.parents(ref)) == 2)
    exploring.explorer.choose(ref)
    with qtbot.waitActive(window):
        window.activateWindow()
    exploring.map.view.setFocus()
    seen: list[object] = []
    exploring.explorer.chosenChanged.connect(lambda _go: seen.append(exploring.explorer.chosen))
    exploring.map.press(Key.Key_P)
    qtbot.waitUntil(lambda: bool(seen))
    exploring.map.press(Key.Key_Slash)
    qtbot.waitUntil(exploring.browser.search.field.hasFocus)
    assert seen == [cells.parents(ref)[-1].ref]
    assert exploring.browser.search.field.text() == ""


def typed(exploring: Exploring, text: str) -> None:
    exploring.press(Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = exploring.browser.search.field
    exploring.qtbot.keyClicks(field, text)
    exploring.qtbot.keyClick(field, Key.Key_Return)


def test_search_by_coordinate_by_token_and_by_name(exploring: Exploring, qtbot: QtBot) -> None:
    ref = fullest(exploring, 0)
    mean = exploring.cells.facts(ref).mean(ref.cell)
    typed(exploring, f"{mean.latitude_deg:.5f}, {mean.longitude_deg:.5f}")
    assert exploring.explorer.chosen == ref
    fine = fullest(exploring, 2)
    typed(exploring, exploring.cells.token(fine).upper())
    assert exploring.explorer.chosen == fine
    assert exploring.explorer.level == 2
    typed(exploring, "Sao Paulo")
    hits = exploring.browser.search.model.hits
    assert hits[0].place is not None
    assert hits[0].place.city == "São Paulo"
    chosen = exploring.explorer.chosen
    assert isinstance(chosen, Spot)
    assert chosen.label == "São Paulo"
    assert chosen.coordinate == hits[0].coordinate
    field = exploring.browser.search.field
    qtbot.keyClick(field, Key.Key_Escape)
    assert field.text() == ""
    assert exploring.browser.search.model.hits == ()


def test_a_token_that_is_none_of_the_models_cells(exploring: Exploring) -> None:
    fine = fullest(exploring, 2)
    inside = s2sphere.CellId(exploring.cells.cell_id(fine)).child(2).to_token()
    typed(exploring, inside)
    assert isinstance(exploring.explorer.chosen, Spot)
    assert f"Inside the fine cell {exploring.cells.token(fine)}" in exploring.panel.note.text()
    exploring.map.await_js(f"{PART}.chosen?.outlines[0]?.role === 'asked'")
    typed(exploring, "zzzzz")
    assert "zzzzz" in exploring.browser.search.note.text()


def test_where_no_cell_is_the_nearest_one_is_offered(exploring: Exploring, qtbot: QtBot) -> None:
    pole = Coordinate(-75.0, 0.0)
    assert exploring.cells.at(0, pole) is None
    exploring.map.see(pole, 5.0)
    exploring.map.click(exploring.map.point(pole))
    qtbot.waitUntil(lambda: isinstance(exploring.explorer.chosen, Spot))
    assert exploring.panel.note.text().startswith("There is no coarse cell here")
    nearest, _km = exploring.cells.levels[0].nearest(pole)
    link = exploring.panel.links.children()[-1]
    link.click()
    assert exploring.explorer.chosen == CellRef(0, nearest)


def test_the_table_sorts_filters_and_chooses(exploring: Exploring, qtbot: QtBot) -> None:
    exploring.explorer.set_level(2)
    table, partition = exploring.browser.table, exploring.cells.levels[2].partition
    counts = [int(partition.photo_counts[table.cells.cell(row)]) for row in range(partition.size)]
    assert counts == sorted(counts, reverse=True)
    table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    first_tokens = [table.cells.index(row, 3).data() for row in range(3)]
    assert first_tokens == list(partition.tokens[:3])
    table.setFocus()
    qtbot.keyClick(table, Key.Key_Down)
    qtbot.keyClick(table, Key.Key_Down)
    assert exploring.explorer.chosen == CellRef(2, 1)
    exploring.browser.least.setValue(20)
    kept = int((partition.photo_counts >= 20).sum())
    assert table.cells.rowCount() == kept
    assert exploring.browser.count.text() == f"{kept} of {partition.size} cells"
    exploring.map.await_js(f"{PART}.cells.layers.fine?.cells.length === {kept}")
    country = exploring.browser.country.itemData(1)
    exploring.explorer.set_filter(CellFilter(0, country))
    in_country = [place.country_code == country for place in exploring.explorer.names[2]]
    assert table.cells.rowCount() == sum(in_country) > 0


def test_enter_opens_and_escape_goes_back(exploring: Exploring, qtbot: QtBot) -> None:
    window, table = exploring.window, exploring.browser.table
    with qtbot.waitActive(window):
        window.activateWindow()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    qtbot.keyClick(table, Key.Key_Down)
    qtbot.keyClick(table, Key.Key_Return)
    qtbot.waitUntil(exploring.panel.hasFocus)
    qtbot.keyClick(exploring.panel, Key.Key_Escape)
    qtbot.waitUntil(table.hasFocus)
    assert exploring.explorer.chosen is not None
    qtbot.keyClick(table, Key.Key_Escape)
    assert exploring.explorer.chosen is None
    assert exploring.panel.title.text() == "Coarse cells"


def test_token_and_coordinates_are_copied(exploring: Exploring) -> None:
    ref = fullest(exploring, 1)
    exploring.explorer.choose(ref)
    buttons = {b.accessibleName(): b for b in exploring.panel.facts.findChildren(QToolButton)}
    buttons["Copy: S2 token"].click()
    assert QGuiApplication.clipboard().text() == exploring.cells.token(ref)
    buttons["Copy: Mean location"].click()
    mean = exploring.cells.facts(ref).mean(ref.cell)
    assert QGuiApplication.clipboard().text().startswith(f"{mean.latitude_deg:.5f}, ")


def test_colours_follow_measure_scale_and_theme(exploring: Exploring, qtbot: QtBot) -> None:
    ref = fullest(exploring, 0)
    middle = exploring.cells.facts(ref).center(ref.cell)
    exploring.map.see(middle, 4.0)
    light = exploring.map.painted(middle)
    exploring.press(Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    exploring.map.await_js("geoguess.theme.name === 'dark'")
    exploring.map.settle()
    dark = exploring.map.painted(middle)
    # The fullest cell stands out most: dark on the light map, light on the dark one.
    assert light.lightness() < 130 < dark.lightness()
    exploring.press(Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    row = exploring.browser.measure.findData("area")
    exploring.browser.measure.setCurrentIndex(row)
    exploring.browser.measure.activated.emit(row)
    exploring.map.await_js(f"{PART}.state.measure === 'area'")
    exploring.map.settle()
    legend = "document.querySelector('.explore-legend')"
    assert "km²" in exploring.map.js(f"{legend}.querySelector('.ticks').textContent")
    assert exploring.map.js(f"{legend}.querySelector('.toggle').textContent") == "logarithmic"
    exploring.map.js(f"({legend}.querySelector('.toggle').click(), 1)")
    qtbot.waitUntil(lambda: exploring.explorer.log is False)
    exploring.map.await_js(f"{PART}.cells.layers.coarse?.least === 0")


def test_every_control_has_a_name_and_every_key_one_meaning(exploring: Exploring) -> None:
    exploring.explorer.choose(fullest(exploring, 1))
    for pane in (exploring.browser, exploring.panel):
        for kind in (QAbstractButton, QComboBox, QSpinBox, QLineEdit, QTableView):
            for widget in pane.findChildren(kind):
                inner = widget.objectName().startswith("qt_") or not widget.isVisibleTo(pane)
                named = widget.accessibleName() or getattr(widget, "text", str)()
                assert inner or named or isinstance(widget.parent(), QTableView), widget
    meanings: dict[str, str] = {}
    for action in exploring.window.actions():
        for key in action.shortcuts():
            text = key.toString(QKeySequence.SequenceFormat.PortableText)
            assert text not in meanings, f"{text}: {meanings[text]} and {action.text()}"
            meanings[text] = action.text()
    assert {"[", "]", "P", "C", "/", "Ctrl+F"} <= set(meanings)


def test_all_is_reached_with_the_tab_key(exploring: Exploring, qtbot: QtBot) -> None:
    window = exploring.window
    with qtbot.waitActive(window):
        window.activateWindow()
    exploring.browser.search.field.setFocus()
    wanted = {
        exploring.browser.measure,
        exploring.browser.country,
        exploring.browser.least,
        exploring.browser.photos,
        exploring.browser.table,
        exploring.panel,
    }
    for _ in range(40):
        qtbot.keyClick(QApplication.focusWidget() or window, Key.Key_Tab)
        wanted.discard(QApplication.focusWidget())
    assert not wanted


def test_leaving_takes_everything_off_the_map(exploring: Exploring) -> None:
    exploring.explorer.choose(fullest(exploring, 2), go=True)
    exploring.window.modes.switch("locate")
    exploring.map.await_js(f"{PART}.isEmpty")
    assert exploring.map.js("geoguess.controls.panel.hidden") is True
    exploring.window.modes.switch("explore")
    exploring.map.await_js(f"{PART}.cells.layers.fine?.cells.length > 0")
    exploring.map.await_js(f"{PART}.chosen?.outlines.length > 0 && {PART}.facts.length === 3")
    assert exploring.map.js("geoguess.controls.panel.hidden") is False
    assert exploring.map.problems == []


def test_nothing_is_asked_of_any_network(exploring: Exploring) -> None:
    exploring.explorer.choose(fullest(exploring, 2), go=True)
    exploring.explorer.set_filter(CellFilter(5))
    exploring.map.settle()
    requested = map_profile().interceptor.requested
    assert all(address.startswith(("geoguess:", "qrc:", "data:")) for address in requested)
    assert map_profile().interceptor.blocked == set()
