"""The capture of what the window shows, as a view."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.ui.views.view_file import MOST_PHOTOS, ViewFile
from geoguess_app.ui.views.view_state import view_state_of

if TYPE_CHECKING:
    from geoguess_app.ui.frame.modes import Modes
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.view import MapView


def capture_view(services: Services, modes: Modes, view: MapView, folder: Path) -> ViewFile:
    """Return what the window shows now, for a file in that folder."""
    mode, model = modes.current, services.locator.model
    assert mode is not None  # one is on from the beginning
    state = view_state_of(modes.entries[mode.name], mode)
    photos, photo = state.photos()
    return ViewFile(
        mode=mode.name,
        center=view.center(),
        zoom=view.zoom(),
        size=(view.width(), view.height()),
        layer=services.map.layer(),
        display=asdict(view.display()),
        model=model.name if model is not None else "",
        photos=tuple(photos[:MOST_PHOTOS]),
        photo=photo,
        state=state.captured(folder),
    )
