"""Settings, models, about, keys: they open, say what they should, and change what they say."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.network.engine_state import EngineState
from geoguess_app.settings import load_settings
from geoguess_app.ui.library.page import LibraryPage
from geoguess_app.ui.shell.device_dialog import DeviceDialog, device_facts
from geoguess_app.ui.shell.help import PAGES, HelpDialog, anchor_of, page_title, read_page
from geoguess_app.ui.shell.modes import MODES
from geoguess_app.ui.shell.settings_dialog import SettingsDialog
from geoguess_app.ui.shell.window import MainWindow
from tests.core.tiny_bundle import shared_parts
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def opened(kind: type[QDialog] = QDialog) -> QDialog:
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, kind)
    return dialog


def texts(dialog: QDialog) -> str:
    return " ".join(label.text() for label in dialog.findChildren(QLabel))


def test_settings_change_form_and_looks_and_are_saved(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.intake.open_paths(photos[:1])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    window.actions_.settings.trigger()
    dialog = opened(SettingsDialog)
    dialog.fields["coordinate_format"].setCurrentIndex(1)
    dialog.fields["crops"].setCurrentIndex(1)
    dialog.accept()
    saved = load_settings()
    assert saved.coordinate_format == "dms"
    assert saved.crops == 1
    qtbot.waitUntil(
        lambda: window.locator.model is not None and window.locator.model.predictor.crops == 1,
        timeout=LOADING_MS,
    )
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    window.locate.actions_.copy.trigger()
    assert "″" in QApplication.clipboard().text()


def test_cancelled_settings_change_nothing(window: MainWindow, config: Path) -> None:
    window.actions_.settings.trigger()
    dialog = opened(SettingsDialog)
    dialog.fields["theme"].setCurrentIndex(2)
    dialog.reject()
    assert window.theme.name == "light"
    assert not (config / "settings.json").exists()


def test_models_used_before_are_listed_with_what_they_measured(
    window: MainWindow, tmp_path: Path, tiny_model: Path, qtbot: QtBot
) -> None:
    parts = shared_parts(seed=3)
    measured = {"accuracy": {"1": 0.05, "25": 0.41, "200": 0.625, "750": 0.8}, "photos": 300}
    manifest = replace(parts.manifest, name="Measured", evaluation=measured)
    other = write_bundle(
        tmp_path / "measured", manifest, parts.partitions, parts.tensors, parts.extra_files
    )
    for path in (other, tiny_model):
        with qtbot.waitSignal(window.locator.modelReady, timeout=LOADING_MS):
            window.commands.use_model(path)
    window.actions_.models.trigger()
    page = window.findChild(LibraryPage)
    qtbot.waitUntil(lambda: page.detail.title.text() == "Tiny 0.1", timeout=ANSWER_MS)
    manifest = window.locator.model.predictor.bundle.manifest
    assert page.detail.values["Licence"] == manifest.license
    assert page.detail.values["Intended area"] == manifest.intended_area
    assert not page.detail.bars.isVisible()  # it measured nothing
    page.list.select(other)
    assert page.detail.title.text() == "Measured 0.1"
    assert page.detail.bars.accessibleName().startswith("5.0% within 1\xa0km, 41% within 25\xa0km")
    assert "of 300 photos it had not seen" in page.detail.bars_note.text()
    with qtbot.waitSignal(window.locator.modelReady, timeout=LOADING_MS):
        page.list.itemActivated.emit(page.list.currentItem())
    assert window.status.model.text() == "Measured 0.1"
    assert window.settings.model == str(other)
    shutil.rmtree(other)
    page.refresh()
    qtbot.waitUntil(
        lambda: other not in [getattr(entry, "path", None) for entry in page.list.entries()],
        timeout=ANSWER_MS,
    )
    page.close()


def test_about_speaks_of_acceptable_use(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_.about.trigger()
    dialog = opened()
    assert "Responsible use" in texts(dialog)
    assert "never leave this computer" in texts(dialog)
    for label in dialog.findChildren(QLabel):
        if label.text():
            assert label.height() >= label.heightForWidth(label.width()) > 0 or not label.wordWrap()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_keys_dialog_lists_what_the_actions_do(window: MainWindow) -> None:
    window.actions_.keys.trigger()
    dialog = opened()
    said = texts(dialog)
    for action in (
        window.actions_.add_photos,
        window.locate.actions_.remove,
        window.actions_.theme,
    ):
        key = action.shortcut().toString()
        assert key.replace("Del", "Delete") in said
    dialog.reject()


def test_help_opens_the_page_of_the_mode_and_follows_links(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.actions_.help.trigger()
    dialog = window.findChild(HelpDialog)
    assert dialog.text.toPlainText().startswith("The window")
    assert dialog.pages.currentItem().text() == "The window"
    dialog.text.anchorClicked.emit(QUrl("review.md"))
    assert dialog.text.toPlainText().startswith("A review")
    assert dialog.pages.currentItem().text() == "A review"
    dialog.text.backward()
    assert dialog.text.toPlainText().startswith("The window")
    dialog.text.anchorClicked.emit(QUrl("https://example.org/page"))
    assert dialog.note.text() == "Copied: https://example.org/page"  # nothing is opened
    dialog.search.setText("curve")
    dialog.find_next()
    assert dialog.text.textCursor().selectedText().lower() == "curve"
    dialog.search.setText("xyzzy")
    dialog.find_next()
    assert dialog.note.text() == "Not found on this page."
    window.modes.switch("compare")
    window.actions_.help.trigger()
    assert window.findChildren(HelpDialog) == [dialog]  # one is enough
    window.theme.choose("dark")
    assert link_colours(dialog) == {window.theme.tokens.accent}
    window.theme.choose("light")
    assert link_colours(dialog) == {window.theme.tokens.accent}
    window.actions_.help.trigger()
    assert dialog.text.textCursor().block().text() == "Comparing"
    seen = dialog.text.viewport().rect()
    qtbot.waitUntil(lambda: seen.contains(dialog.text.cursorRect().center()))
    dialog.close()


def link_colours(dialog: HelpDialog) -> set[str]:
    """The colours in which the page shows its links."""
    colours, block = set(), dialog.text.document().begin()
    while block.isValid():
        parts = block.begin()
        while not parts.atEnd():
            form = parts.fragment().charFormat()
            if form.isAnchor():
                colours.add(form.foreground().color().name())
            parts += 1
        block = block.next()
    return colours


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_there_and_links_only_to_what_is(name: str) -> None:
    text = read_page(name)
    assert page_title(name)
    assert not re.search(r"\[[\w-]+\.md\]", text)  # a reader knows pages by their titles
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        page, _, part = link.partition("#")
        if "/" in page or page.startswith("http"):
            continue  # copied, not opened
        target = read_page(page) if page else text
        assert target, f"{name} links to {link}"
        headings = re.findall(r"^#+ (.*)$", target, re.MULTILINE)
        assert not part or part in map(anchor_of, headings), f"{name} links to {link}"


def test_every_mode_has_a_page() -> None:
    for entry in MODES:
        page, _, part = entry.load().help_page.partition("#")
        assert page in PAGES
        headings = re.findall(r"^#+ (.*)$", read_page(page), re.MULTILINE)
        assert not part or part in map(anchor_of, headings)


def test_the_device_in_the_status_line_tells_memory_threads_and_pace(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    window.status.device.click()
    dialog = opened(DeviceDialog)
    assert dialog.title.text() == window.locator.model.device == "CPU"
    assert dialog.values["Model"].text() == "Tiny 0.1"
    assert dialog.values["Network weights"].text().endswith("B")
    assert "Graphics memory" not in dialog.values
    window.intake.open_paths(photos[:2])
    qtbot.waitUntil(all_done(window, 2), timeout=ANSWER_MS)
    qtbot.waitUntil(lambda: "photos per" in dialog.values["Pace in this session"].text())
    dialog.settingsWanted.emit()
    dialog.accept()
    opened(SettingsDialog).reject()


def test_graphics_tell_how_much_of_their_memory_is_used() -> None:
    state = EngineState("NVIDIA H200", None, True, 24_400_000, (3_210_000_000, 150e9), 415.0)
    facts = dict(device_facts(state, "Starter 2.1", 1))
    assert facts == {
        "Model": "Starter 2.1",
        "Engine": "PyTorch",
        "Network weights": "24\N{NO-BREAK SPACE}MB",
        "Graphics memory": "3.2\N{NO-BREAK SPACE}GB of 150\N{NO-BREAK SPACE}GB used",
        "Precision": "16 bits",
        "Crops per photo": "1",
        "Pace in this session": "415 photos per second",
    }
    slow = replace(state, crops_per_s=2.5)
    assert dict(device_facts(slow, "", 1))["Pace in this session"] == "2.5 photos per second"
    assert dict(device_facts(slow, "", 5))["Pace in this session"] == "30 photos per minute"
