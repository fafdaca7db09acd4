"""Reference photos in the window: the collection's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.ui.references.page import ReferencesPage
from geoguess_app.ui.shell.window import MainWindow
from tests.references.samples import located_photo
from tests.ui.window.conftest import ANSWER_MS
from tests.ui.window.exploring import Exploring


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> Iterator[ReferencesPage]:
    """The page, opened from the menu."""
    window.actions_.references.trigger()
    found = window.findChild(ReferencesPage)
    assert found is not None
    qtbot.waitUntil(lambda: bool(found.summary.text()), timeout=ANSWER_MS)
    yield found
    qtbot.waitUntil(lambda: not found.busy, timeout=ANSWER_MS)
    found.close()


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with two located photos and one without a position."""
    folder = tmp_path / "phone"
    folder.mkdir()
    located_photo(folder / "tower.jpg", 1, 48)
    located_photo(folder / "gate.jpg", 2, 52)
    located_photo(folder / "nowhere.jpg", 3, None)
    return folder


def done(page: ReferencesPage, qtbot: QtBot) -> str:
    qtbot.waitUntil(lambda: not page.busy, timeout=ANSWER_MS)
    return page.strip.text()


def test_a_folder_is_added_updated_and_removed(
    window: MainWindow,
    page: ReferencesPage,
    album: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    assert "No reference photos yet" in page.summary.text()
    assert not page.update_.isEnabled()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(album))
    page.add.click()
    assert page.busy
    assert "Adding phone" in window.status.background.text()
    assert "2 added" in done(page, qtbot)
    qtbot.waitUntil(lambda: page.folders.rowCount() == 1, timeout=ANSWER_MS)
    assert page.folders.item(0, 1).text() == "2"
    assert "2 reference photos" in page.summary.text()
    assert "1 photo without a position" in page.summary.text()

    (album / "gate.jpg").unlink()
    page.update_.click()
    assert "1 removed, 1 unchanged" in done(page, qtbot)

    page.remove.click()
    assert "Removed 1 reference photo." in done(page, qtbot)
    qtbot.waitUntil(lambda: not page.folders.rowCount(), timeout=ANSWER_MS)
    assert (album / "tower.jpg").is_file()


def test_everything_goes_only_after_a_question(
    page: ReferencesPage, album: Path, qtbot: QtBot
) -> None:
    page.bring_up_to_date((album,))
    done(page, qtbot)
    qtbot.waitUntil(page.clear.isEnabled, timeout=ANSWER_MS)
    page.clear.click()
    [question] = [box for box in page.findChildren(QMessageBox) if box.isVisible()]
    question.reject()
    with ReferenceCollection() as collection:
        assert collection.counts().photos == 2

    page.clear.click()
    question = next(box for box in page.findChildren(QMessageBox) if box.isVisible())
    next(button for button in question.buttons() if button.text() == "Remove").click()
    done(page, qtbot)
    with ReferenceCollection() as collection:
        assert collection.counts().photos == 0


def test_adding_can_be_paused_and_stopped(page: ReferencesPage, album: Path, qtbot: QtBot) -> None:
    page.bring_up_to_date((album,))
    page.pause.click()
    assert page.pause.text() == "Continue"
    page.pause.click()
    assert page.pause.text() == "Pause"
    page.strip.cancel.click()
    assert "Stopped" in done(page, qtbot) or "2 added" in page.strip.text()
    qtbot.waitUntil(page.update_.isEnabled, timeout=ANSWER_MS)
    page.update_.click()
    done(page, qtbot)
    with ReferenceCollection() as collection:
        assert collection.counts().photos == 2


def test_references_are_dots_in_explore(
    window: MainWindow, page: ReferencesPage, album: Path, qtbot: QtBot
) -> None:
    page.bring_up_to_date((album,))
    done(page, qtbot)
    exploring = Exploring(qtbot, window)
    dots = exploring.mode.references
    qtbot.waitUntil(lambda: len(dots.spots.names) == 2, timeout=ANSWER_MS)
    assert dots.spots.names == ("gate.jpg", "tower.jpg")
    count = "geoguess.parts.all.find((p) => p.constructor.name === 'Review').dots.numbers.length"
    exploring.map.await_js(f"{count} === 2")
    shown = exploring.mode.browser.references
    assert shown.isVisibleTo(exploring.mode.browser)
    shown.click()
    exploring.map.await_js(f"{count} === 0")
    dots.turn(on=True)
    exploring.map.await_js(f"{count} === 2")
    assert shown.isChecked()
    window.modes.switch("locate")
