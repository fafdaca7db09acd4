"""Driving the real map page from tests: run JavaScript, wait for what was asked to be drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.map.channel import STATE_TOPICS
from geoguess_app.ui.map.view import MapView
from geoguess_app.ui.work.map_state import Display

READY_MS = 30_000


class MapDriver:
    """A shown map view and the means to look into its page."""

    def __init__(self, qtbot: QtBot, width: int = 640, height: int = 440) -> None:
        self.qtbot = qtbot
        self.view = MapView()
        self.problems: list[str] = []
        self.view.problem.connect(self.problems.append)
        self.view.resize(width, height)
        qtbot.addWidget(self.view)

    def open(self) -> MapDriver:
        """Show the view and wait until its page listens, with the motion that most people see."""
        with self.qtbot.waitSignal(self.view.ready, timeout=READY_MS):
            self.view.show()
        self.allow_motion()
        return self

    def allow_motion(self, allowed: bool = True) -> None:
        """Let the map fly and fade, or not, whatever the system asks for."""
        self.js(f"(geoguess.motion.calm = {{ matches: {str(not allowed).lower()} }}, 1)")

    def reset(self, qtbot: QtBot) -> None:
        """Show an empty light map of the whole world again, for the next test.

        What the window has sent describes the page fully, so taking it back is enough.
        """
        self.qtbot = qtbot
        self.problems.clear()
        view = self.view
        for topic in view.snapshot().topics:
            if topic not in STATE_TOPICS:
                view.push(topic, None)
        view.set_tiles(None)
        view.set_layer("")
        view.set_display(Display())
        view.clear()
        view.show_buttons(True)
        self.drawn("partitions", lambda: view.set_partitions([]))
        self.drawn("theme", lambda: view.set_theme("light"))
        self.move_to(QPoint(3, 3))
        self.look_at(0.0, 0.0, 2.0)

    @property
    def web(self) -> QWebEngineView:
        """The web view inside."""
        found = self.view.findChild(QWebEngineView)
        assert found is not None
        return found

    def js(self, code: str) -> Any:
        """Value of an expression in the page, through JSON."""
        with self.qtbot.waitCallback(timeout=10_000) as called:
            self.web.page().runJavaScript(f"JSON.stringify({code})", 0, called)
        text = called.args[0]
        return json.loads(text) if text else None

    def await_js(self, condition: str, timeout: int = 10_000) -> None:
        """Wait until an expression in the page is true."""

        def holds() -> None:
            assert self.js(f"!!({condition})"), condition

        self.qtbot.waitUntil(holds, timeout=timeout)

    def drawn(self, topic: str, change: Any) -> None:
        """Make a change and wait until the page says that it has painted it."""
        with self.qtbot.waitSignal(
            self.view.drawn, timeout=10_000, check_params_cb=lambda name, _: name == topic
        ):
            change()

    def look_at(self, latitude_deg: float, longitude_deg: float, zoom: float) -> None:
        """Jump to a view and wait until it is painted there."""
        self.js(
            "(geoguess.motion.target = null, geoguess.map.stop(), geoguess.map.setView("
            f"[{latitude_deg}, {longitude_deg}], {zoom}, {{animate: false}}), 1)"
        )
        self.await_js(
            "!geoguess.dirty && geoguess.ground.window.scale === geoguess.ground.currentScale()"
        )

    def point(self, place: Coordinate) -> QPoint:
        """Where a place stands in the view, in the copy of the world nearest the middle."""
        x, y = self.js(
            "(() => { const m = geoguess.map, lng = "
            f"{place.longitude_deg}; const turn = Math.round((m.getCenter().lng - lng) / 360);"
            f" const p = m.latLngToContainerPoint([{place.latitude_deg}, lng + 360 * turn]);"
            " return [p.x, p.y]; })()"
        )
        return QPoint(round(x), round(y))

    def painted(self, place: Coordinate) -> QColor:
        """Colour of the map's own canvas at a place, without what lies above it."""
        at = self.point(place)
        rgb = self.js(
            "(() => { const g = geoguess.ground, r = devicePixelRatio, i = g.window.inner;"
            " const spot = new OffscreenCanvas(1, 1).getContext('2d');"
            f" spot.drawImage(g.canvas, -(i.left + {at.x()}) * r, -(i.top + {at.y()}) * r);"
            " const d = spot.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2]]; })()"
        )
        return QColor(*rgb)

    def click(self, at: QPoint) -> None:
        """A real click of the left button, as the window system would deliver it."""
        target = input_widget(self.web)
        self.qtbot.mouseMove(target, at)
        self.qtbot.mouseClick(target, Qt.MouseButton.LeftButton, pos=at)

    def move_to(self, at: QPoint) -> None:
        """Move the pointer there and a little on, so that the page sees a move."""
        target = input_widget(self.web)
        self.qtbot.mouseMove(target, at - QPoint(2, 2))
        self.qtbot.mouseMove(target, at)

    def press(self, key: Qt.Key) -> None:
        """A real key press in the page."""
        self.qtbot.keyClick(input_widget(self.web), key)


def map_of_a_module(request: pytest.FixtureRequest) -> Iterator[MapDriver]:
    """Open a map for all tests of a module: loading its page takes longer than most of them."""
    driver = MapDriver(QtBot(request)).open()
    yield driver
    shiboken6.delete(driver.view)


def input_widget(web: QWebEngineView) -> QWidget:
    """The widget inside a web view that takes the mouse and the keyboard."""
    target = web.focusProxy()
    assert target is not None
    return target
