"""From the window to a view and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.ui.modes import MODES
from geoguess_app.ui.views import explore_state
from geoguess_app.ui.views.view_file import ViewError, ViewFile
from geoguess_app.ui.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.photo_row import PhotoRow
    from geoguess_app.ui.window import MainWindow


def captured(window: MainWindow, view: MapView, folder: Path) -> ViewFile:
    """What the window shows now, for a file in that folder."""
    mode, row, model = window.modes.current, window.list.current(), window.locator.model
    name = mode.name if mode is not None else "locate"
    locating = name == "locate"
    state = explore_state.captured(window) if name == "explore" else {}
    if mode is not None and name != "explore":
        state = mode.view_state(folder)
    return ViewFile(
        mode=name,
        center=view.center(),
        zoom=view.zoom(),
        layer=window.map_pane.layer(),
        display=asdict(view.display()),
        model=model.name if model is not None else "",
        photos=tuple(found.path for found in window.model.rows()) if locating else (),
        photo=row.path if locating and row is not None else None,
        state=state,
    )


class Restoring:
    """Makes a window show what a view says; the map moves there when the mode shows its things."""

    def __init__(self, window: MainWindow, source: Path, wanted: ViewFile) -> None:
        self._window, self._source, self._wanted = window, source, wanted

    def run(self) -> str:
        """Begin; returns what the user should know beside, if anything. Raises GeoGuessError."""
        window, wanted = self._window, self._wanted
        if wanted.mode not in {entry.name for entry in MODES}:
            raise ViewError(
                f"{self._source}: a view of a part that this version lacks (“{wanted.mode}”).",
                code="mode",
            )
        mode = window.modes.switch(wanted.mode)
        self._display()
        if wanted.mode == "locate":
            self._photos()
        elif wanted.mode == "explore":
            explore_state.restore(window, wanted.state, self._move)
        else:
            mode.restore_view(self._source, dict(wanted.state), self._move)
        return self._remarks()

    def _remarks(self) -> str:
        model, wanted = self._window.locator.model, self._wanted
        remarks = []
        missing = sum(not photo.is_file() for photo in wanted.photos)
        if missing:
            remarks.append(
                tr("{missing} of {photos} photos of this view are not there.").format(
                    missing=f"{missing:,}", photos=f"{len(wanted.photos):,}"
                )
            )
        if wanted.model and model is not None and wanted.model != model.name:
            remarks.append(
                tr("It was made with {other}; what you see is by {name}.").format(
                    other=wanted.model, name=model.name
                )
            )
        return " ".join(remarks)

    def _display(self) -> None:
        from geoguess_app.ui.map.state import Display

        pane, wanted = self._window.map_pane, self._wanted
        if wanted.layer in pane.layers():
            pane.choose_layer(pane.layers().index(wanted.layer) + 1)
        if pane.map is not None:
            given = {name: wanted.display[name] for name in _DISPLAY if name in wanted.display}
            sound = {name: value for name, value in given.items() if _DISPLAY[name](value)}
            pane.map.set_display(Display(**sound))

    def _photos(self) -> None:
        window, wanted = self._window, self._wanted
        there = [photo for photo in wanted.photos if photo.is_file()]
        if there:
            window.intake.open_paths(there)
        photo = wanted.photo
        if photo is None or photo not in there:
            self._move()
            return
        row = window.model.row(window.model.find(photo))
        if row is not None and row.outcome is not None:
            window.list.select(photo)
            self._move()
        else:
            self._when_located(photo)

    def _when_located(self, photo: Path) -> None:
        """The answer moves the map: only after it the view's own place can stay."""
        window = self._window

        def located(row: PhotoRow) -> None:
            if row.path == photo:
                window.photoLocated.disconnect(located)
                window.list.select(photo)
                self._move()

        window.photoLocated.connect(located)

    def _move(self) -> None:
        wanted = self._wanted
        self._window.map_pane.when_map(lambda view: view.go_to(wanted.center, wanted.zoom))


def _is_number(value: Any, least: float, most: float) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and least <= value <= most


_DISPLAY: dict[str, Callable[[Any], bool]] = {
    "scale": lambda value: value in ("log", "linear"),
    "least": lambda value: _is_number(value, 0.0, 1.0),
    "top": lambda value: isinstance(value, int) and _is_number(value, 0, 1_000_000),
    "region": lambda value: value in (0, 50, 80, 95) and not isinstance(value, bool),
}
"""What each choice of a Display may be."""
