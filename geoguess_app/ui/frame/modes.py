"""The modes of a window: which there are, made when first used, and which one is on."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QStackedWidget

from geoguess_app.ui.frame.mode import Mode
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.work.workers import LoadedModel


@dataclass(frozen=True, slots=True)
class ModeEntry:
    """A mode on offer; its classes are imported when they are first used."""

    name: str
    title: str
    icon: str
    """A file of resources/icons, without its suffix."""
    mode: str
    """``module:class`` of its Mode."""
    view_state: str
    """``module:class`` of its ViewState, which saves and restores what is looked at."""

    def load(self) -> type[Mode]:
        """The class of the mode; imports it."""
        found: type[Mode] = named_class(self.mode)
        return found


def named_class(name: str) -> type:
    """Import the class that ``module:class`` names."""
    module, _, attribute = name.partition(":")
    found: type = getattr(importlib.import_module(module), attribute)
    return found


class Modes(QObject):
    """The modes of a window: made when they are first asked for, and switched between."""

    made = Signal(object)
    """A Mode that has just been made, to be connected."""
    changed = Signal(str)
    """Name of the mode that is on now."""
    exportsOffered = Signal(object)
    """The export actions of the mode that comes on."""

    def __init__(
        self,
        entries: Sequence[ModeEntry],
        services: Services,
        left: QStackedWidget,
        right: QStackedWidget,
    ) -> None:
        super().__init__(services.host)
        self.entries = {entry.name: entry for entry in entries}
        self._services = services
        self._left, self._right = left, right
        self._made: dict[str, Mode] = {}
        self._place: dict[str, int] = {}
        self._menu: QMenu | None = None
        self.menu_before: QAction | None = None
        """The menu that a mode's own menu stands before; None: it comes last."""
        self.current: Mode | None = None

    def __iter__(self) -> Iterator[Mode]:
        """Those made so far."""
        return iter(list(self._made.values()))

    def get(self, name: str) -> Mode:
        """A mode by name, made if need be; KeyError for a name that is none."""
        if name not in self._made:
            mode = self._made[name] = self.entries[name].load()(self._services)
            self.made.emit(mode)
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
            model = self._services.locator.model
            if model is not None:
                mode.model_changed(model)
        self._left.setCurrentIndex(self._place[name])
        self._right.setCurrentIndex(self._place[name])
        self.current = mode
        self._put_menu(mode)
        self.exportsOffered.emit(mode.exports())
        mode.enter()
        self.changed.emit(name)
        return mode

    def model_changed(self, model: LoadedModel) -> None:
        """Tell all modes that have widgets."""
        for name in self._place:
            self._made[name].model_changed(model)

    def may_close(self) -> bool:
        """Ask the modes one after the other; the first one that wants to stay decides."""
        return all(mode.may_close() for mode in self)

    def close(self) -> bool:
        """End the work of all modes, also where one of them fails to."""
        ended = [mode.close() for mode in self]
        return all(ended)

    def _put_menu(self, mode: Mode) -> None:
        # Keys work through the window: an action of a menu that is not shown has none.
        actions = mode.actions()
        if not actions:
            return
        host = self._services.host
        self._menu = QMenu(tr(mode.menu), host)
        self._menu.addActions(actions)
        if self.menu_before is not None:
            host.menuBar().insertMenu(self.menu_before, self._menu)
        else:
            host.menuBar().addMenu(self._menu)
        window_wide = Qt.ShortcutContext.WindowShortcut
        for action in actions:
            if action.shortcutContext() == window_wide:
                host.addAction(action)

    def _take_menu_away(self) -> None:
        if self._menu is None:
            return
        host = self._services.host
        for action in self._menu.actions():
            host.removeAction(action)
        host.menuBar().removeAction(self._menu.menuAction())
        self._menu.deleteLater()
        self._menu = None
