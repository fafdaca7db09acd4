"""The state that a mode adds to a saved view, and how it takes it up again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.ui.frame.mode import Mode
from geoguess_app.ui.frame.modes import ModeEntry, named_class

if TYPE_CHECKING:
    from geoguess_app.ui.views.opened import OpenedView


class ViewState:
    """A state that reads what is looked at off one mode, and restores it; each mode has a
    subclass."""

    def __init__(self, mode: Mode) -> None:
        self._services = mode.services

    def captured(self, folder: Path) -> dict[str, object]:
        """Return what is looked at, as JSON values, for a file in that folder that others may
        open."""
        return {}

    def photos(self) -> tuple[Sequence[Path], Path | None]:
        """The photos that a view of it is about, and the one that is looked at."""
        return (), None

    def restore(self, view: OpenedView) -> None:
        """Look at what a view's file says, and tell it when that shows.

        The file may come from anybody: nothing in it is to be trusted. Raises GeoGuessError.
        """
        view.shown()


def view_state_of(entry: ModeEntry, mode: Mode) -> ViewState:
    """The ViewState that a mode is registered with; imports it."""
    made: ViewState = named_class(entry.view_state)(mode)
    return made
