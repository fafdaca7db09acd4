"""What the window shows, as a view."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.ui.views.view_file import MOST_PHOTOS, ViewFile

if TYPE_CHECKING:
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.shell.window import MainWindow


def captured(window: MainWindow, view: MapView, folder: Path) -> ViewFile:
    """What the window shows now, for a file in that folder."""
    mode, model = window.modes.current, window.locator.model
    assert mode is not None  # one is on from the beginning
    photos, photo = mode.view_photos()
    return ViewFile(
        mode=mode.name,
        center=view.center(),
        zoom=view.zoom(),
        size=(view.width(), view.height()),
        layer=window.map_pane.layer(),
        display=asdict(view.display()),
        model=model.name if model is not None else "",
        photos=tuple(photos[:MOST_PHOTOS]),
        photo=photo,
        state=mode.view_state(folder),
    )
