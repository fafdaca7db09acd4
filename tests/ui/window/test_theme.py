"""Light and dark are both ours, on every widget and on the map; text stays readable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.settings import load_settings
from geoguess_app.ui.kit.palettes import DARK, LIGHT, Tokens
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.shell.window import MainWindow


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = []
    for value in QColor(colour).getRgbF()[:3]:
        parts.append(value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_enough_contrast(tokens: Tokens) -> None:
    for ground in (tokens.window, tokens.surface, tokens.raised, tokens.accent_soft):
        assert contrast(tokens.text, ground) >= 7
        assert contrast(tokens.muted, ground) >= 4.5
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert contrast(tokens.accent, tokens.surface) >= 4.5
    assert contrast(tokens.field, tokens.surface) >= 3
    assert contrast(tokens.warning, tokens.warning_soft) >= 4.5
    assert contrast(tokens.error, tokens.error_soft) >= 4.5
    assert contrast(tokens.error, tokens.surface) >= 4.5


def test_toggle_changes_palette_picture_map_and_memory(
    window: MainWindow, qtbot: QtBot, qapp: QApplication
) -> None:
    asked: list[str] = []
    window.theme.changed.connect(lambda _tokens: asked.append(window.map_pane.map._theme))
    light = window.grab().toImage().pixelColor(20, 400)
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert qapp.palette().color(QPalette.ColorRole.Base) == QColor(DARK.surface)
    dark = window.grab().toImage().pixelColor(20, 400)
    assert light.lightness() > 200
    assert dark.lightness() < 60
    assert window.map_pane.map._theme == "dark"
    assert load_settings().theme == "dark"
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert load_settings().theme == "light"


def test_choosing_the_theme_that_is_on_styles_nothing_anew(window: MainWindow) -> None:
    told: list[Tokens] = []
    window.theme.changed.connect(told.append)
    window.theme.choose("light")
    assert not told
    window.theme.choose("dark")
    window.theme.choose("light")
    assert told == [DARK, LIGHT]


def test_system_theme_follows_the_platform(make_window: Callable[..., MainWindow]) -> None:
    window = make_window(theme="system")
    hints = QApplication.styleHints()
    expected = "dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light"
    assert window.theme.name == expected


def test_nothing_is_cut_off(window: MainWindow, qtbot: QtBot) -> None:
    for size in ((1280, 800), (900, 600)):
        window.resize(*size)
        qtbot.wait(100)
        assert_whole(window, size)


def assert_whole(window: MainWindow, size: tuple[int, int]) -> None:
    assert (window.width(), window.height()) == size
    for part in (
        window.locate.list,
        window.map_pane,
        window.locate.detail,
        window.status,
        window.welcome,
    ):
        corner = part.mapTo(window, part.rect().bottomRight())
        assert corner.x() <= size[0]
        assert corner.y() <= size[1]
    assert window.map_pane.width() > max(window.locate.list.width(), window.locate.detail.width())
    for label in window.welcome.findChildren(QLabel) + window.status.findChildren(QLabel):
        if label.isVisible() and label.text() and not label.wordWrap():
            assert label.width() >= label.sizeHint().width(), label.text()
    toolbar = window.actions_.toolbar
    for button in toolbar.findChildren(QWidget, "qt_toolbar_ext_button"):
        assert not button.isVisible(), "toolbar buttons do not fit"
    for action in toolbar.actions():
        shown = toolbar.widgetForAction(action)
        assert shown.isVisible(), action.text()
        assert shown.mapTo(window, shown.rect().bottomRight()).x() <= size[0], action.text()


def test_panes_and_size_are_remembered(
    make_window: Callable[..., MainWindow], config: Path, qtbot: QtBot
) -> None:
    first = make_window()
    first.resize(1100, 700)
    handle = first.splitter.handle(1)
    middle = handle.rect().center()
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(handle, middle + QPoint(40, 0))
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.wait(50)
    sizes = first.splitter.sizes()
    assert sizes[0] > 270
    first.close()
    assert QSettings(str(config / "window.ini"), QSettings.Format.IniFormat).contains("panes")
    second = make_window(size=(1100, 700))
    qtbot.wait(50)
    assert second.splitter.sizes() == sizes


def test_widths_of_a_large_screen_do_not_crush_the_map_of_a_small_one(
    make_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = make_window(size=(1900, 1000))
    window.splitter.setSizes([620, 660, 620])
    window.splitter.splitterMoved.emit(620, 1)
    window.resize(1000, 650)
    left, middle, right = window.splitter.sizes()
    assert middle >= 450
    assert (left, right) < (320, 420)
    window.splitter.setSizes([200, 400, 400])
    window.splitter.splitterMoved.emit(200, 1)
    window.resize(1020, 650)
    assert window.splitter.sizes()[2] == pytest.approx(400, abs=5)  # what was set stays
    window.actions_.reset.trigger()
    assert window.splitter.sizes()[2] == pytest.approx(295, abs=5)
    window.actions_.full.trigger()
    assert window.isFullScreen()
    window.actions_.full.trigger()
    assert not window.isFullScreen()


def test_the_first_start_fits_on_the_screen(qapp: QApplication, config: Path) -> None:
    state = QSettings(str(config / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Theme(qapp, "light"), load_settings(), state)
    room = window.screen().availableSize()
    assert window.height() < room.height()  # the status line with Cancel is on the screen
    assert window.width() <= max(room.width(), window.minimumWidth())
    window.leave()
    shiboken6.delete(window)
