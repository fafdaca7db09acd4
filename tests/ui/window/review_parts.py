"""What tests of the review share: the mode, open and filled with real photos."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.review.values import ReviewPhoto, State
from geoguess_app.ui.review.mode import ReviewMode
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.review_controller import ReviewController
from tests.ui.map_page import input_widget
from tests.ui.window.conftest import LOADING_MS

NONE = Qt.KeyboardModifier.NoModifier


def open_review(window: MainWindow, qtbot: QtBot) -> ReviewMode:
    """Turn the review mode on and wait until its file is open."""
    with qtbot.waitActive(window):
        window.activateWindow()
    mode = window.modes.switch("review")
    assert isinstance(mode, ReviewMode)
    qtbot.waitUntil(lambda: mode.controller is not None, timeout=LOADING_MS)
    return mode


def control(mode: ReviewMode) -> ReviewController:
    """The controller of an open review."""
    assert mode.controller is not None
    return mode.controller


def located(mode: ReviewMode, count: int) -> Callable[[], bool]:
    """True once so many photos are listed and none is at work any more."""

    def done() -> bool:
        assert mode.work is not None
        waiting = control(mode).counts()[State.WAITING]
        listed = mode.model.rowCount() == count == len(control(mode))
        return listed and not waiting and not mode.work.running and mode.listing.settled

    return done


def trip(photo_sets: Path, folder: Path) -> Path:
    """Twenty photos, two of them with GPS of their own, and one broken file."""
    folder.mkdir()
    for number, photo in enumerate(sorted((photo_sets / "world").iterdir())[:18], start=1):
        shutil.copy(photo, folder / f"IMG_{number:03}.jpg")
    for photo in sorted((photo_sets / "exif").glob("nikon_*.jpg"))[:2]:
        shutil.copy(photo, folder / photo.name.replace("nikon_", "GPS_"))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"no picture" * 30)
    for photo in folder.iterdir():
        photo.chmod(0o644)  # those that are shared may not be written, nor their copies
    return folder


def undone(mode: ReviewMode, qtbot: QtBot) -> ReviewMode:
    """Take back all decisions of a review: the first photo is looked at, and the list has the
    keyboard. What was done can still be redone until the next step."""
    window, controller = mode.services.host, control(mode)
    with qtbot.waitActive(window):
        window.activateWindow()
    window.modes.switch("review")
    mode.preview.hide()
    while controller.steps()[0] is not None:
        controller.undo()
        controller.finish()
    mode.pane.filters.more.setChecked(False)
    mode.pane.filters.reset()
    qtbot.waitUntil(lambda: mode.model.rowCount() == len(controller) and mode.listing.settled)
    mode.list.go_to(mode.model.numbers[0])
    mode.list.setFocus()
    window.notice.hide()
    assert not any(photo.decision.chosen or photo.decision.area for photo in controller.session)
    assert set(controller.counts().elements()) <= {State.LOCATED, State.HAS_GPS, State.FAILED}
    return mode


def press(mode: ReviewMode, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    """A key of the window, as it comes to whatever has the keyboard."""
    focused = QApplication.focusWidget()
    inside = focused is not None and mode.services.host.isAncestorOf(focused)
    target = focused if inside and focused is not None else mode.list
    QTest.keyClick(target, key, modifier)


def current(mode: ReviewMode) -> ReviewPhoto:
    """The photo that is looked at."""
    photo = mode.listing.current()
    assert photo is not None
    return photo


def state_of(mode: ReviewMode, number: int | None) -> State:
    """The state of a photo."""
    assert number is not None
    return control(mode).photo(number).state


class Page:
    """The map's page of a window, looked into and used with the mouse."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        web = window.findChild(QWebEngineView)
        assert web is not None
        self._web, self._qtbot = web, qtbot

    @property
    def target(self) -> QWidget:
        """What takes the mouse and the keyboard."""
        return input_widget(self._web)

    def js(self, code: str) -> Any:
        """Value of an expression in the page, through JSON."""
        with self._qtbot.waitCallback(timeout=10_000) as called:
            self._web.page().runJavaScript(f"JSON.stringify({code})", 0, called)
        text = called.args[0]
        return json.loads(text) if text else None

    def await_js(self, condition: str) -> None:
        """Wait until an expression in the page is true."""

        def holds() -> None:
            assert self.js(f"!!({condition})"), condition

        self._qtbot.waitUntil(holds, timeout=10_000)

    def at_rest(self) -> None:
        """Wait until the map neither moves nor has to be painted."""
        self.await_js("!geoguess.dirty")

    def look_at(self, latitude_deg: float, longitude_deg: float, zoom: int) -> None:
        """Jump to a place once no earlier movement is under way, and stay there."""
        here = [latitude_deg, longitude_deg]

        def there() -> None:
            self.at_rest()
            self.js(f"(geoguess.map.setView({here}, {zoom}, {{animate: false}}), 1)")
            self.at_rest()
            lat, lon, now = self.js(
                "(({lat, lng}) => [lat, lng, geoguess.map.getZoom()])(geoguess.map.getCenter())"
            )
            assert [lat, lon, now] == pytest.approx([*here, zoom], abs=0.01)

        self._qtbot.waitUntil(there, timeout=20_000)

    def place_of(self, at: QPoint) -> tuple[float, float]:
        """Latitude and longitude of a point of the view."""
        lat, lon = self.js(f"geoguess.placeAt({at.x()}, {at.y()})")
        return lat, lon

    def point_of(self, latitude_deg: float, longitude_deg: float) -> QPoint:
        """Where a place stands in the view."""
        x, y = self.js(
            "(() => { const m = geoguess.map; const turn = Math.round((m.getCenter().lng - "
            f"({longitude_deg})) / 360); const p = m.latLngToContainerPoint([{latitude_deg}, "
            f"({longitude_deg}) + 360 * turn]); return [p.x, p.y]; }})()"
        )
        return QPoint(round(x), round(y))

    def drag(self, start: QPoint, end: QPoint, *, let_go: bool = True) -> None:
        """A drag with the left button, in small steps as by hand."""
        QTest.mouseMove(self.target, start)
        QTest.mousePress(self.target, Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, 6):
            QTest.mouseMove(self.target, start + (end - start) * (step / 5))
            self._qtbot.wait(20)
        if let_go:
            QTest.mouseRelease(self.target, Qt.MouseButton.LeftButton, pos=end)

    def hover(self, at: QPoint) -> None:
        """The pointer comes from a little beside, so that the page sees a move."""
        QTest.mouseMove(self.target, at - QPoint(2, 2))
        QTest.mouseMove(self.target, at)

    def click(self, at: QPoint) -> None:
        """A click of the left button."""
        QTest.mouseMove(self.target, at)
        QTest.mouseClick(self.target, Qt.MouseButton.LeftButton, pos=at)
