"""One way of using the window: what stands left and right of the map, and what the map shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

if TYPE_CHECKING:
    from geoguess_app.core.types import Coordinate
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.work.workers import LoadedModel


class Mode(QObject):
    """One way of using the window. The first ``enter`` makes its widgets, so unused ones are free.

    Subclasses set the words below and override what they need.
    """

    folderWanted = Signal()
    """The user wants to choose a folder of photos to open."""
    pasteWanted = Signal()
    """The user wants to open what the clipboard holds."""
    reviewWanted = Signal(object)
    """The user wants to review these photos (paths)."""
    modelWanted = Signal(object)
    """The user wants the window to use this bundle (a path)."""
    modelsWanted = Signal()
    """The user wants to see which models there are."""
    calibrateWanted = Signal()
    """The user wants to calibrate the window's model: the library opens at it. Links of panels that
    say "Not calibrated on photos of yours" emit this."""
    referencesWanted = Signal()
    """The user wants to see the reference photos."""
    modeWanted = Signal(str)
    """The user wants to go on in the mode of this name."""

    leaveAgreed = Signal()
    """The user agrees to what ``may_close`` has asked: the window closes."""
    workTold = Signal(str, float)
    """What is at work in the background, in a few words, and how much of it is done (0…1; below 0:
    nobody knows). An empty text: nothing."""

    name = ""
    """Stable word; the object names of its widgets begin with it."""
    menu = ""
    """Title of its menu, with the key that opens it: "&Photos"."""

    work_done = ""
    """What to say when the work that ``workTold`` told of has ended."""
    help_page = "window.md"
    """The document about it, where need be with a heading: "window.md#comparing"."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.host)
        self.services = services

    def left(self) -> QWidget:
        """The widget left of the map; asked once, before the first ``enter``."""
        raise NotImplementedError

    def right(self) -> QWidget:
        """The widget right of the map; asked once, before the first ``enter``."""
        raise NotImplementedError

    def actions(self) -> list[QAction]:
        """List the actions of its menu; a separator is a QAction too. Their keys work only while
        the mode is on."""
        return []

    def exports(self) -> list[QAction]:
        """Return what the Export menu offers while it is on, before map and view. Called often."""
        return []

    def add_map_actions(self, menu: QMenu, where: Coordinate) -> None:
        """Add what a right click on this place of the map can do, above what is always there."""

    def enter(self) -> None:
        """Show its things on the map and take the keyboard."""

    def leave(self) -> None:
        """Take its things off the map."""

    def focus_widget(self) -> QWidget | None:
        """Return what Escape on the map and the part-of-window key give the keyboard to, on the
        left."""
        return None

    def open_paths(self, paths: list[Path]) -> bool:
        """Photos, folders or files were added or dropped while it is on: False leaves them to
        Locate."""
        return False

    def model_changed(self, model: LoadedModel) -> None:
        """Take note that another model has been loaded, or the first one; told whether it is on or
        not."""

    def units_changed(self) -> None:
        """Write distances and areas anew: they have other units now; told whether it is on or
        not."""

    def caption(self) -> str:
        """Return what the map shows, as the title of an export; empty for the name of the mode."""
        return ""

    def answered_by(self) -> str:
        """Return whose answers the map shows; empty for the loaded model's."""
        return ""

    def exported_map(self) -> tuple[dict[str, object], dict[str, bytes]]:
        """Topics and files that take the place of its own in an exported page, where the map's
        hold more than it shows."""
        return {}, {}

    def may_close(self) -> bool:
        """Ask before something would be lost; False where the window stays for now. ``leaveAgreed``
        closes it later without another question."""
        return True

    def close(self) -> bool:
        """The window closes: end all work; False where a thread did not end in time."""
        return True
