"""The window's modes: what stands left and right of the map, and what the map shows."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.shell.window import MainWindow
    from geoguess_app.ui.views.opened import OpenedView
    from geoguess_app.ui.work.workers import LoadedModel


@dataclass(frozen=True, slots=True)
class ModeEntry:
    """A mode on offer; its class is imported when it is first used."""

    name: str
    title: str
    icon: str
    """A file of resources/icons, without its suffix."""
    maker: str
    """``module:class``."""

    def load(self) -> type[Mode]:
        """The class of the mode; imports it."""
        module, _, name = self.maker.partition(":")
        found: type[Mode] = getattr(importlib.import_module(module), name)
        return found


MODES = (
    ModeEntry("locate", "Locate", "pin", "geoguess_app.ui.locate.mode:LocateMode"),
    ModeEntry("review", "Review", "mode-review", "geoguess_app.ui.review.mode:ReviewMode"),
    ModeEntry("explore", "Explore", "mode-explore", "geoguess_app.ui.explore.mode:ExploreMode"),
    ModeEntry("compare", "Compare", "mode-compare", "geoguess_app.ui.compare.mode:CompareMode"),
    ModeEntry(
        "accuracy", "Accuracy", "mode-accuracy", "geoguess_app.ui.accuracy.mode:AccuracyMode"
    ),
    ModeEntry("train", "Train", "mode-train", "geoguess_app.ui.train.mode:TrainMode"),
)
"""In the order of the toolbar."""
_BY_NAME = {entry.name: entry for entry in MODES}


class Mode(QObject):
    """One way of using the window. The first `enter` makes its widgets, so unused ones are free.

    Subclasses set the words below and override what they need.
    """

    name = ""
    """Stable word; the object names of its widgets begin with it."""
    menu = ""
    """Title of its menu, with the key that opens it: "&Photos"."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window

    def left(self) -> QWidget:
        """The widget left of the map; asked once, before the first `enter`."""
        raise NotImplementedError

    def right(self) -> QWidget:
        """The widget right of the map; asked once, before the first `enter`."""
        raise NotImplementedError

    def actions(self) -> list[QAction]:
        """Its menu; a separator is a QAction too. Their keys work only while the mode is on."""
        return []

    def exports(self) -> list[QAction]:
        """What the Export menu offers while it is on, before map and view. Called often."""
        return []

    def enter(self) -> None:
        """Show its things on the map and take the keyboard."""

    def leave(self) -> None:
        """Take its things off the map."""

    def focus_widget(self) -> QWidget | None:
        """What Escape on the map and the part-of-window key give the keyboard to, on the left."""
        return None

    def open_paths(self, paths: list[Path]) -> bool:
        """Photos, folders or files were added or dropped while it is on: False leaves them to
        Locate."""
        return False

    def model_changed(self, model: LoadedModel) -> None:
        """Another model has been loaded, or the first one; told whether it is on or not."""

    def caption(self) -> str:
        """What the map shows, as the title of an export; empty for the ordinary one."""
        return ""

    def answered_by(self) -> str:
        """Whose answers the map shows; empty for the loaded model's."""
        return ""

    def exported_map(self) -> tuple[dict[str, object], dict[str, bytes]]:
        """Topics and files that take the place of its own in an exported page, where the map's
        hold more than it shows."""
        return {}, {}

    def view_state(self, folder: Path) -> dict[str, object]:
        """What is looked at, as JSON values, for a file in that folder that others may open."""
        return {}

    def view_photos(self) -> tuple[Sequence[Path], Path | None]:
        """The photos that a view of it is about, and the one that is looked at."""
        return (), None

    def restore_view(self, view: OpenedView) -> None:
        """Look at what a view's file says, and tell it when that shows.

        The file may come from anybody: nothing in it is to be trusted. Raises GeoGuessError."""
        view.shown()

    def close(self) -> bool:
        """The window closes: end all work; False where a thread did not end in time."""
        return True


class Modes(QObject):
    """Makes modes when they are first asked for and switches between them."""

    changed = Signal(str)
    """Name of the mode that is on now."""

    def __init__(self, window: MainWindow, left: QStackedWidget, right: QStackedWidget) -> None:
        super().__init__(window)
        self._window = window
        self._left, self._right = left, right
        self._made: dict[str, Mode] = {}
        self._place: dict[str, int] = {}
        self._menu: QMenu | None = None
        self.current: Mode | None = None

    def __iter__(self) -> Iterator[Mode]:
        """Those made so far."""
        return iter(list(self._made.values()))

    def get(self, name: str) -> Mode:
        """A mode by name, made if need be; KeyError for a name that is none."""
        if name not in self._made:
            self._made[name] = _BY_NAME[name].load()(self._window)
        return self._made[name]

    def switch(self, name: str) -> Mode:
        """Turn a mode on; the one that is on already stays as it is."""
        mode = self.get(name)
        if mode is self.current:
            return mode
        if self.current is not None:
            self.current.leave()
            self._take_menu_away()
        if name not in self._place:
            self._place[name] = self._left.addWidget(mode.left())
            self._right.addWidget(mode.right())
            model = self._window.locator.model
            if model is not None:
                mode.model_changed(model)
        self._left.setCurrentIndex(self._place[name])
        self._right.setCurrentIndex(self._place[name])
        self.current = mode
        self._put_menu(mode)
        self._window.actions_.offer_exports(mode.exports())
        mode.enter()
        self.changed.emit(name)
        return mode

    def model_changed(self, model: LoadedModel) -> None:
        """Tell all modes that have widgets."""
        for name in self._place:
            self._made[name].model_changed(model)

    def close(self) -> bool:
        """End the work of all modes, also where one of them fails to."""
        ended = [mode.close() for mode in self]
        return all(ended)

    def _put_menu(self, mode: Mode) -> None:
        # Keys work through the window: an action of a menu that is not shown has none.
        actions = mode.actions()
        if not actions:
            return
        self._menu = QMenu(tr(mode.menu), self._window)
        self._menu.addActions(actions)
        self._window.menuBar().insertMenu(self._window.actions_.view_menu.menuAction(), self._menu)
        window_wide = Qt.ShortcutContext.WindowShortcut
        for action in actions:
            if action.shortcutContext() == window_wide:
                self._window.addAction(action)

    def _take_menu_away(self) -> None:
        if self._menu is None:
            return
        for action in self._menu.actions():
            self._window.removeAction(action)
        self._window.menuBar().removeAction(self._menu.menuAction())
        self._menu.deleteLater()
        self._menu = None
