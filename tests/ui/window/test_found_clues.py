"""Clues of single photos in Locate: offered with what they would change, used or dismissed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from geoguess_app.core.area.areas import UtcOffset
from geoguess_app.core.clues.clue import Clue, parse_clue
from geoguess_app.core.clues.found import ClueSource, FoundClue
from geoguess_app.ui.locate.view_state import LocateViewState
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.map_page import MapDriver
from tests.ui.window.conftest import ANSWER_MS, all_done

SOUTH, NORTH = parse_clue("hemisphere=south"), parse_clue("hemisphere=north")


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def offer(window: MainWindow, photo: Path, *clues: Clue) -> None:
    found = [FoundClue(clue, ClueSource.SIGN, "Rua") for clue in clues]
    window.locate.clues.offer(photo, ClueSource.SIGN, found)


def titles(window: MainWindow) -> list[str]:
    return [card.title.text() for card in window.locate.clues.list.cards]


def used(window: MainWindow, photo: Path) -> tuple[Clue, ...]:
    return window.locate.clues.state.choices(photo).used


def told(window: MainWindow, qtbot: QtBot) -> None:
    card = window.locate.detail.restricted
    qtbot.waitUntil(
        lambda: not card.isHidden() and card.title.text() != "Searching the area…",
        timeout=ANSWER_MS,
    )


def test_the_cameras_clock_counts_on_the_day_of_the_photo(
    window: MainWindow, photos: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    photo = tmp_path / "Lisboa_2014" / "clock.jpg"
    photo.parent.mkdir()
    shutil.copyfile(photos[0], photo)
    tags = ("-DateTimeOriginal=2024:07:01 12:00:00", "-OffsetTimeOriginal=+02:00")
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, str(photo)], check=True)
    window.intake.open_paths([photo])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    clues = window.locate.clues
    qtbot.waitUntil(lambda: len(titles(window)) == 2, timeout=ANSWER_MS)
    assert titles(window) == ["Clocks at UTC+02:00", "Near Lisbon, Portugal"]
    assert clues.list.cards[1].why.text().startswith("Folder name: “Lisboa”. A folder holds")
    card = clues.list.cards[0]
    assert "left on the time at home" in card.why.text()
    assert used(window, photo) == ()
    qtbot.waitUntil(lambda: card.becomes.text().startswith("With it: "), timeout=ANSWER_MS)
    qtbot.mouseClick(card.use, Qt.MouseButton.LeftButton)
    assert used(window, photo) == (parse_clue("utc-offset=+02:00"),)
    row = window.locate.list.current()
    area = window.locate.areas.restriction_of(row).area
    assert isinstance(area, UtcOffset)
    assert str(area.day) == "2024-07-01"
    assert "Clocks at UTC+02:00" not in titles(window)
    chips = [chip.text() for chip in window.locate.areas.clue_box.chips]
    assert chips == ["Clocks at UTC+02:00, this photo ×"]
    told(window, qtbot)


def test_one_key_uses_a_clue_and_one_dismisses_it_for_this_photo_alone(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    clues, view = located.locate.clues, located.locate.list.view
    for photo in photos[:2]:
        offer(located, photo, NORTH, SOUTH)
    assert titles(located) == ["Northern hemisphere", "Southern hemisphere"]
    qtbot.keyClick(view, Qt.Key.Key_X)
    assert titles(located) == ["Southern hemisphere"]
    assert clues.list.recalls[0].text() == "Dismissed: northern hemisphere. Offer again"
    qtbot.keyClick(view, Qt.Key.Key_U)
    assert used(located, photos[0]) == (SOUTH,)
    assert titles(located) == []
    told(located, qtbot)
    located.locate.list.select(photos[1])
    assert titles(located) == ["Northern hemisphere", "Southern hemisphere"]
    assert located.locate.detail.restricted.isHidden()
    # Back at the first photo, what was decided is still there, and can be taken back.
    located.locate.list.select(photos[0])
    assert titles(located) == []
    clues.list.recalls[0].click()
    assert titles(located) == ["Northern hemisphere"]
    for _ in range(3):
        located.locate.steps.undo()
    assert used(located, photos[0]) == ()
    assert titles(located) == ["Northern hemisphere", "Southern hemisphere"]


def test_a_clue_for_the_selected_photos_only(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    listed, box = located.locate.list, located.locate.areas.clue_box
    listed.select_all_of(photos[:2])
    assert box.list.lineEdit().placeholderText() == "Clue for the 2 selected photos…"
    index = box.list.findText("Southern hemisphere")
    box.list.activated.emit(index)
    assert [used(located, photo) for photo in photos[:3]] == [(SOUTH,), (SOUTH,), ()]
    assert located.locate.areas.clues == ()
    assert "2 photos" in located.notice.text
    qtbot.mouseClick(box.chips[0], Qt.MouseButton.LeftButton)
    assert [used(located, photo) for photo in photos[:2]] == [(), ()]
    listed.select(photos[1])
    qtbot.waitUntil(lambda: "side of the road" in box.list.lineEdit().placeholderText())


def test_chips_above_the_map_and_a_veil_on_what_is_excluded(
    located: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    locate = located.locate
    strip, areas = locate.clues.strip, locate.areas
    driver = MapDriver.__new__(MapDriver)
    driver.view, driver.qtbot = located.map_pane.map, qtbot
    assert strip.isHidden()
    areas.use_clues([NORTH])
    locate.clues.use(parse_clue("drives-on=right"))
    assert [chip.text() for chip in strip.chips] == [
        "Northern hemisphere ×",
        "Drives on the right, this photo ×",
    ]
    told(located, qtbot)
    driver.await_js("geoguess.parts.all.some((part) => part.topics.review && part.reached)")
    view = LocateViewState(locate).captured(photos[0].parent)
    by_photo = [{"photo": photos[0].name, "used": ["drives-on=right"]}]
    assert (view["clues"], view["by_photo"]) == (["hemisphere=north"], by_photo)
    # Another photo has only what holds for all; another mode has the map to itself.
    locate.list.select(photos[1])
    assert [chip.text() for chip in strip.chips] == ["Northern hemisphere ×"]
    located.modes.switch("explore")
    assert strip.isHidden()
    driver.await_js("!geoguess.parts.all.some((part) => part.topics.review && part.reached)")
    located.modes.switch("locate")
    assert not strip.isHidden()
    qtbot.mouseClick(strip.chips[0], Qt.MouseButton.LeftButton)
    assert areas.clues == ()
    assert strip.isHidden()
    driver.await_js("!geoguess.parts.all.some((part) => part.topics.review && part.reached)")
