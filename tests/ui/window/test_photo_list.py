"""The list of Locate: sorted, filtered, on one map, and there again at the next start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from geoguess_app.core.area.areas import Country
from geoguess_app.ui.locate.arranging import ListOrder, ListPart
from geoguess_app.ui.locate.kept_list import kept_list_path
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, OpenWindow, all_done, six_photos
from tests.ui.window.review_parts import Page


@pytest.fixture
def window(shared_window: MainWindow, photos: list[Path], qtbot: QtBot) -> MainWindow:
    """The window with six photos located, all listed in the order in which they came."""
    shared_window.locate.list.bar.reset()
    shared_window.locate.list.bar.order_by(ListOrder.ADDED)
    shared_window.locate.overview.turn(on=False)
    shared_window.intake.open_paths(photos)
    qtbot.waitUntil(all_done(shared_window, 6), timeout=ANSWER_MS)
    return shared_window


def listed(window: MainWindow) -> list[str]:
    return [row.name for row in window.locate.list.photos()]


def choose(window: MainWindow, part: ListPart) -> None:
    box = window.locate.list.bar.part
    box.setCurrentIndex(box.findData(part))


def test_the_list_is_sorted_and_the_photo_looked_at_stays(window: MainWindow) -> None:
    locate = window.locate
    looked_at = locate.model.rows()[3]
    locate.list.select(looked_at.path)
    locate.list.bar.order_by(ListOrder.CONFIDENCE)
    confidences = [r.outcome.located.prediction.confidence for r in locate.list.photos()]
    assert confidences == sorted(confidences, reverse=True)
    assert locate.list.current() is looked_at
    locate.list.bar.order_by(ListOrder.NAME)
    assert listed(window) == sorted(listed(window))
    locate.list.bar.order_by(ListOrder.ADDED)
    assert listed(window) == [row.name for row in locate.model.rows()]


def test_the_list_is_filtered_by_name_and_kind(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    bar = window.locate.list.bar
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(bar.search, "photo_4")
    qtbot.waitUntil(lambda: listed(window) == ["photo_4.jpg"])
    assert window.locate.list.current().name == "photo_4.jpg"  # never one that is not listed
    choose(window, ListPart.FAILED)
    assert listed(window) == []
    assert window.locate.list.nothing_shown.isVisible()
    assert window.locate.detail.nothing.isVisible()
    window.locate.list.select(window.locate.model.rows()[0].path)  # wanted by name: shown
    assert len(listed(window)) == 6
    assert window.locate.list.current() is window.locate.model.rows()[0]


def test_letters_in_the_list_do_not_jump_to_names(window: MainWindow) -> None:
    view = window.locate.list.view
    window.locate.list.select(window.locate.model.rows()[2].path)
    QTest.keyClicks(view, "photo_6")
    assert window.locate.list.current() is window.locate.model.rows()[2]


_NAMES_MAKE_WAY = """(() => {
  const { window } = geoguess.ground;
  const marks = geoguess.parts.all.flatMap((part) => part.obstacles?.(window) ?? []);
  const taken = geoguess.labels.taken.boxes;
  return marks.length > 0 && marks.every(([x, y, width]) => taken.some((box) =>
    Math.abs(box[0] - x) < 2 && Math.abs(box[1] - y) < 2 && box[2] - box[0] >= width - 1));
})()"""


def test_all_photos_are_on_one_map_and_a_click_selects(window: MainWindow, qtbot: QtBot) -> None:
    page = Page(window, qtbot)
    dots = "geoguess.parts.all.find((part) => part.constructor.name === 'Review').dots"
    window.activateWindow()
    window.locate.list.view.setFocus()
    QTest.keyClick(window.locate.list.view, Qt.Key.Key_A)
    assert window.locate.overview.is_on
    page.await_js(f"{dots}.numbers.length === 6")
    page.await_js("!document.querySelector('.mark-candidate')")  # no answer lies over them
    window.locate.list.select(window.locate.model.rows()[1].path)
    page.await_js(f"{dots}.own !== null")
    marks = page.js(f"{dots}.clusters.at(512).map((cluster) => cluster.members.length)")
    assert sum(marks) == 5  # every photo is in one mark, and the current one has its pin
    page.js(f"({dots}.page.map.setZoom(1, {{animate: false}}), 1)")
    page.await_js(_NAMES_MAKE_WAY)  # nothing is written below a mark with a number
    wanted = window.locate.model.rows()[4]
    here = wanted.outcome.located.prediction.coordinate
    page.look_at(here.latitude_deg, here.longitude_deg, 9)
    # Below the tip of the pin, which may stand at the same place.
    spot = page.point_of(here.latitude_deg, here.longitude_deg) + QPoint(0, 6)
    QTest.mouseClick(page.target, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.waitUntil(lambda: wanted in window.locate.selected())
    number_of = window.locate.placing.number_of
    first_and_last = [number_of(window.locate.model.rows()[row].path) for row in (0, 5)]
    page.js(f"(geoguess.bridge.report('reviewCluster', {first_and_last}), 1)")
    names = ["photo_1.jpg", "photo_6.jpg"]
    qtbot.waitUntil(lambda: [row.name for row in window.locate.selected()] == names)
    window.locate.commands.overview()
    page.await_js(f"{dots}.numbers.length === 0")
    page.await_js("document.querySelector('.mark-candidate')")


def test_folders_opened_before_are_offered_again(window: MainWindow, qtbot: QtBot) -> None:
    folder = window.locate.model.rows()[0].path.parent
    window.locate.commands.clear()
    window.window_state.remove("recent/folders")
    menu = window.recent.menu
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["No folders yet"]
    window.intake.open_paths([folder])
    qtbot.waitUntil(all_done(window, 6), timeout=ANSWER_MS)
    window.locate.commands.clear()
    menu.aboutToShow.emit()
    assert menu.actions()[0].text().startswith("photos ")
    menu.actions()[0].trigger()
    qtbot.waitUntil(all_done(window, 6), timeout=ANSWER_MS)


def test_a_restriction_is_seen_beside_the_list_and_lifted_there(window: MainWindow) -> None:
    chip = window.locate.list.restriction
    assert not chip.isVisible()
    window.locate.areas.search(Country("FR"))
    assert chip.isVisible()
    assert chip.text() == "Only in France  ✕"
    chip.click()
    assert window.locate.areas.area is None
    assert not chip.isVisible()


def test_map_and_panel_are_always_of_the_same_photo(window: MainWindow, qtbot: QtBot) -> None:
    page = Page(window, qtbot)
    for row in window.locate.model.rows():
        window.locate.list.select(row.path)  # as fast as keys can be pressed
    last = window.locate.model.rows()[2]
    window.locate.list.select(last.path)
    here = last.outcome.located.prediction.coordinate
    told = [round(here.latitude_deg, 6), round(here.longitude_deg, 6)]
    page.await_js(f"String(geoguess.prediction.answer) === String({told})")
    assert window.locate.detail.file.text() == last.name
    pin = page.js("document.querySelector('.review-pin').getAttribute('aria-label')")
    assert pin == f"Position of {last.name}"
    window.locate.list.view.clearSelection()
    window.locate.commands.clear()
    page.await_js("geoguess.prediction === null")
    assert window.locate.detail.nothing.isVisible()


def test_date_camera_and_folder_are_told(
    window: MainWindow, photo_sets: Path, qtbot: QtBot
) -> None:
    photo = sorted((photo_sets / "exif").glob("nikon_*.jpg"))[0]
    window.intake.open_paths([photo])
    qtbot.waitUntil(all_done(window, 7), timeout=ANSWER_MS)
    row = window.locate.model.rows()[-1]
    qtbot.waitUntil(lambda: row.facts is not None)
    window.locate.list.select(photo)
    told = window.locate.detail.about.text()
    assert f"{row.facts.taken:%Y-%m-%d}" in told
    assert "NIKON" in told.upper()
    assert "Folder: exif" in told
    choose(window, ListPart.GPS)
    assert listed(window) == [photo.name]


def test_the_list_is_there_again_and_what_is_gone_is_named(
    open_window: OpenWindow,
    photo_sets: Path,
    tmp_path_factory: pytest.TempPathFactory,
    qtbot: QtBot,
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    (folder / "photos").mkdir()
    photos = six_photos(photo_sets, folder / "photos")[:3]
    with open_window(folder) as window:
        window.intake.open_paths(photos)
        qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
        window.locate.list.select(photos[1])
        answers = {r.path: r.outcome.located.prediction for r in window.locate.model.rows()}
    photos[0].unlink()
    with open_window(folder) as window:
        qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
        assert [row.path for row in window.locate.model.rows()] == photos[1:]
        assert window.locate.list.current().path == photos[1]
        assert window.notice.text == "Not found any more, so not listed: photo_1.jpg."
        for row in window.locate.model.rows():  # from the memory of answers, to the last bit
            assert row.outcome.located.prediction.confidence == answers[row.path].confidence
        window.commands.apply_settings(keep_list=False)
        assert not (folder / "photo_list.json").exists()
    assert not (folder / "photo_list.json").exists()
    with open_window(folder) as window:
        window.commands.apply_settings(keep_list=False)
        assert window.locate.model.rowCount() == 0


def test_a_broken_list_file_stops_nothing(
    open_window: OpenWindow, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "photo_list.json").write_text(json.dumps({"version": 1, "photos": 7}))
    with open_window(folder) as window:
        assert kept_list_path() == folder / "photo_list.json"
        assert window.locate.model.rowCount() == 0
