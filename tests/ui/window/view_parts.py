"""What tests of views share: a place where no answer is, saving a view, changing its file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.exploring import WindowMap

OPEN_MS = 20_000
PLACE = Coordinate(-33.5, 151.0)


def look_at(window: MainWindow, qtbot: QtBot, zoom: float = 5.5) -> None:
    """Move the map to a place where no answer is."""
    at_rest(window, qtbot)
    window.map_pane.map.go_to(PLACE, zoom)
    qtbot.waitUntil(at_place(window, zoom), timeout=OPEN_MS)


def at_rest(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until the map is where its mode has moved it."""
    shown = WindowMap(qtbot, window)
    shown.settle()
    shown.await_js("!geoguess.parts.all.some((part) => part.mustFit)")
    shown.settle()


def at_place(window: MainWindow, zoom: float = 5.5) -> Callable[[], bool]:
    """True while the map is there."""
    view = window.map_pane.map

    def there() -> bool:
        center = view.center()
        near = abs(center.latitude_deg - PLACE.latitude_deg) < 0.2
        return view.zoom() == zoom and near and abs(center.longitude_deg - 151.0) < 0.2

    return there


def settled_at_place(window: MainWindow, qtbot: QtBot) -> None:
    """The map is where the view was, and stays there."""
    qtbot.waitUntil(at_place(window), timeout=OPEN_MS)
    at_rest(window, qtbot)
    assert at_place(window)()


def save(window: MainWindow, path: Path) -> dict[str, Any]:
    """The state that a saved view holds."""
    window.views.save_view(path)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found["state"]


def change(path: Path, **state: object) -> None:
    """Other choices in a view's file."""
    found = json.loads(path.read_text(encoding="utf-8"))
    found["state"].update(state)
    path.write_text(json.dumps(found), encoding="utf-8")
