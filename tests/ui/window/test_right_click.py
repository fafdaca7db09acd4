"""Right-click menus of list, photo, candidates and map; the browser opens only after a question."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import LOADING_MS
from tests.ui.window.review_parts import Page


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture
def visited(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that the browser was asked to open; none is really opened."""
    opened: list[str] = []

    def note(url: QUrl) -> bool:
        opened.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(note))
    return opened


def right_click(widget: QWidget, at: QPoint, qtbot: QtBot) -> QMenu:
    """The menu that opens there, the way Qt asks for one."""
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def choose(menu: QMenu, text: str) -> None:
    action = next(action for action in menu.actions() if action.text() == text)
    menu.setActiveAction(action)
    QTest.keyClick(menu, Qt.Key.Key_Return)


def question(window: MainWindow) -> QMessageBox:
    box = window.findChild(QMessageBox)
    assert box is not None
    return box


def test_the_browser_is_asked_for_once_by_name_and_never_opened_without(
    located: MainWindow, photos: list[Path], visited: list[str], qtbot: QtBot
) -> None:
    window = located
    window.window_state.remove("browser/agreed")
    view = window.locate.list.view.viewport()
    site = "Open in OpenStreetMap…"
    choose(right_click(view, QPoint(60, 20), qtbot), site)
    assert "www.openstreetmap.org" in question(window).text()
    assert "coordinates" in question(window).informativeText()
    assert visited == []
    question(window).button(QMessageBox.StandardButton.Cancel).click()
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None)
    assert visited == []
    choose(right_click(view, QPoint(60, 20), qtbot), site)
    agree = next(b for b in question(window).buttons() if b.text() == "Open")
    agree.click()
    where = window.locate.list.current().outcome.located.prediction.coordinate
    assert visited == [cf.map_url(where)]
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None)
    choose(right_click(view, QPoint(60, 20), qtbot), site)
    assert visited == [cf.map_url(where)] * 2  # agreed to: not asked again
    choose(right_click(view, QPoint(60, 20), qtbot), "Street photos on Mapillary…")
    assert "www.mapillary.com" in question(window).text()  # another site is another question
    question(window).button(QMessageBox.StandardButton.Cancel).click()
    assert len(visited) == 2


def test_photo_and_list_offer_the_same(
    located: MainWindow, photos: list[Path], visited: list[str], qtbot: QtBot
) -> None:
    window = located
    menu = right_click(window.locate.detail.photo, QPoint(30, 30), qtbot)
    assert {"Full preview", "Review these photos", "Show in folder", "Copy map link"} <= set(
        entries(menu)
    )
    choose(menu, "Show in folder")
    assert visited == [QUrl.fromLocalFile(str(photos[0].parent)).toString()]
    menu = right_click(window.locate.list.view.viewport(), QPoint(60, 20), qtbot)
    choose(menu, "Remove from list")
    assert [row.path for row in window.locate.model.rows()] == [photos[1]]
    assert photos[0].exists()


def test_a_candidate_is_copied_or_taken(located: MainWindow, qtbot: QtBot) -> None:
    window = located
    row = window.locate.list.current()
    table = window.locate.detail.candidates
    second = row.outcome.located.prediction.candidates[1]
    spot = QPoint(40, table.rowViewportPosition(1) + 5)
    choose(right_click(table.viewport(), spot, qtbot), "Copy coordinates")
    assert QGuiApplication.clipboard().text() == cf.decimal(second.coordinate)
    choose(right_click(table.viewport(), spot, qtbot), "Place photo here")
    qtbot.waitUntil(lambda: row.position is not None, timeout=LOADING_MS)
    assert row.position.coordinate == second.coordinate
    assert row.position.radius_km is None
    window.locate.placing.forget()


def test_the_map_offers_what_is_under_the_pointer(located: MainWindow, qtbot: QtBot) -> None:
    window = located
    page = Page(window, qtbot)
    page.await_js("document.querySelector('.review-pin')")
    page.look_at(48.0, 2.0, 6)
    at = page.point_of(49.0, 3.0)
    page.target.window().activateWindow()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, page.target.mapToGlobal(at))
    QTest.mouseClick(page.target, Qt.MouseButton.RightButton, pos=at)
    QApplication.sendEvent(page.target, event)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert "Place photo here" in entries(menu)
    choose(menu, "Copy coordinates")
    copied = cf.parse(QGuiApplication.clipboard().text())
    assert (copied.latitude_deg, copied.longitude_deg) == pytest.approx((49.0, 3.0), abs=0.02)
