"""Read text in Locate: only when asked, framed on the photo, offered as clues, cancelled with the
photo."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from geoguess_app.core.clues.clue import parse_clue
from geoguess_app.core.clues.found import ClueSource
from geoguess_app.core.reading import text_reader
from geoguess_app.ui.map.page import map_profile
from geoguess_app.ui.shell.window import MainWindow
from tests.signs import readings, save_sign
from tests.ui.map_page import MapDriver
from tests.ui.window.conftest import ANSWER_MS, all_done

SIGN = ("Padaria Central", "+351 21 123 4567", "LISBOA")
MARK = "document.querySelector('[aria-label=\"Found: Lisbon\"]')"
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture
def photos_listed(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> tuple[Path, Path]:
    """Two located photos, one with a sign, which is shown, and one without."""
    before = readings()
    sign, plain = save_sign(tmp_path / "sign.jpg", SIGN), save_sign(tmp_path / "plain.jpg", ())
    window.intake.open_paths([sign, plain])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    window.locate.list.select(sign)
    assert readings() == before  # it never runs unless asked
    return sign, plain


def read(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_T, SHIFT)
    qtbot.waitUntil(lambda: not window.locate.reading.is_reading, timeout=ANSWER_MS)


def test_text_is_read_only_when_asked_and_offered_as_clues(
    window: MainWindow, photos_listed: tuple[Path, Path], qtbot: QtBot
) -> None:
    sign, plain = photos_listed
    locate = window.locate
    box, state = locate.reading.box, locate.clues.state
    offered = [each.source for path in photos_listed for each in state.found(path)]
    assert ClueSource.SIGN not in offered
    assert not box.read.isHidden()
    assert box.words.isHidden()

    read(window, qtbot)
    assert box.read.isHidden()
    assert box.words.text() == "Text on this photo: Padaria Central · +351 21 123 4567 · LISBOA"
    assert len(locate.detail.photo.frames) == len(SIGN)
    assert all(0 <= x <= 1 and 0 <= y <= 1 for f in locate.detail.photo.frames for x, y in f)
    signs = [each for each in state.found(sign) if each.source is ClueSource.SIGN]
    assert [str(each.clue) for each in signs] == ["phone=351", "near=Lisbon/PT"]
    assert [each.said for each in signs] == ["+351 21 123 4567", "LISBOA"]
    assert state.choices(sign).used == ()  # never used by itself
    assert locate.areas.clues == ()
    assert not map_profile().interceptor.blocked

    card = next(card for card in locate.clues.list.cards if card.offered.found is signs[0])
    assert "Signs also name places elsewhere: 3 of 23 photos measured." in card.why.text()
    qtbot.mouseClick(card.use, Qt.MouseButton.LeftButton)
    assert state.choices(sign).used == (parse_clue("phone=+351"),)

    # The photo without text has its own words; coming back, those of the sign stand there again.
    locate.list.select(plain)
    assert locate.detail.photo.frames == ()
    assert not box.read.isHidden()
    read(window, qtbot)
    assert box.status.text() == "No text found on this photo."
    locate.list.select(sign)
    assert "LISBOA" in box.words.text()


def test_a_click_on_a_word_shows_its_place_on_the_map(
    window: MainWindow, photos_listed: tuple[Path, Path], qtbot: QtBot
) -> None:
    read(window, qtbot)
    (link,) = window.locate.reading.box.places
    assert link.text() == "“LISBOA”: Lisbon, Portugal"
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    driver = MapDriver.__new__(MapDriver)
    driver.view, driver.qtbot = window.map_pane.map, qtbot
    driver.await_js(MARK)
    assert window.locate.detail.photo.pointed == len(SIGN) - 1
    window.locate.list.select(photos_listed[1])
    driver.await_js(f"!{MARK}")


def test_another_photo_ends_the_reading(
    window: MainWindow, photos_listed: tuple[Path, Path], qtbot: QtBot
) -> None:
    sign, plain = photos_listed
    reading = window.locate.reading
    qtbot.keyClick(window, Qt.Key.Key_T, SHIFT)
    assert reading.is_reading
    assert reading.box.status.text() == "Reading the text…"
    job = reading._job
    window.locate.list.select(plain)
    assert not reading.is_reading
    assert job.token.cancelled
    qtbot.waitUntil(lambda: window.pools.reading.activeThreadCount() == 0, timeout=ANSWER_MS)
    assert reading.box.status.isHidden()
    found = window.locate.clues.state.found(sign)
    assert ClueSource.SIGN not in [each.source for each in found]


def test_without_rapidocr_one_sentence_says_how_to_get_it(
    window: MainWindow,
    photos_listed: tuple[Path, Path],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_reader, "_PACKAGE", "no_such_package")
    qtbot.mouseClick(window.locate.reading.box.read, Qt.MouseButton.LeftButton)
    assert not window.locate.reading.is_reading
    assert "install rapidocr: pip install" in window.notice.text
